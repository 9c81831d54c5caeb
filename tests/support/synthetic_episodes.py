"""Episodes made of formulas: a clean repetition, and one with a fault of a known size."""

import numpy as np

from imuhip.assess.episodes import Context, Episode, Rows
from imuhip.assess.movements import MOVEMENTS
from imuhip.core.conventions import HIP_SIGNS, SIDES

SMALL_DEG = 0.5
"""Error of an angle from good sensors, well calibrated."""


def smooth(x):
    """From 0 to 1 without a jerk."""
    x = np.clip(x, 0.0, 1.0)
    return x**3 * (10.0 - 15.0 * x + 6.0 * x**2)


class Motion:
    """Columns of one repetition, degrees, to be changed before `episode` is called."""

    def __init__(self, down=2.5, hold=0.5, up=2.0, lead=0.5, tail=0.3):
        self.t = np.arange(round((lead + down + hold + up + tail) * 100) + 1) / 100
        self.lead, self.down, self.hold, self.up = lead, down, hold, up
        n = len(self.t)
        self.u = self.activation()
        self.hip = np.zeros((n, 2, 3))
        self.pelvis = np.zeros((n, 3))
        self.inclination = np.zeros((n, 2))
        self.heading = np.zeros((n, 2))
        self.hip_sd = np.full((n, 2, 3), SMALL_DEG)
        self.pelvis_sd = np.full((n, 3), SMALL_DEG)
        self.hip_cov = np.zeros((n, 3))
        self.late = np.zeros(2)

    def activation(self, late=0.0):
        """0 at rest, 1 at the turn."""
        t = self.t - self.lead - late
        there = smooth(t / self.down)
        return there - smooth((t - self.down - self.hold) / self.up) if self.up else there

    def pulse(self, start, stop):
        """1 for a stretch of the repetition, 0 at other times, with smooth edges of 0.1 s."""
        return smooth((self.t - start) / 0.1) - smooth((self.t - stop) / 0.1)

    def episode(self, movement, side, number, direction="down", **changes):
        """The finished repetition."""
        rad = np.radians
        rate = np.gradient(rad(self.inclination), self.t, axis=0)
        zero = np.zeros_like(rate)
        rows = Rows(
            t=self.t,
            hip=rad(self.hip),
            hip_sd=rad(self.hip_sd),
            hip_sd_total=rad(self.hip_sd),
            hip_cov=self.hip_cov * rad(1.0) ** 2,
            valid=np.isfinite(self.hip[..., 0]),
            pelvis=rad(self.pelvis),
            pelvis_sd=rad(self.pelvis_sd),
            inclination=rad(self.inclination),
            inclination_rate=rate,
            heading=rad(self.heading),
            heading_rate=zero,
            axial_rate=zero,
            speed=np.abs(rate),
        )
        start = round(self.lead * 100)
        bottom = start + round(self.down * 100)
        stop = bottom + round(self.hold * 100)
        end = stop + round(self.up * 100)
        one_way = MOVEMENTS[movement].path == "one_way"
        fields = {
            "movement": MOVEMENTS[movement],
            "side": side,
            "set": 1,
            "number": number,
            "direction": direction,
            "counted": True,
            "found": "marked",
            "rows": rows,
            "before": start - 30,
            "start": start,
            "turn_start": stop - 10 if one_way else bottom,
            "turn": stop if one_way else (bottom + stop) // 2,
            "turn_stop": stop,
            "end": stop if one_way else end,
        }
        return Episode(**(fields | changes))


def squat_motion(depth_deg=(95.0, 95.0), tilt_deg=25.0):
    """A clean squat: tilt with depth, thighs out and a little in at the bottom."""
    motion = Motion()
    for k in range(2):
        u = motion.activation(motion.late[k])
        motion.inclination[:, k] = depth_deg[k] * u
        motion.hip[:, k, 0] = (depth_deg[k] + tilt_deg) * u
        motion.hip[:, k, 1] = -15.0 * u
        motion.hip[:, k, 2] = -12.0 * u + 15.0 * u**2
    motion.pelvis[:, 0] = tilt_deg * motion.u
    return motion


def squat(motion, number=1):
    """The repetition of a squat."""
    return motion.episode("squat", "both", number)


def pivot(side, number, turn_deg=30.0, pelvis_deg=2.0, skin=1.0):
    """A pivot inwards by `turn_deg`, of which the pelvis gives `pelvis_deg`."""
    motion = Motion(down=1.2, hold=0.3, up=0.0)
    k = SIDES.index(side)
    sign = HIP_SIGNS[side][2]
    hip = skin * (turn_deg - pelvis_deg)
    motion.hip[:, k, 2] = hip * motion.u
    motion.pelvis[:, 2] = sign * pelvis_deg * motion.u
    motion.heading[:, k] = sign * (hip + pelvis_deg) * motion.u
    return motion.episode("pivot", side, number, "in")


def table_motion(side, turn_deg):
    """A seated turn to `turn_deg` inwards and back."""
    motion = Motion(down=1.3, hold=1.0, up=1.3)
    k = SIDES.index(side)
    motion.hip[:, :, 0] = 84.0
    motion.hip[:, k, 2] = turn_deg * motion.u
    motion.inclination[:] = 90.0
    return motion


def table(motion, side, number, turn_deg):
    """The repetition of a seated turn."""
    name = f"seated_rotation_{side}"
    return motion.episode(name, side, number, "in" if turn_deg > 0 else "out")


def context(**changes):
    """What a rule may know, with a good calibration."""
    return Context(**({"grade": "good", "chain": "tray, bow"} | changes))

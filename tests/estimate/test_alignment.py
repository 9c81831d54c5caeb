"""Calibration and alignment on grids with known mounts: rigid segments, gravity only."""

import itertools

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from support.helpers import random_quaternions

from imuhip.core.evidence import HeadingBlock
from imuhip.core.quaternions import (
    conjugate,
    multiply,
    quaternion_from_heading,
    quaternion_from_matrix,
    rotate,
    rotvec_from_quaternion,
)
from imuhip.core.records import GridBlock, Mount
from imuhip.estimate.alignment import Aligner
from imuhip.estimate.calibration.protocol import Protocol, TimedMark
from imuhip.estimate.joint_angles import JointAngles

SENSORS = ("pelvis", "thigh_left", "thigh_right")
UPRIGHT = quaternion_from_matrix(np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], dtype=float))
PARTS = (
    ("tray", 3.0, {}),
    ("stand", 6.0, {}),
    ("bow", 9.0, {"bow": 50.0}),
    ("knee_lift_left", 9.0, {"left": 75.0}),
    ("knee_lift_right", 9.0, {"right": 75.0}),
    ("squat", 9.0, {"left": 100.0, "right": 100.0, "abduct": 15.0, "rotate": 10.0, "bow": 20.0}),
    ("stand_again", 4.0, {}),
)


class Athlete:
    """Segments that move as `PARTS` say, under sensors with given mounts and headings."""

    def __init__(self, seed, *, tray=True, slip_deg=0.0, oblique_deg=0.0, skip=()):
        rng = np.random.default_rng(seed)
        self.q_sb = random_quaternions(rng, 3)
        self.heading = rng.uniform(-np.pi, np.pi, 3)
        self.facing = rng.uniform(-np.pi, np.pi)
        self.marks, rows, t = [], [], 0.0
        for name, length, moves in PARTS:
            if name in skip or (name == "tray" and not tray):
                continue
            n = round(length * 100)
            phase = np.sin(np.pi * 3 * np.arange(n) / n) ** 2
            self.marks += [TimedMark(t, f"begin:{name}"), TimedMark(t + length, f"end:{name}")]
            rows.append((name, phase, moves))
            t += length
        self.angles = np.concatenate([self._hips(phase, moves) for _, phase, moves in rows])
        lean = np.concatenate([phase * moves.get("bow", 0.0) for _, phase, moves in rows])
        self.name = np.concatenate([[name] * len(phase) for name, phase, _ in rows])
        self.t = np.arange(len(lean)) / 100
        self.grid = self._grid(lean, slip_deg, oblique_deg)

    @staticmethod
    def _hips(phase, moves):
        """True (flexion, adduction, rotation) in degrees, `(n, 2, 3)`."""
        left, right = (phase * moves.get(side, 0.0) + 0 * phase for side in ("left", "right"))
        bow = phase * moves.get("bow", 0.0)
        away, turn = -phase * moves.get("abduct", 0.0), phase * moves.get("rotate", 0.0)
        if moves.get("bow") and not moves.get("left"):
            left = right = bow  # the thighs stay upright while the pelvis bows
        return np.stack(
            [np.stack([flexion, away, turn], axis=-1) for flexion in (left, right)], axis=1
        )

    def _grid(self, lean, slip_deg, oblique_deg):
        n = len(lean)
        # The thighs stay vertical under a pelvis that rises to the right.
        aside = np.column_stack((np.full(n, -oblique_deg), -lean))
        tilt = Rotation.from_euler("XZ", aside, degrees=True).as_quat(scalar_first=True)
        pelvis = multiply(multiply(quaternion_from_heading(self.facing), UPRIGHT), tilt)
        q_eb = [pelvis]
        for k, sign in ((0, -1.0), (1, 1.0)):
            euler = self.angles[:, k] * np.array((1.0, sign, sign)) + (0.0, oblique_deg, 0.0)
            hip = Rotation.from_euler("ZXY", euler, degrees=True).as_quat(scalar_first=True)
            q_eb.append(multiply(pelvis, hip))
        q = np.stack(
            [multiply(quaternion_from_heading(-h), multiply(b, conjugate(m)))
             for h, b, m in zip(self.heading, q_eb, self.q_sb, strict=True)], axis=1
        )  # fmt: skip
        lying = self.name == "tray"
        common = multiply(quaternion_from_heading(0.7), UPRIGHT)
        for i in range(3):
            q[lying, i] = multiply(quaternion_from_heading(-self.heading[i]), common)
        slipped = self.name == "stand_again"
        slip = Rotation.from_euler("Z", slip_deg, degrees=True).as_quat(scalar_first=True)
        q[slipped, 2] = multiply(q[slipped, 2], slip)
        step = rotvec_from_quaternion(multiply(conjugate(q[:-1]), q[1:])) * 100.0
        gyr = np.concatenate((step, step[-1:]))
        gyr[np.linalg.norm(gyr, axis=-1) > 50] = 0.0  # put on between tray and standing
        acc = rotate(conjugate(q), np.broadcast_to((0.0, 0.0, 9.81), (n, 3, 3)))
        true = np.ones((n, 3), dtype=np.bool_)
        nothing = np.zeros((n, 3))
        return GridBlock(SENSORS, self.t, q, acc, gyr, true, ~true, *[nothing] * 3)

    def steady(self, first, stop):
        """Headings that do not drift."""
        nothing = np.zeros((stop - first, 3))
        return HeadingBlock(self.t[first:stop], nothing, nothing, nothing)

    def run(self, **settings):
        """Return angles over all rows, steps and the last alignment."""
        protocol, aligner, angles = (
            Protocol(SENSORS), Aligner(SENSORS, **settings), JointAngles(),
        )  # fmt: skip
        out, first, last = [], 0, None
        ended = protocol.push(self.grid, self.marks) + protocol.finish(len(self.t))
        for row, step in ended:
            out.append(angles.push(self.grid.part(first, row), self.steady(first, row)))
            last = aligner.push(step) or last
            if last is not None:
                angles.align(last)
            first = row
        rest = (first, len(self.t))
        out.append(angles.push(self.grid.part(*rest), self.steady(*rest)))
        hip = np.degrees(np.concatenate([block.hip for block in out]))
        return hip, [step for _, step in ended], last


def test_the_stand_is_level_whatever_the_filter_has_settled_to():
    """A filter that is 3° off while its athlete stands, and right later, shifts no angle."""
    athlete = Athlete(3)
    stood = athlete.name == "stand"
    askew = Rotation.from_euler("X", 3.0, degrees=True).as_quat(scalar_first=True)
    athlete.grid.q[stood, 2] = multiply(askew, athlete.grid.q[stood, 2])
    hip, _, _ = athlete.run()
    squat = athlete.name == "squat"
    assert hip[squat] == pytest.approx(athlete.angles[squat], abs=0.1)


def test_the_bow_shows_how_level_the_pelvis_stood():
    """Two thirds of a pelvis's obliquity are found: so much more says the bow than people do."""
    athlete = Athlete(3, oblique_deg=4.0)
    squat, stood = athlete.name == "squat", athlete.name == "stand_again"
    hip, _, alignment = athlete.run()
    left = (np.degrees(alignment.obliquity_sd) / 2.2) ** 2
    assert 0.25 < left < 0.4
    # A pelvis that is ε askew about X adds ε (1 - cos φ) to adduction, other ways at the sides.
    flexion = np.radians(athlete.angles[squat][:, :, 0])
    wrong = (hip[squat] - athlete.angles[squat])[:, :, 1] * (-1.0, 1.0)
    missed = np.polyfit((1.0 - np.cos(flexion)).ravel(), wrong.ravel(), 1)[0]
    assert abs(missed) == pytest.approx(4.0 * left, abs=0.3)
    assert np.abs(hip[stood]).max() < 0.01


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("tray", [True, False])
def test_known_mounts_are_found(seed, tray):
    """With straight movements any mount and heading is found, and squats read to 1e-6°."""
    athlete = Athlete(seed, tray=tray)
    hip, steps, alignment = athlete.run()
    assert all(step.accepted for step in steps)
    assert alignment.grade == ("good" if tray else "fair")
    squat = athlete.name == "squat"
    assert hip[squat] == pytest.approx(athlete.angles[squat], abs=1e-6)


def test_no_angles_before_the_calibration():
    """Until the pelvis's axis is known there are none; evidence never works backwards."""
    athlete = Athlete(1)
    hip, _, _ = athlete.run()
    bow_ends = np.flatnonzero(athlete.name == "bow")[-1]
    assert np.isnan(hip[: bow_ends + 1]).all()
    assert np.isfinite(hip[bow_ends + 1 :]).all()


def test_without_bows_the_thighs_give_the_pelvis_axis():
    """A tray and knee lifts are enough, with a lower grade."""
    athlete = Athlete(2, skip=("bow",))
    hip, _, alignment = athlete.run()
    squat = athlete.name == "squat"
    assert hip[squat] == pytest.approx(athlete.angles[squat], abs=1e-6)
    assert alignment.grade == "fair"


def test_a_declared_mount_stands_in_for_movements():
    """With nothing but standing and declared mounts there are angles, graded poor."""
    athlete = Athlete(3, tray=False, skip=("bow", "knee_lift_left", "knee_lift_right"))
    mounts = {}
    for i, name in enumerate(SENSORS):
        out = {"pelvis": (-1.0, 0, 0), "thigh_left": (0, 0, -1.0), "thigh_right": (0, 0, 1.0)}[name]
        athlete.q_sb[i] = quaternion_from_matrix(
            np.stack([np.cross((0, 1.0, 0), out), (0, 1.0, 0), out]).astype(float)
        )
        mounts[name] = Mount(up="+y", out="+z")
    athlete.grid = athlete._grid(np.zeros(len(athlete.t)), 0.0, 0.0)
    _, _, alignment = athlete.run(mounts=mounts)
    assert alignment.grade == "poor"
    assert np.abs(np.sum(alignment.q_sb * athlete.q_sb, axis=1)) == pytest.approx(1.0, abs=1e-9)


def test_nothing_known_is_no_alignment():
    """Standing alone tells no axis: grade none, and no number is made up."""
    athlete = Athlete(4, tray=False, skip=("bow", "knee_lift_left", "knee_lift_right"))
    hip, _, alignment = athlete.run()
    assert alignment.grade == "none"
    assert np.isnan(hip).all()


def test_a_slipped_strap_is_reported():
    """A thigh sensor that turned by 10° before the last standing fails its closure, by name."""
    _, steps, _ = Athlete(5, slip_deg=10.0).run()
    again = next(step for step in steps if step.step == "stand_again")
    assert not again.accepted
    assert any("right thigh" in words for words in again.words)
    _, steps, _ = Athlete(5).run()
    assert next(step for step in steps if step.step == "stand_again").accepted


def test_a_tray_that_contradicts_the_lifts_is_not_believed():
    """When a sensor was turned in the hand after the tray, the knee lifts give its heading."""
    athlete = Athlete(6)
    lying = athlete.name == "tray"
    athlete.grid.q[lying, 1] = multiply(
        quaternion_from_heading(np.radians(40.0)), athlete.grid.q[lying, 1]
    )
    hip, _, alignment = athlete.run()
    squat = athlete.name == "squat"
    assert hip[squat] == pytest.approx(athlete.angles[squat], abs=1e-6)
    failed = [gate for gate in alignment.gates if gate.verdict == "failed"]
    assert [(gate.name, gate.sensor) for gate in failed] == [("tray_against_all", "thigh_left")]
    assert failed[0].value == pytest.approx(40.0)


def test_moving_while_standing_fails_the_step():
    """A stand in which the athlete moved is refused with what to do, and is not used."""
    athlete = Athlete(7)
    standing = athlete.name == "stand"
    athlete.grid.gyr[standing] += np.random.default_rng(0).normal(
        scale=0.2, size=(np.count_nonzero(standing), 3, 3)
    )
    hip, steps, _ = athlete.run()
    stand = next(step for step in steps if step.step == "stand")
    assert stand.words == ("You moved – stand still for 8 seconds.",)
    assert np.isnan(hip).all()


def test_unmarked_steps_are_found_in_the_data():
    """Without marks, standing, bows and knee lifts are found, and squats are not taken for them."""
    athlete = Athlete(8, tray=False)
    protocol = Protocol(SENSORS, detect=True)
    steps = [step for _, step in protocol.push(athlete.grid)]
    names = [step.step for step in steps]
    assert names == ["stand", "bow", "knee_lift_left", "knee_lift_right"]
    assert {step.found for step in steps} == {"detected"}


@pytest.mark.parametrize("pieces", [2, 50, 1000])
def test_cuts_do_not_show_in_found_steps(pieces):
    """However the grid is cut, the same steps are found with the same bits."""
    athlete = Athlete(9, tray=False)
    rng = np.random.default_rng(pieces)

    def run(edges):
        protocol = Protocol(SENSORS, detect=True)
        found = []
        for first, stop in itertools.pairwise(edges):
            for row, step in protocol.push(athlete.grid.part(first, stop)):
                found.append((first + row, step.step, step.axis.tobytes(), step.q.tobytes()))
        return found

    n = len(athlete.t)
    assert run([0, *np.sort(rng.integers(0, n, pieces)).tolist(), n]) == run([0, n])

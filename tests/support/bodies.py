"""Bodies whose motion is programmed, as the assessor gets it: no sensors, no estimation."""

import itertools

import numpy as np

from imuhip.assess.assessor import Assessment, Assessor
from imuhip.core.conventions import HIP_SIGNS, SIDES
from imuhip.core.findings import SegmentBlock
from imuhip.core.records import AngleBlock


def smooth(n: int) -> np.ndarray:
    """A rise from 0 to 1 in n rows, smooth at both ends (minimum jerk)."""
    u = np.arange(1, n + 1) / n
    return u**3 * (10.0 - 15.0 * u + 6.0 * u**2)


def path(start: float, *steps: tuple[float, float]) -> np.ndarray:
    """A signal in degrees that goes to each value in so many seconds, one after the other."""
    pieces, now = [np.full(100, start)], start
    for value, seconds in steps:
        pieces.append(now + (value - now) * smooth(round(100 * seconds)))
        now = value
    return np.concatenate((*pieces, np.full(60, now)))


class Body:
    """Pelvis and thighs over time; every signal in degrees, ``(N,)``, for left and right."""

    def __init__(self, inclination=(0.0, 0.0), heading=(0.0, 0.0), rotation=(0.0, 0.0), tilt=0.0):
        n = max(np.size(each) for each in (*inclination, *heading, *rotation, tilt))
        shape = np.zeros(n)
        columns = [
            np.radians(np.stack([shape + each for each in both], axis=1))
            for both in (inclination, heading, rotation)
        ]
        lean, turn, roll = columns
        self.t = np.arange(n) / 100 + 3.0
        tilted = np.radians(shape + tilt)
        hip = np.stack((lean + tilted[:, None], 0.0 * lean, roll), axis=-1)
        nan, cov = np.full_like(hip, np.nan), np.full((n, 3), np.nan)
        pelvis = np.stack((tilted, 0.0 * tilted, 0.0 * tilted), axis=-1)
        valid = np.ones((n, 2), dtype=bool)
        self.angles = AngleBlock(self.t, hip, hip, nan, nan, cov, valid, pelvis, cov)
        inwards = np.array([HIP_SIGNS[side][2] for side in SIDES])
        rates = [np.gradient(each, 0.01, axis=0) for each in (lean, turn, roll)]
        self.motion = SegmentBlock(
            t=self.t,
            inclination=np.abs(lean),
            inclination_rate=rates[0],
            heading=inwards * turn,
            heading_rate=inwards * rates[1],
            axial_rate=rates[2],
            speed=np.sqrt(sum(rate**2 for rate in rates)),
            pelvis_heading_rate=0.0 * self.t,
        )

    def lose(self, start: float, stop: float, side: int | None = None) -> None:
        """Forget what happened between two times, of one side or of all."""
        rows = (self.t >= start) & (self.t < stop)
        sides = [0, 1] if side is None else [side]
        for k in sides:
            self.angles.hip[rows, k] = np.nan
            self.angles.valid[rows, k] = False
            for name in SegmentBlock.__slots__[1:-1]:
                getattr(self.motion, name)[rows, k] = np.nan

    def assessed(self, *marks: tuple[float, str], cuts=(), settings=None) -> Assessment:
        """What the assessor tells, with the rows cut into blocks before the given rows."""
        stage = Assessor(settings)
        stage.align("good", "test", np.zeros((2, 3)))
        assessment = Assessment()
        waiting = list(marks)
        edges = [0, *cuts, len(self.t)]
        for first, stop in itertools.pairwise(edges):
            last = self.t[stop - 1] if stop > first else -np.inf
            # A mark comes no later than the rows of its time.
            stage.mark([mark for mark in waiting if mark[0] <= last])
            waiting = [mark for mark in waiting if mark[0] > last]
            assessment += self.pushed(stage, first, stop)
        stage.mark(waiting)
        assessment += stage.finish()
        return assessment

    def pushed(self, stage: Assessor, first: int, stop: int) -> Assessment:
        """What an assessor makes of rows ``first:stop``."""
        rows = slice(first, stop)
        return stage.push(_part(self.angles, rows), _part(self.motion, rows))

    def known_at(self, *marks: tuple[float, str]) -> list[float]:
        """The row's time with which each repetition came out, rows coming one at a time."""
        stage = Assessor(None)
        stage.align("good", "test", np.zeros((2, 3)))
        stage.mark(marks)
        known = []
        for row, t in enumerate(self.t):
            assessment = self.pushed(stage, row, row + 1)
            known += [float(t)] * len(assessment.repetitions)
        return known


def _part(block, rows):
    names = type(block).__slots__
    return type(block)(*(getattr(block, name)[rows] for name in names))


def squats(*depths: float, rest=0.0, pause=0.6, bottom=0.3) -> np.ndarray:
    """Inclination of a thigh over squats of these depths."""
    steps = []
    for depth in depths:
        steps += [(depth, 1.2), (depth, bottom), (rest, 1.0), (rest, pause)]
    return path(rest, *steps)

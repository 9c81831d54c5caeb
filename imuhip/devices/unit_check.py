"""Whether a sensor's units can be right: gravity at rest, and turns that gravity sees too.

Profiles are written from documents, and the most frequent mistake in them is a unit. A sensor at
rest must read 9.81 m/s², whatever its mount. A gyroscope must not turn while it rests, must not
turn faster than any chip can tell, and between two rests it must have turned at least as far as
gravity did in the sensor's own frame. Nothing is corrected here: what is wrong is said.
"""

import math
from typing import Final

import numpy as np

from imuhip.core.conventions import STANDARD_GRAVITY
from imuhip.core.records import Array, Fault, SampleBlock


def check_at_rest(acc: Array, gyr: Array) -> tuple[str, ...]:
    """Return what is wrong with the units of a sensor that is known to rest; empty for nothing.

    Parameters
    ----------
    acc, gyr
        ``(N, 3)`` m/s² and rad/s, frame ``s``, as decoded; a second or more of them.
    """
    if not len(acc):
        return ()
    read = _length(acc.mean(axis=0))
    turning, noise = _length(gyr.mean(axis=0)), _length(gyr.std(axis=0))
    return tuple(filter(None, (acc_problem(read), resting_gyr_problem(turning, noise))))


def acc_problem(read: float) -> str:
    """Return what is wrong where the accelerometer at rest reads `read` m/s²; empty for nothing."""
    ratio = read / STANDARD_GRAVITY
    if 1.0 / _ACC_TOLERANCE <= ratio <= _ACC_TOLERANCE:
        return ""
    said = f"at rest the accelerometer reads {read:.3g} m/s² instead of 9.81"
    for factor, words in ACC_MISTAKES:
        if 1.0 / _ACC_TOLERANCE <= ratio / factor <= _ACC_TOLERANCE:
            return f"{said}: {words}; correct acc in the sensor's profile"
    return f"{said}; correct the unit or the scale of acc in the sensor's profile"


def resting_gyr_problem(turning: float, noise: float) -> str:
    """Return what is wrong where a resting gyroscope reads `turning` ± `noise` rad/s."""
    if turning <= _RESTING_TURN and noise <= _RESTING_NOISE:
        return ""
    return (
        f"at rest the gyroscope reads {turning:.3g} ± {noise:.3g} rad/s: its values look like "
        "deg/s read as rad/s; correct gyr in the sensor's profile, or calibrate the sensor"
    )


class UnitCheck:
    """Watches one sensor's samples, finds its rests by itself, and says once what is wrong.

    Looks at whole seconds of samples from the first one on, so that how samples are cut into blocks
    does not show.
    """

    def __init__(self, sensor: str, rate_hz: float) -> None:
        self._sensor = sensor
        self._length = max(round(rate_hz), _FEWEST)
        self._waiting: list[SampleBlock] = []
        self._count = 0
        self._acc: list[float] = []
        self._gyr: list[tuple[float, float]] = []
        self._gravity: Array | None = None
        self._path = 0.0
        self._turns = [0, 0]
        self._watched = 0
        self._open = {"acc", "rest", "turns", "fast"}

    def push(self, samples: SampleBlock) -> tuple[Fault, ...]:
        """Return what became known to be wrong; each thing is said once."""
        faults: list[Fault] = []
        if not self._open:
            return ()
        self._waiting.append(samples)
        self._count += len(samples.t)
        if self._count < self._length:
            return ()
        columns = [
            np.concatenate([getattr(block, name) for block in self._waiting])
            for name in ("t", "dt", "acc", "gyr", "missing", "restart")
        ]
        whole = self._count // self._length * self._length
        for first in range(0, whole, self._length):
            if self._watched == _LONGEST_WATCH:
                self._open.clear()
            if self._open:
                window = [column[first : first + self._length] for column in columns]
                faults += self._look(*window)
                self._watched += 1
        self._waiting = [_tail(samples, self._count - whole)] if self._count > whole else []
        self._count -= whole
        return tuple(faults)

    def _look(
        self, t: Array, dt: Array, acc: Array, gyr: Array, missing: Array, restart: Array
    ) -> list[Fault]:
        """Judge one window."""
        problems = [self._too_fast(gyr)]
        if missing.any() or restart.any():
            self._gravity = None
        speed = np.sqrt(gyr[:, 0] ** 2 + gyr[:, 1] ** 2 + gyr[:, 2] ** 2)
        self._path += float((speed * dt).sum())
        mean = acc.mean(axis=0)
        size = _length(mean)
        if size > 0.0 and _steady(acc - mean, _REST_SHARE * size):
            problems += [self._resting(size, gyr), self._turned(mean / size)]
        return [
            Fault(self._sensor, "unit", float(t[0]), float(t[-1]), 1, words)
            for words in problems
            if words
        ]

    def _too_fast(self, gyr: Array) -> str:
        """A gyroscope that turns faster than any chip measures."""
        if "fast" not in self._open:
            return ""
        beyond = np.abs(gyr) > _FASTEST
        if int(beyond.sum()) < _FEWEST_BEYOND:
            return ""
        self._open -= {"fast", "rest"}
        return (
            f"the gyroscope reads {float(np.abs(gyr).max()):.3g} rad/s, which no chip measures: "
            "its values look like deg/s read as rad/s; correct gyr in the sensor's profile"
        )

    def _resting(self, size: float, gyr: Array) -> str:
        """Gravity and the gyroscope, once enough rests were seen."""
        words = []
        self._acc.append(size)
        self._gyr.append((_length(gyr.mean(axis=0)), _length(gyr.std(axis=0))))
        if "acc" in self._open and len(self._acc) == _RESTS:
            self._open.discard("acc")
            words.append(acc_problem(float(np.median(self._acc))))
        if "rest" in self._open and len(self._gyr) == _RESTS_FOR_GYR:
            self._open.discard("rest")
            # The quietest second counts: a slow turn about the vertical also looks like a rest.
            problem = resting_gyr_problem(*(min(values) for values in zip(*self._gyr, strict=True)))
            if problem:
                self._open.discard("fast")
            words.append(problem)
        return "; ".join(filter(None, words))

    def _turned(self, gravity: Array) -> str:
        """How far gravity turned since the rest before, against how far the gyroscope did."""
        before, path = self._gravity, self._path
        self._gravity, self._path = gravity, 0.0
        if before is None or "turns" not in self._open:
            return ""
        angle = math.acos(min(1.0, max(-1.0, float((before * gravity).sum()))))
        if angle < _CLEAR_TURN:
            return ""
        self._turns[path < _SHORT * angle] += 1
        if self._turns[0] >= _TURNS:
            self._open -= {"turns", "fast"}
        elif self._turns[1] >= _TURNS:
            self._open.discard("turns")
            return (
                f"gravity turned by {math.degrees(angle):.0f}° in the sensor's frame while the "
                f"gyroscope turned {math.degrees(path):.2g}°: its values look like rad/s read as "
                "deg/s; correct gyr in the sensor's profile"
            )
        return ""


def _tail(samples: SampleBlock, count: int) -> SampleBlock:
    """The last `count` samples of a block."""
    rows = slice(len(samples.t) - count, None)
    return SampleBlock(
        samples.sensor,
        samples.t[rows],
        samples.dt[rows],
        samples.host_t[rows],
        samples.missing[rows],
        samples.restart[rows],
        samples.acc[rows],
        samples.gyr[rows],
        None,
        None,
        samples.saturated[rows],
    )


def _steady(away: Array, most: float) -> bool:
    """Whether no component of ``(N, 3)``, away from its mean, has a deviation beyond `most`."""
    deviation = np.sqrt(np.add.reduce(away * away) / len(away))
    return float(np.maximum.reduce(deviation)) <= most


def _length(v: Array) -> float:
    return math.sqrt(float(v[0]) ** 2 + float(v[1]) ** 2 + float(v[2]) ** 2)


_ACC_TOLERANCE: Final = 1.2
"""How far, as a factor, a reading may be from what explains it; cheap chips are within 1.1."""
_RESTING_TURN: Final = 0.2
_RESTING_NOISE: Final = 0.1
"""rad/s: 11 °/s of bias and 6 °/s of noise, more than any chip in use has."""
_FASTEST: Final = 80.0
_FEWEST_BEYOND: Final = 5
"""rad/s and values: chips end at 2000 or 4000 °/s, which is 70 rad/s."""
_REST_SHARE: Final = 0.01
"""Largest deviation of a component of acc at rest, as a share of its length: half a degree."""
_LONGEST_WATCH: Final = 300
"""Seconds: a unit that was right for so long stays right."""
_RESTS: Final = 3
_RESTS_FOR_GYR: Final = 8
_FEWEST: Final = 20
_CLEAR_TURN: Final = math.radians(30.0)
_SHORT: Final = 1.0 / 3.0
_TURNS: Final = 2

ACC_MISTAKES: Final = (
    (1000.0 / STANDARD_GRAVITY, "its values look like mg read as m/s²"),
    (1.0 / STANDARD_GRAVITY, "its values look like g read as m/s²"),
    (STANDARD_GRAVITY, "its values look like m/s² read as g"),
    (STANDARD_GRAVITY / 1000.0, "its values look like m/s² read as mg"),
    (1000.0, "its values look like mg read as g"),
    (0.001, "its values look like g read as mg"),
    *((factor, "its range is another one") for factor in (2.0, 4.0, 8.0, 0.5, 0.25, 0.125)),
)
"""Reading at rest over gravity → what explains it."""

"""Constant delays between sensors, from one shake of all of them in one hand.

How late a sensor's notifications are at best does not show in the notifications themselves. Held
together, all sensors turn alike, and the speed of turning, ``|gyr|``, is the same in every frame:
so the lag at which two sensors' speeds agree is the difference of their delays. A lag is sought by
correlation and refined by least squares (Gauss-Newton) far below a sample; its uncertainty is the
spread over quarters of the shake.

Marks ``begin:shake`` and ``end:shake`` enclose it. What is measured counts from the end mark on.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from imuhip.core.conventions import PELVIS
from imuhip.core.evidence import CalibrationStep, Gate
from imuhip.core.records import Array, Mark, OrientationBlock, Packet, Record
from imuhip.estimate.monotone_curve import MonotoneCurve


class Track(NamedTuple):
    """A sensor's speed of turning: times ``(N,)`` in seconds, speeds ``(N,)`` in rad/s."""

    t: Array
    speed: Array


class Delay(NamedTuple):
    """How a sensor's times compare with the reference's.

    Parameters
    ----------
    delay_s
        What is felt at once is stamped so much later by this sensor; NaN where that is not clear.
    sd_s
        Uncertainty of it, one standard deviation.
    speed
        Standard deviation of the speed of turning, rad/s: how hard it was shaken.
    agreement
        Correlation of the two speeds at this delay.
    lead
        By how much that correlation is above the next best one's.
    """

    delay_s: float
    sd_s: float
    speed: float
    agreement: float
    lead: float


def measure_delays(tracks: Mapping[str, Track], reference: str = PELVIS) -> dict[str, Delay]:
    """Return each sensor's delay against the reference's, from a common shake."""
    zero = tracks[reference]
    strength = float(zero.speed.std()) if len(zero.t) else 0.0
    result = {reference: Delay(0.0, 0.0, strength, 1.0, 1.0)}
    for name, track in tracks.items():
        if name != reference:
            result[name] = _delay(zero, track)
    return result


def _delay(a: Track, b: Track) -> Delay:
    """Delay of `b` against `a`."""
    nothing = Delay(np.nan, np.nan, 0.0, 0.0, 0.0)
    if min(len(a.t), len(b.t)) < _FEWEST:
        return nothing
    begin, end = max(a.t[0], b.t[0]), min(a.t[-1], b.t[-1])
    if end - begin < _SHORTEST_S:
        return nothing
    speed = float(b.speed.std())
    t = np.arange(begin, end, _STEP_S)
    first, second = MonotoneCurve(*a), MonotoneCurve(*b)
    lag, agreement, lead = _coarse(first(t), second(t))
    if not agreement > 0.0:
        return nothing._replace(speed=speed)
    inside = t[(t + lag > begin + _EDGE_S) & (t + lag < end - _EDGE_S)]
    for _ in range(_ROUNDS):
        step, _ = _refined(first(inside), second, inside + lag)
        lag += step
    quarters = [
        _refined(first(part), second, part + lag)[0] for part in np.array_split(inside, _PARTS)
    ]
    sd = float(np.std(quarters)) / np.sqrt(_PARTS - 1)
    return Delay(lag, sd, speed, _refined(first(inside), second, inside + lag)[1], lead)


def _coarse(a: Array, b: Array) -> tuple[float, float, float]:
    """The lag of `b` with the best correlation, that correlation, and its lead."""
    most = min(round(_FURTHEST_S / _STEP_S), len(a) // 2)
    lags = np.arange(-most, most + 1)
    values = np.array([_correlation(a, b, int(lag)) for lag in lags])
    best = int(np.argmax(values))
    peaks = np.flatnonzero((values[1:-1] > values[:-2]) & (values[1:-1] >= values[2:])) + 1
    others = values[peaks[np.abs(peaks - best) * _STEP_S > _EDGE_S]]
    second = float(others.max()) if len(others) else 0.0
    return float(lags[best]) * _STEP_S, float(values[best]), float(values[best]) - second


def _correlation(a: Array, b: Array, lag: int) -> float:
    """Correlation of ``a[i]`` with ``b[i + lag]`` over what both have."""
    x = a[max(-lag, 0) : len(a) - max(lag, 0)]
    y = b[max(lag, 0) : len(b) - max(-lag, 0)]
    x, y = x - x.mean(), y - y.mean()
    norm = float(np.sqrt(np.dot(x, x) * np.dot(y, y)))
    return float(np.dot(x, y)) / norm if norm > 0.0 else 0.0


def _refined(a: Array, second: MonotoneCurve, t: Array) -> tuple[float, float]:
    """The step in lag that fits ``second(t + step)`` to `a` best, and the correlation before it."""
    b, slope = second(t), second.slope(t)
    a, b = a - a.mean(), b - b.mean()
    power, moving = float(np.dot(b, b)), float(np.dot(slope, slope))
    if not (power > 0.0 and moving > 0.0):
        return 0.0, 0.0
    # Scales of gyroscopes differ by percents, which must not pass for a lag.
    gain = float(np.dot(a, b)) / power
    if not gain > 0.0:
        return 0.0, 0.0
    slope = gain * (slope - slope.mean())
    step = float(np.dot(a - gain * b, slope) / np.dot(slope, slope))
    agreement = gain * np.sqrt(power / float(np.dot(a, a)))
    return float(np.clip(step, -_STEP_S, _STEP_S)), float(agreement)


class Shake:
    """Waits for a marked shake: `push` samples and marks in order of arrival."""

    def __init__(self, sensors: Sequence[str]) -> None:
        self._sensors = tuple(sensors)
        self._begin: float | None = None
        self._parts: dict[str, list[OrientationBlock]] = {}

    def push(
        self, blocks: Sequence[OrientationBlock], mark: tuple[float, str] | None = None
    ) -> CalibrationStep | None:
        """Take samples, and the mark that came after them; return the step that it ended.

        Parameters
        ----------
        blocks
            What came since the last push.
        mark
            Its time on the session's clock and its label; one of `SHAKE_MARKS`.
        """
        if self._begin is not None:
            for block in blocks:
                if block.sensor in self._parts and len(block.t):
                    early = block.t[-1] <= self._begin + _LONGEST_S
                    if early:
                        self._parts[block.sensor].append(block)
        if mark is None:
            return None
        t, label = mark
        begin, self._begin = self._begin, t if label == SHAKE_MARKS[0] else None
        step = None
        if label == SHAKE_MARKS[1] and begin is not None:
            step = self._judged(begin, t)
        self._parts = {sensor: [] for sensor in self._sensors}
        return step

    def _judged(self, begin: float, end: float) -> CalibrationStep:
        tracks = {}
        for sensor, parts in self._parts.items():
            t = np.concatenate([np.empty(0), *(part.t for part in parts)])
            gyr = np.concatenate([np.empty((0, 3)), *(part.gyr for part in parts)])
            inside = t >= begin
            tracks[sensor] = Track(t[inside], np.sqrt((gyr[inside] ** 2).sum(axis=-1)))
        gates: list[Gate] = []
        for sensor, found in measure_delays(tracks).items():
            gates += _gates(sensor, found)
        failed = any(gate.verdict == "failed" for gate in gates)
        nothing = np.full((len(self._sensors), 3), np.nan)
        return CalibrationStep(
            step="shake",
            t_start=begin,
            t_end=end,
            found="marked",
            accepted=not failed,
            gates=tuple(gates),
            words=(_AGAIN,) if failed else (),
            up=nothing,
            axis=nothing,
            axis_sd=nothing[:, 0],
            turned=nothing[:, 0],
            lost=nothing[:, 0],
            drifted=nothing[:, 0],
            force=nothing[:, 0],
            q=np.empty((0, len(self._sensors), 4)),
        )


def offsets_of(step: CalibrationStep) -> dict[str, float]:
    """What to add to each sensor's times, seconds; never above 0.

    The least delayed sensor stays, for no sample may be later than its arrival. A shake that was
    not accepted changes nothing.
    """
    if not step.accepted:
        return {}
    delays = {g.sensor: 1e-3 * g.value for g in step.gates if g.name == "shake_delay"}
    least = min(delays.values(), default=0.0)
    return {sensor: least - delay for sensor, delay in delays.items()}


def cut_at_shakes(
    batch: Sequence[Record],
) -> Iterator[tuple[Sequence[Record], Mark | None]]:
    """The batch in pieces, each up to and with a mark of a shake; however it is cut, it is one."""
    marks = [r for r in batch if isinstance(r, Mark) and r.label in SHAKE_MARKS]
    if not marks:
        yield batch, None
        return
    marks.sort(key=lambda mark: mark.arrival)
    parts: list[list[Record]] = [[] for _ in range(len(marks) + 1)]
    edges = np.array([mark.arrival for mark in marks])
    for record in batch:
        if isinstance(record, Packet):
            rows = [0, *np.searchsorted(record.arrival, edges, side="right").tolist(), len(record)]
            for part, (a, b) in zip(parts, pairwise(rows), strict=True):
                if b > a:
                    part.append(record.part(a, b))
        else:
            parts[int(np.searchsorted(edges, record.arrival))].append(record)
    yield from zip(parts, [*marks, None], strict=True)


def _gates(sensor: str, found: Delay) -> list[Gate]:
    """What was measured of one sensor, against what is wanted of a shake."""
    gates = [Gate.judge("shake_speed", "rad/s", sensor, found.speed, 1.5, 0.8)]
    if sensor == PELVIS:
        return [*gates, Gate.judge("shake_delay", "ms", sensor, 0.0, np.inf, np.inf)]
    return [
        *gates,
        Gate.judge("shake_agreement", "1", sensor, found.agreement, 0.97, 0.9),
        Gate.judge("shake_distinct", "1", sensor, found.lead, 0.1, 0.03),
        Gate.judge("shake_uncertainty", "ms", sensor, 1e3 * found.sd_s, 2.0, 5.0),
        Gate.judge("shake_delay", "ms", sensor, 1e3 * found.delay_s, np.inf, np.inf),
    ]


SHAKE_MARKS = ("begin:shake", "end:shake")

_AGAIN = (
    "The sensors were not shaken hard enough together – hold all of them in one hand and shake "
    "hard and unevenly for 10 seconds."
)
_STEP_S = 0.005
_FURTHEST_S = 0.8
"""Delays between sensors are sought up to this."""
_SHORTEST_S = 3.0
_LONGEST_S = 60.0
"""A shake that nobody ended is not kept for ever."""
_EDGE_S = 0.05
_FEWEST = 100
_ROUNDS = 5
_PARTS = 4

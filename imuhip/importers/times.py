"""Times in numbers as files give them: wrapped, since 1970, of arrival; made seconds that rise."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.records import Array, IntArray


def unwrapped(counts: Array, period: float) -> Array:
    """Return counts ``(N,)`` that wrap at `period` as ones that do not."""
    wraps = np.zeros(len(counts))
    wraps[1:] = np.cumsum(np.diff(counts) < -period / 2.0)
    whole: Array = counts + wraps * period
    return whole


def nearest_starts(starts: Sequence[float], period: float) -> list[float]:
    """Return what to add to each sensor's times so that their starts on one clock lie nearest.

    The clock begins again after `period`; what is added is a multiple of it, and never negative.
    """
    wraps = [round((starts[0] - start) / period) for start in starts]
    least = min(wraps)
    return [(wrap - least) * period for wrap in wraps]


def seconds_since_1970(t: Array) -> tuple[Array, str]:
    """Return times that can only be ms, µs or ns since 1970 in seconds, and a sentence; or as is.

    Seconds since 1970 stand at 1.8e9 in our days; a thousand times that is milliseconds.
    """
    for least, unit, scale in ((1e17, "ns", 1e-9), (1e14, "µs", 1e-6), (1e11, "ms", 1e-3)):
        if len(t) and least < t[0] < 1e3 * least:
            return t * scale, f"times are read as {unit} since 1970"
    return t, ""


def days_since_1900(t: Array) -> tuple[Array, str]:
    """Return times that can only be a spreadsheet's days in seconds, and a sentence; or as is.

    Spreadsheets count days from 30 December 1899; our days stand at 46,000, and a sample's step is
    far below what any sensor takes a second for.
    """
    if len(t) < 2 or not _DAYS[0] < t[0] < _DAYS[1]:
        return t, ""
    rate = 1.0 / (_DAY_S * max(float(np.median(np.diff(t))), _LEAST))
    if not _RATES[0] <= rate <= _RATES[1]:
        return t, ""
    return (t - _DAY_1970) * _DAY_S, "times are read as a spreadsheet's days"


def refuse_no_seconds(t: Array) -> None:
    """Raise RecordingError where the times ``(N,)`` cannot be seconds: less than 1 Hz.

    Raises
    ------
    RecordingError
        With the rate that another unit would give.
    """
    step = float(np.median(np.diff(t)))
    if step < _SLOWEST_S:
        return
    for unit, per_second in (("ms", 1e3), ("us", 1e6), ("ns", 1e9)):
        rate = per_second / step
        if _RATES[0] <= rate <= _RATES[1]:
            raise RecordingError(
                f"Times are {step:g} apart, and seconds are expected; that is {rate:.4g} Hz in "
                f"{unit}. If so, import with --units t={unit}"
            )
    raise RecordingError(
        f"Times are {step:g} apart, which in seconds is {1 / step:.3g} Hz, too slow for any "
        "movement. Say the unit with --units t=UNIT"
    )


def evened(t: Array) -> tuple[Array, str]:
    """Return times of arrival ``(N,)`` in bunches as evenly spaced ones, and a sentence; or as is.

    Several samples that arrive together were not taken together. The rate is the one of the
    bunches; the line lies along the earliest arrivals, those with the least delay. Where more time
    passed than samples came, the line begins anew, so a loss stays a gap.
    """
    starts = _bunches(t)
    if not len(starts):
        return t, ""
    size = float(np.median(np.diff(starts)))
    rate = _bunched_rate(t, starts)
    even = np.empty(len(t))
    for first, stop in _unbroken(t, starts, rate):
        index = np.arange(stop - first) / rate
        even[first:stop] = index + np.min(t[first:stop] - index)
    if np.any(np.diff(even) <= 0.0):
        return t, ""
    return even, (
        f"times come in bunches of {size:.0f}, so they are times of arrival; the samples are taken "
        f"as evenly spaced at {rate:.4g} Hz"
    )


def _bunches(t: Array) -> IntArray:
    """Return the first row of each bunch of times ``(N,)``; none where they do not come in bunches.

    Within a bunch times lie closer than any sensor of a body samples; a recording with many gaps is
    none.
    """
    none = np.empty(0, dtype=np.int64)
    steps = np.diff(t)
    if len(steps) < _FEWEST_STEPS or np.any(steps < 0.0) or t[-1] - t[0] > _MAX_SPAN_S:
        return none
    mean = float(t[-1] - t[0]) / len(steps)
    close = steps < 0.25 * mean
    if np.count_nonzero(close) < 0.5 * len(steps) or np.median(steps[close]) > _CLOSE_S:
        return none
    starts = np.flatnonzero(np.concatenate(([True], steps > 0.5 * mean)))
    sizes = np.diff(starts)
    if len(sizes) < 1 or not _BUNCH[0] <= np.median(sizes) <= _BUNCH[1]:
        return none
    return starts


def _bunched_rate(t: Array, starts: IntArray) -> float:
    """Return samples a second from the times at which bunches begin, without long pauses."""
    spans, counts = np.diff(t[starts]), np.diff(starts)
    usual = spans <= 3.0 * np.median(spans)
    return float(counts[usual].sum() / spans[usual].sum())


def _unbroken(t: Array, starts: IntArray, rate: float) -> list[tuple[int, int]]:
    """Return first row and end of stretches in which as many samples came as time passed.

    A stall of the radio is followed by a longer bunch, and is none: what counts is how far the
    times have run ahead of the samples a while after it.
    """
    ahead = t[starts] - starts / rate
    spans = np.diff(t[starts])
    cuts = [0]
    for i in np.flatnonzero(spans > 3.0 * np.median(spans)):
        before = np.min(ahead[max(0, i - _A_WHILE) : i + 1])
        after = np.min(ahead[i + 1 : i + 1 + _A_WHILE])
        if after - before > 2.0 * float(np.median(spans)):
            cuts.append(int(starts[i + 1]))
    return list(zip(cuts, [*cuts[1:], len(t)], strict=True))


_SLOWEST_S: Final = 1.0 - 1e-9
_DAYS: Final = (30_000.0, 80_000.0)
_DAY_1970: Final = 25_569.0
_DAY_S: Final = 86_400.0
_LEAST: Final = 1e-12
_RATES: Final = (5.0, 5000.0)
_FEWEST_STEPS: Final = 5
_BUNCH: Final = (2.0, 64.0)  # samples
_CLOSE_S: Final = 0.0025
_MAX_SPAN_S: Final = 1e6
_A_WHILE: Final = 10  # bunches

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


def unrolled(t: Array) -> tuple[Array, str]:
    """Return times ``(N,)`` of a clock that begins again as rising ones, and a sentence; or as is.

    It shows where every fall is that of one such clock: from its end to its beginning, a sample on.
    """
    falls = np.flatnonzero(np.diff(t) < 0.0)
    if not len(falls) or np.min(t) < 0.0:
        return t, ""
    step = float(np.median(np.diff(t)))
    for period in _CLOCKS:
        over = t[falls + 1] + period - t[falls]
        if step > 0.0 and np.max(t) < period and np.all((over > 0.0) & (over < _A_FEW * step)):
            return unwrapped(t, period), f"t begins again at {period:.0f}; it is taken to go on"
    return t, ""


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
    if len(t) > 1 and _FILETIME[0] < t[0] < _FILETIME[1]:
        return t * 1e-7 - _FROM_1601_S, "times are read as Windows' 100 ns since 1601"
    for least, unit, scale in ((1e17, "ns", 1e-9), (1e14, "µs", 1e-6), (1e11, "ms", 1e-3)):
        if len(t) and least < t[0] < 1e3 * least:
            return t * scale, f"times are read as {unit} since 1970"
    return t, ""


def days_as_seconds(t: Array) -> tuple[Array, str]:
    """Return times that can only be days in seconds since 1970, and a sentence; or as is.

    Spreadsheets count days from 30 December 1899, so ours stand at 46,000, and MATLAB from the year
    0, at 740,000; a sample's step is far below what any sensor takes a second for.
    """
    for least, most, day_1970, whose in _DAYS:
        if len(t) > 1 and least < t[0] < most:
            rate = 1.0 / (_DAY_S * max(float(np.median(np.diff(t))), _LEAST))
            if _RATES[0] <= rate <= _RATES[1]:
                return (t - day_1970) * _DAY_S, f"times are read as {whose} days"
    return t, ""


def refuse_no_seconds(t: Array) -> None:
    """Raise RecordingError where the times ``(N,)`` cannot be seconds: below 1 Hz, above 50 kHz.

    Raises
    ------
    RecordingError
        With the rate that another unit would give.
    """
    step = float(np.median(np.diff(t)))
    if step < _QUICKEST_S:
        raise RecordingError(
            f"Times are {step:.3g} apart, which in seconds is {1 / step:.3g} Hz, faster than any "
            "sensor of movement. Say the unit with --units t=UNIT"
        )
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
    bunches; the line lies along the earliest arrivals, those with the least delay, or along the
    first sample of each stamp where stamps are cut to whole or tenths of seconds. Where more time
    passed than samples came, the line begins anew, so a loss stays a gap.
    """
    starts = _bunches(t)
    if not len(starts):
        return t, ""
    size = float(np.median(np.diff(starts)))
    rate = _bunched_rate(t, starts)
    cut = bool(np.all(np.abs(t * 10.0 - np.rint(t * 10.0)) < _CUT))
    even = np.empty(len(t))
    for first, stop in _unbroken(t, starts, rate):
        index = np.arange(stop - first) / rate
        ahead = t[first:stop] - index
        even[first:stop] = index + (np.max(ahead) if cut else np.min(ahead))
    if np.any(np.diff(even) <= 0.0):
        return t, ""
    why = (
        f"{size:.0f} rows share a time"
        if cut
        else f"times come in bunches of {size:.0f}, so they are times of arrival"
    )
    return even, f"{why}; the samples are taken as evenly spaced at {rate:.4g} Hz"


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
    most = _BUNCH[1] if steps[close].any() else _MOST_IN_A_SECOND
    if len(sizes) < 1 or not _BUNCH[0] <= np.median(sizes) <= most:
        return none
    return starts


def _bunched_rate(t: Array, starts: IntArray) -> float:
    """Return samples a second from the times at which bunches begin, without long pauses."""
    spans, counts = np.diff(t[starts]), np.diff(starts)
    usual = spans <= 3.0 * np.median(spans)
    usual[0] &= len(spans) < _FEWEST_BUNCHES  # the first bunch may have begun before the file
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


_CLOCKS: Final = (60.0, 3600.0, 86_400.0, 2.0**16, 2.0**24, 2.0**32)
"""Where seconds of a minute, an hour and a day, and counters of 16, 24 and 32 bits begin again."""
_A_FEW: Final = 5.0  # steps
_QUICKEST_S: Final = 2e-5
_SLOWEST_S: Final = 1.0 - 1e-9
_FILETIME: Final = (1.2e17, 1.5e17)  # 1981 to 2076; as ns since 1970 it would be 1973 or 1974
_FROM_1601_S: Final = 11_644_473_600.0
_DAYS: Final = (
    (30_000.0, 80_000.0, 25_569.0, "a spreadsheet's"),
    (710_000.0, 760_000.0, 719_529.0, "MATLAB's"),
)
_DAY_S: Final = 86_400.0
_LEAST: Final = 1e-12
_RATES: Final = (5.0, 5000.0)
_FEWEST_STEPS: Final = 5
_BUNCH: Final = (2.0, 64.0)  # samples
_MOST_IN_A_SECOND: Final = 1000.0  # samples, where stamps are of whole seconds
_FEWEST_BUNCHES: Final = 4
_CUT: Final = 1e-4  # tenths of a second
_CLOSE_S: Final = 0.0025
_MAX_SPAN_S: Final = 1e6
_A_WHILE: Final = 10  # bunches

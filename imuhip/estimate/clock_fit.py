"""The recurrences of a sensor's clock: unwrap, fit the line, map. See `clocks` for the why.

Everything here is a plain loop over samples with its state in one array, compiled, so that a cut of
the input cannot show.
"""

import numpy as np

from imuhip.core.kernels import kernel
from imuhip.core.records import Array, BoolArray, IntArray


@kernel
def keep_rising(
    stamps: Array, settings: Array, state: Array, recent: Array
) -> tuple[Array, Array, IntArray, BoolArray]:
    """Times that are already the session's: keep those that rise."""
    n = len(stamps)
    dt = np.empty(n)
    missing = np.zeros(n, dtype=np.int64)
    keep = np.empty(n, dtype=np.bool_)
    last = state[_LAST_D]
    for i in range(n):
        keep[i] = not stamps[i] <= last
        if keep[i]:
            dt[i] = settings[NOMINAL] if np.isnan(last) else stamps[i] - last
            missing[i] = _missing(dt[i], state)
            _measure_period(dt[i], np.nan, state, recent)
            last = stamps[i]
    state[_LAST_D] = last
    return stamps, dt, missing, keep


@kernel
def map_times(
    stamps: Array,
    arrived: Array,
    row: IntArray,
    index: IntArray,
    lost: IntArray,
    restart: BoolArray,
    settings: Array,
    state: Array,
    bins: Array,
    near: Array,
    recent: Array,
) -> tuple[Array, Array, IntArray, BoolArray, Array]:
    """Unwrap, fit and map, sample by sample; the fit moves on with each notification.

    The last column is the slope where it became another, and zero elsewhere.
    """
    n = len(stamps)
    changed = np.zeros(n)
    t = np.empty(n)
    dt = np.empty(n)
    missing = np.zeros(n, dtype=np.int64)
    keep = np.empty(n, dtype=np.bool_)
    nominal, untimed = settings[NOMINAL], settings[UNTIMED] > 0.0
    row_before = -1
    measured = np.nan
    for i in range(n):
        if restart[i]:
            _begin_anew(untimed, state, bins)
        h = arrived[i]
        counted = -1
        if row[i] != row_before:
            row_before = row[i]
            newest = i
            while newest + 1 < n and row[newest + 1] == row[i]:
                newest += 1
            counted = lost[i]
            within = _turned(stamps[newest] - stamps[i], settings[WRAP])
            before = state[_STAMP_D]
            since = state[_NEWEST] + 1.0 - index[i] + max(counted, 0)
            _arrive(stamps[i], h, within, index[newest], counted, settings, state, bins, near)
            state[_NEWEST] = index[newest]
            changed[i], state[CHANGED] = state[CHANGED], 0.0
            measured = _period_of_batch(newest - i, within, since, before, settings, state)
        if untimed:
            d = state[_STAMP_D] + index[i] * nominal
            state[_COUNT_D] = d + nominal
        else:
            # Samples of a notification share its stamp, or each has its own.
            within = _turned(stamps[i] - state[_STAMP_RAW], settings[WRAP])
            d = (state[_TICKS] + within) * settings[TICK_S] + index[i] * state[PERIOD]
        last = state[_LAST_D]
        keep[i] = not d <= last + 1e-3 * nominal
        if not keep[i]:
            continue
        step = nominal if np.isnan(last) else d - last
        state[_LAST_D] = d
        if not np.isnan(last):
            missing[i] = counted if counted >= 0 else _missing(step, state)
        _measure_period(step, measured, state, recent)
        mapped = min(_line(d, state) + state[SHIFT], h)
        if mapped <= state[_LAST_T]:
            mapped = state[_LAST_T] + _SLOWEST * min(step, nominal)
            if mapped > h:  # the line fell, and this sample must still be after the last
                mapped = np.nextafter(state[_LAST_T], np.inf)
        state[_LAST_T] = mapped
        t[i], dt[i] = mapped, step * state[_SLOPE]
    return t, dt, missing, keep, changed


@kernel
def _begin_anew(untimed: bool, state: Array, bins: Array) -> None:
    """Nothing is known of a new connection but, without stamps, the device's rate."""
    slope = state[_SLOPE]
    state[:PERIOD] = np.nan
    bins[:] = np.nan
    if untimed:
        state[_SLOPE] = slope


@kernel
def _arrive(
    stamp: float,
    h: float,
    within: float,
    newest: int,
    lost: int,
    settings: Array,
    state: Array,
    bins: Array,
    near: Array,
) -> None:
    """Take in one notification: its device time, and where its newest sample puts the line.

    `within` is how many ticks later its newest sample is stamped, beyond its `newest` places.
    """
    if settings[UNTIMED] > 0.0:
        d = _count_on(h, lost, settings[NOMINAL], state, bins)
        state[_STAMP_D], state[_STAMP_H] = d, h
        d += newest * settings[NOMINAL]
    else:
        d = _unwrap(stamp, h, settings, state)
        state[_STAMP_D], state[_STAMP_H] = d, h
        d = (state[_TICKS] + within) * settings[TICK_S] + newest * state[PERIOD]
    if not np.isnan(state[_PAUSE_H]):
        return  # what was held back says nothing of the line
    # A notification leaves after its last sample, so that one cannot be later than h.
    _fit(d, h, settings, state, bins, near)


@kernel
def _period_of_batch(
    more: int, within: float, since: float, before: float, settings: Array, state: Array
) -> float:
    """The sample period from the stamps of two notifications; NaN where each sample has its own.

    Where samples share a stamp, the steps between them only say what was believed before. There
    are `since` samples from the one stamped `before`, in device seconds, to the one stamped now.
    """
    if more == 0 or within != 0.0 or settings[UNTIMED] > 0.0 or not since > 0.0:
        return np.nan
    period: float = (state[_STAMP_D] - before) / since
    return period


@kernel
def _turned(ahead: float, wrap: float) -> float:
    """A step of the counter that may have wrapped."""
    if wrap > 0.0:
        ahead -= wrap * np.round(ahead / wrap)
    return ahead


@kernel
def _unwrap(stamp: float, h: float, settings: Array, state: Array) -> float:
    """Device seconds since the first stamp: the turn of the counter nearest to what the host saw.

    Ticks are whole numbers and stay exact, so neither a wrap nor the first stamp shows in the bits.
    """
    if np.isnan(state[_STAMP_D]):
        state[_TICKS] = 0.0
    else:
        ahead = stamp - state[_STAMP_RAW]
        wrap = settings[WRAP]
        if wrap > 0.0:
            elapsed = (h - state[_STAMP_H]) / settings[TICK_S]
            ahead += wrap * np.round((elapsed - ahead) / wrap)
        state[_TICKS] += ahead
    state[_STAMP_RAW] = stamp
    seconds: float = state[_TICKS] * settings[TICK_S]
    return seconds


@kernel
def _count_on(h: float, lost: int, nominal: float, state: Array, bins: Array) -> float:
    """Device seconds of a notification without a stamp: samples so far at the nominal rate."""
    if np.isnan(state[_STAMP_D]):
        return 0.0
    d: float = state[_COUNT_D]
    if lost >= 0:
        return d + lost * nominal
    slope = state[_SLOPE]
    if np.isnan(state[_PAUSE_H]):
        if (h - state[_STAMP_H]) - (d - state[_STAMP_D]) * slope > _PAUSE_S:
            state[_PAUSE_H], state[_PAUSE_D] = h, d
            state[_BEFORE_H], state[_BEFORE_D] = state[_STAMP_H], state[_STAMP_D]
        return d
    # After a pause comes what was held back, in one burst; what does not come so is lost.
    behind = (h - state[_BEFORE_H]) - (d - state[_BEFORE_D]) * slope
    since = h - state[_PAUSE_H]
    if behind < _BURST_S:
        state[_PAUSE_H] = np.nan
    elif since >= _BURST_S and (d - state[_PAUSE_D]) * slope < _BURST_PACE * since:
        state[_PAUSE_H] = np.nan
        d += np.floor(behind / (slope * nominal)) * nominal
        # How many were lost is a guess, so what arrived before says little of what comes.
        state[_PIVOT] = np.nan
        bins[:] = np.nan
    return d


@kernel
def _line(d: float, state: Array) -> float:
    """Session seconds at device time `d`: the line, and what is left of its last step."""
    left = 1.0 - max(d - state[_STEP_D], 0.0) / _EASE_S
    eased = state[_STEP] * left if left > 0.0 else 0.0
    line: float = state[_OFFSET] + state[_SLOPE] * (d - state[_PIVOT]) + state[_PIVOT] + eased
    return line


@kernel
def _fit(d: float, h: float, settings: Array, state: Array, bins: Array, near: Array) -> None:
    """Move the line on with one more notification: bins of lowest delay, a new line at each bin."""
    if np.isnan(state[_PIVOT]):
        state[_PIVOT], state[_OFFSET] = d, h - d
        if np.isnan(state[_SLOPE]):
            state[_SLOPE] = 1.0
        state[_STEP], state[_STEP_D] = 0.0, d
        state[_BIN], state[_NEAR] = 0.0, 0.0
        state[_ON_LINE_D], state[_ON_LINE_H] = d, h
        state[RESIDUAL] = settings[NOMINAL]
        bins[0, 0], bins[0, 1] = d, h
        near[0] = h - d
        return
    if settings[UNTIMED] > 0.0 and _is_left(d, h, settings, state, bins):
        _fit(d, h, settings, state, bins, near)
        return
    count = int(state[_NEAR])
    if settings[UNTIMED] > 0.0 or h - _line(d, state) <= _LATE_S:
        count += 1
        near[count % len(near)] = h - d
        state[_NEAR] = float(count)
    current = int(state[_BIN])
    place = current % len(bins)
    width = settings[BIN_S]
    if d - state[_PIVOT] >= (current + 1) * width:
        before = _line(d, state)
        fit_line(d, near[: min(count + 1, len(near))], settings, state, bins)
        state[_STEP], state[_STEP_D] = 0.0, d
        step = before - _line(d, state)
        state[_STEP] = step if abs(step) < _FAR_S else 0.0
        current = int((d - state[_PIVOT]) / width)
        skipped = min(current - int(state[_BIN]) - 1, len(bins))
        for k in range(skipped):
            bins[(current - 1 - k) % len(bins)] = np.nan
        state[_BIN] = float(current)
        place = current % len(bins)
        bins[place, 0], bins[place, 1] = d, h
    elif np.isnan(bins[place, 1]) or h - d < bins[place, 1] - bins[place, 0]:
        bins[place, 0], bins[place, 1] = d, h
    # No sample may be later than its arrival: an arrival under the line pushes it down.
    above = _line(d, state) - h
    if above > 0.0:
        state[_OFFSET] -= above


@kernel
def _is_left(d: float, h: float, settings: Array, state: Array, bins: Array) -> bool:
    """Whether no sample has come as early as the line says for so long that it is another rate.

    What came between is the slope of the line that follows, which begins here.
    """
    if h - _line(d, state) < _OFF_LINE_S:
        state[_ON_LINE_D], state[_ON_LINE_H] = d, h
        return False
    device, host = d - state[_ON_LINE_D], h - state[_ON_LINE_H]
    if device < _LEFT_S:
        return False
    limit = settings[SLOPE_LIMIT]
    slope = 1.0 + min(max(host / device - 1.0, -min(limit, _SLOWEST_SLOPE)), limit)
    if abs(slope / state[_REPORTED] - 1.0) > _OTHER_RATE:
        state[CHANGED] = state[_REPORTED] = slope
    state[_SLOPE], state[_PIVOT] = slope, np.nan
    bins[:] = np.nan
    return True


@kernel
def fit_line(now: float, near: Array, settings: Array, state: Array, bins: Array) -> None:
    """The middle of all lines that run below every bin's lowest delay, and by one comb at most.

    Those lines are a convex set, so the middle of the highest and the lowest at `now` is one too,
    and no true line is further away than half their distance.
    """
    x = np.empty(len(bins))
    y = np.empty(len(bins))
    count = 0
    for k in range(len(bins)):
        if not np.isnan(bins[k, 1]):
            x[count] = bins[k, 0] - now
            y[count] = bins[k, 1] - bins[k, 0]
            count += 1
    if settings[UNTIMED] == 0.0:
        count = _without_late(x, y, count, state[_SLOPE] - 1.0)
    x, y = x[:count], y[:count]
    delays = np.sort(near)
    limit = settings[SLOPE_LIMIT]
    least = -min(limit, _SLOWEST_SLOPE)
    if count < _FEWEST_BINS:  # one point says nothing of the slope
        least = limit = state[_SLOPE] - 1.0
    best = _peak(x, y, least, limit, 0)
    room = _comb(delays)
    need = -_value(x, y, best, 0)
    if need > room:
        room = need * _SLACK
    low = _edge(x, y, room, best, least)
    high = _edge(x, y, room, best, limit)
    upper = _peak(x, y, low, high, 1)
    lower = _peak(x, y, low, high, 2)
    top = _value(x, y, upper, 1)
    bottom = -_value(x, y, lower, 2) - room
    slope = 0.5 * (upper + lower)
    state[_SLOPE] = 1.0 + slope
    state[_OFFSET] = 0.5 * (top + bottom) - slope * (now - state[_PIVOT])
    state[RESIDUAL] = 0.5 * (top - bottom) + _doubt(delays) + _JITTER_S


@kernel
def _without_late(x: Array, y: Array, count: int, slope: float) -> int:
    """Leave out bins in which nothing came on time, as in a pause of the host; how many stay."""
    lowest = np.inf
    for k in range(count):
        lowest = min(lowest, y[k] - slope * x[k])
    kept = 0
    for k in range(count):
        if y[k] - slope * x[k] <= lowest + _LATE_S:
            x[kept], y[kept] = x[k], y[k]
            kept += 1
    return kept


@kernel
def _value(x: Array, y: Array, slope: float, which: int) -> float:
    """Of lines of one slope: (0) minus the height of all points, (1, 2) ± their lowest, highest."""
    least, most = np.inf, -np.inf
    for k in range(len(x)):
        v = y[k] - slope * x[k]
        least, most = min(least, v), max(most, v)
    if which == 0:
        return least - most
    return least if which == 1 else -most


@kernel
def _peak(x: Array, y: Array, low: float, high: float, which: int) -> float:
    """The slope in ``low … high`` at which `_value`, which is concave, is greatest."""
    while high - low > _FINE:
        a, b = low + (high - low) / 3.0, high - (high - low) / 3.0
        if _value(x, y, a, which) < _value(x, y, b, which):
            low = a
        else:
            high = b
    return 0.5 * (low + high)


@kernel
def _edge(x: Array, y: Array, room: float, inside: float, outside: float) -> float:
    """The last slope from `inside` to `outside` at which all points are within `room`."""
    if -_value(x, y, outside, 0) <= room:
        return outside
    while abs(outside - inside) > _FINE:
        middle = 0.5 * (inside + outside)
        if -_value(x, y, middle, 0) <= room:
            inside = middle
        else:
            outside = middle
    return inside


@kernel
def _comb(delays: Array) -> float:
    """How far the true line may lie below the lowest delays: the widest space between delays.

    A sample waits for a connection event. Where the sample period and the interval have a common
    measure, delays are a comb with that spacing, and the shortest ones are anything up to it.
    """
    if len(delays) < _FEWEST:
        return 0.0
    most = int(_SHARE * len(delays))
    span = delays[most - 1] - delays[0]
    widest = 0.0
    for k in range(1, most):
        widest = max(widest, delays[k] - delays[k - 1])
    # Delays that lie anywhere leave a space of this size between them too, by chance.
    even = span / most
    chance = 1.5 * even * (np.log(most) + 0.58)
    # Notifications of one event follow each other at a distance, which blurs the teeth.
    return widest + min(_BLUR_S, 0.3 * widest) if widest > chance else even + _JITTER_S


@kernel
def _doubt(delays: Array) -> float:
    """What a comb of one tooth leaves open: all may be late by up to the way to the next one.

    Rare stragglers look like a second tooth, so this is reported and not acted on.
    """
    most = int(_SHARE * len(delays))
    if len(delays) < _FEWEST or delays[most - 1] - delays[0] > _ONE_TOOTH_S:
        return 0.0
    for k in range(most, len(delays)):
        if delays[k] - delays[k - 1] > _ONE_TOOTH_S:
            gap: float = delays[k] - delays[k - 1]
            return min(gap, _LONGEST_S)
    return 0.0


@kernel
def _missing(step: float, state: Array) -> int:
    """How many sample periods an interval is too long."""
    periods: float = np.round(step / state[PERIOD])
    return max(int(periods) - 1, 0)


@kernel
def _measure_period(step: float, measured: float, state: Array, recent: Array) -> None:
    """The sample period: the median of the last intervals, looked at once they are all new."""
    if not np.isnan(measured):
        step = measured
    count = int(state[RECENT_COUNT])
    place = count % len(recent)
    recent[place] = step
    state[RECENT_COUNT] = float(count + 1)
    if place + 1 == len(recent):
        state[PERIOD] = np.median(recent)
        if count + 1 <= RATE_WINDOWS * len(recent):
            state[FIRST_PERIOD] += state[PERIOD] / RATE_WINDOWS
        if count + 1 == PACE_WINDOWS * len(recent):
            state[PACE] = state[_REPORTED] = state[_SLOPE]


# Places in the state; those before the period start anew with a connection.
_LAST_D, _STAMP_D, _STAMP_RAW, _STAMP_H, _TICKS, _COUNT_D = 0, 1, 2, 3, 4, 5
_PIVOT, _SLOPE, _OFFSET, _BIN, _STEP, _STEP_D, _NEAR, RESIDUAL = 6, 7, 8, 9, 10, 11, 12, 13
_NEWEST, _PAUSE_H, _PAUSE_D, _BEFORE_H, _BEFORE_D = 14, 15, 16, 17, 18
_ON_LINE_D, _ON_LINE_H = 19, 20
PERIOD, RECENT_COUNT, _LAST_T, SHIFT, FIRST_PERIOD, PACE, CHANGED = range(21, 28)
_REPORTED, STATE_SIZE = 28, 29

# Places in the settings.
NOMINAL, TICK_S, WRAP, SLOPE_LIMIT, BIN_S, UNTIMED = 0, 1, 2, 3, 4, 5

_PAUSE_S = 0.25
"""Without stamps, arrivals may bunch up by this much before samples count as late or lost."""
_OFF_LINE_S, _LEFT_S = 0.15, 1.0
"""Without stamps: all of so long a time, every sample was later than the radio makes one."""
_LATE_S = 0.15
"""With stamps: later than radios make a sample, and more than a crystal drifts in a window."""
_OTHER_RATE = 0.1
"""A share by which it is another rate, and not samples lost by chance."""
_BURST_S, _BURST_PACE = 0.05, 1.5
"""So long after a pause it is seen whether samples come faster than they are made."""
_SLOWEST_SLOPE = 0.6
"""Without stamps, a device may send up to 2.5 times as many samples as declared."""
PACE_WINDOWS = 64
"""How fast a clock runs against the host's is looked at after so many medians."""
_SLOWEST = 0.1
"""Where the line falls back, time goes on at a tenth of its pace rather than backwards."""
_EASE_S = 5.0
"""A new line is reached in this time, so that no sample feels the step."""
_FAR_S = 0.03
"""A line that is further off was no line; the new one holds at once."""
RATE_WINDOWS = 8
"""A rate is compared with the one declared over so many medians."""
_FINE = 1e-8
"""Slopes are sought to a hundredth of a ppm: 3 µs in five minutes."""
_SLACK = 1.05
_SHARE = 0.7
"""Of the sorted delays, so many tell the comb; the others are repeats and stalls."""
_FEWEST = 32
_FEWEST_BINS = 2
_ONE_TOOTH_S = 1e-3
_BLUR_S, _JITTER_S = 1e-3, 2e-4
_LONGEST_S = 0.03
"""Connection intervals beyond this are not for streaming."""

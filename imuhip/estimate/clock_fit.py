"""The recurrences of a sensor's clock: unwrap, fit the lower hull, map. See `clocks` for the why.

Everything here is a plain loop over samples with its state in one array, compiled, so that a cut of
the input cannot show.
"""

import numpy as np

from imuhip.kernels import kernel
from imuhip.records import Array, BoolArray, IntArray


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
            _measure_period(dt[i], state, recent)
            last = stamps[i]
    state[_LAST_D] = last
    return stamps, dt, missing, keep


@kernel
def map_times(
    stamps: Array,
    arrived: Array,
    row: IntArray,
    index: IntArray,
    restart: BoolArray,
    settings: Array,
    state: Array,
    bins: Array,
    recent: Array,
) -> tuple[Array, Array, IntArray, BoolArray]:
    """Unwrap, fit and map, sample by sample; the fit moves on with each notification."""
    n = len(stamps)
    t = np.empty(n)
    dt = np.empty(n)
    missing = np.zeros(n, dtype=np.int64)
    keep = np.empty(n, dtype=np.bool_)
    nominal, untimed = settings[NOMINAL], settings[UNTIMED] > 0.0
    row_before = -1
    for i in range(n):
        if restart[i]:
            state[:PERIOD] = np.nan
            bins[:] = np.nan
        h = arrived[i]
        if row[i] != row_before:
            row_before = row[i]
            newest = i
            while newest + 1 < n and row[newest + 1] == row[i]:
                newest += 1
            within = _turned(stamps[newest] - stamps[i], settings[WRAP])
            _arrive(stamps[i], h, within, index[newest], settings, state, bins)
        if untimed:
            d = state[_STAMP_D] + index[i] * nominal
            state[_COUNT_D] = d + nominal
        else:
            # Samples of a notification share its stamp, or each has its own.
            within = _turned(stamps[i] - state[_STAMP_RAW], settings[WRAP])
            d = state[_STAMP_D] + within + index[i] * state[PERIOD]
        last = state[_LAST_D]
        keep[i] = not d <= last + 1e-3 * nominal
        if not keep[i]:
            continue
        step = nominal if np.isnan(last) else d - last
        state[_LAST_D] = d
        missing[i] = _missing(step, state)
        _measure_period(step, state, recent)
        mapped = min(state[_OFFSET] + state[_SLOPE] * (d - state[_PIVOT]) + state[_PIVOT], h)
        if mapped <= state[_LAST_T]:
            mapped = state[_LAST_T] + _SLOWEST * min(step, nominal)
            if mapped > h:  # the line fell, and this sample must still be after the last
                mapped = np.nextafter(state[_LAST_T], np.inf)
        state[_LAST_T] = mapped
        t[i], dt[i] = mapped, step * state[_SLOPE]
    return t, dt, missing, keep


@kernel
def _arrive(
    stamp: float,
    h: float,
    within: float,
    newest: int,
    settings: Array,
    state: Array,
    bins: Array,
) -> None:
    """Take in one notification: its device time, and where its newest sample puts the line.

    `within` is how much later its newest sample is stamped, beyond its `newest` places.
    """
    untimed = settings[UNTIMED] > 0.0
    d = state[_STAMP_D]
    if untimed:
        d = _count_on(d, h, settings[NOMINAL], state)
    elif np.isnan(d):
        d = stamp
    else:
        d = _unwrap(stamp, h, settings[WRAP], state)
    state[_STAMP_D], state[_STAMP_RAW], state[_STAMP_H] = d, stamp, h
    # A notification leaves after its last sample, so that one cannot be later than h.
    period = settings[NOMINAL] if untimed else state[PERIOD]
    _fit(d + within + newest * period, h, settings, state, bins)


@kernel
def _turned(ahead: float, wrap: float) -> float:
    """A step of the counter that may have wrapped."""
    if wrap > 0.0:
        ahead -= wrap * np.round(ahead / wrap)
    return ahead


@kernel
def _unwrap(stamp: float, h: float, wrap: float, state: Array) -> float:
    """Unwrapped device seconds: the turn of the counter nearest to what the host saw."""
    ahead = stamp - state[_STAMP_RAW]
    if wrap > 0.0:
        turns: float = np.round((h - state[_STAMP_H] - ahead) / wrap)
        ahead += wrap * turns
    unwrapped: float = state[_STAMP_D] + ahead
    return unwrapped


@kernel
def _count_on(d: float, h: float, nominal: float, state: Array) -> float:
    """Device seconds of a notification without a stamp: samples so far at the nominal rate."""
    if np.isnan(d):
        return 0.0
    d = state[_COUNT_D]
    silence = h - state[_STAMP_H]
    expected = d - state[_STAMP_D]
    if silence - expected > _PAUSE_S:
        d += np.floor((silence - expected) / nominal) * nominal
    return d


@kernel
def _fit(d: float, h: float, settings: Array, state: Array, bins: Array) -> None:
    """Move the line on with one more notification: bins of lowest delay, hull at each new bin."""
    if np.isnan(state[_PIVOT]):
        state[_PIVOT], state[_SLOPE], state[_OFFSET] = d, 1.0, h - d
        state[_BIN] = 0.0
        bins[0, 0], bins[0, 1] = d, h
        return
    current = int(state[_BIN])
    place = current % len(bins)
    width = settings[BIN_S]
    if d - state[_PIVOT] >= (current + 1) * width:
        _hull_line(settings, state, bins)
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
    above = state[_OFFSET] + state[_SLOPE] * (d - state[_PIVOT]) + state[_PIVOT] - h
    if above > 0.0:
        state[_OFFSET] -= above


@kernel
def _hull_line(settings: Array, state: Array, bins: Array) -> None:
    """The line under all bins that lies closest to them: the hull's edge below their middle."""
    points = np.empty_like(bins)
    count = 0
    newest = int(state[_BIN])
    middle = 0.0
    for k in range(len(bins)):
        place = (newest + 1 + k) % len(bins)
        if np.isnan(bins[place, 1]):
            continue
        d, delay = bins[place, 0] - state[_PIVOT], bins[place, 1] - bins[place, 0]
        middle += d
        while count >= 2:
            d1, y1 = points[count - 1]
            d0, y0 = points[count - 2]
            if (y1 - y0) * (d - d0) < (delay - y0) * (d1 - d0):
                break
            count -= 1
        points[count, 0], points[count, 1] = d, delay
        count += 1
    total = 0
    for k in range(len(bins)):
        total += not np.isnan(bins[k, 1])
    middle /= total
    edge = 0
    while edge < count - 2 and points[edge + 1, 0] < middle:
        edge += 1
    slope = 0.0
    if count >= 2 and points[count - 1, 0] - points[0, 0] >= settings[MIN_SLOPE_S]:
        run = points[edge + 1, 0] - points[edge, 0]
        slope = (points[edge + 1, 1] - points[edge, 1]) / run
        slope = min(max(slope, -settings[SLOPE_LIMIT]), settings[SLOPE_LIMIT])
    lowest = np.inf
    for k in range(count):
        lowest = min(lowest, points[k, 1] - slope * points[k, 0])
    state[_SLOPE], state[_OFFSET] = 1.0 + slope, lowest


@kernel
def _missing(step: float, state: Array) -> int:
    """How many sample periods an interval is too long."""
    periods: float = np.round(step / state[PERIOD])
    return max(int(periods) - 1, 0)


@kernel
def _measure_period(step: float, state: Array, recent: Array) -> None:
    """The sample period: the median of the last intervals, looked at once they are all new."""
    count = int(state[RECENT_COUNT])
    recent[count % len(recent)] = step
    state[RECENT_COUNT] = float(count + 1)
    if (count + 1) % len(recent) == 0:
        state[PERIOD] = np.median(recent)


# Places in the state; those before the period start anew with a connection.
_LAST_D, _STAMP_D, _STAMP_RAW, _STAMP_H, _COUNT_D = 0, 1, 2, 3, 4
_PIVOT, _SLOPE, _OFFSET, _BIN = 5, 6, 7, 8
PERIOD, RECENT_COUNT, _LAST_T, STATE_SIZE = 9, 10, 11, 12

# Places in the settings.
NOMINAL, WRAP, SLOPE_LIMIT, MIN_SLOPE_S, BIN_S, UNTIMED = 0, 1, 2, 3, 4, 5

_PAUSE_S = 0.25
"""Without stamps, arrivals may bunch up by this much before samples count as lost."""
_SLOWEST = 0.1
"""Where the line falls back, time goes on at a tenth of its pace rather than backwards."""

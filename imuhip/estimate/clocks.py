"""Device ticks → seconds on the session's clock, one sensor a `Clock`.

A sensor's crystal drifts by tens of ppm and its notifications arrive late by anything from nothing
to 150 ms, never early. So the device time ``d`` and the arrival ``h`` obey ``h ≥ a + b d``, and the
line that the earliest arrivals touch is the clock: the lower convex hull of (d, h) over the last
30 s, the method of Moon, Skelly and Towsley 1999 (doi:10.1109/INFCOM.1999.749287) for one-way
delays. Its constant part, the shortest delay ever seen, cannot be told from one sensor alone.

Three kinds of time:

* ``session``: the stamps are already seconds on the common clock (imports). Taken as they are.
* stamps: unwrapped ticks are ``d``, the slope within ±200 ppm of one.
* none: ``d`` counts samples at the nominal rate, the slope within ±5 %. A lost packet then shifts
  time until the hull forgets, and a pause in the arrivals is taken for samples lost.

Causal and per notification: how notifications are cut into packets does not show.
"""

from dataclasses import dataclass

import numpy as np

from imuhip.kernels import kernel
from imuhip.records import Array, BoolArray, DecodedBlock, Fault, IntArray, SampleBlock


@dataclass(frozen=True, slots=True)
class Params:
    """How the line is fitted.

    Parameters
    ----------
    window_s
        Length of the hull. Longer resists stalls, shorter follows a warming crystal.
    min_slope_s
        Below this span the slope stays at one: two early points make a steep line.
    slope_limit, slope_limit_untimed
        Largest departure of the slope from one, with and without device stamps.
    """

    window_s: float = 30.0
    min_slope_s: float = 8.0
    slope_limit: float = 200e-6
    slope_limit_untimed: float = 0.05


@dataclass(frozen=True, slots=True)
class Source:
    """What a profile says of a device's time.

    Parameters
    ----------
    unit_s
        Seconds a tick; None without stamps.
    bits
        Width of the counter of ticks; 0 when it does not wrap.
    session
        The stamps are seconds on the session's clock.
    rate_hz
        Nominal sample rate.
    """

    unit_s: float | None
    bits: int
    session: bool
    rate_hz: float


class Clock:
    """The clock of one sensor: `push` decoded samples, get them back in order, with times."""

    def __init__(self, sensor: str, source: Source, params: Params | None = None) -> None:
        params = params or Params()
        self._sensor = sensor
        self._source = source
        self._wrap_s = 0.0
        if source.unit_s is not None and source.bits:
            self._wrap_s = source.unit_s * float(1 << source.bits)
        untimed = source.unit_s is None
        self._settings = np.array(
            (
                1.0 / source.rate_hz,
                self._wrap_s,
                params.slope_limit_untimed if untimed else params.slope_limit,
                params.min_slope_s,
                params.window_s / _BINS,
                1.0 if untimed else 0.0,
            )
        )
        self._state = np.full(_STATE_SIZE, np.nan)
        self._state[_PERIOD] = 1.0 / source.rate_hz
        self._state[_RECENT_COUNT] = 0.0
        self._bins = np.full((_BINS, 2), np.nan)
        self._recent = np.zeros(_RECENT)
        self._epoch = 0
        self._rate_told = False

    def push(
        self, block: DecodedBlock, host_t: Array, epoch: int = 0
    ) -> tuple[SampleBlock, tuple[Fault, ...]]:
        """Give each sample of `block` its time.

        Parameters
        ----------
        block
            N decoded samples of one packet.
        host_t
            ``(M,)`` arrival of each notification of the packet, seconds on the session's clock.
        epoch
            Connection epoch of the packet; a new one starts a new line.
        """
        arrived = host_t[block.row]
        stamps = self._stamps(block)
        if self._source.session:
            t, dt, missing, keep = _keep_rising(stamps, self._settings, self._state, self._recent)
            restart = np.zeros(len(t), dtype=np.bool_)
            host = np.maximum(arrived, t)
        else:
            restart = np.zeros(len(arrived), dtype=np.bool_)
            if epoch != self._epoch and len(restart):
                self._epoch = epoch
                restart[0] = True
            t, dt, missing, keep = _map_times(
                stamps,
                arrived,
                block.row,
                block.index,
                restart,
                self._settings,
                self._state,
                self._bins,
                self._recent,
            )
            host = arrived
        faults = self._faults(t, keep, arrived)
        return _kept(self._sensor, block, (t, dt, host), missing, restart, keep), faults

    def _stamps(self, block: DecodedBlock) -> Array:
        """Device seconds stamped on each sample's notification; zeros without stamps."""
        if block.ticks is None or self._source.unit_s is None:
            return np.zeros(len(block.row))
        if self._source.unit_s == 1.0:
            return block.ticks
        return block.ticks * self._source.unit_s

    def _faults(self, t: Array, keep: BoolArray, arrived: Array) -> tuple[Fault, ...]:
        """Samples left out, and a rate that is not the one declared (said once)."""
        faults = []
        if not keep.all():
            lost = arrived[~keep]
            faults.append(
                Fault(
                    self._sensor,
                    "out_of_order",
                    float(lost[0]),
                    float(lost[-1]),
                    len(lost),
                    "samples stamped no later than one before them were left out",
                )
            )
        count, period = self._state[_RECENT_COUNT], self._state[_PERIOD]
        if not self._rate_told and count >= _RECENT and len(t):
            nominal = 1.0 / self._source.rate_hz
            self._rate_told = True
            if abs(period / nominal - 1.0) > _RATE_TOLERANCE:
                detail = (
                    f"declared {self._source.rate_hz:.4g} samples a second, "
                    f"measured {1.0 / period:.4g}; the measured rate is used"
                )
                faults.append(Fault(self._sensor, "rate", float(t[0]), float(t[-1]), 1, detail))
        return tuple(faults)


def _kept(
    sensor: str,
    block: DecodedBlock,
    times: tuple[Array, Array, Array],
    missing: IntArray,
    restart: BoolArray,
    keep: BoolArray,
) -> SampleBlock:
    """The samples that keep their order, without a copy where all do."""
    t, dt, host_t = times
    pick: slice | BoolArray = slice(None) if keep.all() else keep
    return SampleBlock(
        sensor=sensor,
        t=t[pick],
        dt=dt[pick],
        host_t=host_t[pick],
        missing=missing[pick],
        restart=restart[pick],
        acc=block.acc[pick],
        gyr=block.gyr[pick],
        mag=None if block.mag is None else block.mag[pick],
        quat=None if block.quat is None else block.quat[pick],
        saturated=block.saturated[pick],
    )


@kernel
def _keep_rising(
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
            dt[i] = settings[_NOMINAL] if np.isnan(last) else stamps[i] - last
            missing[i] = _missing(dt[i], state)
            _measure_period(dt[i], state, recent)
            last = stamps[i]
    state[_LAST_D] = last
    return stamps, dt, missing, keep


@kernel
def _map_times(
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
    nominal, untimed = settings[_NOMINAL], settings[_UNTIMED] > 0.0
    row_before = -1
    for i in range(n):
        if restart[i]:
            state[:_PERIOD] = np.nan
            bins[:] = np.nan
        h = arrived[i]
        if row[i] != row_before:
            row_before = row[i]
            d = state[_STAMP_D]
            if untimed:
                d = _count_on(d, h, nominal, state)
            elif np.isnan(d):
                d = stamps[i]
            else:
                d = _unwrap(stamps[i], h, settings[_WRAP], state)
            state[_STAMP_D], state[_STAMP_RAW], state[_STAMP_H] = d, stamps[i], h
            _fit(d, h, settings, state, bins)
        if untimed:
            d = state[_STAMP_D] + index[i] * nominal
            state[_COUNT_D] = d + nominal
        else:
            d = state[_STAMP_D] + index[i] * state[_PERIOD]
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
    width = settings[_BIN_S]
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
    if count >= 2 and points[count - 1, 0] - points[0, 0] >= settings[_MIN_SLOPE_S]:
        run = points[edge + 1, 0] - points[edge, 0]
        slope = (points[edge + 1, 1] - points[edge, 1]) / run
        slope = min(max(slope, -settings[_SLOPE_LIMIT]), settings[_SLOPE_LIMIT])
    lowest = np.inf
    for k in range(count):
        lowest = min(lowest, points[k, 1] - slope * points[k, 0])
    state[_SLOPE], state[_OFFSET] = 1.0 + slope, lowest


@kernel
def _missing(step: float, state: Array) -> int:
    """How many sample periods an interval is too long."""
    periods: float = np.round(step / state[_PERIOD])
    return max(int(periods) - 1, 0)


@kernel
def _measure_period(step: float, state: Array, recent: Array) -> None:
    """The sample period: the median of the last intervals, looked at once they are all new."""
    count = int(state[_RECENT_COUNT])
    recent[count % len(recent)] = step
    state[_RECENT_COUNT] = float(count + 1)
    if (count + 1) % len(recent) == 0:
        state[_PERIOD] = np.median(recent)


# Places in the state; those before the period start anew with a connection.
_LAST_D, _STAMP_D, _STAMP_RAW, _STAMP_H, _COUNT_D = 0, 1, 2, 3, 4
_PIVOT, _SLOPE, _OFFSET, _BIN = 5, 6, 7, 8
_PERIOD, _RECENT_COUNT, _LAST_T, _STATE_SIZE = 9, 10, 11, 12

# Places in the settings.
_NOMINAL, _WRAP, _SLOPE_LIMIT, _MIN_SLOPE_S, _BIN_S, _UNTIMED = 0, 1, 2, 3, 4, 5

_BINS = 60
_RECENT = 32
_RATE_TOLERANCE = 0.02
_PAUSE_S = 0.25
"""Without stamps, arrivals may bunch up by this much before samples count as lost."""
_SLOWEST = 0.1
"""Where the line falls back, time goes on at a tenth of its pace rather than backwards."""

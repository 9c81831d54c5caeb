"""Device ticks → seconds on the session's clock, one sensor a `Clock`.

A sensor's crystal drifts by tens of ppm and its notifications arrive late by anything from nothing
to 150 ms, never early. So the device time ``d`` and the arrival ``h`` obey ``h ≥ a + b d``: the
clock is a line below all arrivals, as in the hull of Moon, Skelly and Towsley 1999
(doi:10.1109/INFCOM.1999.749287) for one-way delays.

Nor is it far below. Notifications leave at connection events, so delays are a comb, and one sample
that just made it is late by less than the comb's pitch. All lines that run below every arrival of
the last minutes, and nowhere by more than the pitch below the earliest ones, are possible; the one
in the middle is taken, and half the width of what is possible is given as `Clock.residual_s`. A
constant part of the delay cannot be found from one sensor alone: see `shake`.

Three kinds of time:

* ``session``: the stamps are already seconds on the common clock (imports). Taken as they are.
* stamps: unwrapped ticks are ``d``, the slope within ±200 ppm of one.
* none: ``d`` counts samples at the nominal rate, and the slope is how much faster or slower they
  really come: 0.4 to 2.2 times. Without a counter a lost packet shifts time until the window
  forgets, or until a second has passed in which nothing came as early as the line says: then a new
  line begins. After a pause, samples that come in a burst were late; what does not come is lost.

Causal and per notification: how notifications are cut into packets does not show.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from imuhip.core.records import Array, BoolArray, DecodedBlock, Fault, IntArray, SampleBlock
from imuhip.estimate.clock_fit import (
    CHANGED,
    FIRST_PERIOD,
    PACE,
    PACE_WINDOWS,
    PERIOD,
    RATE_WINDOWS,
    RECENT_COUNT,
    RESIDUAL,
    SHIFT,
    STATE_SIZE,
    keep_rising,
    map_times,
)


@dataclass(frozen=True, slots=True)
class ClockParams:
    """How the line is found.

    Parameters
    ----------
    window_s, window_untimed_s
        How long arrivals count, with and without device stamps. Longer pins the line better,
        shorter follows a warming crystal and forgets a lost packet sooner.
    slope_limit, slope_limit_untimed
        Largest departure of the slope from one, with and without device stamps.
    """

    window_s: float = 300.0
    window_untimed_s: float = 60.0
    slope_limit: float = 200e-6
    slope_limit_untimed: float = 1.2


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

    def __init__(self, sensor: str, source: Source, params: ClockParams | None = None) -> None:
        params = params or ClockParams()
        self._sensor = sensor
        self._source = source
        untimed = source.unit_s is None
        self._settings = np.array(
            (
                1.0 / source.rate_hz,
                source.unit_s or 1.0,
                float(1 << source.bits) if source.bits else 0.0,
                params.slope_limit_untimed if untimed else params.slope_limit,
                (params.window_untimed_s if untimed else params.window_s) / _BINS,
                1.0 if untimed else 0.0,
            )
        )
        self._state = np.full(STATE_SIZE, np.nan)
        self._state[PERIOD] = 1.0 / source.rate_hz
        self._state[RECENT_COUNT] = 0.0
        self._state[SHIFT] = self._state[FIRST_PERIOD] = self._state[CHANGED] = 0.0
        self._state[PACE] = 1.0
        self._near = np.zeros(_NEAR)
        self._bins = np.full((_BINS, 2), np.nan)
        self._recent = np.zeros(_RECENT)
        self._epoch = 0
        self._rate_reported = self._pace_reported = False

    def push(
        self,
        block: DecodedBlock,
        host_t: Array,
        epoch: int = 0,
        released: Array | None = None,
        lost: IntArray | None = None,
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
        released
            ``(M,)`` when each could be known at the earliest, where that is later.
        lost
            ``(M,)`` samples lost before each, where a counter tells; else -1.
        """
        arrived = host_t[block.row]
        stamps = self._stamps(block)
        if self._source.session:
            t, dt, missing, keep = keep_rising(stamps, self._settings, self._state, self._recent)
            restart = np.zeros(len(t), dtype=np.bool_)
            host, changed = np.maximum(arrived, t), np.zeros(len(t))
        else:
            restart = np.zeros(len(arrived), dtype=np.bool_)
            if epoch != self._epoch and len(restart):
                self._epoch = epoch
                restart[0] = True
            t, dt, missing, keep, changed = map_times(
                stamps,
                arrived,
                block.row,
                block.index,
                np.full(len(arrived), -1) if lost is None else lost[block.row],
                restart,
                self._settings,
                self._state,
                self._bins,
                self._near,
                self._recent,
            )
            host = arrived if released is None else released[block.row]
        faults = (*self._faults(t, keep, arrived), *self._changes(arrived, changed))
        return _kept(self._sensor, block, (t, dt, host), missing, restart, keep), faults

    @property
    def residual_s(self) -> float:
        """How far the line may be from the truth, beside the delay that all sensors share, s."""
        if self._source.session:
            return 0.0
        return float(self._state[RESIDUAL])

    def shift(self, offset_s: float) -> None:
        """Move all times from now on by a constant, such as a delay that was measured."""
        self._state[SHIFT] += offset_s

    def _stamps(self, block: DecodedBlock) -> Array:
        """Each sample's stamp: ticks, or seconds of the session's clock; zeros without stamps."""
        if block.ticks is None or self._source.unit_s is None:
            return np.zeros(len(block.row))
        if self._source.session and self._source.unit_s != 1.0:
            return block.ticks * self._source.unit_s
        return block.ticks

    def _faults(self, t: Array, keep: BoolArray, arrived: Array) -> tuple[Fault, ...]:
        """Samples left out, and a rate that is not the one declared (said once)."""
        words = "a sample stamped no later than one before it was left out"
        left_out = [] if keep.all() else arrived[~keep].tolist()
        faults = [Fault(self._sensor, "out_of_order", at, at, 1, words) for at in left_out]
        faults += self._pace(t, keep)
        count = int(self._state[RECENT_COUNT])
        enough = RATE_WINDOWS * _RECENT
        if not self._rate_reported and count >= enough and len(t):
            self._rate_reported = True
            kept = t[keep]
            at = float(kept[enough - 1 - (count - len(kept))])
            measured = 1.0 / float(self._state[FIRST_PERIOD])
            if abs(self._source.rate_hz / measured - 1.0) > _RATE_TOLERANCE:
                detail = (
                    f"declared {self._source.rate_hz:.4g} samples a second, "
                    f"measured {measured:.4g}; the measured rate is used"
                )
                faults.append(Fault(self._sensor, "rate", at, at, 1, detail))
        return tuple(faults)

    def _changes(self, arrived: Array, changed: Array) -> list[Fault]:
        """A device without stamps whose rate became another."""
        return [
            Fault(
                self._sensor,
                "rate",
                float(arrived[k]),
                float(arrived[k]),
                1,
                f"{self._source.rate_hz / changed[k]:.3g} samples a second came from then on; the "
                "measured rate is used",
            )
            for k in np.flatnonzero(changed)
        ]

    def _pace(self, t: Array, keep: BoolArray) -> list[Fault]:
        """A device without stamps whose rate is another than declared (said once)."""
        count, enough = int(self._state[RECENT_COUNT]), PACE_WINDOWS * _RECENT
        if (
            self._pace_reported
            or self._source.unit_s is not None
            or count < enough
            or not keep.any()
        ):
            return []
        self._pace_reported = True
        kept = t[keep]
        at = float(kept[max(enough - 1 - (count - len(kept)), 0)])
        pace = float(self._state[PACE])
        if abs(pace - 1.0) < _RATE_TOLERANCE:
            return []
        detail = (
            f"declared {self._source.rate_hz:.4g} samples a second, "
            f"measured {self._source.rate_hz / pace:.4g}; the measured rate is used"
        )
        return [Fault(self._sensor, "rate", at, at, 1, detail)]


def _kept(
    sensor: str,
    block: DecodedBlock,
    times: tuple[Array, Array, Array],
    missing: IntArray,
    restart: BoolArray,
    keep: BoolArray,
) -> SampleBlock:
    """The samples that keep their order, without a copy where all do."""
    samples = SampleBlock(
        sensor,
        *times,
        missing,
        restart,
        block.acc,
        block.gyr,
        block.mag,
        block.quat,
        block.saturated,
    )
    if keep.all():
        return samples
    kept: dict[str, Any] = {each.name: getattr(samples, each.name) for each in fields(samples)[1:]}
    for name, values in kept.items():
        kept[name] = None if values is None else values[keep]
    return SampleBlock(sensor, **kept)


_BINS = 60
_NEAR = 256
"""Latest delays, which tell the spacing of the connection events against the samples."""
_RECENT = 32
_RATE_TOLERANCE = 0.03

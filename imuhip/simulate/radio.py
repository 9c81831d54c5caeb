"""The way of a notification to the host: connection events, repeats, stalls, losses, gaps.

Nothing arrives early. A notification leaves with the first connection event after its newest
sample; a repeat costs one more event; a stall holds everything back; what is lost is lost in
bursts. The order of one sensor's notifications stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from imuhip.core.records import Array, BoolArray


@dataclass(frozen=True, slots=True)
class Radio:
    """How bad the link is; zero everywhere is no radio at all.

    Parameters
    ----------
    interval_s
        Connection interval.
    delay_s
        Shortest way from the newest sample to the host's stamp: the same for all sensors, and
        invisible to them.
    repeat_rate
        Share of connection events that fail and are repeated.
    stalls_per_min, stall_s
        How often everything stops, and for how long: shortest and longest.
    loss_rate, loss_burst
        Share of notifications lost, and the mean length of a burst.
    """

    interval_s: float = 0.0
    delay_s: float = 0.0
    repeat_rate: float = 0.0
    stalls_per_min: float = 0.0
    stall_s: tuple[float, float] = (0.02, 0.15)
    loss_rate: float = 0.0
    loss_burst: float = 3.0


@dataclass(frozen=True, slots=True)
class Loss:
    """A burst: what would have come from a sensor is lost, the connection stays.

    Parameters
    ----------
    sensor
        Whose.
    t, seconds
        From when, in seconds of the simulation, and for how long.
    """

    sensor: str
    t: float
    seconds: float


def arrivals(rng: np.random.Generator, radio: Radio, ready: Array) -> Array:
    """Return when each notification reaches the host, s.

    Parameters
    ----------
    rng
        Where chance comes from.
    radio
        The link.
    ready
        ``(N,)`` rising times of the newest sample of each notification, s.
    """
    phase = float(rng.uniform(0.0, radio.interval_s)) if radio.interval_s else 0.0
    repeats = rng.geometric(1.0 - radio.repeat_rate, len(ready)) - 1
    count = rng.poisson(radio.stalls_per_min / 60.0 * float(ready[-1] - ready[0]))
    begins = np.sort(rng.uniform(ready[0], ready[-1], count))
    lengths = rng.uniform(*radio.stall_s, count)
    if not radio.interval_s:
        return ready + radio.delay_s
    event = np.ceil((ready - phase) / radio.interval_s).astype(np.int64) + repeats
    event = np.maximum.accumulate(event)
    sent = phase + radio.interval_s * event.astype(np.float64)
    for begin, length in zip(begins, lengths, strict=True):
        held = (sent >= begin) & (sent < begin + length)
        sent[held] = begin + length
    queue = NEXT_S * np.arange(len(sent))  # each waits until the one before is through
    through: Array = np.maximum.accumulate(sent - queue) + queue
    return through + radio.delay_s


def lost(rng: np.random.Generator, radio: Radio, n: int) -> BoolArray:
    """Return which of `n` notifications are lost, in bursts of geometric length."""
    burst = radio.loss_burst
    start_rate = radio.loss_rate / (burst * (1.0 - radio.loss_rate) + radio.loss_rate)
    starts = np.flatnonzero(rng.random(n) < start_rate)
    lengths = rng.geometric(1.0 / burst, len(starts))
    gone = np.zeros(n, dtype=np.bool_)
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        gone[start : start + length] = True
    return gone


NEXT_S: Final = 4e-4
"""Shortest time between two notifications of a sensor."""

RADIOS: Final[Mapping[str, Radio]] = {
    "perfect": Radio(),
    "good": Radio(0.015, 0.003, repeat_rate=0.02, stalls_per_min=1.0),
    "typical": Radio(0.015, 0.003, repeat_rate=0.05, stalls_per_min=4.0, loss_rate=0.001),
    "poor": Radio(
        0.03, 0.003, repeat_rate=0.2, stalls_per_min=12.0, loss_rate=0.01, loss_burst=5.0
    ),
}
"""The link that goes with a grade of sensor, where none is asked for."""

"""The sensors' own samples of a recording, in SI units on the session's clock."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from imuhip.core.records import Array, SampleBlock
from imuhip.core.spool import Blocks, MakeBlocks
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.recording.reader import RecordingReader


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """One sensor's samples, or some of them, in order of time.

    Parameters
    ----------
    t
        ``(N,)`` seconds of the session.
    acc, gyr
        ``(N, 3)`` specific force in m/s² and angular rate in rad/s with its bias, frame ``s``.
    mag
        ``(N, 3)`` µT; None where not all samples have one.
    rate_hz
        As the recording states it.
    """

    t: Array
    acc: Array
    gyr: Array
    mag: Array | None
    rate_hz: float


@dataclass(frozen=True, slots=True, eq=False)
class SensorSamples:
    """One sensor's samples, piece after piece: hours of them need not lie in memory.

    Parameters
    ----------
    blocks
        What came, in order of time.
    rate_hz
        As the recording states it.
    has_mag
        Every sample has a magnetometer's values.
    start_s, stop_s
        Only those in between.
    """

    blocks: Blocks[SampleBlock]
    rate_hz: float
    has_mag: bool
    start_s: float = -math.inf
    stop_s: float = math.inf

    def between(self, start_s: float, stop_s: float) -> "SensorSamples":
        """Those with ``start_s <= t <= stop_s``."""
        return replace(self, start_s=start_s, stop_s=stop_s)

    def pieces(self) -> Iterator[Samples]:
        """Yield them in pieces, none empty."""
        for block in self.blocks:
            rows = (block.t >= self.start_s) & (block.t <= self.stop_s)
            if rows.any():
                mag = block.mag[rows] if self.has_mag and block.mag is not None else None
                yield Samples(block.t[rows], block.acc[rows], block.gyr[rows], mag, self.rate_hz)

    def times(self) -> Array:
        """When they were taken, ``(N,)`` seconds of the session."""
        return np.concatenate((np.empty(0), *(piece.t for piece in self.pieces())))


def spooled_samples(recording: Path, blocks: MakeBlocks = list) -> dict[str, SensorSamples]:
    """Decode a recording: each sensor's samples, as the pipeline takes them in.

    Sensors that sent nothing are left out.

    Parameters
    ----------
    blocks
        Makes what keeps them.

    Raises
    ------
    RecordingError
        When the recording cannot be read or lacks a pelvis or both thighs.
    """
    reader = RecordingReader(recording)
    kept: dict[str, Blocks[SampleBlock]] = {}
    bare: set[str] = set()

    def keep(block: SampleBlock) -> None:
        if block.sensor not in kept:
            kept[block.sensor] = blocks()
        kept[block.sensor].append(block)
        if block.mag is None:
            bare.add(block.sensor)

    pipeline = Pipeline(reader.header)
    pipeline.on_samples(keep)
    for batch in reader.batches():
        pipeline.push(batch)
    pipeline.finish()
    rates = {info.sensor: info.rate_hz for info in reader.header.sensors}
    return {
        name: SensorSamples(kept[name], rates[name], name not in bare)
        for name in rates
        if name in kept
    }


def read_samples(recording: Path) -> dict[str, Samples]:
    """Decode a recording and hold each sensor's samples in memory; see `spooled_samples`."""
    return {name: _joined(each) for name, each in spooled_samples(recording).items()}


def _joined(sensor: SensorSamples) -> Samples:
    pieces = list(sensor.pieces())
    nothing = np.empty((0, 3))
    mags = [piece.mag for piece in pieces if piece.mag is not None]
    return Samples(
        t=sensor.times(),
        acc=np.concatenate((nothing, *(piece.acc for piece in pieces))),
        gyr=np.concatenate((nothing, *(piece.gyr for piece in pieces))),
        mag=np.concatenate((nothing, *mags)) if sensor.has_mag else None,
        rate_hz=sensor.rate_hz,
    )

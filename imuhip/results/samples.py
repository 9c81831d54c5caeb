"""The sensors' own samples of a recording, in SI units on the session's clock."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imuhip.core.records import Array, SampleBlock
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.recording.reader import RecordingReader


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """One sensor's samples, in order of time.

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

    def between(self, start_s: float, stop_s: float) -> "Samples":
        """Those with ``start_s <= t <= stop_s``."""
        rows = (self.t >= start_s) & (self.t <= stop_s)
        mag = None if self.mag is None else self.mag[rows]
        return Samples(self.t[rows], self.acc[rows], self.gyr[rows], mag, self.rate_hz)


def read_samples(recording: Path) -> dict[str, Samples]:
    """Decode a recording: each sensor's samples, as the pipeline takes them in.

    Sensors that sent nothing are left out.

    Raises
    ------
    RecordingError
        When the recording cannot be read or lacks a pelvis or both thighs.
    """
    reader = RecordingReader(recording)
    kept: dict[str, list[SampleBlock]] = {}
    pipeline = Pipeline(reader.header)
    pipeline.on_samples(lambda block: kept.setdefault(block.sensor, []).append(block))
    for batch in reader.batches():
        pipeline.push(batch)
    pipeline.finish()
    rates = {info.sensor: info.rate_hz for info in reader.header.sensors}
    return {name: _joined(kept[name], rates[name]) for name in rates if name in kept}


def _joined(blocks: list[SampleBlock], rate_hz: float) -> Samples:
    mags = [block.mag for block in blocks if block.mag is not None]
    return Samples(
        t=np.concatenate([block.t for block in blocks]),
        acc=np.concatenate([block.acc for block in blocks]),
        gyr=np.concatenate([block.gyr for block in blocks]),
        mag=np.concatenate(mags) if len(mags) == len(blocks) else None,
        rate_hz=rate_hz,
    )

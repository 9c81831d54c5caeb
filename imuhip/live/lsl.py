"""Angles, samples and marks as they come, by Lab Streaming Layer: for LabRecorder and the like.

A `Broadcast` stands around a pipeline and changes nothing of what it gives. Stamps are times of
LSL's own clock at which things *happened*, not at which they were sent: a recorder needs no
knowledge of our latency.

======================  =============  ===========================================================
stream                  type           channels
======================  =============  ===========================================================
``imuhip angles``       ``MoCap``      `protocol.COLUMNS` but for ``t``; 100 a second
``imuhip <sensor>``     ``IMU``        acc in m/s², gyr in rad/s, mag in µT where there is one
``imuhip marks``        ``Markers``    the labels, as text
======================  =============  ===========================================================

pylsl is an extra, imported when it is asked for.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from imuhip.core.conventions import GRID_HZ
from imuhip.core.extras import need
from imuhip.core.records import Array, Header, Mark, Record, SampleBlock
from imuhip.live.outside_clock import SentStages
from imuhip.live.protocol import COLUMNS, rows_from_output
from imuhip.live.publishing import Output
from imuhip.pipeline.all_sensors import Pipeline


class Broadcast(SentStages):
    """Stages whose numbers also go out by LSL.

    Parameters
    ----------
    header
        Of the recording.
    stages
        A fresh pipeline for it.
    live
        The records come from this machine's clock, now; else they are a replay at its own speed,
        stamped as if it happened now.

    Raises
    ------
    ImuhipError
        Where pylsl is not installed.
    """

    def __init__(self, header: Header, stages: Pipeline, *, live: bool) -> None:
        self._lsl = need("pylsl")
        super().__init__(stages, self._lsl.local_clock, live=live)
        self._header = header
        self._waiting: list[SampleBlock] = []
        stages.on_samples(self._waiting.append)
        self._rates = {info.sensor: info.rate_hz for info in header.sensors}
        self._outlets: dict[str, Any] = {
            "angles": self._outlet("angles", "MoCap", COLUMNS[1:], float(GRID_HZ)),
            "marks": self._outlet("marks", "Markers", ("label",), 0.0, text=True),
        }

    def _send(
        self, output: Output, batch: Sequence[Record], origin_ns: int, shift_s: float
    ) -> None:
        blocks = self._waiting.copy()
        self._waiting.clear()
        for block in blocks:
            self._send_samples(block, shift_s)
        rows = rows_from_output(output)
        if len(rows):
            stamps = rows[:, 0] + shift_s
            self._outlets["angles"].push_chunk(rows[:, 1:].tolist(), stamps.tolist())
        for record in batch:
            if isinstance(record, Mark):
                stamp = (record.host_ns - origin_ns) / 1e9 + shift_s
                self._outlets["marks"].push_sample([record.label], stamp)

    def _send_samples(self, block: SampleBlock, shift_s: float) -> None:
        parts: list[Array] = [block.acc, block.gyr]
        names = [f"{kind}_{axis}" for kind in ("acc", "gyr") for axis in "xyz"]
        if block.mag is not None:
            parts.append(block.mag)
            names += [f"mag_{axis}" for axis in "xyz"]
        if block.sensor not in self._outlets:
            rate_hz = self._rates[block.sensor]
            self._outlets[block.sensor] = self._outlet(block.sensor, "IMU", names, rate_hz)
        stamps = (block.t + shift_s).tolist()
        self._outlets[block.sensor].push_chunk(np.hstack(parts).tolist(), stamps)

    def _outlet(
        self, name: str, kind: str, channels: Sequence[str], rate_hz: float, *, text: bool = False
    ) -> Any:
        """An outlet whose channels say their names and units."""
        info = self._lsl.StreamInfo(
            f"imuhip {name}",
            kind,
            len(channels),
            rate_hz,
            "string" if text else "double64",
            f"imuhip/{self._header.athlete}/{name}",
        )
        about = info.desc()
        about.append_child_value("manufacturer", "imuhip")
        about.append_child_value("athlete", self._header.athlete)
        listed = about.append_child("channels")
        for channel in channels:
            entry = listed.append_child("channel")
            entry.append_child_value("label", channel)
            entry.append_child_value("unit", _unit(channel))
        return self._lsl.StreamOutlet(info)


def _unit(channel: str) -> str:
    return next((unit for part, unit in _UNITS.items() if part in channel), "")


_UNITS: Final = {"_deg_s": "deg/s", "_deg": "deg", "acc_": "m/s^2", "gyr_": "rad/s", "mag_": "uT"}

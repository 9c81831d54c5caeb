"""MbientLab's packed streams: three samples of acc or three of gyr a notification, without a stamp.

Both come from one chip at one rate, so their notifications take turns, and each is married to the
next of the other kind. Where two of a kind follow each other, one of the other kind was lost: that
is reported, and of two that wait the first is left out, as nothing tells its other half. From then
on the pairs may be apart by one notification, three samples, until another is lost; an
accelerometer that is so much early or late does no harm to an orientation filter, which follows it
over seconds.

The profile says the scales by its streams' fields. A sensor set to another range says so in the
recording's settings: ``acc_range_g`` and ``gyr_range_deg_s``.
"""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from imuhip.core.conventions import STANDARD_GRAVITY
from imuhip.core.records import Array, DecodedBlock, Packet, PacketFault
from imuhip.devices.decoders.contract import foreign_faults, ignored, no_samples
from imuhip.devices.profile_nouns import Field, Profile
from imuhip.devices.reading import on_case_axes


class PackedMotion:
    """Marries notifications of acc and gyr by their order."""

    def __init__(self, profile: Profile, _rate_hz: float, settings: Mapping[str, float]) -> None:
        self._profile = profile
        self._kinds: dict[bytes, str] = {}
        self._factor = {"acc": 0.0, "gyr": 0.0}
        for stream in profile.streams:
            for field in stream.fields:
                self._kinds[stream.match] = field.name
                self._factor[field.name] = _factor(field, settings)
        self._epoch = 0
        self._waiting: tuple[str, bytes] | None = None
        self._before = ""

    def push(self, packet: Packet) -> DecodedBlock:
        """Return the samples that have both halves now."""
        if not self._profile.streams_on(packet.characteristic):
            return no_samples(stamped=False, faults=foreign_faults(self._profile, packet))
        if packet.epoch != self._epoch:
            self._epoch, self._waiting, self._before = packet.epoch, None, ""
        rows: list[int] = []
        halves: dict[str, list[bytes]] = {"acc": [], "gyr": []}
        faults: list[PacketFault] = []
        for row in range(len(packet)):
            payload = packet.notification(row)
            kind = self._kinds.get(payload[:_HEADER], "")
            fault = self._fault(kind, payload)
            if fault is None and kind:
                fault = self._marry(kind, payload[_HEADER:], row, rows, halves)
            if fault is not None:
                faults.append(PacketFault(row, *fault))
        return self._block(rows, halves, faults)

    def _marry(
        self, kind: str, half: bytes, row: int, rows: list[int], halves: dict[str, list[bytes]]
    ) -> tuple[str, str] | None:
        """Add a pair where the other half waits; else let this one wait."""
        waiting, self._waiting = self._waiting, None
        before, self._before = self._before, kind
        if waiting is not None and waiting[0] != kind:
            rows.append(row)
            halves[kind].append(half)
            halves[waiting[0]].append(waiting[1])
        else:
            self._waiting = kind, half
        if before != kind:
            return None
        other = "gyr" if kind == "acc" else "acc"
        return "unmatched", f"expected {other} after {kind}, got {kind} again: one is missing"

    def _fault(self, kind: str, payload: bytes) -> tuple[str, str] | None:
        """Kind and reason, where a notification is neither samples nor an answer."""
        if not kind:
            if ignored(self._profile.streams, payload):
                return None
            expected = " or ".join(match.hex(" ") for match in self._kinds)
            came = payload[:_HEADER].hex(" ") or "no bytes"
            return "bad_header", f"expected {expected} at its beginning, got {came}"
        if len(payload) == _LENGTH:
            return None
        short = "too_short" if len(payload) < _LENGTH else "too_long"
        return short, f"expected {_LENGTH} bytes, got {len(payload)}"

    def _block(
        self, rows: list[int], halves: dict[str, list[bytes]], faults: list[PacketFault]
    ) -> DecodedBlock:
        if not rows:
            return no_samples(stamped=False, faults=faults)
        raw = {
            name: np.frombuffer(b"".join(parts), dtype="<i2").reshape(-1, 3)
            for name, parts in halves.items()
        }
        ends = np.iinfo(np.int16)
        at_end = [(values == ends.min) | (values == ends.max) for values in raw.values()]
        return DecodedBlock(
            row=np.repeat(np.array(rows, dtype=np.int64), _SAMPLES),
            ticks=None,
            index=np.tile(np.arange(_SAMPLES, dtype=np.int64), len(rows)),
            counter=None,
            acc=self._si("acc", raw["acc"].astype(np.float64)),
            gyr=self._si("gyr", raw["gyr"].astype(np.float64)),
            mag=None,
            quat=None,
            saturated=np.logical_or.reduce(at_end[0] | at_end[1], axis=-1),
            faults=tuple(faults),
        )

    def _si(self, name: str, values: Array) -> Array:
        return on_case_axes(self._profile, values * self._factor[name])


def _factor(field: Field, settings: Mapping[str, float]) -> float:
    """SI per raw value: by the range that the sensor was set to, where the recording tells it."""
    key, counts_per_range, si = _RANGES[field.name]
    return settings[key] / counts_per_range * si if key in settings else field.factor


_RANGES: Final = {
    "acc": ("acc_range_g", 32768.0, STANDARD_GRAVITY),
    # 16.4 counts per °/s at 2000 °/s, 32.8 at 1000, and so on.
    "gyr": ("gyr_range_deg_s", 32800.0, math.pi / 180.0),
}
"""Field → setting, raw counts at that range, SI per unit of the setting."""

_HEADER: Final = 2
_SAMPLES: Final = 3
_LENGTH: Final = _HEADER + _SAMPLES * 6

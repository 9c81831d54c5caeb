"""Movesense's GATT SensorData protocol: a data packet that needs two notifications is put together.

A notification is a code, the reference that the subscription chose, and bytes. Code 2 begins a data
packet. Where it does not fit the link, its rest follows with code 3. Whole, a packet is what the
profile's stream describes; so a code 2 that does not hold whole samples is kept for its rest.

A first part that happens to end between samples is taken for a whole packet. That is so where the
MTU is ``samples_at + 3 + k × sample_len``; no common system has such an MTU (23, 161, 185, 247,
517), and the link of the sensor itself is 161 at most.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate
from typing import Final

import numpy as np

from imuhip.core.records import DecodedBlock, Packet, PacketFault
from imuhip.devices.profile_nouns import Profile
from imuhip.devices.reading import read_packet


class MovesenseGsp:
    """Joins parts, and hands whole packets to the profile's own stream."""

    def __init__(self, profile: Profile, _rate_hz: float, _settings: Mapping[str, float]) -> None:
        self._profile = profile
        stream = profile.streams[0]
        self._match = stream.match
        self._rest = bytes((_REST,)) + stream.match[1:]
        self._header, self._sample = stream.samples_at, stream.sample_len
        self._epoch = 0
        self._first_part: bytes | None = None

    def push(self, packet: Packet) -> DecodedBlock:
        """Return the samples of the packets that are whole now."""
        if not self._profile.streams_on(packet.characteristic):
            return read_packet(self._profile, packet)
        if packet.epoch != self._epoch:
            self._epoch, self._first_part = packet.epoch, None
        rows, payloads, faults = [], [], []
        for row in range(len(packet)):
            payload, fault = self._joined(packet.notification(row))
            if fault:
                faults.append(PacketFault(row, *fault))
            if payload is not None:
                rows.append(row)
                payloads.append(payload)
        block = read_packet(self._profile, _repacked(packet, rows, payloads))
        origin = np.array(rows, dtype=np.int64)
        faults += (PacketFault(rows[f.row], f.kind, f.reason) for f in block.faults)
        faults.sort(key=lambda fault: fault.row)
        return replace(block, row=origin[block.row], faults=tuple(faults))

    def _joined(self, payload: bytes) -> tuple[bytes | None, tuple[str, str] | None]:
        """A whole packet, if there is one now, and what is wrong."""
        first_part, self._first_part = self._first_part, None
        if payload.startswith(self._rest):
            if first_part is None:
                return None, ("stray_bytes", "expected a packet's beginning before its rest")
            return first_part + payload[len(self._rest) :], None
        fault = None
        if first_part is not None and not self._is_answer(payload):
            fault = (
                "cut_frame",
                f"expected the rest of a packet after {len(first_part)} bytes of it",
            )
        elif first_part is not None:
            self._first_part = first_part
        if payload.startswith(self._match) and self._is_cut(len(payload)):
            self._first_part = payload
            return None, fault
        return payload, fault

    def _is_answer(self, payload: bytes) -> bool:
        """Whether a notification answers a command, which may come between two parts."""
        answers = self._profile.streams[0].ignore
        return bool(answers) and payload.startswith(answers)

    def _is_cut(self, length: int) -> bool:
        return length >= self._header and (length - self._header) % self._sample != 0


def _repacked(packet: Packet, rows: list[int], payloads: list[bytes]) -> Packet:
    """The packet with whole payloads, each in the place of the notification that completed it."""
    offsets = np.array([0, *accumulate(len(payload) for payload in payloads)], dtype=np.int64)
    return replace(
        packet,
        arrival=packet.arrival[rows],
        host_ns=packet.host_ns[rows],
        payload=np.frombuffer(b"".join(payloads), dtype=np.uint8),
        offsets=offsets,
    )


_REST: Final = 3

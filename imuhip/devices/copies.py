"""Notifications that came twice, of devices whose notifications carry neither counter nor stamp.

A notification registered twice repeats its predecessor to the byte. Real values carry noise, so two
or three alike are copies; a longer run is a sensor that has nothing else to say, and goes on.
"""

import numpy as np

from imuhip.core.records import Packet


class Copies:
    """Watches one sensor: `push` packets, get them without copies, and how many those were."""

    def __init__(self) -> None:
        self._last: dict[str, bytes] = {}
        self._run: dict[str, int] = {}

    def push(self, packet: Packet) -> tuple[Packet, int, int]:
        """Return the packet without copies, how many they were, and the first one's row."""
        raw = np.ascontiguousarray(packet.payload).tobytes()
        ends = packet.offsets.tolist()
        last = self._last.get(packet.characteristic, b"")
        run = self._run.get(packet.characteristic, 0)
        keep = np.ones(len(packet), dtype=np.bool_)
        for row in range(len(packet)):
            content = raw[ends[row] : ends[row + 1]]
            run = run + 1 if content == last and content else 0
            last = content
            keep[row] = run == 0 or run > _MOST_COPIES
        self._last[packet.characteristic], self._run[packet.characteristic] = last, run
        if keep.all():
            return packet, 0, 0
        rows = np.flatnonzero(keep)
        sizes = np.diff(packet.offsets)[rows]
        parts = [raw[ends[row] : ends[row + 1]] for row in rows.tolist()]
        kept = Packet(
            packet.sensor,
            packet.characteristic,
            packet.epoch,
            packet.arrival[rows],
            packet.host_ns[rows],
            np.frombuffer(b"".join(parts), dtype=np.uint8),
            np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes))),
        )
        return kept, int(np.count_nonzero(~keep)), int(np.argmin(keep))


_MOST_COPIES = 2

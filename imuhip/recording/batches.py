"""Records in batches: checked, joined per sensor, cut by arrival number.

A batch covers a consecutive range of arrival numbers; inside it the notifications of a sensor lie
together in one packet, so packets interleave.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from imuhip.core.records import Array, IntArray, Mark, Packet, Record
from imuhip.recording.format import CHUNK_BYTES, MAX_RECORD_BYTES


def first_arrival(record: Record) -> int:
    """Return the first arrival number of a record."""
    return int(record.arrival[0]) if isinstance(record, Packet) else record.arrival


def record_size(record: Record) -> int:
    """Return about how many bytes a record takes before compression."""
    if isinstance(record, Packet):
        return len(record.payload) + _ROW_BYTES * len(record) + _RECORD_BYTES
    if isinstance(record, Mark):
        return len(record.label.encode()) + _RECORD_BYTES
    texts = (record.sensor, record.kind, *record.detail.keys(), *record.detail.values())
    return sum(len(text.encode()) + 8 for text in texts) + _RECORD_BYTES


def check_record(record: Record, channels: Iterable[str]) -> tuple[int, int]:
    """Return first and last arrival number; ValueError if the record could not be read back."""
    if isinstance(record, Packet):
        _check_packet(record)
        if record.sensor not in channels:
            raise ValueError(f"the header names no sensor {record.sensor!r}")
        return int(record.arrival[0]), int(record.arrival[-1])
    if record_size(record) > MAX_RECORD_BYTES:
        raise ValueError(f"a mark or an event holds at most {MAX_RECORD_BYTES} bytes")
    if not 0 <= record.arrival < _INT64 or not -_INT64 <= record.host_ns < _INT64:
        raise ValueError("an arrival number or a host time does not fit into 64 bits")
    return record.arrival, record.arrival


def _check_packet(packet: Packet) -> None:
    """Raise ValueError if a packet's columns contradict each other."""
    rows, lengths = len(packet), packet.offsets[1:] - packet.offsets[:-1]
    if rows == 0 or len(packet.host_ns) != rows or len(lengths) != rows:
        raise ValueError("a packet holds one or more notifications, in columns of equal length")
    if packet.offsets[0] != 0 or packet.offsets[-1] != len(packet.payload):
        raise ValueError("the offsets of a packet cover its payload from 0 to its end")
    if lengths.view(np.uint64).max() > MAX_RECORD_BYTES:  # below zero is huge without a sign
        raise ValueError(f"a notification holds 0 to {MAX_RECORD_BYTES} bytes")
    check_arrivals(packet)
    if len(packet.characteristic.encode()) > MAX_RECORD_BYTES or not 0 <= packet.epoch < 1 << 32:
        raise ValueError("a packet's characteristic or epoch is out of range")


def check_arrivals(packet: Packet) -> None:
    """Raise ValueError if a packet's arrival numbers do not rise."""
    if packet.arrival[0] < 0 or (packet.arrival[1:] <= packet.arrival[:-1]).any():
        raise ValueError("the arrival numbers of a packet rise from 0")


def join_records(records: Iterable[Record]) -> list[Record]:
    """Return records with packets of one sensor, characteristic and epoch joined into one.

    In order of their first arrival number.
    """
    groups: dict[tuple[str, str, int], list[Packet]] = {}
    joined: list[Record] = []
    for record in records:
        if isinstance(record, Packet):
            key = (record.sensor, record.characteristic, record.epoch)
            groups.setdefault(key, []).append(record)
        else:
            joined.append(record)
    joined.extend(_joined(sorted(packets, key=first_arrival)) for packets in groups.values())
    return sorted(joined, key=first_arrival)


def split_records(records: Sequence[Record], cuts: IntArray) -> list[list[Record]]:
    """Return records cut before each of the arrival numbers `cuts`, empty parts left out."""
    parts: list[list[Record]] = [[] for _ in range(len(cuts) + 1)]
    for record in records:
        if not isinstance(record, Packet):
            parts[int(np.searchsorted(cuts, record.arrival, side="right"))].append(record)
            continue
        rows = [0, *np.searchsorted(record.arrival, cuts).tolist(), len(record)]
        for part, (start, stop) in zip(parts, pairwise(rows), strict=True):
            if stop > start:
                part.append(record.part(start, stop))
    return [part for part in parts if part]


def _joined(packets: Sequence[Packet]) -> Packet:
    """Join packets of one kind, in order of arrival."""
    if len(packets) == 1:
        return packets[0]
    lengths = np.concatenate([packet.offsets[1:] - packet.offsets[:-1] for packet in packets])
    first = packets[0]
    return Packet(
        sensor=first.sensor,
        characteristic=first.characteristic,
        epoch=first.epoch,
        arrival=np.concatenate([packet.arrival for packet in packets]),
        host_ns=np.concatenate([packet.host_ns for packet in packets]),
        payload=np.concatenate([packet.payload for packet in packets]),
        offsets=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
    )


def columns(records: Sequence[Record]) -> tuple[IntArray, IntArray, IntArray]:
    """Return arrival number, host time and size of every single thing, in order of arrival."""
    arrivals, hosts, sizes = [], [], []
    for record in records:
        if isinstance(record, Packet):
            arrivals.append(record.arrival)
            hosts.append(record.host_ns)
            size = record.offsets[1:] - record.offsets[:-1] + _ROW_BYTES
            size[0] += _RECORD_BYTES
            sizes.append(size)
        else:
            arrivals.append(np.array([record.arrival], dtype=np.int64))
            hosts.append(np.array([record.host_ns], dtype=np.int64))
            sizes.append(np.array([record_size(record)], dtype=np.int64))
    arrival = np.concatenate(arrivals)
    order = np.argsort(arrival, kind="stable")
    return arrival[order], np.concatenate(hosts)[order], np.concatenate(sizes)[order]


def chunk_cuts(arrival: IntArray, host_ns: IntArray, size: IntArray, interval_ns: int) -> IntArray:
    """Return the arrival numbers at which a new chunk begins: by host time, and by size."""
    # In float64 no difference of two int64 overflows, and chunk boundaries need no more precision.
    passed: Array = np.maximum.accumulate(host_ns).astype(np.float64)
    periods = np.floor((passed - passed[0]) / max(interval_ns, 1))
    megabytes = np.cumsum(size) // CHUNK_BYTES
    cuts: IntArray = arrival[1:][(np.diff(periods) > 0) | (np.diff(megabytes) > 0)]
    return cuts


def first_host_ns(record: Record) -> int:
    """Return the host time of a record's first arrival."""
    return int(record.host_ns[0]) if isinstance(record, Packet) else record.host_ns


def last_host_ns(record: Record) -> int:
    """Return the host time of a record's last arrival."""
    return int(record.host_ns[-1]) if isinstance(record, Packet) else record.host_ns


def host_span_ns(records: Sequence[Record]) -> tuple[int, int]:
    """Return the earliest and the latest host time of records."""
    each = [np.atleast_1d(np.asarray(record.host_ns, dtype=np.int64)) for record in records]
    every = np.concatenate(each)
    return int(every.min()), int(every.max())


_INT64: Final = 1 << 63
_RECORD_BYTES: Final = 100
"""What a message takes beside its texts and columns, generously."""

_ROW_BYTES: Final = 20
"""Arrival number, host time and length of one notification."""

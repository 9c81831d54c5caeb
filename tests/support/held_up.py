"""Records as a host hears them that stands still for some seconds."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from imuhip.core.records import Packet, Record

_BETWEEN_NS = int(4e7)
"""One sensor's after the other's."""


def held_up(records: Sequence[Record], first_ns: int, seconds: float) -> list[Record]:
    """What came from `first_ns` on for so many seconds comes after them, record after record.

    Parameters
    ----------
    records
        All of a session, one packet a sensor.
    first_ns
        Host time at which the host stops.
    """
    after_ns = first_ns + int(seconds * 1e9)
    stamps = [np.atleast_1d(np.array(record.host_ns)) for record in records]
    for place, own in enumerate(stamps):
        late = np.flatnonzero((own >= first_ns) & (own < after_ns))
        own[late] = after_ns + _BETWEEN_NS * place + 1000 * np.arange(len(late))
        own[:] = np.maximum.accumulate(own)
    order = np.argsort(np.concatenate(stamps), kind="stable")
    arrivals = np.empty(len(order), dtype=np.int64)
    arrivals[order] = np.arange(len(order))
    heard: list[Record] = []
    at = 0
    for record, own in zip(records, stamps, strict=True):
        numbers = arrivals[at : at + len(own)]
        at += len(own)
        if isinstance(record, Packet):
            heard.append(dataclasses.replace(record, host_ns=own, arrival=numbers))
        else:
            once = {"host_ns": int(own[0]), "arrival": int(numbers[0])}
            heard.append(dataclasses.replace(record, **once))
    return heard

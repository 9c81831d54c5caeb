"""Packets and small profiles that the tests of this room share."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from imuhip.core.records import Packet

SMALL = """
[profile]
id = "small"
version = "1.0"
vendor = "nobody"
sources = ["this test"]

[[stream]]
characteristic = "fff1"

[[stream.field]]
name = "acc"
offset = 0
type = "i16"
unit = "g"

[[stream.field]]
name = "gyr"
offset = 6
type = "i16"
unit = "deg/s"

[[vector]]
source = "this test"
bytes = "01 00 00 00 00 00 00 00 00 00 00 00"
acc = [1.0, 0.0, 0.0]
"""


@pytest.fixture(scope="session")
def small_text() -> str:
    """Return the smallest useful profile: acc and gyr, nothing else."""
    return SMALL


@pytest.fixture(scope="session")
def packet_from() -> Callable[[str, Sequence[bytes]], Packet]:
    """Return a function that makes a packet of payloads on a characteristic."""

    def make(characteristic: str, payloads: Sequence[bytes]) -> Packet:
        lengths = [len(payload) for payload in payloads]
        return Packet(
            sensor="pelvis",
            characteristic=characteristic,
            epoch=0,
            arrival=np.arange(len(payloads)),
            host_ns=np.arange(len(payloads)) * 1_000_000,
            payload=np.frombuffer(b"".join(payloads), dtype=np.uint8),
            offsets=np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))),
        )

    return make

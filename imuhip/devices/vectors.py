"""A profile's own test: each of its vectors decoded, and compared with what must come out."""

from dataclasses import dataclass

import numpy as np

from imuhip.core.quaternions import angle_from_quaternion, conjugate, multiply, normalize
from imuhip.core.records import Array, DecodedBlock, Packet
from imuhip.devices.decode import decode
from imuhip.devices.euler import quaternion_from_euler
from imuhip.devices.profile_nouns import Profile, Vector
from imuhip.devices.units import SI


@dataclass(frozen=True, slots=True)
class VectorResult:
    """How a vector fared; `problem` is empty when what came is what must."""

    index: int
    source: str
    problem: str

    @property
    def ok(self) -> bool:
        """Whether it came out as it must."""
        return not self.problem


def check_vectors(profile: Profile) -> tuple[VectorResult, ...]:
    """Decode each vector of `profile`, and say what differs."""
    return tuple(
        VectorResult(index, vector.source, _problem(profile, vector))
        for index, vector in enumerate(profile.vectors)
    )


def packet_of(characteristic: str, *payloads: bytes, sensor: str = "pelvis") -> Packet:
    """Return notifications as a packet, as if they had arrived first of all."""
    lengths = [len(payload) for payload in payloads]
    return Packet(
        sensor=sensor,
        characteristic=characteristic,
        epoch=0,
        arrival=np.arange(len(payloads), dtype=np.int64),
        host_ns=np.zeros(len(payloads), dtype=np.int64),
        payload=np.frombuffer(b"".join(payloads), dtype=np.uint8),
        offsets=np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))),
    )


def _problem(profile: Profile, vector: Vector) -> str:
    """What differs, in a sentence; empty for nothing."""
    packet = packet_of(vector.characteristic, *vector.before, vector.payload)
    block = decode(profile, packet)
    kinds = tuple(fault.kind for fault in block.faults)
    if kinds != vector.faults:
        reasons = "; ".join(fault.reason for fault in block.faults)
        named = ", ".join(vector.faults) or "no fault"
        return f"expected {named}, got {', '.join(kinds) or 'none'}" + (
            f" ({reasons})" if reasons else ""
        )
    for name, rows in vector.expect.items():
        problem = _difference(profile, vector, block, name, np.array(rows))
        if problem:
            return problem
    for name, expected, came in (
        ("ticks", vector.ticks, block.ticks),
        ("counter", vector.counter, block.counter),
    ):
        if expected is not None and (came is None or tuple(came.tolist()) != expected):
            got = "none" if came is None else came.tolist()
            return f"expected {name} {list(expected)}, got {got}"
    return ""


def _difference(
    profile: Profile, vector: Vector, block: DecodedBlock, name: str, expected: Array
) -> str:
    """How the field `name` differs from `expected`, which is in the field's own unit."""
    fields = (stream.field(name) for stream in profile.streams_on(vector.characteristic))
    unit = next((field.unit for field in fields if field is not None), "")
    factor = SI[name].get(unit, 1.0)
    came: Array | None = getattr(block, "quat" if name == "euler" else name)
    if came is None or len(came) != len(expected):
        return f"expected {len(expected)} samples of {name}, got {0 if came is None else len(came)}"
    if name in ("quat", "euler"):
        q = quaternion_from_euler(expected * factor) if name == "euler" else normalize(expected)
        worst = angle_from_quaternion(multiply(conjugate(q), came)) / factor
    else:
        worst = np.abs(came - expected * factor) / factor
    if not (worst <= vector.tolerance).all():
        values = came.tolist() if name in ("quat", "euler") else (came / factor).tolist()
        return f"expected {name} {expected.tolist()} within {vector.tolerance:g}, got {values}" + (
            f" {unit}" if name not in ("quat", "euler") else " as a quaternion"
        )
    return ""

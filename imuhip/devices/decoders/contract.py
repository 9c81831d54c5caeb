"""What a decoder in code is, and what several of them need."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias

import numpy as np

from imuhip.core.records import DecodedBlock, Packet, PacketFault
from imuhip.devices.profile_nouns import Profile, Stream


class Decoder(Protocol):
    """The bytes of one sensor → samples; it may remember what came before."""

    def push(self, packet: Packet) -> DecodedBlock:
        """Return what became known with a packet; packets come in the order of arrival.

        A sample's row is the notification that completed it. A new `Packet.epoch` forgets all.
        """


Maker: TypeAlias = Callable[[Profile, float, Mapping[str, float]], Decoder]
"""Profile, samples a second asked for (0 when unknown) and the sensor's settings → decoder."""

NO_SETTINGS: Final[Mapping[str, float]] = MappingProxyType({})


def no_samples(*, stamped: bool, faults: Sequence[PacketFault] = ()) -> DecodedBlock:
    """Return a block without samples, of acc and gyr alone."""
    none = np.zeros(0, dtype=np.int64)
    return DecodedBlock(
        row=none,
        ticks=np.zeros(0) if stamped else None,
        index=none,
        counter=None,
        acc=np.zeros((0, 3)),
        gyr=np.zeros((0, 3)),
        mag=None,
        quat=None,
        saturated=np.zeros(0, dtype=np.bool_),
        faults=tuple(faults),
    )


def foreign_faults(profile: Profile, packet: Packet) -> tuple[PacketFault, ...]:
    """Return the faults of a packet that is not of the profile's streams."""
    if profile.canonical(packet.characteristic) in profile.known:
        return ()
    reason = f"{profile.id} does not name the characteristic {packet.characteristic}"
    return tuple(PacketFault(i, "unknown_characteristic", reason) for i in range(len(packet)))


def ignored(streams: Sequence[Stream], payload: bytes) -> bool:
    """Whether a notification begins like one that carries no samples, and is no fault."""
    return any(payload.startswith(beginning) for s in streams for beginning in s.ignore)

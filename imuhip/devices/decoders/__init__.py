"""Formats that TOML cannot say: a function a format, one file each, and its line in the table.

A profile names its decoder in ``[profile] decoder``; `decode.decode` hands the packet over. A
decoder keeps the same promise: any bytes give samples or faults, and a notification's samples
depend on no other notification.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from imuhip.devices.profile_nouns import Profile
from imuhip.records import DecodedBlock, Packet

Decoder: TypeAlias = Callable[[Profile, Packet], DecodedBlock]

DECODERS: Final[Mapping[str, Decoder]] = {}
"""Name in a profile → decoder."""

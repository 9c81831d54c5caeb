"""Formats that TOML cannot describe: a class a format, one file each, and its line in the table.

A profile names its decoder in ``[profile] decoder``; `decode.decoder_of` makes one a sensor. A
decoder may remember what came before, and keeps the same promises: any bytes give samples or
faults, and however the notifications are cut into packets, the samples are the same bits.
"""

from collections.abc import Mapping
from typing import Final

from imuhip.devices.decoders.contract import Maker
from imuhip.devices.decoders.movesense_gsp import MovesenseGsp
from imuhip.devices.decoders.packed_motion import PackedMotion
from imuhip.devices.decoders.polar_pmd import PolarPmd

DECODERS: Final[Mapping[str, Maker]] = {
    "mbientlab_packed": PackedMotion,
    "movesense_gsp": MovesenseGsp,
    "polar_pmd": PolarPmd,
}
"""Name in a profile → decoder."""

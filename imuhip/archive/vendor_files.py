"""Files that makers' own programs write, recognised by their headers."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

from imuhip.archive.number_tables import NumberTable

VendorFormat: TypeAlias = tuple[
    str, Callable[[bytes], bool], Callable[[Path, bytes, bool], NumberTable]
]

VENDOR_FORMATS: Final[tuple[VendorFormat, ...]] = ()

"""The nouns of an import: a file as found, what a reader makes of it, and what the user wishes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from imuhip.core.records import Array
from imuhip.importers.number_tables import NumberTable
from imuhip.importers.places import segment_of

HEAD: Final = 65536
"""Bytes at a file's beginning in which its maker shows."""

AXES: Final = "xyz"
ACC: Final = ("acc_x", "acc_y", "acc_z")
GYR: Final = ("gyr_x", "gyr_y", "gyr_z")
MAG: Final = ("mag_x", "mag_y", "mag_z")


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says beside the files.

    Parameters
    ----------
    drop_invalid
        Leave out rows with a value that is no finite number, instead of refusing the file.
    rate_hz
        Samples a second where the file does not tell; 0.0 where nobody said.
    units
        ``t``, ``acc``, ``gyr`` or ``mag`` to the unit of the file's columns; a minus in front
        reverses the signs.
    names
        A column of the file to the name it stands for, such as ``ax`` to ``acc_x``.
    places
        A device as the file names it to the segment it sits on.
    """

    drop_invalid: bool = False
    rate_hz: float = 0.0
    units: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A file that may hold samples.

    Parameters
    ----------
    path
        Where it lies.
    sensor
        The segment that its name or its folder says; empty where neither does.
    text
        In UTF-8 with bare line feeds; empty where the file is binary.
    above
        Lines of a title that stood above the text and were taken off.
    """

    path: Path
    sensor: str
    text: bytes
    above: int = 0

    @property
    def head(self) -> bytes:
        """The beginning of the text."""
        return self.text[:HEAD]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The samples of one sensor, in SI units.

    Parameters
    ----------
    table
        Columns ``t``, ``acc_x`` … ``gyr_z``, perhaps ``mag_x`` …
    label
        The device or the place as the file names it; empty where it names none.
    wraps_s
        Seconds after which the clock that several sensors share begins again; 0.0: it does not.
    group
        Sensors of the same group are known to share that clock; empty: nobody knows.
    started
        When the file says that it was begun, as it stands there.
    synchronised
        Whether the file says that the sensors were synchronised; None where it does not tell.
    """

    table: NumberTable
    label: str = ""
    wraps_s: float = 0.0
    group: str = ""
    started: str = ""
    synchronised: bool | None = True


Recognises: TypeAlias = Callable[[Source], bool]
Reads: TypeAlias = Callable[[Sequence[Source], Options], list[Reading]]


class Format(NamedTuple):
    """A line of the table of formats.

    Parameters
    ----------
    name
        The maker, or the program that writes such files.
    recognises
        Whether a file is of this format.
    read
        Reads one file, or all files of a sensor where `together`.
    together
        Whether a sensor's samples lie in several files.
    """

    name: str
    recognises: Recognises
    read: Reads
    together: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SensorFile:
    """A checked sensor file: times that rise, `(N,)`, and columns `(N, 3)` in SI units."""

    sensor: str
    path: Path
    format_name: str
    t: Array
    acc: Array
    gyr: Array
    mag: Array | None
    dropped: int
    notes: tuple[str, ...]
    label: str = ""
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The file's name, with its folder's where that says the sensor."""
        parent = self.path.parent.name
        return f"{parent}/{self.path.name}" if segment_of(parent) else self.path.name

    @property
    def rate_hz(self) -> float:
        """One over the median interval."""
        return float(1.0 / np.median(np.diff(self.t)))

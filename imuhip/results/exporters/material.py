"""What an export is made of, and what a format is."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from imuhip.core.conventions import SIDES, Side
from imuhip.results.samples import SensorSamples
from imuhip.results.schemas import ANGLES_FILE, SENSORS_FILE, Results, read_pieces


@dataclass(frozen=True, slots=True)
class Material:
    """Results within a window, and the sensors' samples where there is a recording.

    Parameters
    ----------
    results
        Their tables are cut to the window already.
    samples
        By sensor, cut to the window; empty when the source is a result folder.
    folder
        Where `pieces` reads what `results` then lacks: all angles but their times, and the sensors.
        None where they have everything.
    start_s, stop_s
        The window.
    """

    results: Results
    samples: Mapping[str, SensorSamples]
    folder: Path | None = None
    start_s: float = -math.inf
    stop_s: float = math.inf

    def pieces(self, name: str) -> Iterator[pa.Table]:
        """Yield a table within the window, in pieces that need little memory; at least one."""
        file = _LONG.get(name)
        if self.folder is None or file is None:
            yield getattr(self.results, name)
            return
        within = (pc.field("t") >= self.start_s) & (pc.field("t") <= self.stop_s)
        for piece in read_pieces(self.folder / file):
            yield piece.filter(within)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: a mark, or an edge of a repetition.

    Parameters
    ----------
    t
        Session seconds.
    label
        The mark, or such as ``squat turn``.
    side
        Of a repetition; None for a mark.
    """

    t: float
    label: str
    side: Side | None


def events(results: Results) -> list[Event]:
    """Marks, then start, turn and end of each counted repetition; in order of time."""
    found = [Event(mark["t"], mark["label"], None) for mark in results.session.get("marks") or ()]
    for row in results.repetitions.to_pylist():
        if row["counted"]:
            side = next(side for side in SIDES if side == row["side"])
            name = " ".join(word for word in (row["movement"], row["direction"]) if word != "down")
            found += [
                Event(row[f"t_{edge}"], f"{name} {edge}", side) for edge in ("start", "turn", "end")
            ]
    return sorted(found, key=lambda event: event.t)


FileWriter: TypeAlias = Callable[[Material, Path], None]
"""Writes one file to a path."""

FolderWriter: TypeAlias = Callable[[Material, Path], tuple[str, ...]]
"""Writes files into an empty folder; returns their names, relative to it."""


@dataclass(frozen=True, slots=True)
class Format:
    """An export format.

    Parameters
    ----------
    folder
        Writes all there is.
    single
        Ending of a target that is one file → what writes it.
    columns
        Of the angles, all that it needs; None for all there are.
    sensors
        It needs the sensors' orientations.
    takes_samples
        The sensors' own samples are part of it, so they are decoded where there is a recording.
    """

    folder: FolderWriter
    single: Mapping[str, FileWriter]
    columns: tuple[str, ...] | None = None
    sensors: bool = True
    takes_samples: bool = False


def named_files(writers: Mapping[str, FileWriter]) -> FolderWriter:
    """Return a writer of a folder that holds these files."""

    def write(material: Material, folder: Path) -> tuple[str, ...]:
        """Write each file by its own writer."""
        for name, writer in writers.items():
            writer(material, folder / name)
        return tuple(writers)

    return write


_LONG: Final = {"angles": ANGLES_FILE, "sensors": SENSORS_FILE}
"""Tables that grow with the session's length."""

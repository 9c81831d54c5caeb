"""Times of several sensors on one clock, where the files say that they share one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from imuhip.importers.gather import Placed
from imuhip.importers.times import nearest_starts


def on_one_clock(placed: Sequence[Placed]) -> tuple[list[Placed], list[str]]:
    """Return sensors whose shared clocks begin again alike, and sentences on clocks not shared.

    A shared counter of 16 bits that one sensor met after it began again lies one round behind: the
    multiple that brings the starts nearest is added.
    """
    moved = list(placed)
    for group in dict.fromkeys(p.reading.group for p in placed if p.reading.wraps_s):
        of_group = [i for i, p in enumerate(placed) if p.reading.group == group and _rows(p)]
        if len(of_group) < 2:
            continue
        starts = [float(placed[i].reading.table.columns["t"][0]) for i in of_group]
        shifts = nearest_starts(starts, placed[of_group[0]].reading.wraps_s)
        for i, shift in zip(of_group, shifts, strict=True):
            if shift:
                moved[i] = _shifted(placed[i], shift)
    return moved, _sync_unknown(placed)


def _rows(placed: Placed) -> int:
    return len(placed.reading.table.line)


def _shifted(placed: Placed, shift: float) -> Placed:
    table = placed.reading.table
    columns = table.columns | {"t": table.columns["t"] + shift}
    return replace(placed, reading=replace(placed.reading, table=replace(table, columns=columns)))


def _sync_unknown(placed: Sequence[Placed]) -> list[str]:
    """Return sentences on sensors of which no file tells whether they were synchronised."""
    silent = [p for p in placed if p.reading.synchronised is None and p.reading.started]
    if len(silent) < 2 or not all(map(_rows, silent)):
        return []
    names = " and ".join(p.path.name for p in silent)
    first = silent[0]
    t = first.reading.table.columns["t"]
    step = float(np.median(np.diff(t))) if len(t) > 1 else 0.0
    for other in silent[1:]:
        start = float(other.reading.table.columns["t"][0])
        if other.reading.started == first.reading.started and abs(start - t[0]) > _APART * step:
            apart = (
                f"{names}: the sensors were not synchronised. They were started at the same time, "
                f"{first.reading.started}, but their first stamps are {t[0]:.3f} and "
                f"{start:.3f} s. Synchronise them before recording"
            )
            return [apart]
    sentence = (
        f"{names}: the files do not say whether the sensors were synchronised. If they were not, "
        "their clocks are apart and angles are wrong"
    )
    return [sentence]


_APART: Final = 1.5  # samples

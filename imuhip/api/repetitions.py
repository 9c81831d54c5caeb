"""Repetitions laid over each other: the angles of each over its own phase."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from imuhip.assess.movements import MOVEMENTS
from imuhip.core.conventions import HIP_ANGLES, PELVIS_ANGLES, SIDES
from imuhip.core.extras import need
from imuhip.core.records import Array
from imuhip.results.column_words import ANGLE_DEFINITION, PELVIS_POSITIVE, POSITIVE
from imuhip.results.labelled import dataset_attributes, need_xarray
from imuhip.results.schemas import Results, hip_column

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


class Repetitions:
    """The repetitions of a movement.

    Parameters
    ----------
    results
        Of the session.
    movement
        Its name; all movements when None.
    counted
        Only those that count.
    """

    def __init__(self, results: Results, movement: str | None, *, counted: bool = True) -> None:
        rows = results.repetitions.to_pylist()
        there = dict.fromkeys(row["movement"] for row in rows)
        if movement is not None and movement not in there and movement not in MOVEMENTS:
            known = ", ".join(dict.fromkeys([*there, *MOVEMENTS]))
            raise ValueError(f"There is no movement {movement!r}. Choose one of {known}.")
        self._results, self._movement = results, movement
        kept = [
            (movement is None or row["movement"] == movement) and (row["counted"] or not counted)
            for row in rows
        ]
        self._rows = [row for row, keep in zip(rows, kept, strict=True) if keep]
        self._kept = kept

    def __len__(self) -> int:
        """How many; both sides of a squat are one."""
        return len({_number(row) for row in self._rows})

    def __repr__(self) -> str:
        return f"<imuhip repetitions of {self._movement or 'all movements'}: {len(self)}>"

    def to_pandas(self) -> "pd.DataFrame":
        """A row for each repetition and side, with its measures."""
        need("pandas")
        frame: pd.DataFrame = self._results.repetitions.filter(self._kept).to_pandas()
        return frame

    def resample(self, n: int = 101) -> "xr.Dataset":
        """Each repetition at `n` equal steps of its time, from its start to its end.

        Variables ``flexion``, ``adduction``, ``rotation`` of the hip, each with ``…_sd`` and
        ``…_sd_total``, the pelvis's ``pelvis_tilt`` …, and ``t``: all ``(repetition, side,
        phase)``, degrees, linear between rows; NaN where an angle is not known, and for a side that
        did not take part. ``phase`` is in percent. Needs the extra ``xarray``.

        Parameters
        ----------
        n
            At least 2.
        """
        if n < 2:
            raise ValueError(f"n is {n}; at least 2 steps are needed, for the start and the end.")
        numbers = list(dict.fromkeys(_number(row) for row in self._rows))
        shape = (len(numbers), len(SIDES), n)
        names = _variables()
        found = {name: np.full(shape, np.nan) for name in ("t", *names)}
        edges = {name: np.full(shape[:2], np.nan) for name in ("t_start", "t_turn", "t_end")}
        direction = np.full(shape[:2], "", dtype=object)
        counted = np.zeros(shape[:2], dtype=np.bool_)
        t = self._results.angles["t"].to_numpy()
        for row in self._rows:
            place = numbers.index(_number(row)), SIDES.index(row["side"])
            at = np.linspace(row["t_start"], row["t_end"], n)
            found["t"][place] = at
            for name, column in names.items():
                values = self._results.angles[column.format(side=row["side"])].to_numpy()
                found[name][place] = interpolated(t, values, at)
            for name, values in edges.items():
                values[place] = row[name]
            direction[place], counted[place] = row["direction"], row["counted"]
        coordinates: dict[str, Any] = {
            "repetition": np.arange(1, len(numbers) + 1),
            "side": list(SIDES),
            "phase": ("phase", np.linspace(0.0, 100.0, n), {"units": "percent"}),
            "movement": ("repetition", np.array([m for m, _, _ in numbers], dtype=object)),
            "set": ("repetition", np.array([s for _, s, _ in numbers], dtype=np.int64)),
            "number": ("repetition", np.array([k for _, _, k in numbers], dtype=np.int64)),
            "direction": (_DIMS[:2], direction.astype(str)),
            "counted": (_DIMS[:2], counted),
            **{k: (_DIMS[:2], v, {"units": "s"}) for k, v in edges.items()},
        }
        data = {name: (_DIMS, values, _attributes(name)) for name, values in found.items()}
        attributes = dataset_attributes(self._results.session)
        dataset: xr.Dataset = need_xarray().Dataset(data, coordinates, attributes)
        return dataset


def interpolated(t: Array, values: Array, at: Array) -> Array:
    """`values` ``(N,)`` at rising times `t`, linear at the times `at`.

    NaN outside, and wherever a value it is made from is NaN; a row itself needs no neighbour.
    """
    if len(t) < 2:
        return np.full(len(at), np.nan)
    i = np.clip(np.searchsorted(t, at, side="right") - 1, 0, len(t) - 2)
    share = (at - t[i]) / (t[i + 1] - t[i])
    share = np.where(np.abs(share - np.round(share)) < _EXACT, np.round(share), share)
    between = values[i] + share * (values[i + 1] - values[i])
    between = np.where(share == 0.0, values[i], between)
    between = np.where(share == 1.0, values[i + 1], between)
    result: Array = np.where((share < 0.0) | (share > 1.0), np.nan, between)
    return result


def _number(row: dict[str, Any]) -> tuple[str, int, int]:
    return row["movement"], row["set"], row["repetition"]


def _variables() -> dict[str, str]:
    """Variable → the column of the angles; `{side}` stands for the side."""
    hips = {
        f"{angle}{f'_{kind}' if kind else ''}": hip_column(angle, "{side}", kind)
        for angle in HIP_ANGLES
        for kind in ("", "sd", "sd_total")
    }
    return hips | {f"pelvis_{angle}": f"pelvis_{angle}_deg" for angle in PELVIS_ANGLES}


def _attributes(name: str) -> dict[str, str]:
    if name == "t":
        return {"units": "s", "long_name": "session time"}
    if name.startswith("pelvis_"):
        return {"units": "degree", "sign": f"{PELVIS_POSITIVE[name.partition('_')[2]]} +"}
    if name in POSITIVE:
        sign = f"{POSITIVE[name]} +, on both sides"
        return {"units": "degree", "sign": sign, "definition": ANGLE_DEFINITION}
    return {"units": "degree", "long_name": "one standard deviation of the error"}


_DIMS: Final = ("repetition", "side", "phase")
_EXACT: Final = 1e-6
"""A time this close to a row, as a share of the interval, is the row's."""

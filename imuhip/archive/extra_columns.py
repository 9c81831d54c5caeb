"""Columns of angles.parquet that are there on request, beside those that always are.

========================  ==========================================================================
asked for                 gives, for each side
========================  ==========================================================================
``swing``, ``projected``  the rotation by another definition (`estimate.rotation_definitions`)
``scaled``                the rotation divided by what the skin follows (`estimate.soft_tissue`)
========================  ==========================================================================
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from imuhip.archive.results import hip_column
from imuhip.conventions import SIDES
from imuhip.estimate.rotation_definitions import DEFINITIONS, zeroed
from imuhip.estimate.soft_tissue import SoftTissue, from_toe_turns, scaled
from imuhip.pipeline import Output
from imuhip.records import Array

COLUMNS: Final = (*DEFINITIONS, "scaled")
"""What can be asked for."""


class ExtraColumns:
    """Makes the columns that were asked for, output by output."""

    def __init__(self, wanted: Sequence[str], given: Sequence[SoftTissue] = ()) -> None:
        """Begin a session.

        Parameters
        ----------
        wanted
            Names in `COLUMNS`.
        given
            Soft-tissue factors that the user states; they come before what toe turns show.

        Raises
        ------
        ValueError
            If a name is not known.
        """
        unknown = [name for name in wanted if name not in COLUMNS]
        if unknown:
            known = ", ".join(COLUMNS)
            raise ValueError(f"expected columns out of {known}; came {', '.join(unknown)}")
        # A stated factor is of use in its column only.
        asked = {*wanted, *(["scaled"] if given else [])}
        self._wanted = tuple(name for name in COLUMNS if name in asked)
        self.factors: dict[str, SoftTissue] = {factor.side: factor for factor in given}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in their order."""
        return tuple(hip_column("rotation", side, kind) for kind in self._wanted for side in SIDES)

    def push(self, out: Output) -> list[Array]:
        """Return the columns of an output's rows, degrees, in the order of `names`."""
        self._learn(out)
        angles = out.angles
        columns: list[Array] = []
        for kind in self._wanted:
            if kind in DEFINITIONS:
                both = zeroed(kind, angles.hip_raw, angles.hip)
            else:
                both = np.stack(
                    [
                        scaled(angles.hip[:, k, 2], angles.t, self.factors.get(side))
                        for k, side in enumerate(SIDES)
                    ],
                    axis=-1,
                )
            columns += [np.degrees(both[:, k]) for k in range(len(SIDES))]
        return columns

    def _learn(self, out: Output) -> None:
        """Take in the toe turns that ended."""
        for step in out.steps:
            for side in SIDES:
                stated = side in self.factors and self.factors[side].source == "given"
                if step.step == f"toe_turn_{side}" and not stated:
                    factor = from_toe_turns(step, out.grid.sensors, side)
                    if factor is not None:
                        self.factors[side] = factor

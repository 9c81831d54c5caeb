"""Columns of angles.parquet beside those that always are: on request, or of further sensors.

========================  ==========================================================================
asked for                 gives, for each side
========================  ==========================================================================
``swing``, ``projected``  the rotation by another definition (`estimate.rotation_definitions`)
``scaled``                the rotation divided by what the skin follows (`estimate.soft_tissue`)
``offline``               all three hip angles with the whole session known (`offline`)
========================  ==========================================================================

Sensors on shanks, feet or trunk add their angles (`estimate.joints`) and errors unasked.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from imuhip.core.conventions import HIP_ANGLES, SIDES
from imuhip.core.records import Array
from imuhip.estimate.rotation_definitions import DEFINITIONS, zeroed
from imuhip.estimate.soft_tissue import SoftTissue, from_toe_turns, scaled
from imuhip.pipeline.all_sensors import Output
from imuhip.pipeline.offline import Refined
from imuhip.results.schemas import hip_column

COLUMNS: Final = (*DEFINITIONS, "scaled", "offline")
"""What can be asked for."""


class ExtraColumns:
    """Makes the columns that were asked for, output by output.

    Attributes
    ----------
    refined
        The offline angles of all rows that will come, to be set first where they are asked for.
    """

    def __init__(
        self,
        wanted: Sequence[str],
        given: Sequence[SoftTissue] = (),
        joints: Sequence[str] = (),
    ) -> None:
        """Begin a session.

        Parameters
        ----------
        wanted
            Names in `COLUMNS`.
        given
            Soft-tissue factors that the user states; they come before what toe turns show.
        joints
            Names of angles that further sensors show: always there when the sensors are.

        Raises
        ------
        ValueError
            If a name is not known.
        """
        self.refined: Refined | None = None
        self._joints = (*(f"{n}_deg" for n in joints), *(f"{n}_sd_deg" for n in joints))
        unknown = [name for name in wanted if name not in COLUMNS]
        if unknown:
            known = ", ".join(COLUMNS)
            raise ValueError(f"No such column: {', '.join(unknown)}. Choose from {known}.")
        # A stated factor is of use in its column only.
        asked = {*wanted, *(["scaled"] if given else [])}
        self._wanted = tuple(name for name in COLUMNS if name in asked)
        self.factors: dict[str, SoftTissue] = {factor.side: factor for factor in given}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in their order."""
        rotations = (kind for kind in self._wanted if kind != "offline")
        names = [hip_column("rotation", side, kind) for kind in rotations for side in SIDES]
        if "offline" in self._wanted:
            names += [hip_column(a, side, "offline") for side in SIDES for a in HIP_ANGLES]
        return (*names, *self._joints)

    def push(self, out: Output) -> list[Array]:
        """Return the columns of an output's rows, degrees, in the order of `names`."""
        self._learn(out)
        angles = out.angles
        columns: list[Array] = []
        for kind in self._wanted:
            if kind in DEFINITIONS:
                columns += list(np.degrees(zeroed(kind, angles.hip_raw, angles.hip)).T)
            elif kind == "scaled":
                for k, side in enumerate(SIDES):
                    factor = self.factors.get(side)
                    columns.append(np.degrees(scaled(angles.hip[:, k, 2], angles.t, factor)))
            else:
                columns += list(np.degrees(self._offline(angles.t)).reshape(-1, 6).T)
        if self._joints:
            columns += [*np.degrees(out.joints).T, *np.degrees(out.joints_sd).T]
        return [np.ascontiguousarray(column) for column in columns]

    def _offline(self, t: Array) -> Array:
        """The offline angles ``(N, 2, 3)`` of the next rows."""
        if self.refined is None:
            raise ValueError("The offline columns need `refined`, the angles of a second look.")
        known, hip = self.refined.t, self.refined.hip
        if not len(known):
            return np.full((len(t), *hip.shape[1:]), np.nan)
        rows = np.minimum(np.searchsorted(known, t), len(known) - 1)
        found: Array = np.where((known[rows] == t)[:, None, None], hip[rows], np.nan)
        return found

    def _learn(self, out: Output) -> None:
        """Take in the toe turns that ended."""
        for step in out.steps:
            for side in SIDES:
                stated = side in self.factors and self.factors[side].source == "given"
                if step.step == f"toe_turn_{side}" and not stated:
                    factor = from_toe_turns(step, out.grid.sensors, side)
                    if factor is not None:
                        self.factors[side] = factor

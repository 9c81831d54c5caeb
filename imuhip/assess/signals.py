"""The signals that show repetitions, one a machine, elementwise over the rows."""

from dataclasses import fields
from typing import Final, Literal, NamedTuple

import numpy as np

from imuhip.assess.episodes import Rows
from imuhip.assess.movements import MOVEMENTS, OTHER_PRIMARIES, Movement, Thresholds, other_drill
from imuhip.core.conventions import GRID_HZ, HIP_ANGLES, HIP_SIGNS, SIDES, Side
from imuhip.core.findings import SegmentBlock
from imuhip.core.records import AngleBlock, Array


class Machine(NamedTuple):
    """A state machine: what it follows, and which movements it can have seen.

    Parameters
    ----------
    movements
        Those that share signal and thresholds.
    side
        ``both`` for the mean of the thighs.
    thresholds
        When a repetition begins, turns and ends.
    other
        It follows drills that are recognised by the angle that moves most.
    """

    movements: tuple[Movement, ...]
    side: Side | Literal["both"]
    thresholds: Thresholds
    other: bool = False

    def small_for(self, movement: Movement) -> bool:
        """Whether it follows a movement with the thresholds for small repetitions."""
        return self.thresholds != movement.thresholds

    @property
    def waits(self) -> bool:
        """Whether what it finds may be part of something larger that is not over yet."""
        return any(self.small_for(movement) for movement in self.movements)


def rows_of(angles: AngleBlock, motion: SegmentBlock) -> Rows:
    """The rows that repetitions are found in, of two blocks with the same grid times."""
    return Rows(*(getattr(angles, n) for n in _ANGLES), *(getattr(motion, n) for n in _MOTION))


def angles_of(rows: Rows) -> Array:
    """Angles ``(N, 3, 3)`` that rates are made of: left hip, right hip, pelvis."""
    return np.concatenate((rows.hip, rows.pelvis[:, None]), axis=1)


def signals(rows: Rows, before: Array) -> tuple[Array, Array, Array]:
    """Signal, rate and inclination of each of `MACHINES`: ``(M, N)`` each.

    Parameters
    ----------
    before
        ``(SPAN_ROWS, 3, 3)`` `angles_of` the rows before these; NaN where there is none.
    """
    x, v, p = (np.empty((len(MACHINES), len(rows.t))) for _ in range(3))
    lean, rates = leans(rows), _rates(angles_of(rows), before)
    for machines in _ALIKE.values():
        first = machines[0]
        x[first], v[first], p[first] = _signal(MACHINES[first], rows, lean, rates)
        for m in machines[1:]:
            x[m], v[m], p[m] = x[first], v[first], p[first]
    return x, v, p


def signal(machine: Machine, rows: Rows) -> tuple[Array, Array]:
    """Signal and rate ``(N,)`` of one machine."""
    primary = machine.movements[0].primary
    lean = leans(rows) if primary == "inclination" else rows.inclination
    by_difference = primary in ("tilt", "flexion", "adduction")
    rates = _rates(angles_of(rows), NOTHING_BEFORE) if by_difference else rows.hip
    x, v, _ = _signal(machine, rows, lean, rates)
    return x, v


def _signal(machine: Machine, rows: Rows, lean: Array, rates: Array) -> tuple[Array, Array, Array]:
    """Signal, rate and posture; `lean` is for inclinations alone, `rates` for hip and pelvis."""
    primary = machine.movements[0].primary
    if machine.side == "both":
        posture = _mean(rows.inclination)
        if primary == "flexion":
            return _mean(rows.hip[:, :, 0]), _mean(rates[:, :2, 0]), posture
        if primary == "tilt":
            return rows.pelvis[:, 0], rates[:, 2, 0], posture
        return _mean(lean), _mean(rows.inclination_rate), posture
    k = SIDES.index(machine.side)
    inclination = rows.inclination[:, k]
    if primary == "inclination":
        return lean[:, k], rows.inclination_rate[:, k], lean[:, k]
    if primary == "heading":
        inwards = HIP_SIGNS[machine.side][2]
        return inwards * rows.heading[:, k], inwards * rows.heading_rate[:, k], inclination
    if primary in ("flexion", "adduction"):
        angle = HIP_ANGLES.index(primary)
        return rows.hip[:, k, angle], rates[:, k, angle], inclination
    return rows.hip[:, k, 2], rows.axial_rate[:, k], inclination


def _rates(angles: Array, before: Array) -> Array:
    """Rates of angles ``(N, 3, 3)`` over the last 0.05 s, rad/s."""
    whole = np.concatenate((before, angles))
    return (whole[SPAN_ROWS:] - whole[:-SPAN_ROWS]) * (GRID_HZ / SPAN_ROWS)


def leans(rows: Rows) -> Array:
    """Inclination ``(N, 2)``, negative where the thigh leans back, as a walker's does.

    Hip flexion without the pelvis's tilt says which way; where it is not known, forward.
    """
    back = rows.hip[:, :, 0] - rows.pelvis[:, :1] < 0.0
    return np.where(back, -rows.inclination, rows.inclination)


def _mean(both: Array) -> Array:
    """Mean of left and right, or the one that is known."""
    left, right = both[:, 0], both[:, 1]
    mean = 0.5 * (left + right)
    return np.where(np.isnan(left), right, np.where(np.isnan(right), left, mean))


def _machines() -> tuple[Machine, ...]:
    """One machine for all movements that show in the same signal."""
    shared: dict[tuple[object, ...], Machine] = {}
    for movement in MOVEMENTS.values():
        if movement.other or movement.path == "held":
            continue
        sides: tuple[Side | Literal["both"], ...] = movement.sides
        for side in ("both",) if movement.together else sides:
            for thresholds in (movement.thresholds, movement.small):
                if thresholds is None:
                    continue
                key = (movement.primary, movement.path, thresholds, side)
                before = shared[key].movements if key in shared else ()
                shared[key] = Machine((*before, movement), side, thresholds)
    others = [other_drill("", primary) for primary in OTHER_PRIMARIES]
    return (
        *shared.values(),
        *(Machine((each,), side, each.thresholds, other=True) for each in others for side in SIDES),
    )


SPAN_ROWS: Final = 5
"""Rates of hip angles are over so many rows."""

NOTHING_BEFORE: Final[Array] = np.full((SPAN_ROWS, 3, 3), np.nan)

_COLUMNS: Final = [each.name for each in fields(Rows)]
_ANGLES: Final = _COLUMNS[: _COLUMNS.index("inclination")]
_MOTION: Final = _COLUMNS[len(_ANGLES) :]

MACHINES: Final = _machines()
"""All machines there are."""


def _alike() -> dict[tuple[str, str], list[int]]:
    """Machines that follow the same signal, with thresholds of their own."""
    alike: dict[tuple[str, str], list[int]] = {}
    for m, machine in enumerate(MACHINES):
        alike.setdefault((machine.movements[0].primary, machine.side), []).append(m)
    return alike


_ALIKE: Final = _alike()

DRILL_MACHINES: Final = tuple(
    m for m, each in enumerate(MACHINES) if any("drill" in one.traits for one in each.movements)
)
"""Those of drills, which may begin from any posture: of lying, kneeling, sitting."""

"""The settings of an assessment; they travel in the recording's header.

``parameters["assess"]`` of the header is a plain table, for it is written as JSON and edited by
people; `AssessParams.from_settings` reads and checks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from imuhip.assess.goals import GOAL_ZONES, ArcName, Zone, zones_for
from imuhip.assess.limits import limits_for
from imuhip.assess.profiles import Goal, checked_goal
from imuhip.assess.rules.record import Limits
from imuhip.assess.symmetry import START_DAY_ERROR, DayError, day_error
from imuhip.core.conventions import SIDES, Side
from imuhip.core.errors import RecordingError
from imuhip.devices.toml_table import as_number, nearest, shown


@dataclass(frozen=True, slots=True)
class AssessParams:
    """Settings of an assessment.

    Parameters
    ----------
    limits
        From where on rules speak: of a goal profile, with the athlete's own.
    hip_crease_offset_deg
        How far past parallel this athlete's thigh is when the crease of the hip is level with the
        top of the knee.
    day_errors
        Measure to what the athlete's own sessions vary by; start values where it is not in here.
    arc_goals
        Ranges the athlete's arcs are to reach, in place of the profile's.
    side_goals
        The same of one hip alone; they come first.
    """

    limits: Limits = field(default_factory=limits_for)
    hip_crease_offset_deg: float = 0.0
    day_errors: Mapping[str, DayError] = field(default_factory=dict)
    arc_goals: Mapping[ArcName, tuple[float, float]] = field(default_factory=dict)
    side_goals: Mapping[Side, Mapping[ArcName, tuple[float, float]]] = field(default_factory=dict)

    @property
    def goal(self) -> Goal:
        """The goal profile."""
        return checked_goal(self.limits.goal)

    def zones_of(self, side: Side) -> tuple[Zone, ...]:
        """A hip's arcs to aim at: the profile's, with the athlete's own in their places."""
        return zones_for(self.goal, {**self.arc_goals, **self.side_goals.get(side, {})})

    def day_error(self, measure: str) -> DayError:
        """Return how a measure varies between days when nothing has changed."""
        return self.day_errors.get(measure, START_DAY_ERROR)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "AssessParams":
        """Read ``parameters["assess"]`` of a header.

        Parameters
        ----------
        settings
            ``goal``: a name; ``limits``: name to number; ``arc_goals``: name to the two edges of a
            range, and the same in ``left`` and ``right`` for one hip; ``hip_crease_offset_deg``: a
            number; ``sessions``: measure to a list of sessions, each a list of its repetitions'
            values.
            All of them may be left out.

        Raises
        ------
        RecordingError
            With the key, what was expected and what came.
        """
        for key in settings:
            if key not in _KEYS:
                raise RecordingError(f"assess.{key}: unknown key{nearest(str(key), _KEYS)}")
        limits = _table(settings, "limits")
        offset = as_number(settings.get("hip_crease_offset_deg", 0.0))
        if offset is None or abs(offset) > _MOST_OFFSET_DEG:
            came = shown(settings["hip_crease_offset_deg"])
            raise RecordingError(
                f"assess.hip_crease_offset_deg must be from -{_MOST_OFFSET_DEG:g} to "
                f"{_MOST_OFFSET_DEG:g}, not {came}."
            )
        goal = checked_goal(settings.get("goal", "general"))
        sessions = _table(settings, "sessions")
        errors = {
            measure: day_error(_sessions(measure, given)) for measure, given in sessions.items()
        }
        given = dict(_table(settings, "arc_goals"))
        sides = {side: given.pop(side) for side in SIDES if side in given}
        return cls(
            limits_for(goal, limits),
            offset,
            errors,
            _arc_goals("arc_goals", given),
            {side: _arc_goals(f"arc_goals.{side}", goals) for side, goals in sides.items()},
        )


def _table(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = settings.get(key, {})
    if not isinstance(found, Mapping):
        raise RecordingError(f"assess.{key} must be a table, not {shown(found)}.")
    return found


def _arc_goals(where: str, table: object) -> dict[ArcName, tuple[float, float]]:
    """Ranges by the name of an arc."""
    given = dict(_table({where: table}, where))
    goals: dict[ArcName, tuple[float, float]] = {}
    for name in GOAL_ZONES["general"]:
        edges = given.pop(name, None)
        if edges is None:
            continue
        pair = [as_number(edge) for edge in edges] if isinstance(edges, list | tuple) else []
        numbers = [edge for edge in pair if edge is not None]
        if len(pair) != _EDGES or len(numbers) != _EDGES or not 0.0 <= numbers[0] < numbers[1]:
            raise RecordingError(
                f"assess.{where}.{name} must be two numbers, the lower one first, "
                f"not {shown(edges)}."
            )
        goals[name] = (numbers[0], numbers[1])
    for key in given:
        hint = nearest(str(key), GOAL_ZONES["general"])
        raise RecordingError(f"assess.{where}.{key}: unknown key{hint}")
    return goals


def _sessions(measure: str, given: object) -> list[list[float]]:
    """Lists of finite numbers in a list."""
    found = given if isinstance(given, list | tuple) else [None]
    kept = []
    for session in found:
        values = [as_number(v) for v in session] if isinstance(session, list | tuple) else [None]
        numbers = [v for v in values if v is not None]
        if len(numbers) != len(values) or not numbers:
            raise RecordingError(
                f"assess.sessions.{measure} must be a list of sessions, each a list of numbers, "
                f"not {shown(given)}."
            )
        kept.append(numbers)
    return kept


_KEYS: Final = ("goal", "limits", "arc_goals", "hip_crease_offset_deg", "sessions")
_MOST_OFFSET_DEG: Final = 30.0
_EDGES: Final = 2

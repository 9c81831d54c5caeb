"""From where on a rule speaks: limits as data, each with its source or the word "provisional".

Limits are set at the bottom, by goal profile; an athlete's own replace them. Degrees, per cent and
milliseconds, as their names say: this is where people read and write.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from imuhip.core.errors import RecordingError
from imuhip.devices.toml_door import as_number, nearest, shown

Goal: TypeAlias = Literal["general", "powerlifting", "weightlifting", "field_sport"]
"""What an athlete trains for: it picks limits and arcs to aim at."""

GOALS: Final[tuple[Goal, ...]] = get_args(Goal)


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit.

    Parameters
    ----------
    value
        In the unit that ends its name.
    lowest, highest
        What an athlete's own may be: outside, it is a slip of the pen.
    source
        Where it comes from; ``provisional`` where nothing better than judgement is known.
    """

    value: float
    lowest: float
    highest: float
    source: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one athlete: ``limits["pelvic_tuck_deg"]`` is a number."""

    goal: Goal
    entries: Mapping[str, Limit]

    def __getitem__(self, name: str) -> float:
        return self.entries[name].value


def limits_for(goal: str = "general", overrides: Mapping[str, Any] | None = None) -> Limits:
    """Return the limits of a goal profile, with an athlete's own in their places.

    Parameters
    ----------
    goal
        One of `GOALS`.
    overrides
        Name to value, of any of `LIMITS`.

    Raises
    ------
    RecordingError
        With a goal or a name that is not known, or a value out of its range.
    """
    profile = checked_goal(goal)
    entries = dict(LIMITS)
    for name, (value, reason) in PROFILES[profile].items():
        base = entries[name]
        source = f"provisional: {reason}"
        entries[name] = Limit(value, base.lowest, base.highest, source)
    for name, given in (overrides or {}).items():
        if name not in entries:
            raise RecordingError(
                f"expected the name of a limit, got {name!r}{nearest(name, entries)}"
            )
        limit = entries[name]
        number = as_number(given)
        if number is None or not limit.lowest <= number <= limit.highest:
            raise RecordingError(
                f"expected {name} from {limit.lowest:g} to {limit.highest:g}, got {shown(given)}"
            )
        entries[name] = Limit(number, limit.lowest, limit.highest, "the athlete's own")
    return Limits(profile, entries)


def checked_goal(goal: str) -> Goal:
    """Return `goal` as one of `GOALS`; a `RecordingError` where it is none."""
    for known in GOALS:
        if goal == known:
            return known
    hint = nearest(goal, GOALS) if isinstance(goal, str) else ""
    raise RecordingError(f"expected a goal of {', '.join(GOALS)}; got {shown(goal)}{hint}")


_OWN: Final = "provisional"

LIMITS: Final[Mapping[str, Limit]] = {
    "pelvic_tuck_deg": Limit(
        10.0,
        3.0,
        40.0,
        "definition: Applied Sciences 15:12526, 2025; cut-off provisional, some tuck is normal",
    ),
    "over_arching_deg": Limit(20.0, 5.0, 60.0, _OWN),
    "pelvic_drop_deg": Limit(5.0, 2.0, 20.0, "in common use for single-leg drop; provisional"),
    "pelvic_drop_ms": Limit(200.0, 50.0, 2000.0, _OWN),
    "hip_shift_deg": Limit(3.0, 1.0, 20.0, "provisional; never below the detectable change"),
    "pelvic_twist_deg": Limit(5.0, 2.0, 30.0, _OWN),
    "knee_in_deg": Limit(
        5.0, 2.0, 30.0, "provisional; hip rotation told valgus ratings apart in PMID 29204327"
    ),
    "knee_in_ms": Limit(150.0, 50.0, 2000.0, _OWN),
    "early_turn_out_deg": Limit(10.0, 3.0, 45.0, _OWN),
    "early_turn_out_before_deg": Limit(45.0, 20.0, 80.0, _OWN),
    "standing_turn_out_deg": Limit(20.0, 5.0, 60.0, _OWN),
    "side_lag_ms": Limit(80.0, 20.0, 1000.0, _OWN),
    "depth_difference_deg": Limit(5.0, 2.0, 30.0, _OWN),
    "rotation_difference_deg": Limit(
        5.0, 2.0, 30.0, "above the detectable change of seated rotation, Krause 2015 (5.4°)"
    ),
    "pelvis_follows_pivot_percent": Limit(25.0, 5.0, 90.0, _OWN),
    "pivot_turn_deg": Limit(10.0, 5.0, 45.0, _OWN),
    "pivot_pelvis_deg": Limit(5.0, 2.0, 30.0, _OWN),
    "pelvis_cheats_table_deg": Limit(
        5.0,
        2.0,
        30.0,
        "provisional; pelvis motion inflates goniometry, BMC Musculoskelet Disord 11:194, 2010",
    ),
}
"""Name with its unit to limit, for the goal ``general``."""

PROFILES: Final[Mapping[Goal, Mapping[str, tuple[float, str]]]] = {
    "general": {},
    "powerlifting": {
        "early_turn_out_deg": (15.0, "a wide stance with the feet out is part of the lift"),
        "standing_turn_out_deg": (30.0, "a wide stance with the feet out is part of the lift"),
    },
    "weightlifting": {
        "pelvic_tuck_deg": (15.0, "full depth is needed, and some tuck comes with it"),
        "early_turn_out_deg": (15.0, "full depth starts from hips turned out"),
    },
    "field_sport": {},
}
"""Goal to what it changes, each with its reason."""

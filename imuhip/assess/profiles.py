"""What athletes train for: each goal profile with the limits it changes."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

from imuhip.core.errors import RecordingError
from imuhip.devices.toml_table import nearest, shown

Goal: TypeAlias = Literal[
    "general", "powerlifting", "weightlifting", "field_sport", "resting_squat", "daily_life"
]
"""What an athlete trains for: it picks limits and arcs to aim at."""

GOALS: Final[tuple[Goal, ...]] = get_args(Goal)


def checked_goal(goal: str) -> Goal:
    """Return `goal` as one of `GOALS`; a `RecordingError` where it is none."""
    for known in GOALS:
        if goal == known:
            return known
    hint = nearest(str(goal), GOALS)
    raise RecordingError(f"There is no goal {shown(goal)}{hint}")


PROFILE_LIMITS: Final[Mapping[Goal, Mapping[str, tuple[float, str]]]] = {
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
    "resting_squat": {
        "pelvic_tuck_deg": (25.0, "a deep rest without load comes with a tuck"),
        "early_turn_out_deg": (20.0, "who rests deep may turn the feet out"),
        "standing_turn_out_deg": (35.0, "who rests deep may turn the feet out"),
    },
    "daily_life": {
        "pelvic_tuck_deg": (20.0, "chairs and stairs need no deep squat"),
    },
}
"""Goal to what it changes, each with its reason."""

ENOUGH: Final[Mapping[Goal, str]] = {
    "general": "enough; more is not needed to squat well",
    "powerlifting": "enough to break parallel under load; more is not needed",
    "weightlifting": "enough for a full-depth catch; more is not needed",
    "field_sport": "enough for cutting and turning; control comes before more",
    "resting_squat": "enough to rest deep; more is not needed",
    "daily_life": "enough for chairs, stairs and shoes; more is not needed",
}
"""Goal to what is said of an arc that reaches it: training time is better spent elsewhere."""

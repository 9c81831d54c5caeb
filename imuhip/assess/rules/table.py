"""The compensations: what each rule sees, for which movements, and from where on.

A rule is a function from a repetition to what that repetition shows (`Seen`), and a line in the
table at the foot. Everything else, such as the value of a set, its error and its grade, is the same
for all of them (`verdicts`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.limits import Limits
from imuhip.assess.movements import Movement, Trait
from imuhip.assess.rules.legs import depth_difference, early_turn_out, knee_in, side_lag
from imuhip.assess.rules.pelvis import (
    hip_shift,
    over_arching,
    pelvic_drop,
    pelvic_tuck,
    pelvic_twist,
)
from imuhip.assess.rules.turns import (
    pelvis_cheats_table,
    pelvis_follows_pivot,
    rotation_difference,
)
from imuhip.assess.verdicts import Seen, SideOrBoth, Verdict, verdict_of

See: TypeAlias = Callable[[Episode, Limits, Context], list[Seen]]
"""What one repetition shows: one entry for the body, or one a side."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, as the table lists it.

    Parameters
    ----------
    traits
        For movements that have one of these.
    limit
        Its name in `limits.LIMITS`; the end of the name is the unit.
    see
        What a repetition shows; None for `rotation_difference`, which compares whole sets.
    spread
        How much repetitions differ before anything is known, in the rule's unit.
    signed
        The value's sign is the side, + the right one.
    axes
        It rests on the calibrated axes, so a poor calibration cannot tell it.
    """

    traits: frozenset[Trait]
    limit: str
    see: See | None
    spread: float = 1.5
    signed: bool = False
    axes: bool = True

    @property
    def unit(self) -> Literal["deg", "ms", "percent"]:
        """Unit of its values."""
        for unit in _UNITS:
            if self.limit.endswith(f"_{unit}"):
                return unit
        raise ValueError(f"expected a limit that ends in one of {_UNITS}; came {self.limit!r}")

    def fits(self, movement: Movement) -> bool:
        """Whether it is for a movement."""
        return bool(self.traits & movement.traits)


def verdicts(
    name: str, episodes: Sequence[Episode], limits: Limits, context: Context
) -> list[Verdict]:
    """Judge a set by a rule: one verdict for the body, or one a side.

    Parameters
    ----------
    name
        A key of `RULES`.
    episodes
        The counted repetitions of the set, at least one.
    """
    rule = RULES[name]
    if rule.see is None:
        partner = [each for each in context.partner if each.counted]
        found = rotation_difference(episodes, partner, limits)
        return [] if found is None else [found]
    return [
        verdict_of(seen, limits[rule.limit], rule.spread, signed=rule.signed)
        for seen in seen_by_side(name, episodes, limits, context).values()
    ]


def seen_by_side(
    name: str, episodes: Sequence[Episode], limits: Limits, context: Context
) -> dict[SideOrBoth, list[Seen]]:
    """What repetitions show of a rule, by side; nothing where it compares whole sets."""
    see = RULES[name].see
    sides: dict[SideOrBoth, list[Seen]] = {}
    for episode in episodes:
        known = episode.seen.get(name)
        if known is None:
            known = [] if see is None else see(episode, limits, context)
        for seen in known:
            sides.setdefault(seen.side, []).append(seen)
    return sides


_UNITS: Final[tuple[Literal["deg", "ms", "percent"], ...]] = ("deg", "ms", "percent")

_SQUAT: Final[frozenset[Trait]] = frozenset({"both_legs_load"})
_LOADED: Final[frozenset[Trait]] = frozenset({"both_legs_load", "one_leg_load"})
_PIVOT: Final[frozenset[Trait]] = frozenset({"standing_turn"})
_TABLE: Final[frozenset[Trait]] = frozenset({"table"})

RULES: Final[Mapping[str, Rule]] = {
    "pelvic_tuck": Rule(_SQUAT, "pelvic_tuck_deg", pelvic_tuck, axes=False),
    "over_arching": Rule(_SQUAT, "over_arching_deg", over_arching, axes=False),
    "pelvic_drop": Rule(_LOADED, "pelvic_drop_deg", pelvic_drop, signed=True),
    "hip_shift": Rule(_SQUAT, "hip_shift_deg", hip_shift, signed=True),
    "pelvic_twist": Rule(_SQUAT, "pelvic_twist_deg", pelvic_twist, signed=True),
    "knee_in": Rule(_LOADED, "knee_in_deg", knee_in),
    "early_turn_out": Rule(_SQUAT, "early_turn_out_deg", early_turn_out),
    "side_lag": Rule(_SQUAT, "side_lag_ms", side_lag, spread=15.0, signed=True, axes=False),
    "depth_difference": Rule(
        _SQUAT, "depth_difference_deg", depth_difference, signed=True, axes=False
    ),
    "rotation_difference": Rule(_SQUAT | _TABLE, "rotation_difference_deg", None),
    "pelvis_follows_pivot": Rule(
        _PIVOT, "pelvis_follows_pivot_percent", pelvis_follows_pivot, spread=5.0, axes=False
    ),
    "pelvis_cheats_table": Rule(_TABLE, "pelvis_cheats_table_deg", pelvis_cheats_table, axes=False),
}
"""Name to rule, in the order in which they are told."""

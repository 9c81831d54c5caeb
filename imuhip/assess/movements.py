"""Movements as data: what a repetition of each is, from where on, and which rules are for it.

An entry says which signal tells the repetition (`Movement.primary`), how it goes (`Movement.path`),
its thresholds and its traits. A rule names the traits of the movements it is for; nothing else in
the program asks for a movement by name. Thresholds of squats and pivots are those of the state
tables in docs/method.md; those of the others are provisional.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from imuhip.core.conventions import SIDES, Side
from imuhip.core.findings import Direction

Primary: TypeAlias = Literal["inclination", "heading", "rotation", "flexion", "adduction"]
"""The signal a repetition is told by.

``inclination``
    Of the thighs, with its rate about the medio-lateral axis. Both legs: their mean.
``heading``
    Turn of one thigh about the vertical, counted in that leg's internal direction.
``rotation``
    Hip rotation of one side, with the rate of the thigh about its long axis.
``flexion``, ``adduction``
    That hip angle of one side, with its rate over 0.05 s.
"""

Path: TypeAlias = Literal["there_and_back", "one_way"]
"""``there_and_back``: from rest to the bottom or end range and back, one repetition. ``one_way``: a
turn that ends where it stops; the next one starts there. `t_turn` is then `t_end`."""

Trait: TypeAlias = Literal[
    "both_legs_load",
    "one_leg_load",
    "standing",
    "standing_turn",
    "table",
    "upright",
    "lying",
    "drill",
]
"""What rules ask for.

``both_legs_load``
    Both legs carry and bend together: depth, tuck, shift, lag and side differences make sense.
``one_leg_load``
    One leg carries most: pelvic drop, knee-in; never compared within the repetition.
``standing``
    Starts and ends in standing, so that changes against standing make sense.
``standing_turn``
    A straight leg turns on its foot; rests on the gyroscope's heading.
``table``
    Seated or lying, gravity tells the rotation, the pelvis should keep still.
``upright``, ``lying``
    How the trunk is in a table test.
``drill``
    Counted, with range and holds; no rule judges it but marks of pain.
"""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a repetition begins, turns and ends. Degrees, degrees per second, seconds.

    Parameters
    ----------
    leave_deg, leave_deg_s, leave_s
        It begins when the signal is this far from its rest and moves away this fast for so long.
        Larger misses small repetitions, smaller takes sway for one.
    reach_deg
        Short of this it is partial: listed, not counted. For a one-way turn: the least turn.
    pause_deg_s, pause_s
        Slower than this for so long at the turn is the bottom or the end range.
    back_deg_s, back_s
        Faster than this for so long towards rest is the way back.
    rest_deg, rest_deg_s, rest_s
        Back within this of rest, slower than this for so long: it is over.
    longest_hold_s
        A longer stay at the turn is no repetition (somebody sat down).
    inclination_deg
        The thigh's inclination at rest lies between these.
    """

    leave_deg: float
    leave_deg_s: float
    leave_s: float
    reach_deg: float
    pause_deg_s: float
    pause_s: float
    back_deg_s: float
    back_s: float
    rest_deg: float
    rest_deg_s: float
    rest_s: float
    longest_hold_s: float
    inclination_deg: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement.

    Parameters
    ----------
    name
        As in the marks ``begin:<name>`` and ``end:<name>``, and in every result.
    title
        For people.
    primary, path
        What tells a repetition, and how it goes.
    sides
        Whose turn it is. A table test names the side that is tested.
    together
        Both sides make one repetition (squat); else a repetition belongs to one side.
    directions
        A repetition goes one of these ways.
    phases
        Names of its parts in order, for people.
    thresholds
        When it begins, turns and ends.
    traits
        Which rules are for it.
    detectable
        Recognised from the data where no mark says what is done.
    small
        Where a mark says what is done it is followed with these too, so that what does not reach
        `thresholds.reach_deg` is known too. None: as it is found without a mark.
    small_counts
        Whether those count, or are listed with the reason.
    other
        A mark names it; whichever hip angle moves most tells its repetitions.
    """

    name: str
    title: str
    primary: Primary
    path: Path
    sides: tuple[Side, ...]
    together: bool
    directions: tuple[Direction, ...]
    phases: tuple[str, ...]
    thresholds: Thresholds
    traits: frozenset[Trait]
    detectable: bool = False
    small: Thresholds | None = None
    small_counts: bool = False
    other: bool = False


_SQUAT: Final = Thresholds(
    leave_deg=15.0,
    leave_deg_s=10.0,
    leave_s=0.10,
    reach_deg=35.0,
    pause_deg_s=8.0,
    pause_s=0.08,
    back_deg_s=10.0,
    back_s=0.10,
    rest_deg=12.0,
    rest_deg_s=10.0,
    rest_s=0.15,
    longest_hold_s=60.0,
    inclination_deg=(0.0, 30.0),
)

_PIVOT: Final = replace(
    _SQUAT,
    leave_deg=2.0,
    leave_deg_s=15.0,
    leave_s=0.05,
    reach_deg=8.0,
    rest_deg_s=8.0,
    rest_s=0.15,
    inclination_deg=(0.0, 25.0),
)

_TABLE: Final = replace(
    _SQUAT,
    leave_deg=6.0,
    leave_deg_s=8.0,
    leave_s=0.10,
    reach_deg=12.0,
    pause_deg_s=6.0,
    back_deg_s=8.0,
    rest_deg=8.0,
    rest_deg_s=8.0,
    longest_hold_s=60.0,
    inclination_deg=(50.0, 180.0),
)

# Slow and shallow ones: a mark says that they are meant.
_SMALL_SQUAT: Final = replace(
    _SQUAT,
    leave_deg=5.0,
    leave_deg_s=4.0,
    reach_deg=10.0,
    pause_deg_s=4.0,
    back_deg_s=4.0,
    rest_deg=4.0,
    rest_deg_s=4.0,
)

_OTHER: Final = replace(
    _SQUAT,
    leave_deg=6.0,
    leave_deg_s=6.0,
    reach_deg=8.0,
    pause_deg_s=5.0,
    back_deg_s=6.0,
    rest_deg=4.0,
    rest_deg_s=6.0,
    inclination_deg=(0.0, 180.0),
)

# A stiff hip turns by a few degrees, and slowly: a mark says that those are the test.
_SMALL_TURN: Final = replace(
    _TABLE,
    leave_deg=1.5,
    leave_deg_s=2.5,
    reach_deg=3.0,
    pause_deg_s=2.5,
    back_deg_s=2.5,
    rest_deg=1.2,
    rest_deg_s=2.0,
)

_SWITCH: Final = replace(_TABLE, leave_deg=4.0, leave_deg_s=15.0, reach_deg=15.0, rest_deg_s=8.0)

# The thigh behind stands still too, leaning back: that is no rest.
_LUNGE: Final = replace(_SQUAT, inclination_deg=(0.0, 15.0))


def _table(name: str, title: str, side: Side, posture: Trait, *, detectable: bool) -> Movement:
    return Movement(
        name=f"{name}_{side}",
        title=f"{title}, {side}",
        primary="rotation",
        path="there_and_back",
        sides=(side,),
        together=False,
        directions=("in", "out"),
        phases=("going", "end range", "return"),
        thresholds=_TABLE,
        traits=frozenset({"table", posture}),
        detectable=detectable,
        small=_SMALL_TURN,
        small_counts=True,
    )


def _on_one_leg(name: str, title: str) -> tuple[Movement, ...]:
    """A drill in which one leg carries most; the side is the leg that works."""
    return tuple(
        Movement(
            name=f"{name}_{side}",
            title=f"{title}, {side}",
            primary="inclination",
            path="there_and_back",
            sides=(side,),
            together=False,
            directions=("down",),
            phases=("descent", "bottom", "ascent"),
            thresholds=_LUNGE,
            traits=frozenset({"one_leg_load", "standing"}),
        )
        for side in SIDES
    )


def _drill(name: str, title: str) -> tuple[Movement, ...]:
    """A drill of one hip, counted with its range and holds by the angle that moves most."""
    return tuple(
        replace(other_drill(f"{name}_{side}"), title=f"{title}, {side}", sides=(side,))
        for side in SIDES
    )


def family(movement: str) -> str:
    """A movement without its side: both table tests are one."""
    return movement.removesuffix("_left").removesuffix("_right")


def other_drill(name: str, primary: Primary = "rotation") -> Movement:
    """A movement that a mark names and no table knows: kept as itself."""
    return Movement(
        name=name,
        title=f"{name.replace('_', ' ')} (other drill)",
        primary=primary,
        path="there_and_back",
        sides=SIDES,
        together=False,
        directions=("in", "out"),
        phases=("going", "end range", "return"),
        thresholds=_OTHER,
        traits=frozenset({"drill"}),
        other=True,
    )


OTHER_PRIMARIES: Final[tuple[Primary, ...]] = ("flexion", "adduction", "rotation")
"""What tells the repetitions of a drill that no table knows: the one that moves most."""

MOVEMENTS: Final[dict[str, Movement]] = {
    each.name: each
    for each in (
        Movement(
            name="squat",
            title="squat",
            primary="inclination",
            path="there_and_back",
            sides=SIDES,
            together=True,
            directions=("down",),
            phases=("descent", "bottom", "ascent"),
            thresholds=_SQUAT,
            traits=frozenset({"both_legs_load", "standing"}),
            detectable=True,
            small=_SMALL_SQUAT,
        ),
        Movement(
            name="partial_squat",
            title="partial squat",
            primary="inclination",
            path="there_and_back",
            sides=SIDES,
            together=True,
            directions=("down",),
            phases=("descent", "bottom", "ascent"),
            thresholds=_SMALL_SQUAT,
            traits=frozenset({"both_legs_load", "standing"}),
        ),
        Movement(
            name="pivot",
            title="standing pivot",
            primary="heading",
            path="one_way",
            sides=SIDES,
            together=False,
            directions=("in", "out"),
            phases=("turn",),
            thresholds=_PIVOT,
            traits=frozenset({"standing_turn"}),
            detectable=True,
        ),
        *(
            _table("seated_rotation", "seated rotation", side, "upright", detectable=True)
            for side in SIDES
        ),
        *(
            _table("supine_rotation", "lying rotation", side, "lying", detectable=True)
            for side in SIDES
        ),
        Movement(
            name="ninety_ninety",
            title="90/90 switch",
            primary="rotation",
            path="one_way",
            sides=SIDES,
            together=False,
            directions=("in", "out"),
            phases=("turn",),
            thresholds=_SWITCH,
            traits=frozenset({"table", "upright"}),
        ),
        *(
            Movement(
                name=f"lunge_{side}",
                title=f"lunge, {side} leg in front",
                primary="inclination",
                path="there_and_back",
                sides=(side,),
                together=False,
                directions=("down",),
                phases=("descent", "bottom", "ascent"),
                thresholds=_LUNGE,
                traits=frozenset({"one_leg_load", "standing"}),
            )
            for side in SIDES
        ),
        *_on_one_leg("single_leg_squat", "single-leg squat"),
        *_on_one_leg("pistol_squat", "pistol squat"),
        *_on_one_leg("split_squat", "split squat"),
        *_on_one_leg("bulgarian_split_squat", "Bulgarian split squat"),
        *_on_one_leg("step_up", "step-up"),
        *_on_one_leg("step_down", "step-down"),
        *_on_one_leg("lateral_lunge", "lateral lunge"),
        *_drill("clamshell", "clamshell"),
        *_drill("side_lying_rotation", "side-lying rotation"),
        *_drill("hinge", "hip hinge"),
        *_drill("single_leg_deadlift", "single-leg deadlift"),
        *_drill("knee_to_chest", "knee to chest"),
        *(
            _table("prone_rotation", "prone rotation", side, "lying", detectable=False)
            for side in SIDES
        ),
    )
}
"""Name to movement. All but those that say ``detectable`` are told by a mark alone."""

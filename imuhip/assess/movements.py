"""Movements as data: what a repetition of each is, from where on, and which rules are for it.

An entry says which signal tells the repetition (`Movement.primary`), how it goes (`Movement.path`),
its thresholds and its traits. A rule names the traits of the movements it is for; nothing else in
the program asks for a movement by name. Thresholds of squats and pivots are those of the state
tables in docs/method.md; those of the others are provisional.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

from imuhip.core.conventions import SIDES, Side
from imuhip.core.findings import Direction

Primary: TypeAlias = Literal[
    "inclination", "heading", "rotation", "flexion", "adduction", "tilt", "twist"
]
"""The signal that shows a repetition.

``inclination``
    Of the thighs, with its rate about the medio-lateral axis. Both legs: their mean.
``heading``
    Turn of one thigh about the vertical, counted in that leg's internal direction.
``rotation``
    Hip rotation of one side, with the rate of the thigh about its long axis.
``flexion``, ``adduction``
    That hip angle of one side, with its rate over 0.05 s. Both legs: their mean.
``tilt``, ``twist``
    Tilt of the pelvis, and its turn about the vertical.
"""

Path: TypeAlias = Literal["there_and_back", "one_way", "held"]
"""``there_and_back``: from rest to the bottom or end range and back, one repetition. ``one_way``: a
turn that ends where it stops; the next one starts there. `t_turn` is then `t_end`. ``held``: from
the mark that begins it to the one that ends it, one repetition."""

Trait: TypeAlias = Literal[
    "both_legs_load",
    "one_leg_load",
    "standing",
    "standing_turn",
    "table",
    "upright",
    "lying",
    "drill",
    "resists_twist",
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
``resists_twist``
    Something pulls at the body, and the pelvis is to keep facing forward.
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
        The thigh's inclination at rest lies between these; negative where one thigh alone tells
        the repetition and leans back.
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
    follows
        The other leg comes up after the one that works: bends that let the body down again are
        none of its repetitions (`step_ups`).
    other
        A mark names it; whichever hip angle moves most tells its repetitions.
    counts
        What counts as a repetition, for people.
    unseen
        What a coach would look at too and three sensors cannot see; empty where nothing.
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
    follows: bool = False
    other: bool = False
    counts: str = ""
    unseen: str = ""


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

_TILT: Final = replace(_OTHER, leave_deg=3.0, leave_deg_s=4.0, reach_deg=4.0, rest_deg=2.0)

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

# Who stands in a stride, or with soft knees, rests with the front thigh well forward. The thigh
# behind stands still too, leaning back by more: that is no rest.
_LUNGE: Final = replace(_SQUAT, inclination_deg=(-15.0, 35.0))


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
        counts="The thigh turns 3° or more and back; without a mark, 12° or more.",
        unseen="Twist in the knee, and the hand that helps.",
    )


def _on_one_leg(name: str, title: str, counts: str, unseen: str) -> tuple[Movement, ...]:
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
            counts=counts,
            unseen=unseen,
        )
        for side in SIDES
    )


def _drill(name: str, title: str, counts: str, unseen: str) -> tuple[Movement, ...]:
    """A drill of one hip, counted with its range and holds by the angle that moves most."""
    return tuple(
        replace(
            other_drill(f"{name}_{side}"),
            title=f"{title}, {side}",
            sides=(side,),
            counts=counts,
            unseen=unseen,
        )
        for side in SIDES
    )


FLEXION_TEST: Final = "knee_to_chest"
"""The family that tests how far a hip bends, lying on the table."""


def family(movement: str) -> str:
    """A movement without its side: both table tests are one."""
    return movement.removesuffix("_left").removesuffix("_right")


def _both(name: str, title: str, primary: Primary, counts: str, unseen: str) -> Movement:
    """A drill of both hips together, recognised by their flexion or by the pelvis."""
    return Movement(
        name=name,
        title=title,
        primary=primary,
        path="there_and_back",
        sides=SIDES,
        together=True,
        directions=("in", "out") if primary == "tilt" else ("down",),
        phases=("going", "end range", "return"),
        thresholds=_TILT if primary == "tilt" else _OTHER,
        traits=frozenset({"drill"}),
        counts=counts,
        unseen=unseen,
    )


def _held(
    name: str, title: str, primary: Primary, unseen: str, trait: Trait = "drill", **more: Any
) -> Movement:
    """A posture that is held between its marks."""
    return Movement(
        name=name,
        title=title,
        primary=primary,
        path="held",
        sides=more.get("sides", SIDES),
        together="sides" not in more,
        directions=("down",),
        phases=("hold",),
        thresholds=_OTHER,
        traits=frozenset({trait}),
        counts="The time between its marks, if it is 2 s or longer.",
        unseen=unseen,
    )


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
        counts=_MOVES_MOST,
    )


_BENT: Final = "The thigh bends 35° or more and comes back."
_MOVES_MOST: Final = "The hip angle that moves most changes by 8° or more and comes back."

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
            counts=f"{_BENT} Without a mark both legs must bend alike.",
            unseen="Feet, trunk, lumbar spine, and the load.",
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
            counts="Both thighs bend 10° or more and come back.",
            unseen="Feet, trunk, lumbar spine, and the load.",
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
            counts="The straight leg turns 8° or more; each way counts.",
            unseen="The foot, heel or ball, and the knee.",
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
            counts="The thigh turns 15° or more; each way counts.",
            unseen="The lumbar spine.",
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
                counts=_BENT,
                unseen="Knee, foot, length of the step.",
            )
            for side in SIDES
        ),
        *_on_one_leg(
            "single_leg_squat", "single-leg squat", _BENT, "Knee, foot, trunk; the free leg."
        ),
        *_on_one_leg("pistol_squat", "pistol squat", _BENT, "Knee, foot, trunk; the free leg."),
        *_on_one_leg("split_squat", "split squat", _BENT, "Knee, foot, length of the step."),
        *_on_one_leg(
            "bulgarian_split_squat", "Bulgarian split squat", _BENT, "Knee, foot, the bench."
        ),
        *(
            replace(each, follows=True)
            for each in _on_one_leg(
                "step_up",
                "step-up",
                "The thigh on the step bends 35° or more and comes back while the body comes up.",
                "Height of the step, push of the other foot.",
            )
        ),
        *_on_one_leg(
            "step_down", "step-down", _BENT, "Height of the step, and whether the heel touches."
        ),
        *_on_one_leg("lateral_lunge", "lateral lunge", _BENT, "Knee, foot, width of the step."),
        *_drill("clamshell", "clamshell", _MOVES_MOST, "Feet that part; the lumbar spine."),
        *_drill("side_lying_rotation", "side-lying rotation", _MOVES_MOST, "The shank."),
        *_drill("single_leg_deadlift", "single-leg deadlift", _MOVES_MOST, "Trunk and back."),
        *_drill(FLEXION_TEST, "knee to chest", _MOVES_MOST, "How hard the hands pull."),
        *_drill(
            "ninety_ninety_circle",
            "90/90 circle",
            f"{_MOVES_MOST} The swept area says how large the circle was.",
            "The lumbar spine.",
        ),
        *_drill(
            "hip_circle",
            "hip circle",
            f"{_MOVES_MOST} The swept area says how large the circle was.",
            "The lumbar spine.",
        ),
        _both(
            "hinge",
            "hip hinge",
            "flexion",
            "Both hips flex 8° or more and come back.",
            "The back, and how close the load stays.",
        ),
        _both(
            "toe_touch",
            "toe touch",
            "flexion",
            "Both hips flex 8° or more and come back.",
            "The back's part, and where the fingers arrive.",
        ),
        _both(
            "posterior_tilt_test",
            "posterior-tilt test",
            "tilt",
            "The pelvis tilts 4° or more either way and comes back.",
            "The lumbar spine.",
        ),
        _held("w_sit", "W-sit", "rotation", "Knees and feet."),
        _held("butterfly", "butterfly", "rotation", "How far the knees are from the floor."),
        _held("deep_squat_hold", "deep resting squat", "inclination", "Heels and the back."),
        *(
            _held(
                f"half_kneeling_{side}",
                f"half-kneeling, {side} leg in front",
                "inclination",
                "Trunk and back.",
                sides=(side,),
            )
            for side in SIDES
        ),
        _held("carry", "carry", "twist", "The load, shoulders and trunk.", "resists_twist"),
        _held(
            "pallof_press", "Pallof press", "twist", "The pull, shoulders, trunk.", "resists_twist"
        ),
        *(
            _table("prone_rotation", "prone rotation", side, "lying", detectable=False)
            for side in SIDES
        ),
    )
}
"""Name to movement. All but those that say ``detectable`` are recognised by a mark alone."""

"""What people do, as data: each behaviour with its chance, its spread, and whom it deceives.

A behaviour has a stream of chance of its own, drawn from the session's seed and its name: with one
of them switched off, the others draw what they drew before.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

Span = tuple[float, float]
Link = Literal["grade", "clean", "lossy"]
LINKS: Final[tuple[Link, ...]] = ("grade", "clean", "lossy")


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One thing that people do.

    Parameters
    ----------
    does
        What, in words.
    breaks
        What an estimator may take for granted and must not.
    chance
        That it is done when there is occasion.
    spread
        What is drawn, evenly between lowest and highest; the unit is in the name.
    careless
        Only where it is asked for: a fault of the protocol or of the straps.
    """

    does: str
    breaks: str
    chance: float
    spread: Mapping[str, Span]
    careless: bool = False


@dataclass(frozen=True, slots=True)
class People:
    """How freely an athlete behaves; the defaults are people who do the protocol well.

    Parameters
    ----------
    without
        Behaviours that are switched off.
    careless
        Careless behaviours that are switched on; ``any`` is one of them, by the seed.
    changed
        Behaviours that replace those of `BEHAVIOURS`.
    link
        ``clean`` loses nothing, ``lossy`` a hundredth and whole bursts in motion, ``grade`` is the
        link of the sensors' grade.
    tissue
        Sensors sit on skin (`skin`), not on bone.
    """

    without: frozenset[str] = frozenset()
    careless: tuple[str, ...] = ()
    changed: Mapping[str, Behaviour] = field(default_factory=dict)
    link: Link = "lossy"
    tissue: bool = False

    def __post_init__(self) -> None:
        unknown = {*self.without, *self.changed} - set(BEHAVIOURS)
        unknown |= set(self.careless) - {*CARELESS, "any"}
        if unknown:
            raise ValueError(
                f"Unknown behaviours: {', '.join(sorted(unknown))}. There are "
                f"{', '.join(BEHAVIOURS)}; careless ones are {', '.join(CARELESS)} or any."
            )


class Ways:
    """The behaviours of one athlete in one session.

    Parameters
    ----------
    people
        What was asked for; None is the plain athlete, who does nothing of all this.
    seed
        Of the session.
    """

    def __init__(self, people: People | None, seed: int = 0) -> None:
        self.people = people
        table = {} if people is None else {**BEHAVIOURS, **people.changed}
        self._on = {} if people is None else _switched_on(people, table, seed)
        self._rngs = {
            name: np.random.default_rng(
                np.random.SeedSequence(seed, spawn_key=(STREAMS, zlib.crc32(name.encode())))
            )
            for name in (*table, *MORE_STREAMS)
        }

    @property
    def tissue(self) -> bool:
        """Whether the sensors sit on skin."""
        return self.people is not None and self.people.tissue

    def has(self, name: str) -> bool:
        """Tell whether a behaviour is switched on."""
        return name in self._on

    def does(self, name: str) -> bool:
        """Tell whether it is done on this occasion; draws."""
        return name in self._on and float(self._rngs[name].random()) < self._on[name].chance

    def draw(self, name: str, what: str) -> float:
        """Draw a number of a behaviour that is switched on."""
        return float(self._rngs[name].uniform(*self._on[name].spread[what]))

    def draw_log(self, name: str, what: str) -> float:
        """Draw one evenly in its logarithm: short ones as often as long ones."""
        low, high = np.log(self._on[name].spread[what])
        return float(np.exp(self._rngs[name].uniform(low, high)))

    def whole(self, name: str, what: str) -> int:
        """Draw a whole number, both ends among them."""
        low, high = self._on[name].spread[what]
        return int(self._rngs[name].integers(int(low), int(high) + 1))

    def rng(self, name: str) -> np.random.Generator:
        """Return the stream of a behaviour."""
        return self._rngs[name]


def _switched_on(people: People, table: Mapping[str, Behaviour], seed: int) -> dict[str, Behaviour]:
    """The behaviours of `table` that these people have."""
    chosen = {CARELESS[seed % len(CARELESS)] if n == "any" else n for n in people.careless}
    on = {n: each for n, each in table.items() if not each.careless or n in chosen}
    if people.link != "lossy":
        on.pop("shadows_radio", None)
    return {name: each for name, each in on.items() if name not in people.without}


MORE_STREAMS: Final = ("skin", "steps")
"""Chance that is no behaviour's: the skin drawn, and how each step, walk and seat turns out."""

STREAMS: Final = 7919
"""Sets the streams of behaviours apart from those that `session` spawns."""

BEHAVIOURS: Final[Mapping[str, Behaviour]] = {
    "own_stance": Behaviour(
        "stands in a stance of their own for every set, toes out, left unlike right",
        "a quiet standing repeats the calibration's",
        1.0,
        {
            "toe_out_deg": (5.0, 25.0),
            "unlike_deg": (-8.0, 8.0),
            "wide_deg": (0.0, 5.0),
            "facing_deg": (-4.0, 4.0),
        },
    ),
    "loose_stance": Behaviour(
        "stands, walks and sits down with the feet as they fall",
        "between sets people stand as in the calibration",
        1.0,
        {
            "toe_out_deg": (0.0, 14.0),
            "unlike_deg": (-6.0, 6.0),
            "wide_deg": (-2.0, 4.0),
            "facing_deg": (-6.0, 6.0),
        },
    ),
    "own_pace": Behaviour(
        "squats as deep, as fast and as often as they like",
        "depth, tempo and count of a set are known",
        1.0,
        {"depth_deg": (75.0, 113.0), "tempo": (0.65, 1.3), "share": (0.5, 1.0)},
    ),
    "adjusts_foot": Behaviour(
        "re-places a foot between two repetitions",
        "feet stay planted from the first repetition of a set to the last",
        0.07,
        {"turn_deg": (2.0, 7.0), "lift_deg": (5.0, 12.0), "seconds": (0.5, 0.8)},
    ),
    "walks": Behaviour(
        "walks about between sets",
        "what was known of the stance still holds; quiet and squats are all there is",
        0.5,
        {"steps": (3.0, 9.0), "step_s": (0.5, 0.65), "metres": (0.5, 0.7)},
    ),
    "turns": Behaviour(
        "turns the whole body between sets, and back or on",
        "a scale factor costs nothing; thighs and pelvis face where they did",
        0.6,
        {"turn_deg": (60.0, 360.0), "step_s": (0.5, 0.75)},
    ),
    "sits": Behaviour(
        "sits on a chair for a while, slumps slowly, knees falling apart",
        "a worn sensor that barely turns is at rest",
        0.35,
        {"seconds": (15.0, 40.0), "slump_deg": (3.0, 18.0), "apart_deg": (0.0, 12.0)},
    ),
    "leans": Behaviour(
        "stands at ease on one leg, quietly",
        "who stands quietly stands straight",
        0.4,
        {"seconds": (3.0, 12.0), "list_deg": (3.0, 7.0), "knee_deg": (6.0, 16.0)},
    ),
    "shakes_legs": Behaviour(
        "shakes the legs out, one after the other",
        "a thigh turns slowly and in few directions",
        0.3,
        {"times": (4.0, 9.0), "size_deg": (3.0, 7.0), "beat_s": (0.13, 0.2)},
    ),
    "moves_while_strapped": Behaviour(
        "sways, leans and lifts a foot while straps go on, and takes time over it",
        "a body is a statue until the last strap sits",
        1.0,
        {"strap_s": (6.0, 14.0), "lean_deg": (5.0, 25.0), "lift_deg": (5.0, 30.0)},
    ),
    "drifts": Behaviour(
        "drifts slowly in quiet standing: a degree or so within tens of seconds, both legs unlike",
        "a worn sensor's mean rate over a rest is its bias, and rests are independent",
        1.0,
        {"rms_deg": (0.2, 0.6)},
    ),
    "stands_again": Behaviour(
        "stands again nearly as at the start, each leg differently",
        "the second standing is the first one to a degree",
        1.0,
        {"turn_deg": (-2.5, 2.5)},
    ),
    "straps_settle": Behaviour(
        "has straps that settle a little from set to set",
        "a mount holds to a tenth of a degree",
        0.5,
        {"turn_deg": (-0.8, 0.8)},
    ),
    "warms_up": Behaviour(
        "warms the sensors: the gyroscope's bias follows temperature over minutes",
        "the bias of the tray is the bias of the session; it walks without direction",
        1.0,
        {"kelvin": (4.0, 12.0), "tau_s": (120.0, 500.0)},
    ),
    "shadows_radio": Behaviour(
        "turns the body's back on the radio: whole bursts are lost in the middle of squats",
        "gaps are short, come at rest, or come with a lost connection",
        0.5,
        {"bursts": (1.0, 3.0), "seconds": (0.15, 5.0)},
    ),
    "short_stand": Behaviour(
        "stands for a moment only",
        "a stand is as long as the protocol says",
        1.0,
        {"seconds": (1.2, 3.0)},
        careless=True,
    ),
    "restless_stand": Behaviour(
        "shifts the weight and looks round while standing",
        "the marked stand is still",
        1.0,
        {"list_deg": (2.0, 5.0), "turn_deg": (3.0, 10.0)},
        careless=True,
    ),
    "toes_out_stand": Behaviour(
        "turns the toes out in the stand, one foot more",
        "kneecaps face forward in the stand",
        1.0,
        {"toe_out_deg": (12.0, 25.0), "unlike_deg": (-8.0, 8.0)},
        careless=True,
    ),
    "bent_knee_bows": Behaviour(
        "bends the knees in the bows",
        "thighs stay where they are in a bow",
        1.0,
        {"knee_deg": (20.0, 45.0)},
        careless=True,
    ),
    "askew_bows": Behaviour(
        "bows to one side",
        "the bow's axis is the pelvis's own",
        1.0,
        {"askew_deg": (8.0, 20.0)},
        careless=True,
    ),
    "one_lift": Behaviour(
        "lifts each knee once",
        "there are three lifts to compare",
        1.0,
        {},
        careless=True,
    ),
    "missing_lift": Behaviour(
        "leaves the lifts of one leg out",
        "both legs were lifted",
        1.0,
        {},
        careless=True,
    ),
    "no_second_stand": Behaviour(
        "does not stand again",
        "drift and slips show in a second standing",
        1.0,
        {},
        careless=True,
    ),
    "seated_stand": Behaviour(
        "sits when asked to stand again",
        "a still step named stand is a standing",
        1.0,
        {},
        careless=True,
    ),
    "seated_start": Behaviour(
        "sits when asked to stand at the start",
        "the standing that zeroes is a standing",
        1.0,
        {},
        careless=True,
    ),
    "slips": Behaviour(
        "has a strap that slips between two sets",
        "a mount holds for a session",
        0.4,
        {"turn_deg": (6.0, 16.0)},
        careless=True,
    ),
    "creeps": Behaviour(
        "has a strap that creeps for minutes",
        "a slip is sudden",
        0.4,
        {"turn_deg": (6.0, 16.0), "seconds": (60.0, 200.0)},
        careless=True,
    ),
}
"""The table of what people do."""

CARELESS: Final = tuple(name for name, each in BEHAVIOURS.items() if each.careless)
"""Behaviours that are done only where they are asked for."""

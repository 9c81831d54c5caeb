"""Writes a `Script`: gestures and marks along a running clock.

The steps a coach asks for are functions of the `Director`, in the files ``calibration_steps`` and
``movements_*``; `scenarios` says which steps make a session.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np

from imuhip.core.conventions import SIDES, Side
from imuhip.core.findings import Direction
from imuhip.simulate.behaviours import Ways
from imuhip.simulate.motion import HIP_CHANNELS, Gesture, Script
from imuhip.simulate.performance import Dose, Habits, Injected, Performance
from imuhip.simulate.person import Person
from imuhip.simulate.radio import Loss
from imuhip.simulate.worn import StrapSlip

Effects = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Performed:
    """One repetition as the athlete was asked to do it; its truth is read off the motion.

    Parameters
    ----------
    movement
        As in results.
    side
        The side that moved, or None where both legs do it together.
    set, repetition
        From 1.
    direction
        Which way.
    start, stop
        The gesture lies between these, seconds of the simulation.
    one_way
        It ends where it stops; else it comes back.
    counted
        Deep or far enough to count.
    """

    movement: str
    side: Side | None
    set: int
    repetition: int
    direction: Direction
    start: float
    stop: float
    one_way: bool = False
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that people do besides what they are asked for.

    Parameters
    ----------
    behaviour
        A key of `behaviours.BEHAVIOURS`, or ``stance``: from `t_start` on the feet move to where
        `how` says, and at `t_end` they are there.
    t_start, t_end
        Seconds: of the simulation while it is written, then of the session.
    how
        Its figures, units in their names.
    """

    behaviour: str
    t_start: float
    t_end: float
    how: Mapping[str, float | str]


@dataclass(frozen=True, slots=True)
class Play:
    """A written session: what moves, and what the athlete did in words.

    Parameters
    ----------
    script, performed, injected
        The motion, its repetitions, and the compensations in it.
    deeds, slips, losses
        What people did besides, to their straps, and to the radio.
    """

    script: Script
    performed: tuple[Performed, ...]
    injected: tuple[Injected, ...]
    deeds: tuple[Deed, ...] = ()
    slips: tuple[StrapSlip, ...] = ()
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class Stance:
    """How somebody stands, against the posture of their calibration; degrees.

    Parameters
    ----------
    out_deg
        By side: how much further the foot, and with it the leg, turns out.
    wide_deg
        By side: how much further the leg is abducted.
    facing_deg
        How far the pelvis turns to the left over the feet.
    """

    out_deg: Mapping[Side, float]
    wide_deg: Mapping[Side, float]
    facing_deg: float = 0.0


AS_CALIBRATED: Final = Stance(dict.fromkeys(SIDES, 0.0), dict.fromkeys(SIDES, 0.0))


class Director:
    """A script being written.

    Parameters
    ----------
    person
        Who moves.
    rng
        Where the difference between repetitions comes from.
    brisk
        Shorter pauses and a shorter tray and strapping, for a recording to show.
    habits
        What departs from a careful performance.
    ways
        What people do besides; by default the plain athlete's, who does what is asked for.

    Attributes
    ----------
    stance
        Where the feet are.
    faced_deg
        How far the whole body has turned since the start.
    occasions
        How often there was time between two sets.
    deeds, slips, losses
        As in `Play`.
    """

    def __init__(
        self,
        person: Person,
        rng: np.random.Generator,
        *,
        brisk: bool = False,
        habits: Habits | None = None,
        ways: Ways | None = None,
    ) -> None:
        self.person = person
        self.ways = ways or Ways(None)
        self.stance = AS_CALIBRATED
        self.faced_deg = 0.0
        self.occasions = 0
        self.deeds: list[Deed] = []
        self.slips: list[StrapSlip] = []
        self.losses: list[Loss] = []
        self.rng = rng
        self.brisk = brisk
        self.habits = habits or Habits(Performance(), np.random.default_rng(0))
        self.now = 0.5
        self.tray_end = 0.0
        self.strapped: dict[str, float] = {}
        self._gestures: list[Gesture] = []
        self._marks: list[tuple[float, str]] = []
        self._performed: list[Performed] = []
        self._sets: dict[str, int] = {}

    @contextmanager
    def chance_of(self, rng: np.random.Generator) -> Iterator[None]:
        """Let chance come from elsewhere for a while, so that what follows draws as without."""
        own, self.rng = self.rng, rng
        try:
            yield
        finally:
            self.rng = own

    def move(
        self,
        rise: float,
        hold: float,
        fall: float | None,
        degrees: Effects,
        *,
        metres: Effects | None = None,
        delay: float = 0.0,
    ) -> None:
        """Add a gesture that starts `delay` from now; the clock stays where it is.

        Shifts in `metres` are forward and left as the body faces now.
        """
        effects = {k: tuple(float(np.radians(c)) for c in v) for k, v in degrees.items()}
        shifts = {k: tuple(map(float, v)) for k, v in (metres or {}).items()}
        effects |= _turned(shifts, self.faced_deg) if self.faced_deg else shifts
        self._gestures.append(Gesture(self.now + delay, rise, hold, fall, effects))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def pause(self) -> None:
        """Let the short time between two steps pass, as long as people take."""
        self.wait(float(self.rng.uniform(0.6, 0.9) if self.brisk else self.rng.uniform(0.8, 1.6)))

    def mark(self, label: str) -> None:
        """Put a mark at this moment."""
        self._marks.append((self.now, label))

    @contextmanager
    def set_of(self, movement: str) -> Iterator[int]:
        """Enclose a set of a movement in its marks, where there are marks, and give its number."""
        marked = self.habits.performance.marked
        self._sets[movement] = self._sets.get(movement, 0) + 1
        if marked:
            self.mark(f"begin:{movement}")
        yield self._sets[movement]
        if marked:
            self.mark(f"end:{movement}")

    def plan(self, movement: str, count: int, side: Side | None = None) -> list[list[Dose]]:
        """Return the doses of each of `count` repetitions of the set that has begun."""
        return self.habits.plan(movement, self._sets[movement], count, side)

    def repetitions(self, usual: int) -> int:
        """Return how many repetitions a set has."""
        asked = self.habits.performance.repetitions
        if asked is None and self.ways.has("own_pace"):
            return max(2, round(usual * self.ways.draw("own_pace", "share")))
        return asked or usual

    def did(self, behaviour: str, start: float, **how: float | str) -> None:
        """Note what was done from `start` to now."""
        self.deeds.append(Deed(behaviour, start, self.now, how))

    def perform(
        self,
        movement: str,
        side: Side | None,
        repetition: int,
        direction: Direction,
        seconds: float,
        *,
        one_way: bool = False,
        counted: bool = True,
    ) -> None:
        """Note a repetition that starts now and takes `seconds`."""
        self._performed.append(
            Performed(
                movement,
                side,
                self._sets.setdefault(movement, 1),
                repetition,
                direction,
                self.now,
                self.now + seconds,
                one_way,
                counted,
            )
        )

    def vary(self, amplitude: float) -> float:
        """Return `amplitude` as this repetition has it."""
        return amplitude * (1.0 + self.person.repetition_sd * float(self.rng.standard_normal()))

    def skew(self, own_deg: float, sd_deg: float) -> float:
        """Return the tangent of a person's own skew plus that of this repetition."""
        deviation = own_deg + sd_deg * self.person.imprecision * float(self.rng.standard_normal())
        return float(np.tan(np.radians(deviation)))

    def tempo(self) -> float:
        """Return the factor on the next phase's duration that an irregular tempo gives."""
        spread = self.habits.performance.tempo_sd
        return self.habits.factor(spread) if spread > 0.0 else 1.0

    def tired(self, k: int, count: int) -> float:
        """Return what fatigue takes off repetition `k` (from 0) of `count`, as a share."""
        return self.habits.performance.fatigue * k / max(count - 1, 1)

    def play(self) -> Play:
        """Return what was written."""
        return Play(
            self._script(),
            tuple(self._performed),
            tuple(self.habits.injected),
            tuple(self.deeds),
            tuple(self.slips),
            tuple(self.losses),
        )

    def _sway_start(self) -> float:
        """When the body begins to sway: plain athletes are statues until the last strap sits."""
        if self.ways.has("moves_while_strapped"):
            return self.tray_end
        return max(self.strapped.values(), default=0.0) + 0.2

    def _script(self) -> Script:
        person = self.person
        base = dict(zip(("tilt", "obliquity"), np.radians(person.stand_deg).tolist(), strict=True))
        for side in SIDES:
            stand = np.radians(person.legs[side].stand_deg).tolist()
            base |= dict(zip(HIP_CHANNELS[side], stand, strict=True))
        return Script(
            gestures=tuple(self._gestures),
            base=base,
            sway=person.sway,
            sway_start=self._sway_start(),
            heading=float(np.radians(person.heading_deg)),
            marks=tuple(self._marks),
            duration=self.now + 1.0,
            tray_end=self.tray_end,
            strapped=self.strapped,
        )


def _turned(shifts: Effects, facing_deg: float) -> Effects:
    """Shifts given as the body faces, as the body faced at the start."""
    cosine, sine = np.cos(np.radians(facing_deg)), np.sin(np.radians(facing_deg))
    forward, left = shifts.get("forward", ()), shifts.get("left", ())
    n = max(len(forward), len(left))
    ahead, aside = (np.pad(np.array(c, dtype=np.float64), (0, n - len(c))) for c in (forward, left))
    both = {"forward": cosine * ahead - sine * aside, "left": sine * ahead + cosine * aside}
    moved = {name: tuple(value.tolist()) for name, value in both.items() if n}
    return {**shifts, **moved}


def other(side: Side) -> Side:
    """Return the other side."""
    return "left" if side == "right" else "right"

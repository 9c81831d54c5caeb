"""Writes a `Script`: gestures and marks along a running clock.

The steps a coach asks for are functions of the `Director`, in the files ``calibration_steps`` and
``movements_*``; `scenarios` says which steps make a session.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from imuhip.core.conventions import SIDES, Side
from imuhip.core.findings import Direction
from imuhip.simulate.motion import HIP_CHANNELS, Gesture, Script
from imuhip.simulate.performance import Dose, Habits, Injected, Performance
from imuhip.simulate.person import Person

Effects = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Performed:
    """One repetition as the athlete was told to do it; its truth is read off the motion.

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
class Play:
    """A written session: what moves, and what the athlete did in words."""

    script: Script
    performed: tuple[Performed, ...]
    injected: tuple[Injected, ...]


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
    """

    def __init__(
        self,
        person: Person,
        rng: np.random.Generator,
        *,
        brisk: bool = False,
        habits: Habits | None = None,
    ) -> None:
        self.person = person
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
        """Add a gesture that starts `delay` from now; the clock stays where it is."""
        effects = {k: tuple(float(np.radians(c)) for c in v) for k, v in degrees.items()}
        effects |= {k: tuple(map(float, v)) for k, v in (metres or {}).items()}
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
        return self.habits.performance.repetitions or usual

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
        return Play(self._script(), tuple(self._performed), tuple(self.habits.injected))

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
            sway_start=max(self.strapped.values(), default=0.0) + 0.2,
            heading=float(np.radians(person.heading_deg)),
            marks=tuple(self._marks),
            duration=self.now + 1.0,
            tray_end=self.tray_end,
            strapped=self.strapped,
        )


def other(side: Side) -> Side:
    """Return the other side."""
    return "left" if side == "right" else "right"

"""The stage of assessment: rows and marks in; repetitions, findings and notes out.

It follows all movements at once (`repetitions`), decides what each candidate is (`recognition`,
`sets`), works out the measures of a finished repetition (`measures`) and has its set judged
(`judging`). Marks and candidates are taken in the order of time, so however the rows are cut into
blocks, what comes out is the same bits.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final, Literal, Protocol, Self

import numpy as np

from imuhip.assess.boundaries import Boundaries, boundaries
from imuhip.assess.conditions import Tags, tags_at
from imuhip.assess.cue_log import Outcome, outcomes
from imuhip.assess.episodes import LEAD_S, Context, Episode, Rows, in_sight
from imuhip.assess.history import BLOCK_ROWS, KEPT_ROWS, History
from imuhip.assess.judging import LastWords, hurt_without_a_set, judged_so_far, seen_of
from imuhip.assess.measures import measured
from imuhip.assess.movements import Movement
from imuhip.assess.params import AssessParams
from imuhip.assess.recognition import detected, marked, missing
from imuhip.assess.repetitions import Candidate, Machines
from imuhip.assess.sets import Closed, Said, Sets
from imuhip.assess.signals import (
    DRILL_MACHINES,
    MACHINES,
    NOTHING_BEFORE,
    SPAN_ROWS,
    Machine,
    angles_of,
    rows_of,
    signal,
    signals,
)
from imuhip.assess.step_ups import StepUps
from imuhip.core.conventions import GRID_HZ, HIP_ANGLES, PELVIS_ANGLES, SIDES
from imuhip.core.evidence import Grade
from imuhip.core.findings import Direction, Finding, Note, Repetition, SegmentBlock
from imuhip.core.records import AngleBlock, Array


class Assessed(Protocol):
    """What the assessment of some rows showed: an `Assessment`, or the output of a push."""

    @property
    def repetitions(self) -> Sequence[Repetition]:
        """Repetitions that ended."""

    @property
    def findings(self) -> Sequence[Finding]:
        """What their sets show so far."""

    @property
    def notes(self) -> Sequence[Note]:
        """Marks of the moment, with the angles at their time."""

    @property
    def outcomes(self) -> Sequence[Outcome]:
        """What became of findings after cues."""


@dataclass(slots=True)
class Assessment:
    """What became known, in the order of time; of cues, what they did once their set is over."""

    repetitions: list[Repetition] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def __iadd__(self, more: Assessed) -> Self:
        """Append what became known later."""
        self.repetitions += more.repetitions
        self.findings += more.findings
        self.notes += more.notes
        self.outcomes += more.outcomes
        return self


class Assessor:
    """Repetitions, findings and notes of a session.

    Parameters
    ----------
    settings
        The recording's ``parameters["assess"]``: the athlete's offsets, limits and goals.
    last_word
        Findings come at the end, and only what stands then: the last word on each set. Else, as
        live, after each repetition. The last word is the same bits either way.

    Raises
    ------
    RecordingError
        Where a setting is wrong.
    """

    def __init__(
        self, settings: Mapping[str, Any] | None = None, *, last_word: bool = False
    ) -> None:
        self._params = AssessParams.from_settings(settings or {})
        self._history = History()
        self._machines = Machines([(each.movements[0], each.thresholds) for each in MACHINES])
        self._waiting: list[Candidate] = []
        self._before = NOTHING_BEFORE
        self._sets = Sets()
        self._marks: list[tuple[float, str]] = []
        self._episodes: dict[tuple[str, int], list[Episode]] = {}
        self._tests: dict[tuple[str, int], list[Episode]] = {}
        self._step_ups = StepUps()
        self._latest: Episode | None = None
        self._judged: set[tuple[str, int]] = set()
        self._last_words = LastWords(self._params) if last_word else None
        self._context = Context("none", "none", goals={s: self._params.zones_of(s) for s in SIDES})

    def align(self, grade: Grade, chain: str, standing: Array) -> None:
        """Take the angles from the next row on as of this calibration.

        Parameters
        ----------
        standing
            ``(2, 3)`` raw hip angles of its standing, which are the zero.
        """
        self._context = replace(self._context, grade=grade, chain=chain, standing=standing)

    def mark(self, marks: Sequence[tuple[float, str]]) -> None:
        """Take marks ``(t, label)`` in the order of their arrival, before rows of their time."""
        self._marks += marks

    def push(self, angles: AngleBlock, motion: SegmentBlock) -> Assessment:
        """Take the rows that follow those before; return what became known."""
        known = Assessment()
        rows = rows_of(angles, motion)
        starts = self._mark_starts(rows)
        edges = sorted({*range(0, len(rows.t), BLOCK_ROWS), *starts, len(rows.t)})
        for first, stop in pairwise(edges):
            if first in starts:
                self._machines.rest_anew(DRILL_MACHINES)
            block = rows if stop - first == len(rows.t) else rows.part(first, stop)
            self._history.push(block)
            for candidate in self._due(self._machines.push(*signals(block, self._before))):
                self._take_marks(self._history.time(_due_row(candidate)), known)
                self._take_candidate(candidate, known)
            self._before = np.concatenate((self._before, angles_of(block)))[-SPAN_ROWS:]
            self._take_marks(float(block.t[-1]), known)
        return known

    def _mark_starts(self, rows: Rows) -> set[int]:
        """Rows at which a mark begins something: drills begin from the posture of that moment."""
        times = [t for t, label in self._marks if label.startswith("begin:")]
        places = np.searchsorted(rows.t, times).tolist()
        return {place for place in places if place < len(rows.t)}

    def finish(self) -> Assessment:
        """Return what was over, but not yet sure of it."""
        known = Assessment()
        for candidate in sorted([*self._waiting, *self._machines.finish()], key=_due_row):
            self._take_candidate(candidate, known)
        self._take_marks(np.inf, known)
        if self._history.last >= 0:
            for closed in self._sets.finish(self._history.time(self._history.last)):
                self._take_hold(closed, known)
        for episodes in self._episodes.values():
            known.outcomes += outcomes(episodes, self._context, self._params)
        if self._last_words is not None:
            known.findings += self._last_words.all()
        known.findings += hurt_without_a_set(self._context.notes, self._judged)
        return known

    def _due(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """What may be taken now: what is small waits for a large one that it may be part of."""
        every = sorted([*self._waiting, *candidates], key=_due_row)
        last = self._history.last
        self._waiting = [candidate for candidate in every if _due_row(candidate) > last]
        return [candidate for candidate in every if _due_row(candidate) <= last]

    def _take_marks(self, now: float, known: Assessment) -> None:
        """Take the marks whose time has come."""
        while self._marks and self._marks[0][0] <= now:
            t, label = self._marks.pop(0)
            for closed in self._sets.mark(t, label):
                self._take_hold(closed, known)
            kind = label.partition(":")[0]
            if kind in _MOMENTS:
                note = self._note(t, label)
                if kind in _HURT and not note.movement and self._latest is not None:
                    latest = self._latest  # who stops because it hurts marks it after the set
                    note = replace(note, movement=latest.movement.name, set=latest.set)
                self._context = replace(self._context, notes=(*self._context.notes, note))
                known.notes.append(note)
                if kind in _HURT:
                    self._judge_again(note, known)

    def _judge_again(self, note: Note, known: Assessment) -> None:
        """What is said of a set once something in it has hurt."""
        episodes = self._episodes.get((note.movement, note.set), [])
        if not episodes:
            return
        context = self._context_of(note.movement, note.set)
        if self._last_words is None:
            known.findings += judged_so_far(episodes, context, self._params)
        else:
            self._last_words.put(note.movement, episodes, context)

    def _context_of(self, name: str, number: int) -> Context:
        """What may be known of a set beside its repetitions: with the other side's test."""
        partner = self._partner(name, number)
        return replace(self._context, partner=partner) if partner else self._context

    def _note(self, t: float, label: str) -> Note:
        """What the body did at a mark, and what was going on."""
        said = self._sets.said(t)
        name, number, repetition = "", 0, 0
        if said is not None and said.movement is not None:
            name, number = said.movement.name, said.set
        elif said is None and self._latest is not None:
            latest = self._latest
            if latest.movement.name in self._sets.ongoing(t):
                name, number = latest.movement.name, latest.set
        episodes = self._episodes.get((name, number), [])
        if episodes:
            repetition = episodes[-1].number
        return Note(t, label, name, number, repetition, _moment(self._history.at(t)))

    def _take_hold(self, closed: Closed, known: Assessment) -> None:
        """Take a posture that was held between its marks."""
        if closed.movement.path != "held":
            return
        first = max(self._history.row(closed.begin), self._history.last + 1 - KEPT_ROWS)
        stop = min(self._history.row(closed.end), self._history.last + 1)
        if stop - first < _SHORTEST_ROWS:
            return
        rows = self._history.rows(first, stop)
        movement, last = closed.movement, stop - first - 1
        side: Literal["left", "right", "both"] = "both" if movement.together else movement.sides[0]
        number, repetition = self._sets.number(movement, side, closed.end, closed.end)
        seen = any(in_sight(rows, 0, last, each) for each in movement.sides)
        why = missing(rows, 0, last, movement.sides)
        enough = last >= round(SHORTEST_HOLD_S * GRID_HZ)
        if not enough:
            why = f"held for less than {SHORTEST_HOLD_S:g} s"
        episode = Episode(
            movement=movement,
            side=side,
            set=number,
            number=repetition,
            direction="down",
            counted=enough and seen,
            found="marked",
            rows=rows,
            before=0,
            start=0,
            turn_start=0,
            turn=last // 2,
            turn_stop=last + 1,
            end=last,
            reason=why,
        )
        self._take_episode(episode, known)

    def _take_candidate(self, candidate: Candidate, known: Assessment) -> None:
        episode = self._episode(candidate)
        if episode is not None:
            self._take_episode(episode, known)

    def _take_episode(self, episode: Episode, known: Assessment) -> None:
        """Measure a repetition, and judge its set so far."""
        name = episode.movement.name
        if (name, episode.set) not in self._episodes:
            # A set that is over is never judged again.
            for key in [key for key in self._episodes if key[0] == name]:
                known.outcomes += outcomes(self._episodes.pop(key), self._context, self._params)
            self._episodes[name, episode.set] = []
            if "table" in episode.movement.traits:
                self._forget_tests(name)
                self._tests[name, episode.set] = self._episodes[name, episode.set]
        episodes = self._episodes[name, episode.set]
        context = self._context_of(name, episode.set)
        episode = replace(
            episode,
            repetitions=self._repetitions(episode, episodes),
            seen=seen_of(episode, context, self._params) if episode.counted else {},
        )
        episodes.append(episode)
        if episode.counted:
            self._judged.add((name, episode.set))
        self._latest = episode
        known.repetitions += episode.repetitions
        if self._last_words is None:
            known.findings += judged_so_far(episodes, context, self._params)
        else:
            self._last_words.put(name, episodes, context)

    def _partner(self, name: str, number: int) -> tuple[Episode, ...]:
        """The newest set of the same test on the other side under the same conditions."""
        stem, _, side = name.rpartition("_")
        if side not in SIDES:
            return ()
        other = f"{stem}_{'right' if side == 'left' else 'left'}"
        mine = self._tags(name, self._tests.get((name, number), []))
        for key, episodes in reversed(self._tests.items()):
            if key[0] == other and self._tags(other, episodes).alike(mine):
                return tuple(episodes)
        return ()

    def _forget_tests(self, name: str) -> None:
        """Keep of a test the newest set of each condition: no other is ever a partner."""
        every = {key: episodes for key, episodes in self._tests.items() if key[0] == name}
        newest = {self._tags(name, episodes).key: key for key, episodes in every.items()}
        for key in every.keys() - newest.values():
            del self._tests[key]

    def _tags(self, movement: str, episodes: Sequence[Episode]) -> Tags:
        """The conditions of a set, as far as they are known; of one to come, those of now."""
        end = float(episodes[-1].rows.t[episodes[-1].end]) if episodes else math.inf
        return tags_at(self._context.notes, end, movement)

    def _episode(self, candidate: Candidate) -> Episode | None:
        """The repetition that a candidate was, if it was one; numbered, without measures."""
        machine = MACHINES[candidate.machine]
        t = self._history.time(candidate.turn)
        said = self._sets.said(t)
        if not _may_be(machine, said):
            return None
        first = max(candidate.leave - _LOOK_BACK_ROWS, 0)
        rows = self._history.rows(first, candidate.known + 1)
        path, limits = machine.movements[0].path, machine.thresholds
        at = boundaries(path, limits, candidate, first, *signal(machine, rows))
        lead = max(at.start - round(LEAD_S * GRID_HZ), 0)
        rows, at = rows.part(lead, len(rows.t)), Boundaries(*(row - lead for row in at))
        if said is not None and said.movement is not None:
            verdict = marked(machine, candidate, rows, at, said.movement)
        else:
            verdict = detected(machine, candidate, rows, at, ongoing=self._sets.ongoing(t))
        movement = verdict.movement
        start, end = float(rows.t[at.start]), float(rows.t[at.end])
        if movement is None or (
            said is not None and not self._is_new(movement, machine, candidate, start, said.set)
        ):
            return None
        if movement.follows and said is not None and machine.side != "both":
            of = (movement.name, said.set)
            if not self._step_ups.comes_up(of, machine.side, rows, at):
                return None
        number, repetition = self._sets.number(movement, machine.side, t, end)
        direction: Direction = "down"
        if len(movement.directions) > 1:
            direction = "in" if candidate.excursion > 0.0 else "out"
        return Episode(
            movement=movement,
            side=machine.side,
            set=number,
            number=repetition,
            direction=direction,
            counted=verdict.counted,
            found="detected" if said is None else "marked",
            rows=rows,
            **at._asdict(),
            reason=verdict.reason,
        )

    def _is_new(
        self, movement: Movement, machine: Machine, candidate: Candidate, start: float, number: int
    ) -> bool:
        """Whether a marked candidate is no part of one that is listed, and none of its settling.

        A movement that counts when it is small leaves what falls short to the machine for that.
        """
        size = abs(candidate.excursion)
        if movement.small is not None and not machine.small_for(movement):
            return size >= math.radians(movement.thresholds.reach_deg)
        if machine.small_for(movement) and size < math.radians(machine.thresholds.reach_deg):
            return False
        listed = [
            each
            for each in self._episodes.get((movement.name, number), [])
            if each.side == machine.side
        ]
        if not (machine.small_for(movement) or machine.other) or not listed:
            return True
        last = listed[-1]
        ended, largest = float(last.rows.t[last.end]), max(_way(each) for each in listed)
        if start < ended - _OVERLAP_S:
            return False
        settles = start < ended + _SETTLES_S and size < _SETTLE_SHARE * largest
        return not settles

    def _repetitions(self, episode: Episode, before: Sequence[Episode]) -> tuple[Repetition, ...]:
        """The repetitions of an episode, numbered after those of its set: a row for each side."""
        same = [each for each in before if each.side == episode.side]
        rest_from = float(same[-1].rows.t[same[-1].end]) if same else None
        t = episode.rows.t
        return tuple(
            Repetition(
                movement=episode.movement.name,
                side=side,
                set=episode.set,
                repetition=episode.number,
                direction=episode.direction,
                t_start=float(t[episode.start]),
                t_turn=float(t[episode.turn]),
                t_end=float(t[episode.end]),
                counted=episode.counts_for(side),
                found=episode.found,
                reason=episode.reason,
                measures=measured(episode, side, rest_from, self._params),
            )
            for side in episode.sides
        )


def _may_be(machine: Machine, said: Said | None) -> bool:
    """Whether anything that the machine follows can count where the marks say this."""
    if said is None:
        return any(movement.detectable for movement in machine.movements)
    if machine.other:
        return said.movement is not None and said.movement.other
    return said.movement in machine.movements  # within a calibration step nothing counts


def _moment(rows: Rows | None) -> dict[str, float]:
    """Angles of a moment by name, degrees; NaN where there is no row."""
    names: list[str] = []
    values: list[float] = []
    blank = np.full((2, 3), np.nan)
    hip, hip_sd = (blank, blank) if rows is None else (rows.hip[0], rows.hip_sd[0])
    pelvis, pelvis_sd = (
        (blank[0], blank[0]) if rows is None else (rows.pelvis[0], rows.pelvis_sd[0])
    )
    for k, side in enumerate(SIDES):
        for i, angle in enumerate(HIP_ANGLES):
            names += [f"hip_{angle}_{side}_deg", f"hip_{angle}_{side}_sd_deg"]
            values += [hip[k, i], hip_sd[k, i]]
    for i, angle in enumerate(PELVIS_ANGLES):
        names += [f"pelvis_{angle}_deg", f"pelvis_{angle}_sd_deg"]
        values += [pelvis[i], pelvis_sd[i]]
    return dict(zip(names, np.degrees(values).tolist(), strict=True))


def _due_row(candidate: Candidate) -> int:
    """Row at which a candidate is taken: the small ones later."""
    return candidate.known + (_SMALL_ROWS if candidate.machine in _WAITING else 0)


def _way(episode: Episode) -> float:
    """How far a repetition went, radians."""
    k = SIDES.index(episode.sides[0])
    squats = episode.movement.primary == "inclination"
    signal = episode.rows.inclination[:, k] if squats else episode.rows.hip[:, k, 2]
    return abs(float(signal[episode.turn] - signal[episode.start]))


_WAITING: Final = frozenset(m for m, machine in enumerate(MACHINES) if machine.waits)
"""Machines whose repetitions may be part of something larger."""

_SMALL_ROWS: Final = 100
"""How long a small repetition waits: by then the large one that it may belong to is known."""

_OVERLAP_S: Final = 0.2
_SETTLES_S, _SETTLE_SHARE = 0.3, 0.25
"""A hip that has just turned settles: what begins so soon after and is so small is no test."""

SHORTEST_HOLD_S: Final = 2.0
_SHORTEST_ROWS: Final = 50
"""What is marked for a moment only is a slip of the finger."""

_LOOK_BACK_ROWS: Final = 300
"""Rows before a candidate was known in which its beginning may lie."""

_MOMENTS: Final = ("pain", "sore", "cue", "note")

_HURT: Final = ("pain", "sore")
"""Marks that change what is said of the set they were made in."""
"""Marks that carry the angles of their time."""

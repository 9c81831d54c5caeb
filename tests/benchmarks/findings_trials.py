"""Sessions with compensations of known size through the real pipeline, held against their truth.

A session is a calibration and a few sets of one movement, a compensation each. What the truth shows
decides, not what was asked for: a set that truly shows a rule's limit counts as having it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imuhip.assess.limits import limits_for
from imuhip.core.conventions import SIDES
from imuhip.core.findings import Finding, Repetition
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.simulate.performance import Compensation, Performance
from imuhip.simulate.session import SimulatedSession, simulate
from imuhip.simulate.setup import Setup
from imuhip.simulate.true_values import shown
from imuhip.simulate.worn import SoftTissue

SIZES = (0.5, 1.0, 2.0)
"""Injected, in limits of the rule."""

ROTATION_DEG = 13.0
"""What counts as the limit of a rotation difference: the smallest that one squat session can tell
(KINEMATICS 4.2)."""

SETS, REPETITIONS = 5, 5
"""Sets of squats a session, repetitions a set."""

ENOUGH_DEG = (36.0, 58.0)
"""Hips that reach the goals, but for what is put in."""

BATCH_S = 30.0
"""Of data at once: the outputs are the same bits however it is cut, and this is the fastest."""

SQUAT_PARTS = {
    "hip_shift": (
        ("obliquity", "depth", "twist"),
        ("obliquity", "depth"),
        ("obliquity", "twist"),
        ("depth", "twist"),
    )
}
SQUAT_RULES = (
    "pelvic_tuck",
    "over_arching",
    "pelvic_drop",
    "hip_shift",
    "pelvic_twist",
    "knee_in",
    "early_turn_out",
    "side_lag",
    "depth_difference",
    "rotation_difference",
)
PIVOT_RULES = ("pelvis_follows_pivot",)
TABLE_RULES = ("pelvis_cheats_table", "rotation_difference")
ARC_RULES = ("internal_rotation_short", "external_rotation_short")
ARC_DEG = 10.0
"""What is put in as the limit of an arc: from here on a short one is marked. The rules themselves
speak from 1° on."""
ONE_LEG_DRILLS = ("single_leg_squat", "split_squat", "step_down", "lateral_lunge")
ONE_LEG_RULES = ("pelvic_drop", "knee_in")
"""Drills on one leg, and the rules for them."""
BODY_RULES = ("pelvic_tuck", "over_arching", "pelvis_follows_pivot", "pelvis_cheats_table")
TO_UNIT = {"side_lag": 1e3, "pelvis_follows_pivot": 100.0}
"""From the simulator's unit to the finding's."""


@dataclass(frozen=True)
class Trial:
    """One session to run."""

    scenario: str
    seed: int
    grade: str
    tissue: bool
    compensations: tuple[Compensation, ...]
    sets: int
    marked: bool = True


@dataclass(frozen=True)
class Judged:
    """One finding against the truth; `size` and `part` of its own rule's injection, else 0.

    `limit` is the rule's, `told_limit` the finding's, which the error of a difference may raise.
    """

    rule: str
    part: str
    size: float
    clean: bool
    grade: str
    true: float
    value: float
    mdc: float
    limit: float
    reported_limit: float
    side_right: bool
    trial: Trial
    where: tuple[str, int, str]


@dataclass(frozen=True)
class Bounds:
    """Repetitions of one set: how many were found of how many, and how far their bounds are off."""

    movement: str
    clean: bool
    found: int
    true: int
    start_s: tuple[float, ...]
    end_s: tuple[float, ...]
    trial: Trial


def limit_of(rule: str) -> float:
    """The rule's limit in the simulator's unit."""
    if rule == "rotation_difference":
        return ROTATION_DEG
    if rule in ARC_RULES:
        return ARC_DEG
    limits = limits_for("general")
    unit = {"side_lag": "ms", "pelvis_follows_pivot": "percent", "too_fast": "deg_s"}.get(
        rule, "deg"
    )
    return limits[f"{rule}_{unit}"] / TO_UNIT.get(rule, 1.0)


def trials(first: int, rounds: int) -> list[Trial]:
    """Every rule, condition and size, clean sets between; with and without soft tissue."""
    made: list[Trial] = []
    for k in range(rounds):
        rng = np.random.default_rng(first + k)
        squats = [_one(rule, size, parts, rng) for rule, size, parts in _squat_cases()]
        squats += [None] * max(len(squats) // 5, 1)
        order = rng.permutation(len(squats))
        shuffled = [squats[i] for i in order]
        for grade in ("typical", "poor"):
            for tissue in (False, True):
                groups = [("squat", shuffled[i : i + SETS]) for i in range(0, len(shuffled), SETS)]
                groups.append(("pivot", [None, *_sized("pelvis_follows_pivot", (), rng)]))
                groups.append(("seated", [None, *_sized("pelvis_cheats_table", ("tilt",), rng)]))
                cheats = _sized("pelvis_cheats_table", ("obliquity",), rng)
                groups.append(("seated", [*cheats, *_sized("rotation_difference", (), rng)[1:]]))
                groups += [
                    ("seated", [None, *_sized(rule, (), rng)]) for rule in (*ARC_RULES, "too_fast")
                ]
                for drill in ONE_LEG_DRILLS:
                    sized = [each for rule in ONE_LEG_RULES for each in _sized(rule, (), rng)]
                    groups.append((drill, [None, *sized]))
                for scenario, group in groups:
                    made.append(_trial(scenario, first + len(made), grade, tissue, group))
    return made


def _squat_cases() -> Iterable[tuple[str, float, tuple[str, ...]]]:
    for rule in SQUAT_RULES:
        for parts in SQUAT_PARTS.get(rule, ((),)):
            for size in SIZES:
                yield rule, size, parts


def _sized(rule: str, parts: tuple[str, ...], rng: np.random.Generator) -> list[Compensation]:
    return [_one(rule, size, parts, rng) for size in SIZES]


def _one(rule: str, size: float, parts: tuple[str, ...], rng: np.random.Generator) -> Compensation:
    side = None if rule in BODY_RULES else SIDES[int(rng.integers(2))]
    onset = float(rng.uniform(60.0, 85.0))
    return Compensation(rule, size * limit_of(rule), side, parts=parts, onset_deg=onset)


def _trial(
    scenario: str, seed: int, grade: str, tissue: bool, group: Sequence[Compensation | None]
) -> Trial:
    compensations = tuple(
        replace(each, sets=(number,))
        for number, each in enumerate(group, start=1)
        if each is not None
    )
    return Trial(scenario, seed, grade, tissue, compensations, len(group))


def run(trial: Trial) -> tuple[list[Judged], list[Bounds], bool]:
    """Simulate, analyse, compare; nothing where the calibration was refused.

    An athlete who sways through the stand is asked to do it again; here nobody answers.
    """
    session = performed(trial)
    repetitions, findings, calibrated = analysed(session)
    if not calibrated:
        return [], [], False
    return _judged(trial, session, findings), _bounds(trial, session, repetitions), True


def performed(trial: Trial) -> SimulatedSession:
    """The session of a trial: sides equal, so that only what was put in is there."""
    performance = Performance(
        compensations=trial.compensations,
        equal_sides=True,
        hips=dict.fromkeys(SIDES, ENOUGH_DEG),
        repetitions=3 if trial.scenario == "seated" else REPETITIONS,
        tempo_sd=0.1,
        marked=trial.marked,
    )
    tissue = SoftTissue() if trial.tissue else None
    setup = Setup(performance=performance, soft_tissue=tissue)
    return simulate(
        trial.scenario, seed=trial.seed, grade=trial.grade, sets=trial.sets, setup=setup
    )


def analysed(session: SimulatedSession) -> tuple[list[Repetition], list[Finding], bool]:
    """Repetitions, the last word of every rule on every set, and whether there is a calibration."""
    pipeline = Pipeline(session.header)
    outs = [pipeline.push(batch) for batch in session.batches(BATCH_S)]
    outs.append(pipeline.finish())
    repetitions = [each for out in outs for each in out.repetitions]
    last: dict[tuple[str, str, int], dict[str, Finding]] = {}
    for out in outs:
        reported: dict[tuple[str, str, int], dict[str, Finding]] = defaultdict(dict)
        for each in out.findings:
            reported[each.rule, each.movement, each.set][each.side] = each
        last |= reported
    calibrated = pipeline.alignment is not None and pipeline.alignment.grade != "none"
    return repetitions, [each for sides in last.values() for each in sides.values()], calibrated


def _judged(trial: Trial, session: SimulatedSession, findings: Sequence[Finding]) -> list[Judged]:
    true = true_of_sets(session)
    touched = {(each.movement, each.set) for each in session.injected}
    reported = []
    for each in findings:
        value = _true_value(each, true)
        if value is None:
            continue
        own = [
            i
            for i in session.injected
            if (i.rule, i.set) == (each.rule, each.set)
            and (i.movement == each.movement or each.rule == "rotation_difference")
            and i.movement.rpartition("_")[0] == each.movement.rpartition("_")[0]
            and (each.rule in SIGNED or i.side in ("both", each.side))
            and (each.rule, each.movement) != ("rotation_difference", "seated_rotation_left")
        ]  # a left side is judged before its right one was seen
        factor = TO_UNIT.get(each.rule, 1.0)
        side = True
        if each.rule in SIGNED and each.grade in ("mild", "marked"):
            side = each.side == ("right" if value > 0.0 else "left")
        reported.append(
            Judged(
                rule=each.rule,
                part="+".join(own[0].parts) if own else "",
                size=round(own[0].size / limit_of(each.rule), 3) if own else 0.0,
                clean=(each.movement, each.set) not in touched,
                grade=each.grade,
                true=abs(value) * factor if each.rule in SIGNED else value * factor,
                value=each.value,
                mdc=each.mdc,
                limit=true_limit(each),
                reported_limit=each.limit,
                side_right=side,
                trial=trial,
                where=(each.movement, each.set, each.side),
            )
        )
    return reported


def true_limit(finding: Finding) -> float:
    """From where on it is true: the rule's limit, which the error of a difference does not move."""
    if finding.rule == "rotation_difference":
        return limits_for("general")["rotation_difference_deg"]
    return finding.limit


SIGNED = frozenset(
    {
        "pelvic_drop",
        "hip_shift",
        "pelvic_twist",
        "side_lag",
        "depth_difference",
        "rotation_difference",
    }
)


def true_of_sets(session: SimulatedSession) -> dict[tuple[str, str, int, str], float]:
    """What at least half of a set's repetitions truly reach: rule, movement, set, side."""
    found = defaultdict(list)
    for each in shown(session.truth, session.repetitions):
        found[each.rule, each.movement, each.set, each.side].append(each.value)
    true = {}
    for key, values in found.items():
        sign = np.sign(np.median(values)) if key[0] in SIGNED else 1.0
        ranked = sorted((sign * v for v in values), reverse=True)
        true[key] = float(sign * ranked[(len(ranked) + 1) // 2 - 1])
    return true | _table_differences(session)


def _table_differences(
    session: SimulatedSession,
) -> dict[tuple[str, str, int, str], float]:
    """End ranges of table tests, right minus left, the direction that differs more.

    The left side is tested first: it is held against the right one of the set before.
    """
    ends = defaultdict(list)
    t, hip = session.truth.t, np.degrees(session.truth.hip[..., 2])
    for each in session.repetitions:
        test, _, side = each.movement.rpartition("_")
        if test.endswith("rotation"):
            value = float(np.interp(each.t_turn, t, hip[:, SIDES.index(each.side)]))
            ends[test, each.set, each.direction, side].append(value)
    apart: dict[tuple[str, str, int, str], float] = {}
    for test, number, direction, side in list(ends):
        left, right = number, number if side == "right" else number - 1
        pair = [ends.get((test, n, direction, s)) for n, s in ((left, "left"), (right, "right"))]
        if not all(pair):
            continue
        value = float(np.mean(pair[1]) - np.mean(pair[0]))
        key = ("rotation_difference", f"{test}_{side}", number, "both")
        if abs(value) >= abs(apart.get(key, 0.0)):
            apart[key] = value
    return apart


def _true_value(finding: Finding, true: dict[tuple[str, str, int, str], float]) -> float | None:
    """The truth of a finding's rule, set and side."""
    where = (finding.rule, finding.movement, finding.set)
    if (value := true.get((*where, "both"))) is not None:
        return value
    if finding.side == "both":
        sides = [v for s in SIDES if (v := true.get((*where, s))) is not None]
        return max(sides) if sides else None
    return true.get((*where, finding.side))


def _bounds(
    trial: Trial, session: SimulatedSession, repetitions: Sequence[Repetition]
) -> list[Bounds]:
    """Counted repetitions of every set against the true ones, by movement, side and order."""
    touched = {(each.movement, each.set) for each in session.injected}
    rows = []
    true, found = defaultdict(list), defaultdict(list)
    for each in session.repetitions:
        if each.counted:
            true[each.movement, each.set, each.side].append(each)
    for each in repetitions:
        if each.counted:
            found[each.movement, each.set, each.side].append(each)
    for key in sorted({*true, *found}):
        pairs = _paired(true[key], found[key])
        rows.append(
            Bounds(
                movement=key[0].removesuffix("_left").removesuffix("_right"),
                clean=key[:2] not in touched,
                found=len(found[key]),
                true=len(true[key]),
                start_s=tuple(f.t_start - t.t_start for t, f in pairs),
                end_s=tuple(f.t_end - t.t_end for t, f in pairs),
                trial=trial,
            )
        )
    return rows


def _paired(true: Sequence, found: Sequence[Repetition]) -> list[tuple]:
    """True and found repetitions that overlap."""
    return [
        (each, other)
        for each in true
        for other in found
        if min(each.t_end, other.t_end) - max(each.t_start, other.t_start)
        > 0.5 * (each.t_end - each.t_start)
    ]

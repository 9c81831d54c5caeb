"""Angles, arcs, stated errors and findings on people who behave like people (scenario ``free``).

A case is a whole visit: own stances, steps, walks, turns and chairs between sets, gyroscopes that
warm up, bursts of loss in motion. What is told is over the rows that are called valid, from the end
of the calibration to the end of the last set:

* RMS error of each angle; a case has two sides, `sides` pools them, `worse` takes the worse one;
* valid: the share of that time in which valid rows follow each other within 0.05 s;
* arc: (turning point minus the rest before), a repetition; its mean error and its RMS a side;
* cover: how often the truth lies within 1.96 of the stated deviation, `sd` and `sd_total`;
* repetitions: how often the truth of rotation at the turn, and of its arc, lies within 1.96 of what
  the repetition itself states;
* careless people (`--careless`): the result says so in words, withholds a side, hedges (a grade of
  poor, or intervals that cover 90 %), or is silent;
* findings that fired without truth (below the limit), and those that a stance alone makes true:
  measured from the rest before the set instead of the calibration's standing they are not there.

`python tests/benchmarks/bench_free.py [CASES [FIRST_SEED]] [--grade G] [--tissue] [--no-tray]
[--link clean|lossy] [--careless NAME|any] [--without NAME,NAME] [--jobs N]`
Grades take turns where none is asked for. A line a case on standard output as it comes.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from findings_trials import SIGNED, TO_UNIT, true_limit, true_of_sets

from imuhip.core.conventions import HIP_ANGLES, SIDES
from imuhip.core.findings import Finding, Repetition
from imuhip.core.records import Array, BoolArray
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.simulate.behaviours import CARELESS, People
from imuhip.simulate.performance import Performance
from imuhip.simulate.session import SimulatedSession, simulate
from imuhip.simulate.setup import Setup
from imuhip.simulate.true_repetitions import TrueRepetition

FIRST_SEED = 60_000  # seeds that nothing was developed on
GRADES = ("good", "typical", "poor")
BATCH_S = 30.0
NEAR_S = 0.05
"""Valid rows no further apart than this cover the time between them."""

REST_S = (0.6, 0.3)
"""The rest of a repetition, before its start: from, to."""

MATCH_S = 1.5
"""A found repetition belongs to a true one if they begin so close together."""

TURN_S = 0.2
"""The turning point: so much around the middle of a still bottom, so much after a one-way turn."""

ONE_WAY = ("pivot", "ninety_ninety")
LINK_FAULTS = ("gap", "missing", "clock")
STANCE_RULES = ("rotation_difference", "early_turn_out", "pelvic_twist", "hip_shift")


SAID = {
    "short_stand": r"stand",
    "restless_stand": r"moved|stand still",
    "toes_out_stand": r"toes|feet|knee ?caps",
    "bent_knee_bows": r"bow",
    "askew_bows": r"bow",
    "one_lift": r"lift",
    "missing_lift": r"lift",
    "no_second_stand": r"stand again|second stand",
    "seated_stand": r"stand|sat|sit",
    "seated_start": r"stand|sat|sit",
    "slips": r"slip",
    "creeps": r"slip|creep",
}
"""What a result speaks of when it has noticed."""

HEDGED = 0.9


@dataclass(frozen=True)
class Side:
    """One side of a case, degrees; angles are flexion, adduction, rotation."""

    rmse: Array
    cover: Array
    cover_total: Array
    stated: Array
    valid: float
    arcs: Array
    reported: dict[str, Array]


@dataclass(frozen=True)
class Case:
    """One visit."""

    seed: int
    grade: str
    name: str
    seconds: float
    calibration: str
    words: tuple[str, ...]
    sides: tuple[Side, ...]
    fired: int
    false: tuple[str, ...]
    stance: tuple[str, ...]
    found: tuple[int, int]


@dataclass(frozen=True)
class Analysed:
    """What the pipeline says of a session."""

    t: Array
    hip: Array
    sd: Array
    sd_total: Array
    valid: BoolArray
    findings: tuple[Finding, ...]
    repetitions: tuple[Repetition, ...]
    calibration: str
    words: tuple[str, ...]


def main() -> None:
    asked = _arguments()
    people = People(
        without=frozenset(filter(None, asked.without.split(","))),
        careless=(asked.careless,) if asked.careless else (),
        link=asked.link,
        tissue=asked.tissue,
    )
    performance = Performance(tray=not asked.no_tray)
    judge = partial(_case, grade=asked.grade, people=people, performance=performance)
    seeds = range(asked.first, asked.first + asked.cases)
    cases = []
    began = time.monotonic()
    print(_head())
    for case in _mapped(judge, seeds, asked.jobs):
        cases.append(case)
        print(_line(case), flush=True)
        spent = time.monotonic() - began
        print(f"{len(cases)} of {asked.cases}, {spent:.0f} s", file=sys.stderr, flush=True)
    print(_summary(cases))


def _mapped(judge: Callable[[int], Case], seeds: range, jobs: int):
    if jobs == 1:
        yield from map(judge, seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(judge, seeds)


def _case(seed: int, grade: str | None, people: People, performance: Performance) -> Case:
    grade = grade or GRADES[seed % len(GRADES)]
    setup = Setup(mounting="any" if seed % 2 else "usual", people=people, performance=performance)
    session = simulate("free", seed=seed, grade=grade, setup=setup)
    got = _analysed(session)
    begin, end = _span(session)
    truth = session.truth
    row = np.clip(np.rint((got.t - truth.t[0]) * 100.0).astype(int), 0, len(truth.t) - 1)
    true = np.degrees(truth.hip[row])
    part = (got.t >= begin) & (got.t <= end)
    sides = tuple(_side(session, got, true, part, k, end - begin) for k in range(len(SIDES)))
    fired, false, stance = _findings(session, got.findings)
    careless = sorted({d.behaviour for d in session.deeds} & set(CARELESS))
    return Case(
        seed,
        grade,
        ",".join(careless),
        end - begin,
        got.calibration,
        got.words,
        sides,
        fired,
        false,
        stance,
        (len(got.repetitions), sum(each.counted for each in session.repetitions)),
    )


def _span(session: SimulatedSession) -> tuple[float, float]:
    """From the end of the calibration to the end of the last set."""
    steps = ("tray", "stand", "bow", "knee_lift", "toe_turn")
    ends = [(t, label[4:]) for t, label in session.marks if label.startswith("end:")]
    calibration = max(t for t, label in ends if label.startswith(steps))
    return calibration, max(t for t, _ in ends)


def _analysed(session: SimulatedSession) -> Analysed:
    pipeline = Pipeline(session.header, last_word=True)
    outs = [pipeline.push(batch) for batch in session.batches(BATCH_S)]
    outs.append(pipeline.finish())
    last: dict[tuple[str, str, int, str], Finding] = {}
    for out in outs:
        reported = {(f.rule, f.movement, f.set): None for f in out.findings}
        last = {key: f for key, f in last.items() if key[:3] not in reported}
        last |= {(f.rule, f.movement, f.set, f.side): f for f in out.findings}
    steps = [step for out in outs for step in out.steps]
    kinds = {(f.kind, f.sensor) for out in outs for f in out.faults}
    faults = sorted(f"{kind} {sensor}" for kind, sensor in kinds if kind not in LINK_FAULTS)
    alignment = pipeline.alignment
    return Analysed(
        t=np.concatenate([out.angles.t for out in outs]),
        hip=np.degrees(np.concatenate([out.angles.hip for out in outs])),
        sd=np.degrees(np.concatenate([out.angles.hip_sd for out in outs])),
        sd_total=np.degrees(np.concatenate([out.angles.hip_sd_total for out in outs])),
        valid=np.concatenate([out.angles.valid for out in outs]),
        findings=tuple(last.values()),
        repetitions=tuple(each for out in outs for each in out.repetitions if each.counted),
        calibration="none" if alignment is None else alignment.grade,
        words=tuple(dict.fromkeys([w for step in steps for w in step.words] + faults)),
    )


def _side(
    session: SimulatedSession, got: Analysed, true: Array, part: BoolArray, k: int, span: float
) -> Side:
    finite = np.isfinite(got.hip[:, k]).all(axis=1)
    good = got.valid[:, k] & finite
    use = part & good
    nothing = np.full(3, np.nan)
    if np.count_nonzero(use) < 10:
        return Side(nothing, nothing, nothing, nothing, 0.0, np.empty(0), {})
    steps = np.diff(got.t[use])
    error = got.hip[use, k] - true[use, k]
    cover = [np.mean(np.abs(error) <= 1.96 * sd[use, k], axis=0) for sd in (got.sd, got.sd_total)]
    return Side(
        rmse=np.sqrt(np.mean(error**2, axis=0)),
        cover=cover[0],
        cover_total=cover[1],
        stated=np.nanmean(got.sd[use, k], axis=0),
        valid=float(steps[steps <= NEAR_S].sum() / span),
        arcs=_arcs(session, got, true, good, k),
        reported=_reported(session, got, k),
    )


def _arcs(session: SimulatedSession, got: Analysed, true: Array, good: BoolArray, k: int) -> Array:
    """Errors of rotation's change from the rest before to the turning point."""
    errors = []
    for each in session.repetitions:
        if each.side != SIDES[k] or not each.counted:
            continue
        rest, turn = (good & (got.t >= a) & (got.t <= b) for a, b in _windows(each))
        if rest.any() and turn.any():
            shown, real = (v[turn, k, 2].mean() - v[rest, k, 2].mean() for v in (got.hip, true))
            errors.append(shown - real)
    return np.array(errors)


def _reported(session: SimulatedSession, got: Analysed, k: int) -> dict[str, Array]:
    """By what is stated: for each found repetition whether the truth lies within."""
    t, rotation = session.truth.t, np.degrees(session.truth.hip[:, k, 2])
    inside: dict[str, list[bool]] = {}
    for each in session.repetitions:
        mine = [r for r in got.repetitions if (r.movement, r.side) == (each.movement, each.side)]
        found = min(mine, key=lambda r: abs(r.t_start - each.t_start), default=None)
        if not each.counted or each.side != SIDES[k] or found is None:
            continue
        if abs(found.t_start - each.t_start) > MATCH_S:
            continue
        rest, turn = (rotation[(t >= a) & (t <= b)].mean() for a, b in _windows(each))
        where = "bottom" if "rotation_bottom_deg" in found.measures else "end"
        for name, true in ((f"rotation_{where}", turn), ("rotation_arc", turn - rest)):
            value = found.measures.get(f"{name}_deg", np.nan)
            for kind in ("sd", "sd_total"):
                sd = found.measures.get(f"{name}_{kind}_deg", np.nan)
                if np.isfinite(value) and np.isfinite(sd):
                    label = f"{'arc' if 'arc' in name else 'turn'} by {kind}"
                    inside.setdefault(label, []).append(abs(value - true) <= 1.96 * sd)
    return {name: np.array(column) for name, column in inside.items()}


def _windows(each: TrueRepetition) -> tuple[tuple[float, float], tuple[float, float]]:
    """The rest before a repetition, and its turning point: from, to."""
    first = each.t_turn if each.movement in ONE_WAY else each.t_turn - TURN_S
    before = (each.t_start - REST_S[0], each.t_start - REST_S[1])
    return before, (first, each.t_turn + TURN_S)


def _findings(
    session: SimulatedSession, findings: Sequence[Finding]
) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """How many fired, which are not true, and which only a stance makes true."""
    true = true_of_sets(session)
    from_rest = true_of_sets(replace(session, truth=_from_rest(session)))
    fired, false, stance = 0, [], []
    for each in findings:
        if each.grade not in ("mild", "marked"):
            continue
        value, own = (_true_value(each, reported) for reported in (true, from_rest))
        if value is None or own is None:
            continue
        fired += 1
        name = f"{each.rule}/{each.movement}/{each.set}/{each.side}"
        if value < true_limit(each):
            false.append(f"{name} told {each.value:.1f} true {value:.1f}")
        elif own < true_limit(each) and each.rule in STANCE_RULES:
            stance.append(f"{name} told {each.value:.1f} true {value:.1f} from rest {own:.1f}")
    return fired, tuple(false), tuple(stance)


def _true_value(finding: Finding, true: dict[tuple[str, str, int, str], float]) -> float | None:
    """What the truth shows of a finding, on its side, in its unit."""
    where = (finding.rule, finding.movement, finding.set)
    factor = TO_UNIT.get(finding.rule, 1.0)
    if finding.rule in SIGNED:
        value = true.get((*where, "both"))
        sign = -1.0 if finding.side == "left" else 1.0
        return None if value is None else sign * value * factor
    sides = SIDES if finding.side == "both" else (finding.side,)
    reported = [v for s in (*sides, "both") if (v := true.get((*where, s))) is not None]
    return max(reported) * factor if reported else None


def _from_rest(session: SimulatedSession):
    """The truth with every set's hips against the rest before its first repetition."""
    truth = session.truth
    hip = truth.hip.copy()
    sets: dict[tuple[str, int], list[float]] = {}
    for each in session.repetitions:
        span = sets.setdefault((each.movement, each.set), [each.t_start, each.t_end])
        span[0], span[1] = min(span[0], each.t_start), max(span[1], each.t_end)
    for begin, end in sets.values():
        rest = (truth.t >= begin - REST_S[0]) & (truth.t <= begin - REST_S[1])
        inside = (truth.t >= begin - REST_S[0]) & (truth.t <= end + 1.0)
        hip[inside, :, 2] -= truth.hip[rest, :, 2].mean(axis=0)
    return replace(truth, hip=hip)


def _head() -> str:
    return (
        f"{'case':34}{'rotation':>9}{'adduct':>8}{'flexion':>8}{'arc rms':>9}{'arc bias L/R':>14}"
        f"{'cover':>7}{'total':>7}{'sd':>6}{'valid':>7}  reps  fired false stance  calibration"
    )


def _line(case: Case) -> str:
    rmse = _worse(case, lambda s: s.rmse)
    arcs = [s.arcs for s in case.sides]
    rms = max((float(np.sqrt(np.mean(a**2))) for a in arcs if len(a)), default=np.nan)
    bias = "/".join(f"{a.mean():+.1f}" if len(a) else "-" for a in arcs)
    cover, total = (
        np.nanmin([c[2] for c in column])
        for column in (
            [s.cover for s in case.sides],
            [s.cover_total for s in case.sides],
        )
    )
    name = f"{case.seed} {case.grade} {case.name}"
    return (
        f"{name:34}{rmse[2]:9.2f}{rmse[1]:8.2f}{rmse[0]:8.2f}{rms:9.2f}{bias:>14}{cover:7.2f}"
        f"{total:7.2f}{_worse(case, lambda s: s.stated)[2]:6.2f}"
        f"{min(s.valid for s in case.sides):7.2f}  {case.found[0]}/{case.found[1]}"
        f"  {case.fired:3} {len(case.false):5} {len(case.stance):6}  {case.calibration}"
        f" {_honesty(case)}"
        + "".join(f"\n    false: {each}" for each in case.false)
        + "".join(f"\n    stance: {each}" for each in case.stance)
        + "".join(f"\n    said: {each}" for each in case.words if case.name)
    )


def _honesty(case: Case) -> str:
    """What the result makes of what was careless: told, withheld, hedged, silent; or nothing."""
    if not case.name:
        return ""
    patterns = [SAID[name] for name in case.name.split(",")]
    if any(re.search(p, words, re.IGNORECASE) for p in patterns for words in case.words):
        return "reported"
    if min(side.valid for side in case.sides) == 0.0:
        return "withheld"
    covered = min(side.cover[2] for side in case.sides) >= HEDGED
    return "hedged" if covered or case.calibration in ("poor", "none") else "silent"


def _worse(case: Case, of: Callable[[Side], Array]) -> Array:
    """The larger of both sides, angle by angle; NaN where no side has it."""
    both = np.stack([of(side) for side in case.sides])
    return np.where(np.isnan(both).all(axis=0), np.nan, np.nanmax(np.nan_to_num(both), axis=0))


def _summary(cases: Sequence[Case]) -> str:
    lines = [
        f"\n{len(cases)} cases; degrees{'median of sides':>31}{'of worse sides':>17}{'worst':>8}"
    ]
    for i in (2, 1, 0):
        pooled = np.array([side.rmse[i] for case in cases for side in case.sides])
        worse = np.array([_worse(case, lambda s: s.rmse)[i] for case in cases])
        lines.append(_row(f"{HIP_ANGLES[i]} RMSE", pooled, worse, np.nanmax))
    some = [[s.arcs for s in case.sides if len(s.arcs)] for case in cases]
    for name, of in (
        ("arc bias", lambda a: abs(float(a.mean()))),
        ("arc RMS", lambda a: float(np.sqrt(np.mean(a**2)))),
    ):
        pooled = np.array([of(a) for arcs in some for a in arcs])
        worse = np.array([max(of(a) for a in arcs) for arcs in some if arcs])
        lines.append(_row(name, pooled, worse, np.nanmax))
    for name, kind in (("sd", "cover"), ("sd_total", "cover_total")):
        for i in (2, 1, 0):
            both = [[getattr(s, kind)[i] for s in case.sides] for case in cases]
            reported = [b for b in both if not np.isnan(b).all()]
            lines.append(
                _row(
                    f"{HIP_ANGLES[i]} 95 % by {name}",
                    np.ravel(both),
                    np.array([np.nanmin(b) for b in reported]),
                    np.nanmin,
                )
            )
    names = sorted({name for case in cases for side in case.sides for name in side.reported})
    for name in names:
        sides = [
            [float(s.reported[name].mean()) for s in c.sides if name in s.reported] for c in cases
        ]
        pooled = np.concatenate([np.array(each) for each in sides])
        worse = np.array([min(each) for each in sides if each])
        lines.append(_row(f"repetitions 95 %, {name}", pooled, worse, np.nanmin))
    pooled = np.array([s.valid for case in cases for s in case.sides])
    worse = np.array([min(s.valid for s in case.sides) for case in cases])
    lines.append(_row("valid", pooled, worse, np.nanmin))
    fired, false, stance = (
        sum(n) for n in zip(*((c.fired, len(c.false), len(c.stance)) for c in cases), strict=True)
    )
    lines.append(f"findings: {fired} fired, {false} not true, {stance} true by stance alone")
    honest = [answer for case in cases if (answer := _honesty(case))]
    if honest:
        lines.append("careless: " + ", ".join(f"{honest.count(a)} {a}" for a in sorted({*honest})))
    return "\n".join(lines)


def _row(name: str, pooled: Array, worse: Array, worst: Callable[[Array], float]) -> str:
    if not np.isfinite(worse).any():
        return f"{name:34}{'-':>15}"
    return f"{name:34}{np.nanmedian(pooled):15.2f}{np.nanmedian(worse):17.2f}{worst(worse):8.2f}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Free people through the pipeline.")
    parser.add_argument("cases", type=int, nargs="?", default=12)
    parser.add_argument("first", type=int, nargs="?", default=FIRST_SEED)
    parser.add_argument("--grade", choices=("perfect", *GRADES))
    parser.add_argument("--tissue", action="store_true", help="sensors sit on skin")
    parser.add_argument("--no-tray", action="store_true")
    parser.add_argument("--link", choices=("grade", "clean", "lossy"), default="lossy")
    parser.add_argument("--careless", choices=(*CARELESS, "any"))
    parser.add_argument("--without", default="", help="behaviours to switch off, by comma")
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()

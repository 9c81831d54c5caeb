"""Repetitions against the truth of simulated athletes, and what is found in real people's motion.

Every session is read twice: with its marks, and with those of the movements taken away. Counted
repetitions are compared one by one with the true ones of their set, side and direction; a set is
exact when none is missing and none too many. Boundaries are in milliseconds, found minus true.
"Told after" is how long after the true end of a repetition the rows have come to that tell it; the
way of the packets to the host comes on top (`bench_live.py`).

`python tests/benchmarks/bench_repetitions.py [SESSIONS] [FIRST_SEED]`; with 0 sessions, real motion
alone.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from real_sessions import DATA, MAT, SQUATS, assess_fullbody, assess_squats

from imuhip.conventions import CALIBRATION_STEPS
from imuhip.findings import Repetition
from imuhip.pipeline import Pipeline
from imuhip.records import Header, Mark, Record
from imuhip.simulate.nouns import SimulatedSession
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup
from imuhip.simulate.worn import SoftTissue

SCENARIO = "squat+pivot+seated+supine+ninety_ninety+lunge"
OTHERS = "walking+sit_to_stand+march"
GRADES = ("good", "typical", "poor")
BATCH_S = 0.02


@dataclass
class Tally:
    """What came of the sets of one kind."""

    sets: int = 0
    exact: int = 0
    true: int = 0
    missed: int = 0
    extra: int = 0
    errors: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def main() -> None:
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 7000
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    strangers: Counter[str] = Counter()
    for seed in range(first, first + sessions):
        setup = Setup(soft_tissue=SoftTissue() if seed % 2 else None)
        session = simulate(SCENARIO, seed=seed, grade=GRADES[seed % 3], setup=setup)
        for how in ("marked", "unmarked"):
            compare(session, how, tallies)
        strangers += read_others(seed)
    if sessions:
        print_table(tallies)
        print(f"\nwalking, sitting down and marching, {sessions} sessions without marks: ", end="")
        print(
            ", ".join(f"{name} {n}" for name, n in sorted(strangers.items())) or "nothing is found"
        )
    print_real()


def compare(session: SimulatedSession, how: str, tallies: dict[tuple[str, str], Tally]) -> None:
    """Add one session to the tallies."""
    told = list(assessed(session.header, session.batches(BATCH_S), marked=how == "marked"))
    found = [(t, each) for t, each in told if each.counted]
    groups: dict[tuple[str, int, str, str], list] = defaultdict(list)
    for true in session.repetitions:
        if true.counted:
            groups[true.movement, true.set, true.side, true.direction].append(true)
    sets: dict[tuple[str, int], bool] = {}
    for (movement, number, side, direction), true in groups.items():
        tally = tallies[movement.removesuffix("_left").removesuffix("_right"), how]
        ours = [
            (t, each)
            for t, each in found
            if (each.movement, each.side, each.direction) == (movement, side, direction)
            and true[0].t_start - 3.0 < each.t_turn < true[-1].t_end + 3.0
        ]
        tally.true += len(true)
        pairs = matched(true, ours, tally)
        tally.missed += len(true) - pairs
        tally.extra += len(ours) - pairs
        good = len(ours) == len(true) == pairs
        sets[movement, number] = sets.get((movement, number), True) and good
    for (movement, _), good in sets.items():
        tally = tallies[movement.removesuffix("_left").removesuffix("_right"), how]
        tally.sets += 1
        tally.exact += good


def matched(true: list, ours: list[tuple[float, Repetition]], tally: Tally) -> int:
    """Pair true repetitions with those found around them; how many pairs."""
    pairs = 0
    for each in true:
        near = [(t, r) for t, r in ours if each.t_start < r.t_turn <= each.t_end + 0.3]
        if len(near) == 1:
            t, repetition = near[0]
            pairs += 1
            tally.errors["start"].append(1e3 * (repetition.t_start - each.t_start))
            tally.errors["end"].append(1e3 * (repetition.t_end - each.t_end))
            tally.errors["told"].append(1e3 * (t - each.t_end))
    return pairs


def assessed(
    header: Header, batches: Iterable[list[Record]], *, marked: bool
) -> Iterable[tuple[float, Repetition]]:
    """Repetitions, each with the newest grid time when it was told."""
    pipeline = Pipeline(header)
    now = 0.0
    for batch in batches:
        kept = batch if marked else [r for r in batch if not of_a_movement(r)]
        out = pipeline.push(kept)
        now = float(out.grid.t[-1]) if len(out.grid.t) else now
        yield from ((now, each) for each in out.repetitions)
    yield from ((now, each) for each in pipeline.finish().repetitions)


def of_a_movement(record: Record) -> bool:
    """Whether it is a mark that is no calibration step's."""
    return isinstance(record, Mark) and record.label.partition(":")[2] not in CALIBRATION_STEPS


def read_others(seed: int) -> Counter[str]:
    """What is found, counted and without marks, in what is no exercise of ours."""
    session = simulate(OTHERS, seed=seed, grade=GRADES[seed % 3])
    told = assessed(session.header, session.batches(1.0), marked=False)
    return Counter(each.movement for _, each in told if each.counted)


def print_table(tallies: dict[tuple[str, str], Tally]) -> None:
    """A line for each movement, with and without its marks."""
    head = "sets", "exact", "reps", "missed", "extra"
    print(f"{'movement':18}{'':10}" + "".join(f"{name:>8}" for name in head), end="")
    print("   start ms: median |e|, worst    end ms          told after ms: median, worst")
    for (movement, how), tally in sorted(tallies.items()):
        counts = tally.sets, tally.exact, tally.true, tally.missed, tally.extra
        print(f"{movement:18}{how:10}" + "".join(f"{n:8d}" for n in counts), end="")
        for name in ("start", "end"):
            error = np.abs(tally.errors[name] or [np.nan])
            print(f"   {np.median(error):10.0f}{np.max(error):8.0f}", end="")
        told = tally.errors["told"] or [np.nan]
        print(f"   {np.median(told):10.0f}{np.max(told):8.0f}")


def print_real() -> None:
    """List what is found in real people's motion, with no mark of any movement."""
    if MAT.is_file():
        _, outs = assess_fullbody(MAT)
        print(
            "\nfull-body data, no marks: a chair from 48 to 81 s, else standing, walking, jogging"
        )
        print_found([each for out in outs for each in out.repetitions])
    if SQUATS.is_dir():
        for exercise, times, found in assess_squats(SQUATS):
            print(f"\nsquat data, {exercise}: {times} repetitions, cut apart")
            print_found(found)
    if not (MAT.is_file() and SQUATS.is_dir()):
        print(f"skipped: not all real data are in {DATA.name}")


def print_found(found: list[Repetition]) -> None:
    """How many of what, counted or why not."""
    kinds = Counter(
        (each.movement, each.side, each.direction, each.reason if not each.counted else "counted")
        for each in found
    )
    for (movement, side, direction, how), n in sorted(kinds.items()):
        print(f"  {n:3d} {movement} {side} {direction}: {how}")
    if not found:
        print("  nothing")


if __name__ == "__main__":
    main()

"""Repetitions against the truth of simulated athletes, and what is found in real people's motion.

Every session is read twice: with its marks, and with those of the movements taken away; every other
one has soft tissue. Counted repetitions are compared one by one with the true ones of their set,
side and direction; a set is exact when none is missing and none too many. Boundaries are in
milliseconds, found minus true.

"Told after" is the host's time at which the findings of a repetition are out, batches of 20 ms and
the processor time of that batch included, since its true end's data were there (the grid row of the
end was complete: radio and lost notifications before that left out), and since the end itself.

`python tests/benchmarks/bench_repetitions.py [SESSIONS] [FIRST_SEED]`; with 0 sessions, real motion
alone.
"""

import sys
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from real_sessions import DATA, MAT, SQUATS, assess_fullbody, assess_squats

from imuhip.core.conventions import CALIBRATION_STEPS
from imuhip.core.findings import Repetition
from imuhip.core.records import Header, Mark, Packet, Record
from imuhip.pipeline.all_sensors import Pipeline
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


class Reported(NamedTuple):
    """A repetition, and the host's session time at which it and its findings were out."""

    at: float
    repetition: Repetition


@dataclass
class Played:
    """What came out of a session, and when; `rows` and `hosts` say when a row was complete."""

    reported: list[Reported] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    hosts: list[float] = field(default_factory=list)

    def came(self, t: float) -> float:
        """Host time at which the row of `t` was complete."""
        return self.hosts[min(bisect_left(self.rows, t), len(self.hosts) - 1)]


def main() -> None:
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 7000
    tallies: dict[tuple[str, ...], Tally] = defaultdict(Tally)
    waits: dict[str, list[tuple[float, float]]] = defaultdict(list)
    strangers: Counter[str] = Counter()
    for seed in range(first, first + sessions):
        skin = SoftTissue() if seed % 2 else None
        grade = GRADES[seed // 2 % 3]
        session = simulate(SCENARIO, seed=seed, grade=grade, setup=Setup(soft_tissue=skin))
        for how in ("marked", "unmarked"):
            some = compare(session, (how, "skin" if skin else "rigid"), tallies)
            waits[grade] += some if how == "marked" else []
        strangers += read_others(seed)
    if sessions:
        print_table(tallies)
        print_waits(waits)
        print(f"\nwalking, sitting down and marching, {sessions} sessions without marks: ", end="")
        print(
            ", ".join(f"{name} {n}" for name, n in sorted(strangers.items())) or "nothing is found"
        )
    print_real()


def compare(
    session: SimulatedSession, how: tuple[str, str], tallies: dict[tuple[str, ...], Tally]
) -> list[tuple[float, float]]:
    """Add one session to the tallies; how long what was told came after its data and its end."""
    marked = how[0] == "marked"  # without marks nobody asks when: larger batches, the same bits
    played = assessed(session.header, session.batches(BATCH_S if marked else 5.0), marked=marked)
    found = [each for each in played.reported if each.repetition.counted]
    groups: dict[tuple[str, int, str, str], list] = defaultdict(list)
    for true in session.repetitions:
        if true.counted:
            groups[true.movement, true.set, true.side, true.direction].append(true)
    sets: dict[tuple[str, int], bool] = {}
    waits = []
    for (movement, number, side, direction), true in groups.items():
        tally = tallies[movement.removesuffix("_left").removesuffix("_right"), *how]
        ours = [
            each
            for each in found
            if (each.repetition.movement, each.repetition.side) == (movement, side)
            and each.repetition.direction == direction
            and true[0].t_start - 3.0 < each.repetition.t_turn < true[-1].t_end + 3.0
        ]
        tally.true += len(true)
        pairs = matched(true, ours, tally)
        waits += [(reported.at - played.came(end), reported.at - end) for reported, end in pairs]
        tally.missed += len(true) - len(pairs)
        tally.extra += len(ours) - len(pairs)
        good = len(ours) == len(true) == len(pairs)
        sets[movement, number] = sets.get((movement, number), True) and good
    for (movement, _), good in sets.items():
        tally = tallies[movement.removesuffix("_left").removesuffix("_right"), *how]
        tally.sets += 1
        tally.exact += good
    return waits


def matched(true: list, ours: Sequence[Reported], tally: Tally) -> list[tuple[Reported, float]]:
    """Pair true repetitions with those found around them: what was told, and the true end."""
    pairs = []
    for each in true:
        near = [o for o in ours if each.t_start < o.repetition.t_turn <= each.t_end + 0.3]
        if len(near) == 1:
            repetition = near[0].repetition
            pairs.append((near[0], each.t_end))
            tally.errors["start"].append(1e3 * (repetition.t_start - each.t_start))
            tally.errors["end"].append(1e3 * (repetition.t_end - each.t_end))
    return pairs


def assessed(header: Header, batches: Iterable[list[Record]], *, marked: bool) -> Played:
    """Play a session batch by batch, as if it were live."""
    pipeline, played = Pipeline(header), Played()
    zero: int | None = None
    host = 0.0
    for batch in batches:
        stamps = [int(r.host_ns[-1]) for r in batch if isinstance(r, Packet) and len(r)]
        if zero is None and stamps:
            zero = min(int(r.host_ns[0]) for r in batch if isinstance(r, Packet) and len(r))
        host = max([host, *(1e-9 * (stamp - (zero or 0)) for stamp in stamps)])
        kept = batch if marked else [r for r in batch if not of_a_movement(r)]
        began = time.process_time()
        out = pipeline.push(kept)
        at = host + time.process_time() - began
        if len(out.grid.t):
            played.rows.append(float(out.grid.t[-1]))
            played.hosts.append(host)
        played.reported += [Reported(at, each) for each in out.repetitions]
    played.reported += [Reported(host, each) for each in pipeline.finish().repetitions]
    return played


def of_a_movement(record: Record) -> bool:
    """Whether it is a mark that is no calibration step's."""
    return isinstance(record, Mark) and record.label.partition(":")[2] not in CALIBRATION_STEPS


def read_others(seed: int) -> Counter[str]:
    """What is found, counted and without marks, in what is no exercise of ours."""
    session = simulate(OTHERS, seed=seed, grade=GRADES[seed % 3])
    played = assessed(session.header, session.batches(1.0), marked=False)
    return Counter(each.repetition.movement for each in played.reported if each.repetition.counted)


def print_table(tallies: dict[tuple[str, ...], Tally]) -> None:
    """A line for each movement, with and without its marks, on rigid straps and on skin."""
    head = "sets", "exact", "reps", "missed", "extra"
    print(f"{'movement':18}{'':16}" + "".join(f"{name:>8}" for name in head), end="")
    print("   start ms: median |e|, p95, worst    end ms")
    for how in dict.fromkeys(key[1:] for key in tallies):
        for (movement, *rest), tally in sorted(tallies.items()):
            if tuple(rest) == how:
                print_tally(movement, " ".join(how), tally)
        print_tally("all", " ".join(how), added([t for k, t in tallies.items() if k[1:] == how]))


def added(tallies: Iterable[Tally]) -> Tally:
    """All of them as one."""
    whole = Tally()
    for each in tallies:
        for name in ("sets", "exact", "true", "missed", "extra"):
            setattr(whole, name, getattr(whole, name) + getattr(each, name))
        for name, errors in each.errors.items():
            whole.errors[name] += errors
    return whole


def print_tally(movement: str, how: str, tally: Tally) -> None:
    """One line."""
    counts = tally.sets, tally.exact, tally.true, tally.missed, tally.extra
    print(f"{movement:18}{how:16}" + "".join(f"{n:8d}" for n in counts), end="")
    for name in ("start", "end"):
        error = np.abs(tally.errors[name] or [np.nan])
        print(
            f"   {np.median(error):8.0f}{np.percentile(error, 95):8.0f}{error.max():8.0f}", end=""
        )
    print()


def print_waits(waits: dict[str, list[tuple[float, float]]]) -> None:
    """How long what is told comes after its data and after the end, by the grade of the link."""
    print("\ntold after, ms, marked           its end's data: median  p95  worst  later than 300")
    for grade, some in waits.items():
        for name, column in (("data", 0), ("end", 1)):
            wait = 1e3 * np.array([each[column] for each in some])
            late = np.count_nonzero(wait > 300.0)
            print(
                f"{grade:10} since the {name:5} {len(wait):6d} repetitions  {np.median(wait):8.0f}"
                f"{np.percentile(wait, 95):8.0f}{wait.max():8.0f}{late:8d}"
            )


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

"""Findings on simulated sets with compensations of known size: precision, recall, false alarms.

`python tests/benchmarks/bench_findings.py [--seeds FIRST] [--rounds N] [--quick] [--part NAME]`

A set is wrong to be told of when its true value is below 0.8 limits; from 0.8 to 1 it is neither
right nor wrong; a told side that is not the true one is wrong. The limit is the rule's; a rotation
difference is put in as multiples of 13°, what one squat session can tell, and "strictly" holds it
against the finding's own limit, its detectable change. Recall is over sets with twice the limit put
in, those that are inconclusive left out.
"""

import argparse
import math
import multiprocessing
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from findings_trials import Bounds, Judged, Trial, run, trials

from imuhip.assess.symmetry import Measured, side_difference

FIRST_SEED = 100_000  # seeds that nothing was developed on
NEAR = 0.8
"""Below so many limits a finding is wrong."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=FIRST_SEED, help="the first seed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round, a tenth of the draws")
    parser.add_argument("--part", choices=[*PARTS, "all"], default="all")
    chosen = parser.parse_args()
    rounds = 1 if chosen.quick else chosen.rounds
    for name, part in PARTS.items():
        if chosen.part in (name, "all"):
            began = time.perf_counter()
            part(chosen.seeds, rounds, 200 if chosen.quick else 2000)
            print(f"({time.perf_counter() - began:.0f} s)\n")


def findings(first: int, rounds: int, _draws: int) -> None:
    """Rules and repetitions of marked sets."""
    made = trials(first, rounds)
    judged, bounds = _all(made)
    sets = sum(trial.sets for trial in made)
    print(f"{len(made)} sessions, {sets} sets, seeds from {first}; half with soft tissue,")
    print("half with typical and half with poor sensors; equal sides but for what is put in")
    _rules("all", judged)
    _strictly(judged)
    for grade in ("typical", "poor"):
        for tissue in (False, True):
            some = [j for j in judged if (j.trial.grade, j.trial.tissue) == (grade, tissue)]
            _rules(f"{grade}, {'soft tissue' if tissue else 'rigid'}", some)
    _sizes(judged)
    _repetitions("marked", bounds)


def unmarked(first: int, rounds: int, _draws: int) -> None:
    """Repetitions where no mark says what is done, and movements that are none of ours."""
    made = [
        Trial(scenario, first + 5000 + k, "typical", tissue=k % 2 == 1, compensations=(), sets=1,
              marked=False)
        for k in range(2 * rounds)
        for scenario in ("squat+pivot+seated", "walking+march", "sit_to_stand", "partial_squat")
    ]  # fmt: skip
    _, bounds = _all(made)
    print("unmarked: movements recognised from the data alone, typical sensors. Getting up from a")
    print("chair after 2 s meets the rule of a squat, once a session and for both sides")
    for scenario in dict.fromkeys(trial.scenario for trial in made):
        some = [b for b in bounds if b.trial.scenario == scenario]
        _repetitions(scenario, some)


def seated(first: int, rounds: int, _draws: int) -> None:
    """Seated turns with soft tissue and nothing put in: counts and bounds."""
    made = [
        Trial("seated", first + 21_000 + k, grade, tissue=True, compensations=(), sets=4)
        for k in range(7 * rounds)
        for grade in (("typical", "poor")[k % 2],)
    ]
    _, bounds = _all(made)
    _repetitions("seated, soft tissue, half typical and half poor sensors", bounds)


def sides(first: int, _rounds: int, draws: int) -> None:
    """Truly equal sides measured with an error of 3° each."""
    print(f"truly equal sides, 3° of error a side, {draws} draws: how often a difference is told")
    for covariance in (-6.0, 0.0, 6.0):
        rng = np.random.default_rng(first)
        error = rng.multivariate_normal((0.0, 0.0), ((9.0, covariance), (covariance, 9.0)), draws)
        words = Counter(
            side_difference(Measured(20.0 + l_, 3.0), Measured(20.0 + r, 3.0), covariance).word
            for l_, r in error.tolist()
        )
        reported = ", ".join(f"{word} {100.0 * n / draws:.1f} %" for word, n in words.most_common())
        print(f"  covariance {covariance:+.0f} deg²: {reported}")


def _all(made: Sequence[Trial]) -> tuple[list[Judged], list[Bounds]]:
    """Run all sessions on two processes."""
    done = []
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for one in pool.imap(run, made, chunksize=4):
            done.append(one)
            if len(done) % 50 == 0:
                print(f"{len(done)} of {len(made)} sessions", file=sys.stderr)
    refused = sum(not calibrated for _, _, calibrated in done)
    if refused:
        print(f"{refused} of {len(made)} sessions left out: the athlete did not stand still")
    return [j for some, _, _ in done for j in some], [b for _, some, _ in done for b in some]


def _rules(title: str, judged: Sequence[Judged]) -> None:
    print(f"\n{title}")
    print(
        f"{'rule':22} {'precision':>16} {'recall at 2x':>16} {'clean, reported':>16}"
        f" {'cannot tell':>18} {'mdc':>6}"
    )
    for rule in dict.fromkeys(j.rule for j in judged):
        some = [j for j in judged if j.rule == rule]
        reported = [j for j in some if _reported(j)]
        right = [j for j in reported if j.true >= j.limit and j.side_right]
        wrong = [j for j in reported if j.true < NEAR * j.limit or not j.side_right]
        at_twice = [j for j in some if j.size == 2.0 and j.grade != "cannot_tell"]
        hit = [j for j in at_twice if _reported(j) and j.side_right]
        clean = [j for j in some if j.clean and j.true < j.limit]
        mdc = np.median([j.mdc for j in some if math.isfinite(j.mdc)] or [math.nan])
        print(
            f"{rule:22}",
            _share(len(right), len(right) + len(wrong)),
            _share(len(hit), len(at_twice)),
            _share(sum(map(_reported, clean)), len(clean)),
            _share(sum(j.grade == "cannot_tell" for j in some), len(some), wide=18),
            f"{mdc:6.1f}",
        )


def _strictly(judged: Sequence[Judged]) -> None:
    """Rotation differences that were told, against the detectable change instead of the limit."""
    reported = [j for j in judged if j.rule == "rotation_difference" and _reported(j)]
    wrong = [j for j in reported if j.true < NEAR * j.reported_limit or not j.side_right]
    right = [j for j in reported if j.true >= j.reported_limit and j.side_right]
    share = _share(len(right), len(right) + len(wrong))
    print(f"{'strictly':22} {share}")


def _sizes(judged: Sequence[Judged]) -> None:
    """Per condition: share told at each size, those that are inconclusive left out."""
    print("\ntold by the size put in (in limits), of those that can be told; cannot tell at 2x")
    grouped: dict[tuple[str, str], dict[float, list[Judged]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for j in judged:
        if j.size:
            grouped[j.rule, j.part][j.size].append(j)
    for (rule, part), sizes in grouped.items():
        cells = []
        for size in (0.5, 1.0, 2.0):
            can = [j for j in sizes[size] if j.grade != "cannot_tell"]
            cells.append(_share(sum(map(_reported, can)), len(can)))
        blind = sum(j.grade == "cannot_tell" for j in sizes[2.0])
        print(f"{rule:22} {part:22}", *cells, _share(blind, len(sizes[2.0])))


def _repetitions(title: str, bounds: Iterable[Bounds]) -> None:
    print(f"\nrepetitions, {title}")
    print(f"{'movement':18} {'sets':>5} {'exact':>14} {'clean exact':>14}  start / end off, ms")
    grouped: dict[str, list[Bounds]] = defaultdict(list)
    for b in bounds:
        grouped[b.movement].append(b)
    for movement, some in grouped.items():
        exact = [b for b in some if b.found == b.true]
        clean = [b for b in some if b.clean]
        good = [b for b in clean if b.found == b.true]
        print(
            f"{movement:18} {len(some):5}",
            _share(len(exact), len(some), wide=14),
            _share(len(good), len(clean), wide=14),
            "",
            _off([s for b in some for s in b.start_s]),
            "/",
            _off([s for b in some for s in b.end_s]),
            f" {sum(b.found for b in some)} found of {sum(b.true for b in some)}",
        )


def _off(seconds: Sequence[float]) -> str:
    if not seconds:
        return "-"
    size = 1e3 * np.abs(seconds)
    return f"median {np.median(size):.0f} p95 {np.percentile(size, 95):.0f} worst {size.max():.0f}"


def _reported(j: Judged) -> bool:
    return j.grade in ("mild", "marked")


def _share(some: int, of: int, wide: int = 16) -> str:
    text = f"{some}/{of}" + (f" {100.0 * some / of:.1f}%" if of else "")
    return f"{text:>{wide}}"


PARTS: dict[str, Callable[[int, int, int], None]] = {
    "findings": findings,
    "unmarked": unmarked,
    "seated": seated,
    "sides": sides,
}

if __name__ == "__main__":
    main()

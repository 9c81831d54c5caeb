"""Faults of placement over many calibrations: how often found, corrected, and wrongly told.

The calibration protocol with sway, packet loss and the usual mount declared; athletes stand again
within 1.5° of rotation a leg. Slips are 10° of any sensor at any time between the standings; a
mirrored athlete lifts and turns the leg that was not asked. Unmarked: no marks, no declared mounts.
Rates with their 95 % limits (Wilson).
`python tests/benchmarks/bench_placement.py [TRIALS] [FIRST SEED] [CASE …]`
"""

import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from imuhip.core.evidence import Misplacement
from imuhip.core.records import Mark, Record
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.simulate.session import SimulatedSession, simulate
from imuhip.simulate.setup import Setup
from imuhip.simulate.worn import SENSORS, StrapSlip

FIRST_SEED = 7000  # seeds that nothing was developed on
WORKERS = 2


class Trial(NamedTuple):
    """What one session told, and what was done to it."""

    reported: tuple[Misplacement, ...]
    sensor: str
    slipped_at: float
    sides_right: bool
    headings_deg: tuple[float, ...]


def main() -> None:
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    first = int(sys.argv[2]) if len(sys.argv) > 2 else FIRST_SEED
    print(f"{trials} sessions a case; found or told / sessions (95 % limits)")
    with ProcessPoolExecutor(WORKERS) as pool:
        for grade in ("typical", "poor"):
            for case in sys.argv[3:] or QUESTIONS:
                jobs = [(case, seed, grade) for seed in range(first, first + trials)]
                _print(grade, case, list(pool.map(_trial, jobs, chunksize=8)))


def _print(grade: str, case: str, results: list[Trial]) -> None:
    for question, answer in QUESTIONS[case]:
        print(f"{grade:8} {case:18} {question:42} {_rate([answer(r) for r in results])}")
    if case == "none":
        apart = np.concatenate([r.headings_deg for r in results])
        spread = np.percentile(apart, (50, 95, 100))
        print(f"{grade:8} heading closure, p50 p95 worst, deg: {np.round(spread, 2).tolist()}")
    sys.stdout.flush()


def _trial(job: tuple[str, int, str]) -> Trial:
    case, seed, grade = job
    rng = np.random.default_rng(seed)
    sensor = str(rng.choice(SENSORS))
    when = _slip_time(seed, rng) if case.startswith("slip") else np.nan
    setup = _setup(case, sensor, when, float(rng.choice((-10.0, 10.0))))
    session = simulate("calibration", seed=seed, grade=grade, setup=setup)
    detect = case.endswith("unmarked")
    pipeline = Pipeline(replace(session.header, parameters={"detect_steps": detect}))
    outs = [pipeline.push(_as_played(case, batch)) for batch in session.batches(5.0)]
    outs.append(pipeline.finish())
    steps = [step for out in outs for step in out.steps]
    reported = tuple(fault for step in steps for fault in step.misplaced)
    headings = tuple(
        gate.value for step in steps for gate in step.gates if gate.name == "heading_closure"
    )
    believed = pipeline.alignment.sensors if pipeline.alignment else SENSORS
    sides = believed == _true_sides(session, setup)
    return Trial(reported, sensor, when, sides, headings)


def _setup(case: str, sensor: str, when: float, angle_deg: float) -> Setup:
    slips = ()
    if case.startswith("slip"):
        slips = (StrapSlip(sensor, when, angle_deg, axis=case[-1]),)  # type: ignore[arg-type]
    return Setup(
        mounting="any" if case.endswith("unmarked") else "usual",
        swapped=case.startswith("swapped"),
        upside_down=(sensor,) if case == "upside down" else (),
        quarter_turned=(sensor,) if case == "turned by 90°" else (),
        slips=slips,
        stands_again_deg=1.5,
    )


def _slip_time(seed: int, rng: np.random.Generator) -> float:
    """Between the two standings, in seconds of the simulation."""
    plain = simulate("calibration", seed=seed, profile_id="imported", rate_hz=50.0)
    marks = {label: t for t, label in plain.marks}
    return float(rng.uniform(marks["end:stand"] + 0.5, marks["begin:stand_again"] - 1.5))


def _as_played(case: str, batch: list[Record]) -> list[Record]:
    """The batch with the marks of the case: none of legs, or those of an athlete as a mirror."""
    if case.endswith("unmarked"):
        return [r for r in batch if not isinstance(r, Mark)]
    if not case.startswith("mirrored"):
        return batch
    return [
        r if not isinstance(r, Mark) else Mark(r.arrival, r.host_ns, _other_leg(r.label))
        for r in batch
    ]


def _other_leg(label: str) -> str:
    for side, other in (("_left", "_right"), ("_right", "_left")):
        if label.endswith(side):
            return label.removesuffix(side) + other
    return label


def _true_sides(session: SimulatedSession, setup: Setup) -> tuple[str, ...]:
    recorded = [info.sensor for info in session.header.sensors]
    return tuple(_other_leg(name) if setup.swapped else name for name in recorded)


def _reported(*kinds: str) -> Callable[[Trial], bool]:
    return lambda r: any(fault.kind in kinds for fault in r.reported)


def _found(kind: str) -> Callable[[Trial], bool]:
    return lambda r: any(
        f.kind == kind and f.sensor == r.sensor and f.corrected for f in r.reported
    )


def _slip_found(r: Trial) -> bool:
    """Told of a slip in the interval in which it was."""
    return any(
        f.kind == "slipped" and f.t_start - 2 <= r.slipped_at <= f.t_end + 2 for f in r.reported
    )


def _slip_named(r: Trial) -> bool:
    return [f.sensor for f in r.reported if f.kind == "slipped"] == [r.sensor]


def _rate(hits: Iterable[bool]) -> str:
    found = np.array(list(hits))
    n, p, z = len(found), float(found.mean()), 1.96
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = 100 * max(middle - half, 0.0), 100 * min(middle + half, 1.0)
    return f"{int(found.sum()):4}/{n} = {100 * p:5.1f} % ({low:.1f} to {high:.1f})"


_WRONG_SIDES = ("swapped or as named told", _reported("swapped", "as_named"))
_WRONG_MOUNT = ("a mount told", _reported("upside_down", "turned"))
_WRONG_SLIP = ("a slip told", _reported("slipped"))
_SIDES = ("sides right in the end", lambda r: r.sides_right)
_SLIP = (("slip told", _slip_found), ("and the right sensor alone named", _slip_named))

QUESTIONS: dict[str, tuple[tuple[str, Callable[[Trial], bool]], ...]] = {
    "none": (_WRONG_SIDES, _WRONG_MOUNT, _WRONG_SLIP, ("tilted told", _reported("tilted"))),
    "swapped": (("swapped told", _reported("swapped")), _SIDES, _WRONG_MOUNT, _WRONG_SLIP),
    "mirrored athlete": (_WRONG_SIDES, _SIDES),
    "upside down": (
        ("told and corrected", _found("upside_down")),
        _WRONG_SIDES,
        ("turned told", _reported("turned")),
    ),
    "turned by 90°": (
        ("told and corrected", _found("turned")),
        _WRONG_SIDES,
        ("upside down told", _reported("upside_down")),
    ),
    "none, unmarked": (_WRONG_SIDES,),
    "swapped, unmarked": (("swapped told", _reported("swapped")), _SIDES),
    "slip about x": _SLIP,
    "slip about y": _SLIP,
    "slip about z": _SLIP,
}

if __name__ == "__main__":
    main()

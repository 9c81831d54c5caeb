"""Gaps cut into real movement: what they do to inclination and heading, and what is said of them.

    python tests/benchmarks/bench_gaps.py [COUNT]

Each gap is cut into one sensor's samples while it moves, and the filter's orientation is held
against that of the same samples without the gap: inclination over the following second (the median
of its error), and heading at its first sample against the error that is stated, by the sensor alone
and with what the other sensors of the body show of its turn. Data: squats, lunges and Bulgarian
squats (pelvis and thighs), the walking, jogging and sitting of the full-body recording, and two
sensors on a joint in unbroken motion. Angles in degrees.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import scipy.io
from fullbody_folder import SEGMENTS
from squats_folder import read_trial

from imuhip.core.quaternions import (
    conjugate,
    heading_from_quaternion,
    multiply,
    rotate,
)
from imuhip.core.records import Array, IntArray, OrientationBlock, SampleBlock
from imuhip.estimate.gap_turns import GapTurns
from imuhip.estimate.grid import Grid
from imuhip.estimate.orientation import Filter

DATA = Path(__file__).parents[3] / "shared" / "data"
SENSORS = ("pelvis", "thigh_left", "thigh_right")
GAPS_S = (0.1, 0.15, 0.3, 0.45, 0.6, 1.0, 2.0)
MOVING = np.radians(20.0)
Track = tuple[Array, Array]
"""``(N, 3)`` accelerometer, ``(N, 3)`` gyroscope."""
Body = tuple[float, tuple[Track, ...]]
"""Rate in Hz, and the sensors, sample beside sample."""


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    if not DATA.is_dir():
        print("skipped: the real recordings are not on this machine")
        return
    print(f"{'':18} {'inclination, next second':>28}   {'heading, alone':>40} {'by others':>24}")
    print(
        f"{'data':10} {'gap s':>6} {'median':>9} {'p95':>9} {'stated':>9} {'cover':>6}   "
        f"{'median':>7} {'rms':>7} {'p95':>7} {'stated':>7} {'cover':>6}"
        f"   {'rms':>7} {'stated':>7} {'cover':>6}"
    )
    for name, bodies in _data():
        for gap_s in GAPS_S:
            _line(name, bodies, gap_s, count)


def _data() -> Iterator[tuple[str, list[Body]]]:
    squats: list[Body] = []
    for exercise in ("SqHalfDL", "BulgSq", "Lunge"):
        trial = read_trial(DATA / "squats", exercise)
        for number in np.unique(trial.repetition):
            rows = trial.repetition == number
            squats.append((100.0, tuple((trial.acc[s][rows], trial.gyr[s][rows]) for s in SENSORS)))
    yield "squats", squats
    body = scipy.io.loadmat(DATA / "fullbody" / "full_body_example_data.mat", simplify_cells=True)
    parts = (body[SEGMENTS[s]] for s in SENSORS)
    yield "fullbody", [(100.0, tuple((part["acc"], part["gyr"]) for part in parts))]
    joints: list[Body] = []
    for path in sorted((DATA / "two_sensors").glob("*.mat")):
        data = scipy.io.loadmat(path, simplify_cells=True)["data"]
        both, rate = data["sensorData"], float(data["rate"])
        pair = tuple((both[:, k : k + 3], both[:, k + 3 : k + 6]) for k in (0, 6))
        joints.append((rate, pair))
    yield "joints", joints


def _line(name: str, bodies: list[Body], gap_s: float, count: int) -> None:
    rng = np.random.default_rng(5)
    found = []
    for _ in range(4 * count):
        rate, tracks = bodies[rng.integers(len(bodies))]
        sensor = int(rng.integers(len(tracks)))
        gyr = tracks[sensor][1]
        missing = round(gap_s * rate) - 1
        reach = int(rate)
        before = min(int(10 * rate), len(gyr) - missing - reach // 2 - 2)
        if before < int(0.4 * rate):
            continue
        at = int(rng.integers(int(0.4 * rate), len(gyr) - missing - reach // 2))
        around = slice(max(at - reach // 2, 0), at + missing + reach // 2)
        if np.linalg.norm(gyr[around], axis=-1).max() < MOVING:
            continue
        part = slice(max(at - before, 0), min(at + missing + reach, len(gyr)))
        cut = tuple((acc[part], own[part]) for acc, own in tracks)
        found.append(_one((rate, cut), sensor, at - part.start, missing))
        if len(found) == count:
            break
    if not found:
        return
    tilt, tilt_sd, heading, heading_sd, joined, joined_sd = np.array(found).T
    inside = np.mean(np.abs(heading) < 1.96 * heading_sd)
    together = np.mean(np.abs(joined) < 1.96 * joined_sd)
    level = np.mean(tilt < 2.45 * tilt_sd)  # two components
    print(
        f"{name:10} {gap_s:6.2f} {np.median(tilt):9.2f} {np.percentile(tilt, 95):9.2f} "
        f"{np.median(tilt_sd):9.2f} {level:6.2f}   {np.median(np.abs(heading)):7.2f} "
        f"{np.sqrt(np.mean(heading**2)):7.2f} {np.percentile(np.abs(heading), 95):7.2f} "
        f"{np.median(heading_sd):7.2f} {inside:6.2f}"
        f"   {np.sqrt(np.mean(joined**2)):7.2f} {np.median(joined_sd):7.2f} {together:6.2f}"
    )


def _one(body: Body, sensor: int, at: int, missing: int) -> tuple[float, ...]:
    """Errors of inclination and heading after one gap, and what is stated of them, degrees."""
    rate, tracks = body
    everything = np.arange(len(tracks[0][0]))
    kept = np.concatenate((everything[:at], everything[at + missing :]))
    blocks = [_oriented(SENSORS[k], rate, track, everything) for k, track in enumerate(tracks)]
    whole = blocks[sensor]
    cut = blocks[sensor] = _oriented(SENSORS[sensor], rate, tracks[sensor], kept)
    wrong = multiply(cut.q[at:], conjugate(whole.q[kept[at:]]))
    leaning = rotate(wrong, np.broadcast_to((0.0, 0.0, 1.0), (len(wrong), 3)))
    leans = np.degrees(np.arccos(np.clip(leaning[:, 2], -1.0, 1.0)))
    heading = float(heading_from_quaternion(wrong[0]))
    too_far, variance = GapTurns().push(Grid(SENSORS[: len(blocks)]).finish(blocks))
    return (
        float(np.median(leans)),
        float(np.degrees(np.sqrt(cut.tilt[at]))),
        float(np.degrees(heading)),
        float(np.degrees(np.sqrt(cut.unseen[at]))),
        float(np.degrees(heading - too_far[:, sensor].sum())),
        float(np.degrees(np.sqrt(variance[:, sensor].sum()))),
    )


def _oriented(sensor: str, rate: float, track: Track, rows: IntArray) -> OrientationBlock:
    """Orientations at the rows that came, and the doubts of heading and inclination."""
    acc, gyr = track
    t = rows / rate
    steps = np.diff(rows, prepend=rows[0] - 1)
    n = len(rows)
    block = SampleBlock(
        sensor,
        t,
        steps / rate,
        t,
        steps - 1,
        np.zeros(n, dtype=np.bool_),
        np.ascontiguousarray(acc[rows]),
        np.ascontiguousarray(gyr[rows]),
        None,
        None,
        np.zeros(n, dtype=np.bool_),
    )
    out, _ = Filter(sensor, rate).push(block, np.zeros(n, dtype=np.bool_), np.zeros((n, 3)))
    return out


if __name__ == "__main__":
    main()

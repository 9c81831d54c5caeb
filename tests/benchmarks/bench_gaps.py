"""Gaps cut into real movement: what they do to inclination and heading, and what is said of them.

    python tests/benchmarks/bench_gaps.py [COUNT]

Each gap is cut into one sensor's samples while it moves, and the filter's orientation is held
against that of the same samples without the gap: inclination over the following second (the median
of its error), and heading at its first sample against the error that is stated. Data: squats,
lunges and Bulgarian squats (pelvis and thighs), the walking, jogging and sitting of the full-body
recording, and two sensors on a joint in unbroken motion. Angles in degrees.
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
from imuhip.core.records import Array, SampleBlock
from imuhip.estimate.orientation import Filter

DATA = Path(__file__).parents[3] / "shared" / "data"
SENSORS = ("pelvis", "thigh_left", "thigh_right")
GAPS_S = (0.1, 0.15, 0.3, 0.45, 0.6, 1.0, 2.0)
MOVING = np.radians(20.0)
Track = tuple[float, Array, Array]
"""Rate in Hz, ``(N, 3)`` accelerometer, ``(N, 3)`` gyroscope."""


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    if not DATA.is_dir():
        print("skipped: the real recordings are not on this machine")
        return
    print(f"{'':18} {'inclination, next second':>28}   {'heading':>40}")
    print(
        f"{'data':10} {'gap s':>6} {'median':>9} {'p95':>9} {'told':>9} {'cover':>6}   "
        f"{'median':>7} {'rms':>7} {'p95':>7} {'told':>7} {'cover':>6}"
    )
    for name, tracks in _data():
        for gap_s in GAPS_S:
            _line(name, list(tracks), gap_s, count)


def _data() -> Iterator[tuple[str, tuple[Track, ...]]]:
    squats = []
    for exercise in ("SqHalfDL", "BulgSq", "Lunge"):
        trial = read_trial(DATA / "squats", exercise)
        for number in np.unique(trial.repetition):
            rows = trial.repetition == number
            squats += [(100.0, trial.acc[s][rows], trial.gyr[s][rows]) for s in SENSORS]
    yield "squats", tuple(squats)
    body = scipy.io.loadmat(DATA / "fullbody" / "full_body_example_data.mat", simplify_cells=True)
    parts = (body[SEGMENTS[s]] for s in SENSORS)
    yield "fullbody", tuple((100.0, part["acc"], part["gyr"]) for part in parts)
    joints = []
    for path in sorted((DATA / "two_sensors").glob("*.mat")):
        data = scipy.io.loadmat(path, simplify_cells=True)["data"]
        both, rate = data["sensorData"], float(data["rate"])
        joints += [(rate, both[:, k : k + 3], both[:, k + 3 : k + 6]) for k in (0, 6)]
    yield "joints", tuple(joints)


def _line(name: str, tracks: list[Track], gap_s: float, count: int) -> None:
    rng = np.random.default_rng(5)
    found = []
    for _ in range(4 * count):
        rate, acc, gyr = tracks[rng.integers(len(tracks))]
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
        found.append(_one((rate, acc[part], gyr[part]), at - part.start, missing))
        if len(found) == count:
            break
    if not found:
        return
    tilt, tilt_sd, heading, heading_sd = np.array(found).T
    inside = np.mean(np.abs(heading) < 1.96 * heading_sd)
    level = np.mean(tilt < 2.45 * tilt_sd)  # two components
    print(
        f"{name:10} {gap_s:6.2f} {np.median(tilt):9.2f} {np.percentile(tilt, 95):9.2f} "
        f"{np.median(tilt_sd):9.2f} {level:6.2f}   {np.median(np.abs(heading)):7.2f} "
        f"{np.sqrt(np.mean(heading**2)):7.2f} {np.percentile(np.abs(heading), 95):7.2f} "
        f"{np.median(heading_sd):7.2f} {inside:6.2f}"
    )


def _one(track: Track, at: int, missing: int) -> tuple[float, float, float, float]:
    """Errors of inclination and heading after one gap, and what is stated of them, degrees."""
    rate, acc, gyr = track
    kept = np.concatenate((np.arange(at), np.arange(at + missing, len(acc))))
    whole, _, _ = _oriented(rate, acc, gyr, np.arange(len(acc)))
    cut, unseen, tilt = _oriented(rate, acc, gyr, kept)
    wrong = multiply(cut[at:], conjugate(whole[kept[at:]]))
    leaning = rotate(wrong, np.broadcast_to((0.0, 0.0, 1.0), (len(wrong), 3)))
    leans = np.degrees(np.arccos(np.clip(leaning[:, 2], -1.0, 1.0)))
    heading = np.degrees(heading_from_quaternion(wrong[0]))
    return (
        float(np.median(leans)),
        float(np.degrees(np.sqrt(tilt[at]))),
        float(heading),
        float(np.degrees(np.sqrt(unseen[at]))),
    )


def _oriented(rate: float, acc: Array, gyr: Array, rows: Array) -> tuple[Array, Array, Array]:
    """Orientations at the rows that came, and the doubts of heading and inclination."""
    t = rows / rate
    steps = np.diff(rows, prepend=rows[0] - 1)
    n = len(rows)
    block = SampleBlock(
        "sensor",
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
    out, _ = Filter("sensor", rate).push(block, np.zeros(n, dtype=np.bool_), np.zeros((n, 3)))
    return out.q, out.unseen, out.tilt


if __name__ == "__main__":
    main()

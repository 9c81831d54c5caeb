"""Relative heading of thigh and pelvis over ten minutes of mixed sets, without a magnetometer.

Four visits in a row (squats, pivots, seated rotations). The drift since the standing against the
truth: RMS over the session in degrees, median and worst over athletes and legs; as gyroscopes and
filter leave it, and with the heading stage; and how often the stated error (95 %) covers it.
`python tests/benchmarks/bench_heading.py [ATHLETES [FIRST_SEED]]`
"""

import sys

import numpy as np

from imuhip.core.conventions import GRID_HZ
from imuhip.core.quaternions import conjugate, heading_from_quaternion, multiply, wrap_angle
from imuhip.core.records import Array
from imuhip.estimate.heading import RelativeHeading
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.simulate.session import simulate

FIRST_SEED = 7000  # seeds that nothing was developed on


def main() -> None:
    athletes = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    first = int(sys.argv[2]) if len(sys.argv) > 2 else FIRST_SEED
    print(f"{athletes} athletes, both legs; degrees")
    print(f"{'sensors':8} {'minutes':>7} {'filter alone':>15} {'with stage':>15} {'covered':>8}")
    for grade in ("good", "typical", "poor"):
        tried = [_trial(seed, grade) for seed in range(first, first + athletes)]
        results = [each for each in tried if each is not None]
        if len(results) < len(tried):
            print(f"{grade:8} {len(tried) - len(results)} left out: their standing was refused")
        raw, kept, covered = (np.concatenate([r[k] for r in results]) for k in range(3))
        minutes = np.median([r[3] for r in results])
        print(
            f"{grade:8} {minutes:7.1f} {np.median(raw):7.2f}/{raw.max():7.2f} "
            f"{np.median(kept):7.2f}/{kept.max():7.2f} {100 * covered.mean():7.1f}%"
        )


def _trial(seed: int, grade: str) -> tuple[Array, Array, Array, float] | None:
    """RMS of both legs without and with the stage, share covered, and minutes; None unstood."""
    session = simulate("visit", seed=seed, grade=grade, sets=4)
    pipeline = Pipeline(session.header)
    stage = RelativeHeading()
    turn, variance, q, t = [], [], [], []
    for batch in [*session.batches(30.0), None]:
        out = pipeline.finish() if batch is None else pipeline.push(batch)
        if not len(out.grid.t):
            continue
        heading = stage.push(out.grid)
        if pipeline.alignment is not None:
            stage.align(pipeline.alignment)
        t.append(out.grid.t)
        q.append(out.grid.q)
        turn.append(heading.turn)
        variance.append(heading.variance)
    times, found = np.concatenate(t), np.concatenate(q)
    drifts = np.concatenate(turn)[:, 1:], np.sqrt(np.concatenate(variance)[:, 1:])
    apart = np.stack([_error(session, found, times, i) for i in range(3)], axis=1)
    relative = apart[:, 1:] - apart[:, :1]
    marks = {label: at for at, label in session.marks}
    stood = (times > marks["begin:stand"]) & (times < marks["end:stand"])
    zero = np.angle(np.nanmean(np.exp(1j * relative[stood]), axis=0))
    true = wrap_angle(relative - zero)
    after = np.flatnonzero(np.isfinite(drifts[1][:, 0]) & (times > marks["end:stand"]))
    if not len(after):
        return None
    left = wrap_angle(true - drifts[0])[after]
    covered = np.abs(left) < 1.96 * drifts[1][after]
    rms = [np.degrees(np.sqrt(np.nanmean(e**2, axis=0))) for e in (true[after], left)]
    return rms[0], rms[1], np.nanmean(covered, axis=0), len(after) / GRID_HZ / 60


def _error(session: object, q: Array, t: Array, i: int) -> Array:
    """Heading of the estimate against the truth ``(N,)`` of sensor i, radians."""
    track = list(session.tracks.values())[i]
    at = np.clip(np.searchsorted(track.t, t), 1, len(track.t) - 1)
    near = np.where(t - track.t[at - 1] < track.t[at] - t, at - 1, at)
    return np.asarray(heading_from_quaternion(multiply(q[:, i], conjugate(track.q[near]))))


if __name__ == "__main__":
    main()

"""How far the newest angle is behind the newest arrival when notifications are lost.

    python tests/benchmarks/bench_lag.py [--seed 3] [--scenario squat]

Simulates a session over a link that loses none, 1 in 100 and 1 in 20 of its notifications, and
pushes the records into the pipeline one by one in the order of arrival, as live does. After each
of them, once the athlete is calibrated, the lag is the stamp of the newest arrival less the time of
the newest row of which both hips are valid.
"""

import argparse
from dataclasses import replace

import numpy as np

from imuhip.core.records import Packet
from imuhip.live.player import cut
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.simulate.radio import RADIOS
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup

LOSSES = {"none": 0.0, "1 in 100": 0.01, "1 in 20": 0.05}
TARGET_MS = {"median": 25.0, "p99": 60.0}


def lags(scenario: str, seed: int, loss: float) -> np.ndarray:
    """The lag after each arrival since the first valid row, ms."""
    radio = replace(RADIOS["good"], loss_rate=loss, loss_burst=1.0)
    session = simulate(scenario, seed=seed, setup=Setup(mounting="usual", radio=radio))
    pipeline = Pipeline(session.header)
    origin, newest, now = None, np.nan, 0
    found = []
    for batch in session.batches():
        numbers = sorted({int(n) for r in batch for n in np.atleast_1d(r.arrival)})
        for n in numbers:
            piece = cut(batch, n, n)
            out = pipeline.push(piece)
            for record in piece:
                stamps = record.host_ns if isinstance(record, Packet) else [record.host_ns]
                now = max(now, *(int(each) for each in stamps))
                if origin is None and isinstance(record, Packet) and len(record):
                    origin = int(record.host_ns[0])
            known = np.flatnonzero(out.angles.valid.all(axis=1))
            if len(known):
                newest = float(out.angles.t[known[-1]])
            if origin is not None and np.isfinite(newest):
                found.append(1e3 * ((now - origin) / 1e9 - newest))
    return np.array(found)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--scenario", default="squat")
    args = parser.parse_args()
    print("| lost | median ms | p95 | p99 | max | over 100 ms |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, loss in LOSSES.items():
        lag = lags(args.scenario, args.seed, loss)
        p50, p95, p99 = np.percentile(lag, (50, 95, 99))
        print(
            f"| {name} | {p50:.0f} | {p95:.0f} | {p99:.0f} | {lag.max():.0f} "
            f"| {np.mean(lag > 100.0):.1%} |",
            flush=True,
        )
    print(f"target at 1 in 20: median {TARGET_MS['median']:.0f} ms, p99 {TARGET_MS['p99']:.0f} ms")


if __name__ == "__main__":
    main()

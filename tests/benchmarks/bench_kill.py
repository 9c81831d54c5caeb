"""Kill the collector at random instants: every file opens, lacks less than a second, replays.

python tests/benchmarks/bench_kill.py [KILLS]
"""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

from test_collector_crash import (  # noqa: E402
    check_killed,
    collecting_process,
    newest_ns,
    recording,
)


def main() -> None:
    """Kill, look, and print the longest loss."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    rng = np.random.default_rng(1)
    losses = []
    for number in range(kills):
        with tempfile.TemporaryDirectory() as name, collecting_process(Path(name)) as process:
            recording(process)
            time.sleep(1.0 + 2.0 * rng.random())
            killed_ns = time.monotonic_ns()
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            (path,) = Path(name).glob("*.mcap")
            losses.append((killed_ns - newest_ns(path)) / 1e9)
            check_killed(Path(name), killed_ns)
        print(f"{number + 1}: {losses[-1]:.3f} s lost", flush=True)
    mean, most = np.mean(losses), max(losses)
    print(
        f"{kills} kills, all files open and replay; lost {mean:.2f} s on average, {most:.2f} most"
    )


if __name__ == "__main__":
    main()

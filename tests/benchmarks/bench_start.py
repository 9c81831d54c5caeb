"""Processor seconds from a command to its end: help, a look, the first analysis and the second.

    python tests/benchmarks/bench_start.py [--by-numba] [--minutes 30] [--growth]

Each command runs in a process of its own, user and system seconds together, the least of three.
The first analysis after an install has empty caches: with kernels compiled ahead, where this
checkout has them (`python compile_kernels.py`); with `--by-numba`, with numba compiling all.
`--growth` analyzes 5 minutes to 2 hours, a row each: seconds, and the most memory ever used.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from imuhip.core.kernels import compiled_ahead, outdated
from imuhip.core.resources import recording_path

TARGET_S = {"imuhip --help": 0.25, "imuhip info": 0.5, "first analyze, compiled ahead": 6.0}
AS_USUAL = "import sys; from imuhip.cli.main import main; main()"
BY_NUMBA = "from imuhip.core import kernels; kernels._index = dict; " + AS_USUAL
HALF_HOUR_MIN = 30.0
VISIT_MIN = 4.0
"""A simulated visit, without its calibration."""


def measured(script: str, *words: str, cache: Path | None = None) -> tuple[float, float]:
    """Processor seconds and the most memory, MB, of a process of its own."""
    environment = dict(os.environ) | ({} if cache is None else {"NUMBA_CACHE_DIR": str(cache)})
    child = subprocess.Popen(
        [sys.executable, "-c", script, *words], env=environment, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{words} ended with {child.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024.0


def least(script: str, *words: str) -> float:
    """Processor seconds of the best of three."""
    return min(measured(script, *words)[0] for _ in range(3))


def row(name: str, seconds: float) -> None:
    """A line of the table."""
    target = f"(at most {TARGET_S[name]:g})" if name in TARGET_S else ""
    print(f"{name:34} {seconds:7.2f} s {target}")


def simulated(folder: Path, minutes: float) -> Path:
    """A recording of about so many minutes."""
    path = folder / f"{minutes:g}_min.mcap"
    sets = max(1, round(minutes / VISIT_MIN))
    words = ("simulate", "visit", "-o", str(path), "--seed", "5", "--sets", str(sets))
    measured(AS_USUAL, *words)
    return path


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=HALF_HOUR_MIN)
    parser.add_argument("--by-numba", action="store_true")
    parser.add_argument("--growth", action="store_true")
    asked = parser.parse_args()
    sample = str(recording_path("squats_and_pivots"))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        analyze = ("analyze", sample, "-o")
        row("python -c pass", least("pass"))
        row("import imuhip", least("import imuhip"))
        row("imuhip --help", least(AS_USUAL, "--help"))
        row("imuhip info", least(AS_USUAL, "info", sample))
        if compiled_ahead():
            first, _ = measured(AS_USUAL, *analyze, str(folder / "a"), cache=folder / "ahead")
            row("first analyze, compiled ahead", first)
            import_module("imuhip.results.analysis")  # and with it all kernels that it uses
            if changed := outdated():
                print(f"{len(changed)} kernels have changed: run python compile_kernels.py first")
            row("second analyze", least(AS_USUAL, *analyze, str(folder / "a")))
        if asked.by_numba:
            for name in ("first analyze, by numba", "second analyze, by numba"):
                row(name, measured(BY_NUMBA, *analyze, str(folder / "n"), cache=folder / "c")[0])
        lengths = (5.0, 15.0, 30.0, 60.0, 120.0) if asked.growth else (asked.minutes,)
        for minutes in lengths:
            recording = simulated(folder, minutes)
            seconds, memory = measured(
                AS_USUAL, "analyze", str(recording), "-o", str(folder / recording.stem)
            )
            print(f"analyze {recording.stem:26} {seconds:7.2f} s  {memory:6.0f} MB")


if __name__ == "__main__":
    main()

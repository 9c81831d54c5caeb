"""Time and the most memory of long sessions, in everything that opens one, and how both grow.

    python tests/benchmarks/bench_memory.py [--minutes 5 30 120 240] [--recordings FOLDER]

Recordings are simulated visits of about so many minutes, three sensors at 100 Hz; `--recordings`
keeps them for the next time. Each work runs in a process of its own: processor seconds, user and
system together, and the largest resident set. Below each, what one more hour costs by the straight
line through all lengths, and how far the longest lies from the line through the others.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from imuhip.recording.summary import describe
from imuhip.results.exporters.formats import FORMATS

IMUHIP = "import sys; from imuhip.cli.main import main; main()"
REVIEW = (
    "import sys; from pathlib import Path; from dashboard.views.review import packed, read_review;"
    "packed(read_review(Path(sys.argv[1])))"
)
LINE_MB = {"analyze": 400.0}
MOST_MB = 600.0
"""At four hours."""
A_VISIT_MIN = 2.6


def works(recording: Path, results: Path, out: Path) -> dict[str, tuple[str, ...]]:
    """Name of a work to what a process is started with: a script and its arguments."""
    return {
        "analyze": (IMUHIP, "analyze", str(recording), "-o", str(results)),
        "analyze --columns offline": (
            IMUHIP, "analyze", str(recording), "-o", str(out / "offline"), "--columns", "offline"
        ),
        "report for the coach": (IMUHIP, "report", str(results), "-o", str(out / "c.html")),
        "report as PDF": (IMUHIP, "report", str(results), "-o", str(out / "c.pdf")),
        "Review": (REVIEW, str(results)),
        **{
            f"export {kind}": (
                IMUHIP, "export", str(results), "--format", kind, "-o", str(out / kind)
            )
            for kind in FORMATS
        },
        **{
            f"export {kind}, samples too": (
                IMUHIP, "export", str(recording), "--format", kind, "-o", str(out / f"{kind}_s")
            )
            for kind, each in FORMATS.items()
            if each.takes_samples
        },
    }  # fmt: skip


def measured(script: str, *words: str) -> tuple[float, float]:
    """Processor seconds and the most memory, MB, of a process of its own."""
    child = subprocess.Popen(
        [sys.executable, "-c", script, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{words} ended with {child.returncode}: {said.decode()[-800:]}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024.0


def simulated(folder: Path, minutes: float) -> Path:
    """A recording of about so many minutes, made unless it is there."""
    path = folder / f"{minutes:g}_min.mcap"
    if not path.is_file():
        sets = max(1, round(minutes / A_VISIT_MIN))
        measured(IMUHIP, "simulate", "visit", "-o", str(path), "--seed", "5", "--sets", str(sets))
    return path


def grows(hours: list[float], values: list[float]) -> str:
    """What an hour adds, and how far the longest is from the line through the others."""
    slope, start = np.polyfit(hours, values, 1)
    if len(hours) < 3:
        return f"{start:.1f} + {slope:.1f} an hour"
    before, first = np.polyfit(hours[:-1], values[:-1], 1)
    off = values[-1] / (before * hours[-1] + first) - 1.0
    return f"{start:.1f} + {slope:.1f} an hour; the longest {off:+.0%} off the line of the others"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, nargs="+", default=[5.0, 30.0, 120.0, 240.0])
    parser.add_argument("--recordings", type=Path)
    asked = parser.parse_args()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kept = asked.recordings or scratch
        found: dict[str, list[tuple[float, float, float]]] = {}
        for minutes in sorted(asked.minutes):
            recording = simulated(kept, minutes)
            hours = describe(recording).duration_s / 3600.0
            out = scratch / f"{minutes:g}"
            out.mkdir()
            for name, command in works(recording, out / "results", out).items():
                found.setdefault(name, []).append((hours, *measured(*command)))
        print(f"load of the machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
        for name, rows in found.items():
            print(name)
            for hours, seconds, memory in rows:
                most = LINE_MB.get(name, MOST_MB)
                print(f"    {60 * hours:6.0f} min {seconds:8.2f} s {memory:7.0f} MB ({most:.0f})")
            hours_, seconds_, memory_ = (list(column) for column in zip(*rows, strict=True))
            print(f"    seconds {grows(hours_, seconds_)}")
            print(f"    MB      {grows(hours_, memory_)}")


if __name__ == "__main__":
    main()

"""Many recordings: two workers against one, Dask against the pool, memory, and a league's worth.

python tests/benchmarks/bench_batch.py [--recordings 300] [--minutes 10] [--part 24] [--folder DIR]

The recordings are made once, of a few simulated athletes, and kept in the folder for the next run.
All that is compared runs alternately; the machine's own gain from a second process is measured by
bare ones that only count.
"""

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from imuhip.batch.dask_engine import DaskEngine
from imuhip.batch.dataset import Dataset
from imuhip.batch.engines import Engine, Failed, LocalEngine
from imuhip.batch.run import batch, fingerprint
from imuhip.batch.tasks import Done, Work
from imuhip.core.records import Packet, Record
from imuhip.pipeline.all_sensors import Params
from imuhip.recording.summary import sha256_of
from imuhip.recording.writer import RecordingWriter
from imuhip.simulate.session import SimulatedSession, simulate

ROUNDS = 5
FEW = 3
ATHLETES, SESSIONS_A_WEEK, YEARS = 500, 3, 5
COUNTING = "n = 0\nwhile n < 20_000_000: n += 1"


def main() -> None:
    """Make the recordings, do all of them once, then compare on a part of them."""
    words = argparse.ArgumentParser()
    words.add_argument("--recordings", type=int, default=300)
    words.add_argument("--minutes", type=float, default=10.0)
    words.add_argument("--part", type=int, default=24, help="recordings of a timed run")
    words.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "imuhip_batch")
    reported = words.parse_args()
    files = _made(
        reported.folder / f"{reported.minutes:g}_minutes", reported.recordings, reported.minutes
    )
    size = sum(file.stat().st_size for file in files)
    print(
        f"{len(files)} recordings of {reported.minutes:g} minutes, {size / len(files) / 1e6:.1f} MB"
    )
    with tempfile.TemporaryDirectory(dir=reported.folder) as scratch:
        per_recording = _all_of_them(files, Path(scratch) / "all")
        _alternately(files[: reported.part], Path(scratch))
    _league(per_recording)


def _all_of_them(files: Sequence[Path], target: Path) -> tuple[float, float]:
    """Do all in one batch of two workers; seconds of processor, and bytes, a recording."""
    held: dict[int, list[float]] = {}
    spent: dict[int, list[float]] = {}

    def look(done: Done) -> None:
        pages = int(Path(f"/proc/{done.worker}/statm").read_text().split()[1])
        held.setdefault(done.worker, []).append(pages * 4096 / 1e6)
        # After the name, which may hold blanks: the times in user and system mode, in ticks.
        words = Path(f"/proc/{done.worker}/stat").read_text().rsplit(")", 1)[1].split()
        ticks = int(words[11]) + int(words[12])
        spent.setdefault(done.worker, []).append(ticks / os.sysconf("SC_CLK_TCK"))

    began = time.perf_counter()
    report = batch(files, target, LocalEngine(2), done=look)
    took = time.perf_counter() - began
    if report.failures:
        sys.exit(f"failed: {report.failures[0]}")
    print(f"{'all in one batch, two workers':44} {took:8.1f} s")
    cpu = [np.diff(each) for each in spent.values()]  # the first recording loads the libraries
    cpu_s = float(np.mean(np.concatenate(cpu)))
    print(f"{'a recording, of one worker':44} {2 * took / len(files):8.3f} s")
    print(f"{'of it at work, other processes left out':44} {cpu_s:8.3f} s")
    print(f"{'times faster than life, the whole batch':44} {report.duration_s / took:8.0f}")
    for worker, memory in enumerate(held.values(), start=1):
        tenth = max(len(memory) // 10, 1)
        first, last = np.median(memory[tenth : 2 * tenth + 1]), np.median(memory[-tenth:])
        print(
            f"{f'memory of worker {worker}, MB':44} {first:8.0f} after {tenth} to {2 * tenth}, "
            f"{last:.0f} at the end of {len(memory)}, {max(memory):.0f} at most"
        )
    stored = sum(path.stat().st_size for path in target.rglob("*.parquet"))
    print(f"{'data set, MB a recording':44} {stored / len(files) / 1e6:8.2f}")
    return cpu_s, stored / len(files)


def _alternately(files: Sequence[Path], scratch: Path) -> None:
    """Compare one worker, two workers, Dask, and bare processes, in turn."""
    shas = {file: sha256_of(file) for file in files}
    with LocalEngine(1) as one, LocalEngine(2) as two, DaskEngine(None, 2) as dask:
        for name, engine in (("one", one), ("two", two), ("dask", dask)):
            _run(engine, files[:2], shas, scratch / name)
        rows = []
        for number in range(ROUNDS):
            rows.append(
                (
                    _counting(1),
                    _counting(2),
                    _run(one, files, shas, scratch / "one"),
                    _run(two, files, shas, scratch / "two"),
                    _run(dask, files, shas, scratch / "dask"),
                )
            )
            shown = "  ".join(f"{value:6.2f}" for value in rows[-1])
            print(f"round {number + 1}: bare 1, 2; pool 1, 2; dask 2:  {shown} s", flush=True)
    bare1, bare2, pool1, pool2, dask2 = np.array(rows).T
    bare, pool = 2 * bare1 / bare2, pool1 / pool2
    print(f"{'gain of a second bare process':44} {np.median(bare):8.2f}")
    print(f"{'gain of a second worker':44} {np.median(pool):8.2f}")
    print(f"{'of what is possible':44} {np.median(pool / bare):8.2f}   (target: at least 0.85)")
    print(f"{'Dask, time against the pool':44} {np.median(dask2 / pool2):8.2f}   (target: 1.15)")


def _run(engine: Engine, files: Sequence[Path], shas: dict[Path, str], target: Path) -> float:
    """Seconds to analyze files, in workers that are awake."""
    dataset, params = Dataset(target), Params()
    with dataset.locked():
        work = [
            Work(file, shas[file], dataset.root, params, fingerprint(shas[file], params))
            for file in files
        ]
        began = time.perf_counter()
        for _, result in engine.run(enumerate(work)):
            if isinstance(result, Failed):
                sys.exit(f"failed: {result.reason}")
        return time.perf_counter() - began


def _counting(processes: int) -> float:
    """Seconds that processes take which only count, all at once."""
    began = time.perf_counter()
    running = [subprocess.Popen([sys.executable, "-c", COUNTING]) for _ in range(processes)]
    for process in running:
        process.wait()
    return time.perf_counter() - began


def _league(per_recording: tuple[float, float]) -> None:
    """Say what a league would take."""
    seconds, size = per_recording
    sessions = ATHLETES * SESSIONS_A_WEEK * 52 * YEARS
    hours = sessions * seconds / 3600
    print(f"a league: {ATHLETES} athletes x {SESSIONS_A_WEEK} a week x 52 weeks x {YEARS} years")
    print(f"  = {sessions:,} recordings x {seconds:.2f} s = {hours:,.0f} hours of one processor")
    print(f"  = {hours / 2:,.0f} hours on two, {hours / 64:,.1f} on 64")
    print(f"  and {sessions:,} x {size / 1e6:.2f} MB = {sessions * size / 1e12:.2f} TB of data set")


def _made(folder: Path, count: int, minutes: float) -> list[Path]:
    """The recordings, made where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{number:04}.mcap" for number in range(count)]
    missing = [(number, file) for number, file in enumerate(files) if not file.exists()]
    if missing:
        few = [
            simulate("visit", seed=seed, sets=int(minutes // 2.5) + 1) for seed in range(1, FEW + 1)
        ]
        parts = [_cut(session, minutes) for session in few]
        for number, file in missing:
            session, part = few[number % FEW], parts[number % FEW]
            athlete = f"A{number % ATHLETES:03}"
            header = replace(session.header, athlete=athlete, source=f"recording {number}")
            making = file.with_suffix(".part")
            with RecordingWriter(making, header, fsync=False) as writer:
                for each in part:
                    writer.append_batch(each)
            making.replace(file)
    return files


def _cut(session: SimulatedSession, minutes: float) -> list[list[Record]]:
    """The first minutes of a session."""
    batches = iter(session.batches())
    first = next(batches)
    end_ns = _newest_ns(first) + minutes * 60e9
    rest = itertools.takewhile(lambda batch: _newest_ns(batch) < end_ns, batches)
    kept = [first, *rest]
    if _newest_ns(kept[-1]) < end_ns - 5e9:
        raise ValueError(f"the simulated session is shorter than {minutes} minutes")
    return kept


def _newest_ns(batch: Sequence[Record]) -> int:
    return max(int(r.host_ns[-1]) if isinstance(r, Packet) else r.host_ns for r in batch)


if __name__ == "__main__":
    main()

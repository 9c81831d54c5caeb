"""Speed offline, as ratios in one run: the pipeline against three bare VQF calls, and `analyze`.

Half an hour of three sensors at 100 Hz, one sample a notification, kernels compiled ahead or
numba's cache filled: `python tests/benchmarks/bench_offline.py`. Seconds are the processor's, so
that a busy machine shows less; the whole command is timed by the clock too.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from stage_times import ASSESSMENT, stage_times
from vqf import VQF

from imuhip.core.records import Packet
from imuhip.devices.decode import decode
from imuhip.devices.profiles import parse_profile
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.recording.reader import RecordingReader
from imuhip.results.analysis import analyze
from imuhip.simulate.output import write
from imuhip.simulate.session import simulate

ROUNDS = 5


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        recording = Path(scratch) / "long.mcap"
        session = simulate("visit", seed=9, grade="typical", sets=11)
        write(session, recording)
        minutes = session.duration_s / 60
        print(f"{minutes:.1f} minutes, three sensors, 100 Hz, one sample a notification")
        _pipeline_against_vqf(recording)
        _stages(recording, Path(scratch) / "stages")
        _analyze(recording, session.duration_s, Path(scratch) / "out")


def _pipeline_against_vqf(recording: Path) -> None:
    reader = RecordingReader(recording)
    batches = list(reader.batches())
    packets = [r for batch in batches for r in batch if isinstance(r, Packet)]
    profiles = {name: parse_profile(text) for name, text in reader.header.profiles.items()}
    by_sensor = {info.sensor: profiles[info.profile_id] for info in reader.header.sensors}

    def pipeline() -> None:
        stages = Pipeline(reader.header, last_word=True)
        for batch in batches:
            stages.push(batch)
        stages.finish()

    def decoding() -> None:
        for packet in packets:
            decode(by_sensor[packet.sensor], packet)

    samples = {
        sensor: [decode(by_sensor[sensor], p) for p in packets if p.sensor == sensor]
        for sensor in by_sensor
    }
    whole = [
        tuple(np.concatenate([getattr(b, name) for b in blocks]) for name in ("gyr", "acc"))
        for blocks in samples.values()
    ]

    def bare_vqf() -> None:
        for gyr, acc in whole:
            VQF(0.01).updateBatch(gyr, acc)

    pipeline()
    times = []
    for _ in range(ROUNDS):
        with stage_times() as spent:
            whole_s = _timed(pipeline)
        times.append([whole_s, spent[ASSESSMENT], _timed(decoding), _timed(bare_vqf)])
    whole_s, assessed_s, decoded_s, vqf_s = np.array(times).T
    for words, seconds in (
        ("pipeline, bytes to findings", whole_s),
        ("of it decoding", decoded_s),
        ("of it assessment", assessed_s),
        ("three bare VQF batch calls", vqf_s),
    ):
        print(f"{words:34} {np.median(seconds):8.3f} s")
    angles = np.median((whole_s - decoded_s - assessed_s) / vqf_s)
    findings = np.median((whole_s - decoded_s) / vqf_s)
    print(f"{'samples to angles, errors / VQF':34} {angles:8.2f}   (target: at most 8)")
    print(f"{'samples to findings / VQF':34} {findings:8.2f}")


def _stages(recording: Path, out: Path) -> None:
    """Where the time of an analysis goes, without starting the program."""
    rounds = []
    for number in range(ROUNDS):
        with stage_times() as spent:
            whole = _timed(lambda folder=out / str(number): analyze(recording, folder))
        rounds.append(
            dict(spent) | {"compression in its thread, the rest": whole - sum(spent.values())}
        )
    least = {name: min(each[name] for each in rounds) for name in rounds[0]}
    whole = sum(least.values())
    for name, seconds in sorted(least.items(), key=lambda item: -item[1]):
        print(f"    {name:36} {seconds:8.3f} s {100.0 * seconds / whole:6.1f} %")
    share = 100.0 * least[ASSESSMENT] / whole
    print(f"{'assessment, of the analysis':34} {share:8.1f} %   (aim: at most 10)")


def _analyze(recording: Path, duration_s: float, out: Path) -> None:
    command = [sys.executable, "-m", "imuhip", "analyze", str(recording), "-o", str(out)]
    times, work = [], []
    for _ in range(ROUNDS):
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(time.perf_counter() - began)
        work.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print(f"{'imuhip analyze, whole command':34} {min(times):8.3f} s   (target: at most 1.7)")
    print(f"{'processor seconds of it':34} {min(work):8.3f} s")
    print(f"{'times faster than real time':34} {duration_s / min(times):8.0f}   (target: 1000)")
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def _timed(work: Callable[[], object]) -> float:
    """Processor seconds of all threads."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()

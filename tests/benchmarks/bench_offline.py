"""Speed offline, as ratios in one run: the pipeline against three bare VQF calls, and `analyze`.

Thirty minutes of three sensors at 100 Hz, one sample a notification, numba's cache filled.
`python tests/benchmarks/bench_offline.py`
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from vqf import VQF

from imuhip.assess.assessor import Assessor
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
        _assessment(recording, Path(scratch) / "assessed")
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
        with _assessing() as spent:
            times.append([_timed(pipeline), sum(spent), _timed(decoding), _timed(bare_vqf)])
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


def _assessment(recording: Path, out: Path) -> None:
    """Share of the assessment in an analysis, by processor time within one process."""
    shares = []
    for number in range(ROUNDS):
        with _assessing() as spent:
            began = time.process_time()
            analyze(recording, out / str(number))
            shares.append(sum(spent) / (time.process_time() - began))
    share = 100.0 * float(np.median(shares))
    print(f"{'assessment, of the analysis':34} {share:8.1f} %   (aim: at most 10)")


@contextmanager
def _assessing() -> Iterator[list[float]]:
    """Processor seconds of every call of the assessor meanwhile."""
    plain = {name: getattr(Assessor, name) for name in ("push", "mark", "align", "finish")}
    spent: list[float] = []

    def timed(work: Callable[..., object]) -> Callable[..., object]:
        def call(*given: object) -> object:
            began = time.process_time()
            answer = work(*given)
            spent.append(time.process_time() - began)
            return answer

        return call

    for name, work in plain.items():
        setattr(Assessor, name, timed(work))
    try:
        yield spent
    finally:
        for name, work in plain.items():
            setattr(Assessor, name, work)


def _analyze(recording: Path, duration_s: float, out: Path) -> None:
    command = [sys.executable, "-m", "imuhip", "analyze", str(recording), "-o", str(out)]
    times = [
        _timed(lambda: subprocess.run(command, check=True, capture_output=True))
        for _ in range(ROUNDS)
    ]
    factor = duration_s / float(np.median(times))
    print(f"{'imuhip analyze, whole command':34} {np.median(times):8.3f} s")
    print(f"{'times faster than real time':34} {factor:8.0f}   (target: at least 300)")


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

"""Processor seconds that each stage of an analysis takes, without what it calls of the others."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from imuhip.assess.assessor import Assessor
from imuhip.estimate.acc_bias import AccBias
from imuhip.estimate.axes import AxesCheck
from imuhip.estimate.calibration.protocol import Protocol
from imuhip.estimate.clocks import Clock
from imuhip.estimate.common_motion import CommonMotion
from imuhip.estimate.grid import Grid
from imuhip.estimate.gyro_bias import GyroBias
from imuhip.estimate.heading import RelativeHeading
from imuhip.estimate.joint_angles import JointAngles
from imuhip.estimate.orientation import Filter
from imuhip.estimate.plausibility import Plausibility
from imuhip.estimate.segments import SegmentMotion
from imuhip.estimate.sequence import Sequence as Order
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.pipeline.one_sensor import SensorChain
from imuhip.recording.reader import RecordingReader
from imuhip.results.schemas import ResultsWriter

ASSESSMENT = "assessment"
STAGES: tuple[tuple[str, type, str], ...] = (
    ("reading", RecordingReader, "__init__"),
    ("decoding", SensorChain, "push wait finish"),
    ("order", Order, "push wait finish"),
    ("clock", Clock, "push"),
    ("checks of samples", Plausibility, "push"),
    ("checks of samples", AxesCheck, "push"),
    ("gyroscope bias", GyroBias, "push"),
    ("accelerometer", AccBias, "push"),
    ("filter", Filter, "push"),
    ("sensors compared", CommonMotion, "push"),
    ("grid", Grid, "push finish"),
    ("calibration", Protocol, "push finish"),
    ("heading", RelativeHeading, "push"),
    ("joint angles and errors", JointAngles, "push"),
    ("segments", SegmentMotion, "push"),
    (ASSESSMENT, Assessor, "push mark align finish"),
    ("pipeline, the rest", Pipeline, "push finish"),
    ("writing", ResultsWriter, "__init__ add finish"),
)


@contextmanager
def stage_times() -> Iterator[dict[str, float]]:
    """Processor seconds by stage of all that runs meanwhile in this thread."""
    spent: dict[str, float] = defaultdict(float)
    inner = [0.0]

    def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            inner.append(0.0)
            began = time.thread_time()
            try:
                return work(*given, **named)
            finally:
                whole = time.thread_time() - began
                spent[name] += whole - inner.pop()
                inner[-1] += whole

        return call

    plain = [
        (words, owner, name, getattr(owner, name))
        for words, owner, names in STAGES
        for name in names.split()
    ]
    for words, owner, name, work in plain:
        setattr(owner, name, timed(words, work))
    batches = RecordingReader.batches

    def read(*given: Any) -> Iterator[Any]:
        step = timed("reading", batches(*given).__next__)
        while True:
            try:
                yield step()
            except StopIteration:
                return

    RecordingReader.batches = read  # type: ignore[method-assign,assignment]
    try:
        yield spent
    finally:
        RecordingReader.batches = batches  # type: ignore[method-assign]
        for _, owner, name, work in plain:
            setattr(owner, name, work)

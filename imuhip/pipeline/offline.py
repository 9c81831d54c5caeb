"""A finished session, estimated once more with all of it known: columns beside the live ones.

The stages in the order of `stages`, with variants where one gains by knowing what comes later:

* notifications that came late, back into their order;
* bias from the rests before and after (`estimate.two_sided`), VQF's offline variant;
* calibration evidence of the whole session for all rows, also those before the standing;
* drift of the headings smoothed between the standings.

Where an athlete stood for calibration more than once, what lies between two such standings goes
with the earlier one, for sensors may have been strapped on anew. Nothing is known of rows before
the tray that a calibration began with: the sensors were not worn.

It needs the whole session in memory: 30 minutes of three sensors are about 0.3 GB at most.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imuhip.core.conventions import PELVIS
from imuhip.core.evidence import Alignment, CalibrationStep, HeadingBlock
from imuhip.core.records import (
    Array,
    GridBlock,
    Header,
    OrientationBlock,
    Record,
    SampleBlock,
)
from imuhip.estimate.calibration.protocol import TimedMark
from imuhip.estimate.grid import without
from imuhip.estimate.gyro_bias import BiasBlock, GyroBias
from imuhip.estimate.heading import RelativeHeading
from imuhip.estimate.orientation import Filter
from imuhip.estimate.two_sided import reversed_samples, smoothed_heading, weighed_bias
from imuhip.pipeline.all_sensors import Params, Pipeline
from imuhip.pipeline.stages import Body, HipStages, SensorStages


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """What the second look gives.

    Parameters
    ----------
    t
        ``(N,)`` grid times: the pipeline's, and perhaps others that only late samples gave.
    hip
        ``(N, 2, 3)`` hip angles relative to standing, radians; NaN where not known.
    grid
        The orientations behind them.
    """

    t: Array
    hip: Array
    grid: GridBlock


def refine(
    header: Header,
    batches: Iterable[Sequence[Record]],
    params: Params | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Refined:
    """Estimate a whole session without causality.

    Parameters
    ----------
    header, batches
        A recording's, from its beginning.
    params
        The pipeline's; the filter is always VQF.
    on_progress
        Called with the seconds of the session that were read.
    """
    params = params or Params()
    waiting = replace(params.sequence, always=True)
    pipeline = Pipeline(header, replace(params, sequence=waiting))
    kept: dict[str, list[SampleBlock]] = {}
    pipeline.on_samples(lambda block: kept.setdefault(block.sensor, []).append(block))
    steps: list[CalibrationStep] = []
    for batch in batches:
        out = pipeline.push(batch)
        steps += out.steps
        if len(out.grid.t):
            on_progress(float(out.grid.t[-1] - out.grid.t[0]))
    steps += pipeline.finish().steps
    rates = {info.sensor: info.rate_hz for info in header.sensors}
    body = pipeline.body
    blocks = [_oriented(_joined(kept.pop(n)), rates[n], params) for n in body.sensors if n in kept]
    rows = without(body.grid().finish(blocks), dict.fromkeys(pipeline.spoiled_at, -np.inf))
    del blocks
    again = _steps(rows, steps, body)
    hip = np.full((len(rows.t), 2, 3), np.nan)
    for first, stop, alignment, stood in _spans(rows, again, body):
        stages = HipStages(_SmoothedHeading(params, stood - first), params.errors)
        stages.align(alignment)
        hip[first:stop] = stages.push(rows.part(first, stop))[1].hip
    return Refined(rows.t, hip, rows)


def _oriented(block: SampleBlock, rate_hz: float, params: Params) -> OrientationBlock:
    """One sensor's orientation with its bias from both sides."""
    orientation = Filter(block.sensor, rate_hz, params.orientation, offline=True)
    return SensorStages(_TwoSidedBias(params), orientation).push(block)[0]


class _TwoSidedBias:
    """The bias by the rests before and after; `push` is called once."""

    def __init__(self, params: Params) -> None:
        self._params = params.bias

    def push(self, block: SampleBlock) -> BiasBlock:
        before = GyroBias(self._params).push(block)
        after = GyroBias(self._params).push(reversed_samples(block))
        back = slice(None, None, -1)
        bias, sd = weighed_bias(
            (block.gyr - before.samples.gyr, before.sd),
            (block.gyr - after.samples.gyr[back], after.sd[back]),
        )
        still = before.still | after.still[back]
        return BiasBlock(replace(block, gyr=block.gyr - bias), sd, still)


def _steps(
    rows: GridBlock, steps: Sequence[CalibrationStep], body: Body
) -> list[tuple[int, CalibrationStep]]:
    """The calibration steps measured again on the better orientations, in their order."""
    edges = [(s.t_start, 1, f"begin:{s.step}") for s in steps]
    edges += [(s.t_end, 0, f"end:{s.step}") for s in steps]
    protocol = body.protocol(marked=True)
    ended = protocol.push(rows, [TimedMark(t, label) for t, _, label in sorted(edges)])
    return [*ended, *protocol.finish(len(rows.t))]


def _spans(
    rows: GridBlock, steps: Sequence[tuple[int, CalibrationStep]], body: Body
) -> list[tuple[int, int, Alignment, int]]:
    """First row, end, alignment, and row at which its standing ended."""
    stands = [(row, step) for row, step in steps if step.step == "stand" and step.accepted]
    trays = [step.t_end for _, step in steps if step.step == "tray"]
    spans = []
    for k, (row, stood) in enumerate(stands):
        begin = stood.t_start if k else -np.inf
        end = stands[k + 1][1].t_start if k + 1 < len(stands) else np.inf
        begin = max([begin, *(t for t in trays if begin < t <= stood.t_start)])
        alignment = None
        stage = body.aligner()
        for _, step in steps:
            if step.t_start < end:
                alignment = stage.push(step) or alignment
        if alignment is not None:
            first, stop = np.searchsorted(rows.t, (begin, end))
            spans.append((int(first), int(stop), alignment, row))
    return spans


class _SmoothedHeading:
    """Drift of the headings over the rows of a span, nothing before its standing ended.

    `push` is called once.
    """

    def __init__(self, params: Params, stood: int) -> None:
        self._stage = RelativeHeading(params.heading)
        self._stood = stood

    def align(self, alignment: Alignment) -> None:
        self._stage.align(alignment)

    def push(self, rows: GridBlock) -> HeadingBlock:
        stood = self._stood
        after = self._stage.push(rows.part(stood, len(rows.t)))
        unseen = np.where(np.isnan(rows.unseen), -np.inf, rows.unseen)[stood:]
        highest = np.maximum.accumulate(unseen, axis=0)
        pelvis = rows.sensors.index(PELVIS)
        jumped = np.zeros(highest.shape, dtype=np.bool_)
        with np.errstate(invalid="ignore"):
            jumped[1:] = np.diff(highest, axis=0) > 0.0
        turn = np.zeros((len(rows.t), len(rows.sensors)))
        variance, tilt = np.full((2, *turn.shape), np.nan)
        for k in range(len(rows.sensors)):
            either = jumped[:, k] | jumped[:, pelvis]
            drift = np.ascontiguousarray(after.turn[:, k])
            spread = np.ascontiguousarray(after.variance[:, k])
            turn[stood:, k] = smoothed_heading(drift, spread, either)
            variance[stood:, k], tilt[stood:, k] = after.variance[:, k], after.tilt[:, k]
        return HeadingBlock(rows.t, turn, variance, tilt)


def _joined(pieces: Sequence[SampleBlock]) -> SampleBlock:
    """All samples of a sensor as one block; a magnetometer only where all pieces have one."""

    def column(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(piece, name) for piece in pieces])

    def rare(name: str) -> Array | None:
        there = all(getattr(piece, name) is not None for piece in pieces)
        return column(name) if there else None

    return SampleBlock(
        sensor=pieces[0].sensor,
        t=column("t"),
        dt=column("dt"),
        host_t=column("host_t"),
        missing=column("missing"),
        restart=column("restart"),
        acc=column("acc"),
        gyr=column("gyr"),
        mag=rare("mag"),
        quat=rare("quat"),
        saturated=column("saturated"),
    )

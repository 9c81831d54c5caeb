"""A finished session, estimated once more with all of it known: columns beside the live ones.

The stages in the order of `stages`, with variants where one gains by knowing what comes later:

* notifications that came late, back into their order, and in time for every row;
* bias from the rests before and after (`estimate.two_sided`), VQF's offline variant;
* calibration evidence of the whole session for all rows, also those before the standing;
* drift of the headings smoothed between the standings.

Where an athlete stood for calibration more than once, what lies between two such standings goes
with the earlier one, for sensors may have been strapped on anew. Nothing is known of rows before
the tray that a calibration began with: the sensors were not worn.

The passes over a session read what the one before put aside (`core.spool.Blocks`): in memory, or on
the disk, where a session of hours needs only its heading and angles in memory.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imuhip.core.conventions import PELVIS
from imuhip.core.evidence import Alignment, CalibrationStep, HeadingBlock
from imuhip.core.records import (
    Array,
    BoolArray,
    GridBlock,
    Header,
    OrientationBlock,
    Record,
    SampleBlock,
)
from imuhip.core.spool import Blocks, MakeBlocks
from imuhip.estimate.calibration.protocol import TimedMark
from imuhip.estimate.grid import Grid, without
from imuhip.estimate.gyro_bias import BiasBlock, GyroBias
from imuhip.estimate.heading import RelativeHeading
from imuhip.estimate.orientation import Filter
from imuhip.estimate.orientation_engines import Engine, Estimate, offline_vqf
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
    rows
        The orientations behind them, in pieces.
    """

    t: Array
    hip: Array
    rows: Blocks[GridBlock]


def refine(
    header: Header,
    batches: Iterable[Sequence[Record]],
    params: Params | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
    blocks: MakeBlocks = list,
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
    blocks
        Makes what keeps blocks from one pass to the next.
    """
    params = params or Params()
    waiting = replace(params.sequence, always=True)
    pipeline = Pipeline(header, replace(params, sequence=waiting))
    sensors: dict[str, _Samples] = {}

    def keep(block: SampleBlock) -> None:
        if block.sensor not in sensors:
            sensors[block.sensor] = _Samples(blocks())
        sensors[block.sensor].add(block)

    pipeline.on_samples(keep)
    steps: list[CalibrationStep] = []
    for batch in batches:
        out = pipeline.push(batch)
        steps += out.steps
        if len(out.grid.t):
            on_progress(float(out.grid.t[-1] - out.grid.t[0]))
    steps += pipeline.finish().steps
    rates = {info.sensor: info.rate_hz for info in header.sensors}
    body = pipeline.body
    worn = [name for name in body.sensors if name in sensors]
    oriented = {n: _oriented(n, sensors[n], rates[n], params, blocks) for n in worn}
    grid = body.grid(silent=set(body.sensors) - set(worn))
    rows = _Rows(blocks())
    protocol, marks = body.protocol(marked=True), _edges(steps)
    again: list[tuple[int, CalibrationStep]] = []
    for piece in _merged(oriented, grid):
        known = without(piece, dict.fromkeys(pipeline.spoiled_at, -np.inf))
        again += ((rows.count + row, step) for row, step in protocol.push(known, marks))
        marks = []
        rows.add(known)
    again += protocol.finish(rows.count)
    for name in worn:
        sensors[name].blocks.clear()
    t = rows.times()
    hip = np.full((len(t), 2, 3), np.nan)
    for first, stop, alignment, stood in _spans(t, again, body):
        heading = _SmoothedHeading(params)
        stages = HipStages(heading, params.errors)
        stages.align(alignment)
        heading.look(rows, first, stood, stop)
        for row, piece in rows.between(first, stop):
            hip[row : row + len(piece.t)] = stages.push(piece)[1].hip
    return Refined(t, hip, rows.blocks)


class _Samples:
    """One sensor's samples; a magnetometer, or an orientation, only where all blocks have one."""

    def __init__(self, blocks: Blocks[SampleBlock]) -> None:
        self.blocks = blocks
        self._mag = self._quat = True

    def add(self, block: SampleBlock) -> None:
        if len(block.t):
            self._mag &= block.mag is not None
            self._quat &= block.quat is not None
            self.blocks.append(block)

    def __iter__(self) -> Iterator[SampleBlock]:
        return (self._alike(block) for block in self.blocks)

    def __reversed__(self) -> Iterator[SampleBlock]:
        return (self._alike(block) for block in reversed(self.blocks))

    def _alike(self, block: SampleBlock) -> SampleBlock:
        mag = block.mag if self._mag else None
        return replace(block, mag=mag, quat=block.quat if self._quat else None)


def _oriented(
    sensor: str, samples: _Samples, rate_hz: float, params: Params, blocks: MakeBlocks
) -> Iterator[OrientationBlock]:
    """One sensor's orientation with its bias from both sides, in as many blocks as came.

    The filter goes over the samples twice: first to hand stretch after stretch to the engine.
    """
    biases = _biases(samples, params, blocks)
    engine = _Stretches(1.0 / rate_hz, params.orientation.axes, blocks)
    _every(_through(sensor, samples, biases, rate_hz, params, engine))
    engine.end()
    yield from _through(sensor, samples, biases, rate_hz, params, _Known(iter(engine.found)))
    biases.clear()
    engine.found.clear()


def _every(blocks: Iterable[OrientationBlock]) -> None:
    for _ in blocks:
        pass


def _through(
    sensor: str,
    samples: _Samples,
    biases: "Blocks[_Bias]",
    rate_hz: float,
    params: Params,
    engine: Engine,
) -> Iterator[OrientationBlock]:
    """The samples through the stages of one sensor."""
    orientation = Filter(sensor, rate_hz, params.orientation, offline=engine)
    stages = SensorStages(_TwoSidedBias(reversed(biases)), orientation)
    return (stages.push(block)[0] for block in samples)


@dataclass(frozen=True, slots=True, eq=False)
class _Bias:
    """The rates of a block without their bias, what is left of it, and whether the sensor rests."""

    gyr: Array
    sd: Array
    still: BoolArray


class _TwoSidedBias:
    """The bias by the rests before and after, as it was found for each block."""

    def __init__(self, found: Iterator[_Bias]) -> None:
        self._found = found

    def push(self, block: SampleBlock) -> BiasBlock:
        bias = next(self._found)
        return BiasBlock(replace(block, gyr=bias.gyr), bias.sd, bias.still)


def _biases(samples: _Samples, params: Params, blocks: MakeBlocks) -> Blocks[_Bias]:
    """Each block's bias by the rests before and after; the last block comes first."""
    before, found = blocks(), blocks()
    stage = GyroBias(params.bias)
    for block in samples:
        out = stage.push(block)
        before.append(_Bias(out.samples.gyr, out.sd, out.still))
    stage = GyroBias(params.bias)
    following = next(iter(samples), None)
    back = slice(None, None, -1)
    for block, first in zip(reversed(samples), reversed(before), strict=True):
        second = stage.push(reversed_samples(block, following or block))
        bias, sd = weighed_bias(
            (block.gyr - first.gyr, first.sd),
            (block.gyr - second.samples.gyr[back], second.sd[back]),
        )
        found.append(_Bias(block.gyr - bias, sd, first.still | second.still[back]))
        following = block
    before.clear()
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Moved:
    """What an engine is given: samples without a gap between them."""

    acc: Array
    gyr: Array
    mag: Array | None
    dt: Array


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """An `Estimate` in pieces."""

    q: Array
    bias: Array
    disturbed: BoolArray


class _Stretches:
    """An engine that gathers each stretch without gaps, and estimates it once it is over.

    What it answers at once says nothing; what was found stands in `found`, in order.
    """

    def __init__(self, period: float, axes: int, blocks: MakeBlocks) -> None:
        self._period, self._axes = period, axes
        self._stretch: Blocks[_Moved] = blocks()
        self.found: Blocks[_Found] = blocks()

    def push(self, acc: Array, gyr: Array, mag: Array | None, dt: Array) -> Estimate:
        self._stretch.append(_Moved(acc, gyr, mag, dt))
        n = len(acc)
        nowhere = np.tile((1.0, 0.0, 0.0, 0.0), (n, 1))
        return Estimate(nowhere, np.zeros((n, 3)), np.zeros(n, dtype=np.bool_))

    def restart(self, up: Array) -> None:  # noqa: ARG002 - nothing is remembered
        self.end()

    def end(self) -> None:
        """Estimate the stretch that is over."""
        if not len(self._stretch):
            return
        n = sum(len(piece.dt) for piece in self._stretch)
        acc, gyr, dt = np.empty((n, 3)), np.empty((n, 3)), np.empty(n)
        mag = None if self._stretch[0].mag is None else np.empty((n, 3))
        row = 0
        for piece in self._stretch:
            part = slice(row, row + len(piece.dt))
            acc[part], gyr[part], dt[part] = piece.acc, piece.gyr, piece.dt
            if mag is not None:
                mag[part] = piece.mag
            row = part.stop
        self._stretch.clear()
        out = offline_vqf(acc, gyr, mag, dt, self._period, self._axes)
        for first in range(0, n, _PIECE_ROWS):
            part = slice(first, first + _PIECE_ROWS)
            self.found.append(_Found(out.q[part], out.bias[part], out.disturbed[part]))


class _Known:
    """An engine that answers with what was found before."""

    def __init__(self, found: Iterator[_Found]) -> None:
        self._found = found
        self._left = _Found(np.empty((0, 4)), np.empty((0, 3)), np.empty(0, dtype=np.bool_))

    def push(self, acc: Array, gyr: Array, mag: Array | None, dt: Array) -> Estimate:  # noqa: ARG002
        n = len(acc)
        pieces = [self._left]
        while sum(len(piece.q) for piece in pieces) < n:
            pieces.append(next(self._found))
        q = np.concatenate([piece.q for piece in pieces])
        bias = np.concatenate([piece.bias for piece in pieces])
        disturbed = np.concatenate([piece.disturbed for piece in pieces])
        self._left = _Found(q[n:], bias[n:], disturbed[n:])
        return Estimate(q[:n], bias[:n], disturbed[:n])

    def restart(self, up: Array) -> None:
        """Nothing changes: the next stretch is known too."""


def _merged(oriented: dict[str, Iterator[OrientationBlock]], grid: Grid) -> Iterator[GridBlock]:
    """Rows of the grid, piece after piece; no sensor runs ahead of the others."""
    reached = dict.fromkeys(oriented, -np.inf)
    while reached:
        name = min(reached, key=reached.__getitem__)
        block = next(oriented[name], None)
        if block is None:
            del reached[name]
            continue
        reached[name] = float(block.t[-1])
        # Nothing comes too late for what is worked out afterwards.
        yield grid.push([replace(block, host_t=block.t)], min(reached.values()))
    yield grid.finish()


class _Rows:
    """The rows of a session in pieces, each with the number of its first row."""

    def __init__(self, blocks: Blocks[GridBlock]) -> None:
        self.blocks = blocks
        self.count = 0
        self._first: list[int] = []
        self._t: list[Array] = []

    def add(self, rows: GridBlock) -> None:
        if len(rows.t):
            self.blocks.append(rows)
            self._first.append(self.count)
            self._t.append(rows.t)
            self.count += len(rows.t)

    def times(self) -> Array:
        return np.concatenate(self._t) if self._t else np.empty(0)

    def between(self, first: int, stop: int) -> Iterator[tuple[int, GridBlock]]:
        """Rows ``first:stop`` in pieces, each with the number of its first row."""
        for k in range(max(bisect_right(self._first, first) - 1, 0), len(self._first)):
            at = self._first[k]
            if at >= stop:
                return
            piece = self.blocks[k]
            begin, end = max(first - at, 0), min(stop - at, len(piece.t))
            if begin < end:
                yield at + begin, piece.part(begin, end)


def _edges(steps: Sequence[CalibrationStep]) -> list[TimedMark]:
    """Marks around calibration steps, so that they are measured again in their order."""
    edges = [(s.t_start, 1, f"begin:{s.step}") for s in steps]
    edges += [(s.t_end, 0, f"end:{s.step}") for s in steps]
    return [TimedMark(t, label) for t, _, label in sorted(edges)]


def _spans(
    t: Array, steps: Sequence[tuple[int, CalibrationStep]], body: Body
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
            first, stop = np.searchsorted(t, (begin, end))
            spans.append((int(first), int(stop), alignment, row))
    return spans


class _SmoothedHeading:
    """Drift of the headings over the rows of a span, nothing before its standing ended.

    `look` goes over all of them; then `push` takes them in order.
    """

    def __init__(self, params: Params) -> None:
        self._stage = RelativeHeading(params.heading)
        self._turn = self._variance = self._tilt = np.empty((0, 0))
        self._next = 0

    def align(self, alignment: Alignment) -> None:
        self._stage.align(alignment)

    def look(self, rows: _Rows, first: int, stood: int, stop: int) -> None:
        """Find the drift in rows ``first:stop``; the standing ended before row `stood`."""
        sensors = rows.blocks[0].sensors if len(rows.blocks) else ()
        shape = (max(stop - first, 0), len(sensors))
        turn, unseen = np.zeros(shape), np.full(shape, -np.inf)
        variance, tilt = np.full((2, *shape), np.nan)
        for row, piece in rows.between(max(stood, first), stop):
            after = self._stage.push(piece)
            part = slice(row - first, row - first + len(piece.t))
            turn[part], variance[part], tilt[part] = after.turn, after.variance, after.tilt
            unseen[part] = np.where(np.isnan(piece.unseen), -np.inf, piece.unseen)
        begin = max(stood - first, 0)
        pelvis = sensors.index(PELVIS) if sensors else 0
        jumps = [_jumped(unseen[begin:, k]) for k in range(len(sensors))]
        for k in range(len(sensors)):
            drift = np.ascontiguousarray(turn[begin:, k])
            spread = np.ascontiguousarray(variance[begin:, k])
            turn[begin:, k] = smoothed_heading(drift, spread, jumps[k] | jumps[pelvis])
        self._turn, self._variance, self._tilt, self._next = turn, variance, tilt, 0

    def push(self, rows: GridBlock) -> HeadingBlock:
        part = slice(self._next, self._next + len(rows.t))
        self._next = part.stop
        return HeadingBlock(rows.t, self._turn[part], self._variance[part], self._tilt[part])


def _jumped(unseen: Array) -> BoolArray:
    """Whether a gap ended between the row before and each row ``(N,)``."""
    jumped = np.zeros(len(unseen), dtype=np.bool_)
    highest = np.maximum.accumulate(unseen)
    with np.errstate(invalid="ignore"):
        jumped[1:] = np.diff(highest) > 0.0
    return jumped


_PIECE_ROWS = 6000
"""A minute, as batches of a recording are."""

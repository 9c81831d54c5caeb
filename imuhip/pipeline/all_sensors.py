"""The order of the stages: the only file that knows it, and the only caller of all of them.

::

    records ─ decode ─ clock ─ bias ─ filter ─┐  one of each a sensor (`one_sensor`)
                                              ├─ grid ─ protocol ─ aligner ─ joint angles
    marks ────────────────────────────────────┘                            ─ segments ─ assessor

A `Pipeline` is fed batches of records in the order of arrival. However they are cut into batches,
the outputs, joined, are the same bits. It reads no clock, no environment and no randomness.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TypeVar

import numpy as np

from imuhip.assess.assessor import Assessment, Assessor
from imuhip.assess.cue_log import Outcome
from imuhip.core.conventions import GRID_HZ, PELVIS, PELVIS_ANGLES, SEGMENTS, THIGH
from imuhip.core.errors import RecordingError
from imuhip.core.evidence import Alignment, CalibrationStep
from imuhip.core.findings import Finding, Note, Repetition, SegmentBlock
from imuhip.core.records import (
    AngleBlock,
    Array,
    Fault,
    GridBlock,
    Header,
    Mark,
    OrientationBlock,
    Packet,
    Record,
    SampleBlock,
)
from imuhip.estimate.angle_errors import ErrorParams
from imuhip.estimate.calibration.protocol import TimedMark
from imuhip.estimate.calibration.reversed_forces import REVERSED, ReversedForces
from imuhip.estimate.common_motion import CommonMotion
from imuhip.estimate.continuous import ContinuousTurn
from imuhip.estimate.grid import GridParams, without
from imuhip.estimate.heading import HeadingParams, RelativeHeading
from imuhip.estimate.joints import Joints
from imuhip.estimate.segments import SegmentMotion
from imuhip.estimate.sequence import Progress
from imuhip.estimate.shake import Shake, cut_at_shakes, offsets_of
from imuhip.estimate.silence import Silence
from imuhip.pipeline.one_sensor import SensorChain, SensorParams
from imuhip.pipeline.stages import Body, HipStages

_Block = TypeVar("_Block", AngleBlock, SegmentBlock)


@dataclass(frozen=True, slots=True)
class Params(SensorParams):
    """Settings of all stages; each stage says what its own do."""

    grid: GridParams = field(default_factory=GridParams)
    heading: HeadingParams = field(default_factory=HeadingParams)
    errors: ErrorParams = field(default_factory=ErrorParams)


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """What became known with a batch.

    Parameters
    ----------
    grid, angles, segments
        The same rows, in order; often none.
    faults
        In pieces; `joined_faults` puts them together.
    steps
        Calibration steps that ended.
    repetitions
        That ended; a squat has one for each side.
    findings
        Of the sets they belong to, as far as these have come: what was reported before of the same
        rule, movement, side and set is replaced.
    notes
        Marks of the moment, with the angles at their time.
    outcomes
        What became of a finding after a cue, once its set is over.
    joints, joints_sd
        ``(N, J)`` angles that further sensors show, and their errors, radians, in the order of
        `Pipeline.joint_names`.
    """

    grid: GridBlock
    angles: AngleBlock
    segments: SegmentBlock
    faults: tuple[Fault, ...]
    steps: tuple[CalibrationStep, ...]
    repetitions: tuple[Repetition, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    joints: Array = field(default_factory=lambda: np.empty((0, 0)))
    joints_sd: Array = field(default_factory=lambda: np.empty((0, 0)))


class Pipeline:
    """From a recording's records to joint angles."""

    def __init__(
        self,
        header: Header,
        params: Params | None = None,
        *,
        last_word: bool = False,
        distrusted: frozenset[str] = frozenset(),
    ) -> None:
        """Set up the stages for the sensors of a recording.

        Parameters
        ----------
        last_word
            Findings come with `finish`, and only the last word on each set; else, as live, after
            each repetition.
        distrusted
            Sensors that nothing is believed of from the beginning: a first look found why.

        Raises
        ------
        RecordingError
            Without a pelvis and a thigh, or with a profile that is missing or wrong.
        """
        self.params = params or Params()
        names = [info.sensor for info in header.sensors if info.sensor in SEGMENTS]
        if PELVIS not in names or not any(name.startswith("thigh") for name in names):
            worn = ", ".join(names) or "none"
            raise RecordingError(
                f"Hip angles need a sensor on the pelvis and one on a thigh; here are: {worn}"
            )
        self._header = header
        self._chains = {
            info.sensor: SensorChain(header, info, self.params) for info in header.sensors
        }
        self._silences = {
            name: Silence(name, chain.latency_s) for name, chain in self._chains.items()
        }
        # A device that holds samples back is waited for as much longer.
        late_s = max(chain.latency_s for chain in self._chains.values())
        patience_s = self.params.grid.patience_s + late_s
        grid_params = replace(self.params.grid, patience_s=patience_s)
        self.body = Body(header, names, grid_params)
        self._grid = self.body.grid()
        self._protocol = self.body.protocol()
        self._aligner = self.body.aligner()
        self._headings = RelativeHeading(self.params.heading)
        self._hips = HipStages(self._headings, self.params.errors)
        self._segments = SegmentMotion()
        self._joints = Joints(names, self.params.errors)
        self._assessor = Assessor(header.parameters.get("assess"), last_word=last_word)
        self._shake = Shake(names)
        self._common = CommonMotion(names)
        self._reversed = ReversedForces(name for name in names if name in self.body.mounts)
        self._reversed_at: dict[str, float] = {}
        self._distrusted = distrusted
        self._facing = ContinuousTurn()
        self._origin_ns: int | None = 0 if header.clock == "session" else None
        self._host_t = -np.inf
        self._pauses: list[tuple[float, float]] = []
        self._start_t: float | None = None
        self._early: list[Mark] = []
        self._marks = 0
        self.alignment: Alignment | None = None

    def push(self, batch: Sequence[Record]) -> Output:
        """Take a batch: all records of a consecutive range of arrival numbers."""
        batch, faults = self._few_marks(batch)
        packets = [r for r in batch if isinstance(r, Packet) and r.sensor in self._chains]
        first_ns = self._first_data(packets) if self._start_t is None else None
        if self._origin_ns is None:
            self._origin_ns = first_ns
        if first_ns is not None and self._origin_ns is not None:
            self._start_t = _seconds(first_ns, self._origin_ns)
        blocks: list[OrientationBlock] = []
        before = self._early
        arrived = (record for record in batch if isinstance(record, Mark))
        self._early = [*before, *sorted(arrived, key=lambda mark: mark.arrival)]
        if self._origin_ns is None:
            return self._output(self._grid.push((), -np.inf), faults, ())
        shakes: list[CalibrationStep] = []
        for part, mark in (*(cut_at_shakes(before) if before else ()), *cut_at_shakes(batch)):
            oriented, found = self._samples(part, self._origin_ns)
            at = None if mark is None else (_seconds(mark.host_ns, self._origin_ns), mark.label)
            step = self._shake.push(oriented, at)
            if step is not None:
                shakes.append(step)
                for name, offset_s in offsets_of(step).items():
                    self._chains[name].shift(offset_s)
            blocks += oriented
            faults += found
        faults += self._common.push(blocks)
        marks = [TimedMark(_seconds(m.host_ns, self._origin_ns), m.label) for m in self._early]
        self._early = []
        rows = without(self._grid.push(blocks, self._host_t, self._pauses), self.spoiled_at)
        self._pauses = []
        out = self._output(rows, faults, marks)
        return replace(out, steps=(*shakes, *out.steps)) if shakes else out

    def _few_marks(self, batch: Sequence[Record]) -> tuple[Sequence[Record], list[Fault]]:
        """The batch without marks beyond a session's `MOST_MARKS`, and the fault that says so."""
        marks = [record for record in batch if isinstance(record, Mark)]
        room = max(MOST_MARKS - self._marks, 0)
        self._marks += len(marks)
        if len(marks) <= room:
            return batch, []
        marks.sort(key=lambda mark: mark.arrival)
        last = marks[room - 1].arrival if room else -1
        few = [r for r in batch if not isinstance(r, Mark) or r.arrival <= last]
        at = max(self._host_t, 0.0)
        if self._origin_ns is not None:
            at = max(_seconds(marks[room].host_ns, self._origin_ns), 0.0)
        said = f"more than {MOST_MARKS} marks; those after them are left out"
        found = (
            [Fault("", "marks", at, at, 1, said)] if self._marks - len(marks) <= MOST_MARKS else []
        )
        return few, found

    def _samples(
        self, batch: Sequence[Record], origin_ns: int
    ) -> tuple[list[OrientationBlock], list[Fault]]:
        """What each sensor's own stages make of a batch."""
        blocks: list[OrientationBlock] = []
        faults: list[Fault] = []
        progress = Progress(batch, origin_ns, self._host_t)
        for record in batch:
            if isinstance(record, Packet) and record.sensor in self._chains and len(record):
                oriented, found = self._chains[record.sensor].push(record, origin_ns, progress)
                blocks += oriented
                faults += found
        for chain in self._chains.values():
            oriented, found = chain.wait(progress)
            blocks += oriented
            faults += found
        for record in batch:
            newest = record.host_ns if not isinstance(record, Packet) else _newest(record)
            self._host_t = max(self._host_t, _seconds(newest, origin_ns))
        self._pauses += progress.pauses(self._host_t, self._grid.patience_s)
        for name, silence in self._silences.items():
            came = [r for r in batch if isinstance(r, Packet) and r.sensor == name and len(r)]
            came = [r for r in came if self._chains[name].carries_samples(r)]
            if self._start_t is not None:
                faults += silence.push(came, origin_ns, self._start_t, self._host_t, progress)
        return blocks, faults

    def finish(self) -> Output:
        """Return what is left when no more records come."""
        blocks: list[OrientationBlock] = []
        faults: list[Fault] = []
        for chain in self._chains.values():
            oriented, found = chain.finish(self._host_t)
            blocks += oriented
            faults += found
        nothing = "no sample came from this sensor"
        faults += [
            Fault(name, "missing", 0.0, max(self._host_t, 0.0), 0, nothing)
            for name, chain in self._chains.items()
            if not chain.started
        ]
        faults += self._common.push(blocks)
        rows = without(self._grid.finish(blocks), self.spoiled_at)
        out = self._output(rows, faults, ())
        last = self._protocol.finish(len(out.grid.t))
        for _, step in last:
            self._align(step)
        steps = tuple(step for _, step in last)
        assessed = self._assessor.finish()
        return replace(
            out,
            faults=(*out.faults, *_misplacements(steps)),
            steps=(*out.steps, *steps),
            repetitions=(*out.repetitions, *assessed.repetitions),
            findings=(*out.findings, *assessed.findings),
            notes=(*out.notes, *assessed.notes),
            outcomes=(*out.outcomes, *assessed.outcomes),
        )

    @property
    def sensors(self) -> tuple[str, ...]:
        """The sensors of the grid, in its order."""
        return self._grid.sensors

    @property
    def origin_ns(self) -> int | None:
        """Host time of the session's zero; None while a live one has no data yet."""
        return self._origin_ns

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of the angles that further sensors show, such as ``knee_flexion_left``."""
        return self._joints.names

    def on_samples(self, listener: Callable[[SampleBlock], None]) -> None:
        """Call `listener` with every sensor's samples, in order, before their bias is taken off."""
        for chain in self._chains.values():
            chain.listener = listener

    @property
    def silent(self) -> frozenset[str]:
        """Sensors of the grid that nothing has come from so far."""
        return frozenset(name for name in self.sensors if not self._chains[name].started)

    @property
    def spoiled_at(self) -> dict[str, float]:
        """Sensors that may not be believed, and the host time from which that was known."""
        found = {name: self._common.spoiled_at.get(name, np.inf) for name in self.sensors}
        both = {
            name: min(t, self._chains[name].spoiled_at, self._reversed_at.get(name, np.inf))
            for name, t in found.items()
        }
        both |= dict.fromkeys(self._distrusted, -np.inf)
        return {name: t for name, t in both.items() if t < np.inf}

    @property
    def clock_residuals(self) -> dict[str, float]:
        """How far each sensor's clock may be off by now, seconds; NaN before it is known."""
        return {name: chain.residual_s for name, chain in self._chains.items()}

    def _first_data(self, packets: Sequence[Packet]) -> int | None:
        """Host time of the first data notification: the session's zero."""
        data = [p for p in packets if len(p) and self._chains[p.sensor].carries_samples(p)]
        if not data:
            return None
        return int(min(data, key=lambda p: int(p.arrival[0])).host_ns[0])

    def _output(
        self, rows: GridBlock, faults: Sequence[Fault], marks: Sequence[TimedMark]
    ) -> Output:
        """Angles of new grid rows, each with the alignment that was known at its time."""
        ended = self._protocol.push(rows, marks)
        self._assessor.mark(marks)
        angles, motion, joints, known = [], [], [], Assessment()
        first = 0
        for row, step in (*ended, (len(rows.t), None)):
            part = rows.part(first, row)
            headings, hips = self._hips.push(part)
            angles.append(self._whole_turns(hips))
            motion.append(self._segments.push(part, headings))
            joints.append(self._joints.push(part, headings))
            known += self._assessor.push(angles[-1], motion[-1])
            if step is not None:
                self._align(step)
                faults = [*faults, *self._reversed_forces(step, rows, row)]
                rows = without(rows, self._reversed_at)
            first = row
        steps = tuple(step for _, step in ended)
        return Output(
            rows,
            _joined(angles),
            _joined(motion),
            (*faults, *_misplacements(steps)),
            steps,
            tuple(known.repetitions),
            tuple(known.findings),
            tuple(known.notes),
            tuple(known.outcomes),
            np.concatenate([angle for angle, _ in joints]),
            np.concatenate([sd for _, sd in joints]),
        )

    def _whole_turns(self, angles: AngleBlock) -> AngleBlock:
        """The same, the pelvis's heading without a jump at ±180°."""
        wrapped = angles.pelvis[:, _TURN]
        turn = self._facing.push(wrapped)
        if turn is wrapped:
            return angles
        pelvis = angles.pelvis.copy()
        pelvis[:, _TURN] = turn
        return replace(angles, pelvis=pelvis)

    def _reversed_forces(self, step: CalibrationStep, rows: GridBlock, row: int) -> list[Fault]:
        """Believe no sensor from the row on that follows, as what is known of a step counts."""
        if not self._reversed.push(step) or not len(rows.t):
            return []
        known = float(rows.t[row]) if row < len(rows.t) else float(rows.t[-1]) + 1.0 / GRID_HZ
        self._reversed_at = dict.fromkeys(self.sensors, known - 0.5 / GRID_HZ)
        at = step.t_end
        return [Fault(name, "axes", step.t_start, at, 1, REVERSED) for name in self.sensors]

    def _align(self, step: CalibrationStep) -> None:
        alignment = self._aligner.push(step)
        if alignment is not None:
            self.alignment = alignment
            self._facing = ContinuousTurn()
            self._hips.align(alignment)
            self._segments.align(alignment)
            self._joints.align(alignment)
            self._assessor.align(alignment.grade, alignment.chain, self._hips.angles.zero)
        if step.step == "stand_again":
            self._headings.stood_again(step)


MOST_MARKS = 5000
"""Marks of a session that count: one every three seconds for four hours."""


def _misplacements(steps: Sequence[CalibrationStep]) -> list[Fault]:
    """The faults of placement that steps showed, each for the sensors concerned."""
    return [
        Fault(sensor, each.kind, each.t_start, each.t_end, 1, each.words)
        for step in steps
        for each in step.misplaced
        for sensor in ((each.sensor,) if each.sensor else THIGH.values())
    ]


def joined_faults(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """Put the pieces of a session's faults together, ordered by time.

    Faults of one kind and sensor that follow each other within 0.1 s are one; a radio gap of more
    than 0.1 s stays by itself.
    """
    joined: list[Fault] = []
    latest: dict[tuple[str, str], int] = {}
    for fault in sorted(faults, key=lambda f: (f.t_start, f.sensor, f.kind, f.t_end)):
        key = (fault.sensor, fault.kind)
        before = joined[latest[key]] if key in latest else None
        long = fault.kind == "gap" and fault.t_end - fault.t_start > _JOIN_S
        if before is not None and not long and fault.t_start - before.t_end <= _JOIN_S:
            joined[latest[key]] = replace(
                before, t_end=max(before.t_end, fault.t_end), count=before.count + fault.count
            )
            continue
        latest[key] = len(joined)
        joined.append(fault)
    return tuple(joined)


_TURN = PELVIS_ANGLES.index("rotation")


def _newest(packet: Packet) -> int:
    return int(packet.host_ns[-1]) if len(packet) else -(2**62)


def _seconds(host_ns: int, origin_ns: int) -> float:
    return (host_ns - origin_ns) / 1e9


def _joined(pieces: Sequence[_Block]) -> _Block:
    """Blocks of consecutive rows as one."""
    if len(pieces) == 1:
        return pieces[0]
    kind = type(pieces[0])
    names = (each.name for each in fields(kind))
    return kind(*(np.concatenate([getattr(p, name) for p in pieces]) for name in names))


_JOIN_S = 0.1

"""One recording → its result files: read, push through the pipeline, write."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from imuhip.assess.cue_log import Outcome
from imuhip.assess.params import AssessParams
from imuhip.assess.set_measures import SetSummary, summaries
from imuhip.core.conventions import GRID_HZ, HIP_ANGLES, PELVIS, THIGH
from imuhip.core.evidence import Alignment, CalibrationStep, Gate, Misplacement
from imuhip.core.findings import Finding, Note, Repetition
from imuhip.core.records import Fault, Header, Mark, Record
from imuhip.core.spool import Spools
from imuhip.estimate.soft_tissue import SoftTissue
from imuhip.pipeline.all_sensors import Output, Params, Pipeline, joined_faults
from imuhip.pipeline.offline import refine
from imuhip.recording.reader import RecordingReader
from imuhip.recording.summary import import_warnings, sha256_of, software_versions
from imuhip.results.assessment import (
    findings_list,
    latest_findings,
    notes_list,
    repetitions_table,
    sets_table,
)
from imuhip.results.extra_columns import ExtraColumns
from imuhip.results.schemas import RESULTS_VERSION, ResultsWriter


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What people see of an analysis; the rest is in the files.

    Parameters
    ----------
    rows
        Grid rows written.
    duration_s
        From the first to the last of them.
    valid
        Share of rows with hip angles, by side: left, right.
    ranges
        Lowest and highest of each hip angle in degrees: name, left, right.
    grade, chain
        Of the calibration.
    faults
        All that went wrong, in order.
    sets
        What the repetitions of each set, side and direction add up to.
    findings
        What stands in the end.
    notes
        Marks of the moment.
    repetitions
        All that were found, in order.
    outcomes
        What became of findings after the coach's cues.
    assess
        The athlete's goals and limits.
    warnings
        Sentences for the user.
    """

    target: Path
    rows: int
    duration_s: float
    valid: tuple[float, float]
    ranges: tuple[tuple[str, tuple[float, float], tuple[float, float]], ...]
    grade: str
    chain: str
    faults: tuple[Fault, ...]
    sets: tuple[SetSummary, ...]
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    repetitions: tuple[Repetition, ...]
    outcomes: tuple[Outcome, ...]
    assess: AssessParams
    warnings: tuple[str, ...]


def analyze(
    recording: Path,
    target: Path,
    params: Params | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
    *,
    label: str = "",
    columns: Sequence[str] = (),
    soft_tissue: Sequence[SoftTissue] = (),
    assess: Mapping[str, Any] | None = None,
) -> Analysis:
    """Analyze a recording into a folder of result files, written whole or not at all.

    Parameters
    ----------
    recording
        The file.
    target
        The folder; one that holds other things is refused.
    params
        Settings; the defaults when not given.
    on_progress
        Called with the seconds of recording that are done.
    label
        For a folder that becomes part of a data set; see `ResultsWriter`.
    columns
        What angles.parquet has besides: names in `extra_columns.COLUMNS`.
    soft_tissue
        Factors that the user states.
    assess
        Goal, limits and offsets of the athlete, in place of those of the same name that the
        recording carries (docs/assessment.md).

    Raises
    ------
    RecordingError
        When the recording cannot be read or lacks a pelvis or both thighs.
    """
    params = params or Params()
    look = partial(
        _analyzed, recording, target, params, on_progress, label, columns, soft_tissue, assess
    )
    try:
        return look(frozenset())
    except _SpoiledError as found:  # what was found late holds for what came before
        return look(found.sensors, found.faults)


class _SpoiledError(Exception):
    """A first look found sensors that nothing came from, or that nothing may be believed of."""

    def __init__(self, sensors: frozenset[str], faults: Sequence[Fault]) -> None:
        super().__init__(", ".join(sorted(sensors)))
        self.sensors = sensors
        self.faults = tuple(fault for fault in faults if fault.sensor in sensors)


def _analyzed(
    recording: Path,
    target: Path,
    params: Params,
    on_progress: Callable[[float], None],
    label: str,
    columns: Sequence[str],
    soft_tissue: Sequence[SoftTissue],
    assess: Mapping[str, Any] | None,
    distrusted: frozenset[str],
    earlier: Sequence[Fault] = (),
) -> Analysis:
    """One look at a recording, without the sensors that sent nothing or are not to be believed.

    Where pelvis and a thigh are left, it is as if the others had not been worn.
    """
    reader = RecordingReader(recording)
    header = whole = with_assess(reader.header, assess)
    left = tuple(info for info in header.sensors if info.sensor not in distrusted)
    names = {info.sensor for info in left}
    if distrusted and PELVIS in names and names & set(THIGH.values()):
        header, distrusted_here = replace(header, sensors=left), frozenset[str]()
    else:
        distrusted_here, earlier = distrusted, ()
    pipeline = Pipeline(header, params, last_word=True, distrusted=distrusted_here)
    tally = _Tally()
    extra = ExtraColumns(columns, soft_tissue, pipeline.joint_names)
    with ResultsWriter(target, label=label, extra=extra.names) as writer:
        if "offline" in columns:
            with Spools(target.parent) as spools:
                extra.refined = refine(header, reader.batches(), params, on_progress, spools)
        for batch in reader.batches():
            tally.hear(batch)
            out = pipeline.push(batch)
            writer.add(out.grid, out.angles, extra.push(out))
            on_progress(tally.add(out))
        out = pipeline.finish()
        doubtful = pipeline.silent | pipeline.spoiled_at.keys()
        if doubtful and not distrusted:
            tally.add(out)
            raise _SpoiledError(doubtful, tally.faults)
        writer.add(out.grid, out.angles, extra.push(out))
        on_progress(tally.add(out))
        faults = joined_faults((*tally.faults, *reader.faults, *earlier))
        calibration = calibration_summary(tally.steps, pipeline.alignment, extra.factors.values())
        doubts = input_doubts(reader.header, faults)
        calibration["words"] = list(dict.fromkeys((*doubts, *calibration["words"])))
        session = session_summary(whole, params, recording) | {
            "columns": extra.names,
            "marks": marks_list(tally.marks, pipeline.origin_ns),
            "zero_utc_ns": zero_utc_ns(header, pipeline.origin_ns),
        }
        sets = summaries(tally.repetitions)
        writer.finish(
            faults,
            calibration,
            session,
            repetitions_table(tally.repetitions),
            findings_list(tally.findings),
            sets_table(sets),
            notes_list(tally.notes, tally.outcomes),
        )
    return Analysis(
        target=target,
        rows=tally.rows,
        duration_s=tally.rows / GRID_HZ,
        valid=(tally.valid[0] / max(tally.rows, 1), tally.valid[1] / max(tally.rows, 1)),
        ranges=tally.ranges(),
        grade=calibration["grade"],
        chain=calibration["chain"],
        faults=faults,
        sets=tuple(sets),
        findings=tuple(latest_findings(tally.findings)),
        notes=tuple(tally.notes),
        repetitions=tuple(tally.repetitions),
        outcomes=tuple(tally.outcomes),
        assess=AssessParams.from_settings(header.parameters.get("assess") or {}),
        warnings=tuple(calibration["words"]),
    )


def with_assess(header: Header, assess: Mapping[str, Any] | None) -> Header:
    """A header with an athlete's settings in place of those that it carries."""
    if not assess:
        return header
    settings = {**(header.parameters.get("assess") or {}), **assess}
    return replace(header, parameters={**header.parameters, "assess": settings})


class _Tally:
    """What the outputs of a pipeline add up to."""

    def __init__(self) -> None:
        self.rows = 0
        self.valid = [0, 0]
        self._low = np.full((2, 3), np.nan)
        self._high = np.full((2, 3), np.nan)
        self.faults: list[Fault] = []
        self.steps: list[CalibrationStep] = []
        self.repetitions: list[Repetition] = []
        self.findings: list[Finding] = []
        self.notes: list[Note] = []
        self.outcomes: list[Outcome] = []
        self.marks: list[Mark] = []

    def hear(self, batch: Sequence[Record]) -> None:
        """Keep the marks of a batch."""
        self.marks += [record for record in batch if isinstance(record, Mark)]

    def add(self, out: Output) -> float:
        """Add an output; the session time reached."""
        self.rows += len(out.grid.t)
        for k in range(2):
            self.valid[k] += int(np.count_nonzero(out.angles.valid[:, k]))
        if len(out.grid.t):
            hip = np.ascontiguousarray(out.angles.hip.reshape(-1, 6).T)  # along memory, it is fast
            self._low = np.fmin(self._low, np.fmin.reduce(hip, axis=1).reshape(2, 3))
            self._high = np.fmax(self._high, np.fmax.reduce(hip, axis=1).reshape(2, 3))
        self.faults += out.faults
        self.steps += out.steps
        self.repetitions += out.repetitions
        self.findings += out.findings
        self.notes += out.notes
        self.outcomes += out.outcomes
        return self.rows / GRID_HZ

    def ranges(self) -> tuple[tuple[str, tuple[float, float], tuple[float, float]], ...]:
        """Lowest and highest of each hip angle, degrees, left and right."""
        low, high = np.degrees(self._low), np.degrees(self._high)
        spans = [[(float(low[k, i]), float(high[k, i])) for k in range(2)] for i in range(3)]
        return tuple(
            (f"hip {name}", left, right)
            for name, (left, right) in zip(HIP_ANGLES, spans, strict=True)
        )


def calibration_summary(
    steps: Sequence[CalibrationStep],
    alignment: Alignment | None,
    soft_tissue: Iterable[SoftTissue] = (),
) -> dict[str, Any]:
    """The contents of `calibration.json`: steps against their gates, chain, grade, words."""
    words = [sentence for step in steps for sentence in step.words]
    if any(step.found == "detected" for step in steps):
        words.append("No calibration step was marked; the steps were found in the data.")
    grade = "none" if alignment is None else alignment.grade
    if grade == "none":
        words.append(
            "There is no calibration, so there are no hip angles. Record the protocol – stand, "
            "three bows, knee lifts left and right – with its marks at the start of the session."
        )
    elif alignment is not None and not len(alignment.standing):
        words.append("There was no accepted standing, so hip angles are raw and not zeroed.")
    factors = list(soft_tissue)
    words += [factor.words for factor in factors]
    return {
        "grade": grade,
        "chain": "none" if alignment is None else alignment.chain,
        "found": sorted({step.found for step in steps}),
        "words": list(dict.fromkeys(words)),
        "gates": [] if alignment is None else [_gate(gate) for gate in alignment.gates],
        **({} if alignment is None else _obliquity(alignment)),
        "soft_tissue": [asdict(factor) for factor in factors],
        "steps": [
            {
                "step": step.step,
                "t_start": step.t_start,
                "t_end": step.t_end,
                "found": step.found,
                "accepted": step.accepted,
                "gates": [_gate(gate) for gate in step.gates],
                "words": list(step.words),
            }
            for step in steps
        ],
        "placement": [_misplacement(fault) for step in steps for fault in step.misplaced],
    }


def input_doubts(header: Header, faults: Sequence[Fault]) -> list[str]:
    """Sentences on what came in: what its import found odd, and what spoils whole sensors."""
    words = import_warnings(header)
    words += [
        f"{fault.sensor.replace('_', ' ')}: {fault.detail.rstrip('.?')}."
        for fault in faults
        if fault.kind in _REPORTED
        or (fault.kind == "missing" and fault.t_end - fault.t_start > _LONG_S)
    ]
    return words


_REPORTED = ("axes", "clocks", "same_stream", "impossible", "stuck", "rate", "unit")
"""Faults that people must hear of with the result."""
_LONG_S = 5.0


def _obliquity(alignment: Alignment) -> dict[str, float]:
    """How the pelvis stood: its angles against the earth are zero there, its frame is not level."""
    return {
        "pelvis_obliquity_deg": float(np.degrees(alignment.obliquity)),
        "pelvis_obliquity_sd_deg": float(np.degrees(alignment.obliquity_sd)),
    }


def _gate(gate: Gate) -> dict[str, Any]:
    """A gate as plain data; JSON knows no NaN."""
    return asdict(gate) | {"value": gate.value if np.isfinite(gate.value) else None}


def _misplacement(fault: Misplacement) -> dict[str, Any]:
    """A fault of placement as plain data."""
    angle = fault.angle_deg if np.isfinite(fault.angle_deg) else None
    return asdict(fault) | {"angle_deg": angle}


def marks_list(marks: Sequence[Mark], origin_ns: int | None) -> list[dict[str, Any]]:
    """All marks in the order of their arrival, in session seconds; none without a zero."""
    if origin_ns is None:
        return []
    ordered = sorted(marks, key=lambda mark: mark.arrival)
    return [{"t": (mark.host_ns - origin_ns) / 1e9, "label": mark.label} for mark in ordered]


def zero_utc_ns(header: Header, origin_ns: int | None) -> int | None:
    """UTC of the session's zero, nanoseconds since 1970; None where nobody knows."""
    if origin_ns is None or not header.utc_ns:
        return None
    return header.utc_ns + origin_ns - header.monotonic_ns


def session_summary(header: Header, params: Params, recording: Path) -> dict[str, Any]:
    """The contents of `session.json`: all that made the results what they are."""
    return {
        "recording": recording.name,
        "recording_sha256": sha256_of(recording),
        "athlete": header.athlete,
        "tester": header.tester,
        "started": header.started,
        "source": header.source,
        "clock": header.clock,
        "format_version": header.format_version,
        "results_version": RESULTS_VERSION,
        "recorded_with": dict(header.software),
        "analyzed_with": software_versions(),
        "parameters": {"recording": dict(header.parameters), "analysis": asdict(params)},
        "sensors": [
            {"sensor": info.sensor, "profile": info.profile_id, "rate_hz": info.rate_hz}
            for info in header.sensors
        ],
        "profiles": {
            name: hashlib.sha256(text.encode()).hexdigest()
            for name, text in sorted(header.profiles.items())
        },
    }

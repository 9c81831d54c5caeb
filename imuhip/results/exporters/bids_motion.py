"""BIDS-Motion: a data set of one participant, as bids-validator wants it.

One tracking system for the angles on the common grid, and one for each sensor's own samples, for
they have rates and times of their own. The channel ``latency`` of each says when its rows are:
seconds since the data set's zero, to which the onsets of events refer as well.

Sources: Motion in the BIDS specification 1.10 (bids-specification.readthedocs.io), and Jeung et
al., Scientific Data 11:716 (2024), doi:10.1038/s41597-024-03559-8.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from imuhip.core.conventions import GRID_HZ, HIP_ANGLES, PELVIS_ANGLES, SIDES
from imuhip.core.records import Array
from imuhip.results.column_words import column_words
from imuhip.results.exporters.material import Format, Material
from imuhip.results.samples import SensorSamples
from imuhip.results.schemas import Results, hip_column


class _Channel(NamedTuple):
    """One column of a motion file, and its row of the channels file."""

    name: str
    component: str
    type: str
    tracked_point: str
    units: str
    description: str


class _System(NamedTuple):
    """One tracking system.

    `seconds` since the data set's zero are those of all rows; `pieces` are the columns of its other
    channels, some rows after the other.
    """

    label: str
    rate_hz: float
    channels: Sequence[_Channel]
    facts: Mapping[str, Any]
    seconds: Array
    pieces: Iterator[Sequence[Array]]


def write_bids(material: Material, folder: Path) -> tuple[str, ...]:
    """Write the whole data set."""
    results = material.results
    subject = "sub-" + (_alphanumeric(str(results.session.get("athlete") or "")) or "unknown")
    zero = _zero(material)
    motion = folder / subject / "motion"
    motion.mkdir(parents=True)
    stem = f"{subject}_task-{TASK}"
    files = []
    for system in _systems(material, zero):
        _write_system(motion / f"{stem}_tracksys-{system.label}", system)
        files.append(f"motion/{stem}_tracksys-{system.label}_motion.tsv")
    _write_events(motion / f"{stem}_events", results, zero)
    _write_scans(folder / subject / f"{subject}_scans", files, results, zero)
    _write_top(folder, subject, results)
    return tuple(sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()))


def _zero(material: Material) -> float:
    """Session time of the data set's zero: its first row of all."""
    firsts = (next(each.pieces(), None) for each in material.samples.values())
    times = [float(piece.t[0]) for piece in firsts if piece is not None]
    return min([float(material.results.angles["t"][0].as_py()), *times])


# --- tracking systems ----------------------------------------------------------------------------


def _systems(material: Material, zero: float) -> Iterator[_System]:
    yield _angles_system(material, zero)
    for sensor, samples in material.samples.items():
        seconds = samples.times() - zero
        if len(seconds):
            yield _sensor_system(sensor, samples, seconds)


def _angles_system(material: Material, zero: float) -> _System:
    """Hip and pelvis angles with their errors, on the grid."""
    results = material.results

    def channel(name: str, kind: str, component: str, point: str) -> _Channel:
        words = column_words(name)
        return _Channel(name, component, kind, point, words.unit, words.words)

    channels = []
    for side in SIDES:
        for angle in HIP_ANGLES:
            point = f"{side}_hip"
            channels.append(channel(hip_column(angle, side), "JNTANG", _AXES[angle], point))
            sd = channel(hip_column(angle, side, "sd_total"), "MISC", "n/a", point)
            channels.append(sd)
    channels += [
        channel(f"pelvis_{angle}_deg", "JNTANG", _PELVIS_AXES[angle], "pelvis")
        for angle in PELVIS_ANGLES
    ]
    facts = {
        "TrackingSystemName": "imuhip",
        "SoftwareVersions": str((results.session.get("analyzed_with") or {}).get("imuhip", "")),
    }
    pieces = ([table[c.name].to_numpy() for c in channels] for table in material.pieces("angles"))
    seconds = results.angles["t"].to_numpy() - zero
    return _System("angles", float(GRID_HZ), [*channels, _LATENCY], facts, seconds, pieces)


def _sensor_system(sensor: str, samples: SensorSamples, seconds: Array) -> _System:
    """One sensor's own samples."""
    kinds = [("ACCEL", "m/s^2"), ("GYRO", "rad/s"), *([("MAGN", "uT")] if samples.has_mag else [])]
    channels = [
        _Channel(f"{kind}_{axis}", axis, kind, sensor, units, _SAMPLES[kind])
        for kind, units in kinds
        for axis in "xyz"
    ]
    label = "imu" + "".join(part.capitalize() for part in sensor.split("_"))
    facts = {"TrackingSystemName": sensor}
    return _System(label, samples.rate_hz, [*channels, _LATENCY], facts, seconds, _axes(samples))


def _axes(samples: SensorSamples) -> Iterator[Sequence[Array]]:
    """Each piece's columns of acceleration, rate and, where there is one, field."""
    for piece in samples.pieces():
        kinds = [each for each in (piece.acc, piece.gyr, piece.mag) if each is not None]
        yield [values[:, axis] for values in kinds for axis in range(3)]


def _write_system(stem: Path, system: _System) -> None:
    """Write the motion, its JSON, and the channels."""
    seconds = system.seconds
    span = float(seconds[-1] - seconds[0])
    counts = {kind: sum(c.type == kind for c in system.channels) for kind in _COUNTED}
    about = {
        "TaskName": TASK,
        "TaskDescription": "Calibration, squats, pivots and whatever was done; see the events.",
        "SamplingFrequency": system.rate_hz,
        "SamplingFrequencyEffective": (len(seconds) - 1) / span if span > 0.0 else system.rate_hz,
        "RecordingDuration": span,
        "RecordingType": "continuous",
        "MotionChannelCount": len(system.channels),
        "TrackedPointsCount": len({c.tracked_point for c in system.channels} - {"n/a"}),
        "MissingValues": "n/a",
        **{f"{kind}ChannelCount": count for kind, count in counts.items()},
        **system.facts,
    }
    _write_json(stem.with_name(f"{stem.name}_motion.json"), about)
    with stem.with_name(f"{stem.name}_motion.tsv").open("w", encoding="utf-8", newline="\n") as out:
        row = 0
        for piece in system.pieces:
            at = seconds[row : row + len(piece[0])]
            row += len(at)
            columns = [_words(values) for values in (*piece, at)]
            lines = pc.binary_join_element_wise(*columns, "\t").to_pylist()
            out.writelines(f"{line}\n" for line in lines)
    head = ("name", "component", "type", "tracked_point", "units")
    rows = [
        (c.name, c.component, c.type, c.tracked_point, c.units, f"{system.rate_hz:g}",
         c.description)
        for c in system.channels
    ]  # fmt: skip
    table = [(*head, "sampling_frequency", "description"), *rows]
    _write_table(stem.with_name(f"{stem.name}_channels.tsv"), table)


# --- what stands beside --------------------------------------------------------------------------


def _write_events(stem: Path, results: Results, zero: float) -> None:
    """Write marks, those that begin and end something as one row, and repetitions."""
    rows = [*_mark_rows(results), *_repetition_rows(results)]
    rows.sort(key=lambda row: row[0])
    table: list[Sequence[str]] = [("onset", "duration", "trial_type", "side", "counted")]
    table += [(f"{t - zero:.6f}", length, *rest) for t, length, *rest in rows]
    _write_table(stem.with_name(f"{stem.name}.tsv"), table)
    about = {
        "trial_type": {"Description": "A calibration step, a movement's set, a repetition of it "
                       "where a side is given, or a mark: pain, cue:…, note:…"},
        "side": {"Description": "Of a repetition: left or right."},
        "counted": {"Description": "Of a repetition: false for a partial one."},
    }  # fmt: skip
    _write_json(stem.with_name(f"{stem.name}.json"), about)


def _mark_rows(results: Results) -> list[tuple[float, str, str, str, str]]:
    """Onset, duration and label of the marks."""
    rows: list[tuple[float, str, str, str, str]] = []
    open_marks: dict[str, float] = {}
    for mark in results.session.get("marks") or ():
        kind, _, rest = mark["label"].partition(":")
        if kind == "begin" and rest not in open_marks:
            open_marks[rest] = mark["t"]
        elif kind == "end" and rest in open_marks:
            start = open_marks.pop(rest)
            rows.append((start, f"{mark['t'] - start:.6f}", _cell(rest), "n/a", "n/a"))
        else:
            rows.append((mark["t"], "0", _cell(mark["label"]), "n/a", "n/a"))
    rows += [(t, "n/a", _cell(name), "n/a", "n/a") for name, t in open_marks.items()]
    return rows


def _repetition_rows(results: Results) -> list[tuple[float, str, str, str, str]]:
    return [
        (
            row["t_start"],
            f"{row['t_end'] - row['t_start']:.6f}",
            _cell(row["movement"]),
            row["side"],
            str(row["counted"]).lower(),
        )
        for row in results.repetitions.to_pylist()
    ]


def _write_scans(stem: Path, files: Sequence[str], results: Results, zero: float) -> None:
    """Write when each file was begun, where that is known."""
    zero_ns = results.session.get("zero_utc_ns")
    if not zero_ns:
        return
    at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=zero_ns / 1e3 + zero * 1e6)
    said = at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    rows = [("filename", "acq_time"), *((file, said) for file in files)]
    _write_table(stem.with_name(f"{stem.name}.tsv"), rows)


def _write_top(folder: Path, subject: str, results: Results) -> None:
    """Write what describes the data set."""
    session = results.session
    version = str((session.get("analyzed_with") or {}).get("imuhip", ""))
    about = {
        "Name": f"Hip rotation from inertial sensors: {session.get('recording') or 'a session'}",
        "BIDSVersion": "1.10.0",
        "DatasetType": "raw",
        "GeneratedBy": [{"Name": "imuhip", "Version": version}],
        "SourceDatasets": [{"URL": f"sha256:{session.get('recording_sha256') or 'unknown'}"}],
    }
    _write_json(folder / "dataset_description.json", about)
    athlete = _cell(str(session.get("athlete") or "")) or "n/a"
    _write_table(folder / "participants.tsv", [("participant_id", "athlete"), (subject, athlete)])
    _write_json(
        folder / "participants.json",
        {"athlete": {"Description": "Pseudonymous id in imuhip's catalogue."}},
    )
    _write_lines(folder / "README.md", _README.splitlines())
    _write_lines(folder / ".bidsignore", ["export.json"])


def _words(values: Array) -> pa.Array:
    """Numbers as the shortest decimals that give every bit back; n/a where not known."""
    numbers = pa.array(np.ascontiguousarray(values, dtype=np.float64), from_pandas=True)
    return pc.fill_null(pc.cast(numbers, pa.string()), "n/a")


def _cell(text: str) -> str:
    """Text without what ends a field of a table."""
    return " ".join(text.split())


def _alphanumeric(text: str) -> str:
    """What BIDS allows in a label."""
    return re.sub(r"[^A-Za-z0-9]", "", text)


def _write_table(path: Path, rows: Sequence[Sequence[str]]) -> None:
    _write_lines(path, ["\t".join(row) for row in rows])


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(
        json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n", encoding="utf-8"
    )


TASK: Final = "hiprotation"
_AXES: Final = {"flexion": "z", "adduction": "x", "rotation": "y"}
_PELVIS_AXES: Final = {"tilt": "z", "obliquity": "x", "rotation": "y"}
_COUNTED: Final = (
    *("ACCEL", "ANGACCEL", "GYRO", "JNTANG", "LATENCY", "MAGN", "MISC", "ORNT", "POS", "VEL"),
)
_SAMPLES: Final = {
    "ACCEL": "specific force, frame of the sensor's case; +9.81 on the axis that points up at rest",
    "GYRO": "angular rate with its bias, frame of the sensor's case",
    "MAGN": "magnetic field, frame of the sensor's case",
}
_README: Final = """\
# Hip rotation from inertial sensors

Sensors on the pelvis and both thighs. `tracksys-angles` holds hip angles (ISB, Z-X-Y; flexion,
adduction and internal rotation are positive on both sides) relative to the athlete's own standing,
pelvis angles against the earth, and one standard deviation of each hip angle's error with soft
tissue. `tracksys-imu…` holds a sensor's own samples. The component of an angle is the axis about
which it turns: x forward, y up, z to the right.

The channel `latency` says when a row is, in seconds from the data set's zero; the onsets of events
count from there too.
"""

_LATENCY: Final = _Channel(
    "latency", "n/a", "LATENCY", "n/a", "s", "seconds since the data set's zero"
)

BIDS: Final = Format(write_bids, {}, columns=("t",), sensors=False, takes_samples=True)

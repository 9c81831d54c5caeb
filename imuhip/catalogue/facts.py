"""What a recording and its result files say, in the words of the catalogue's tables.

Everything here comes from the two, and nothing from the clock, the machine or the catalogue, so
that filing them again gives the same rows.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from imuhip.core.certainty import sd_name
from imuhip.core.errors import CatalogueError
from imuhip.core.records import Header
from imuhip.recording.summary import describe
from imuhip.results.assessment import REPETITION_COLUMNS
from imuhip.results.schemas import Results, read_results


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What a recording says; `id` is the SHA-256 of its bytes, `athlete` empty when not said."""

    id: str
    athlete: str
    recording: Path
    started: datetime | None
    duration_s: float
    source: str
    sensors: str
    recorded_with: str
    marks: tuple[tuple[float, str], ...]
    tester: str = ""


@dataclass(frozen=True, slots=True)
class AnalysisFacts:
    """What a result folder says; `repetitions` and `findings` as in their files."""

    session: str
    fingerprint: str
    version: str
    parameters: str
    results: Path
    grade: str
    chain: str
    repetitions: tuple[dict[str, Any], ...]
    units: Mapping[str, str]
    findings: tuple[dict[str, Any], ...]


def session_facts(recording: Path) -> SessionFacts:
    """Read what a recording says.

    Raises
    ------
    RecordingError
        When it cannot be read at all.
    """
    summary = describe(recording)
    header = summary.header
    return SessionFacts(
        id=summary.sha256,
        athlete=clean(header.athlete),
        recording=recording.resolve(),
        started=started_of(header),
        duration_s=summary.duration_s,
        source=clean(header.source),
        sensors=clean(", ".join(f"{info.sensor} {info.profile_id}" for info in header.sensors)),
        recorded_with=clean(header.software.get("imuhip", "")),
        marks=tuple((t, clean(label)) for t, label in summary.marks),
        tester=clean(header.tester),
    )


def analysis_facts(results: Path) -> AnalysisFacts:
    """Read what a result folder says.

    Raises
    ------
    RecordingError
        When it is none, or a file in it cannot be read.
    CatalogueError
        When a file says something else than it must.
    """
    read = read_results(results, columns=("t",), sensors=False)
    try:
        version = str(read.session["analyzed_with"]["imuhip"])
        parameters = read.session["parameters"]["analysis"]
        return AnalysisFacts(
            session=str(read.session["recording_sha256"]),
            fingerprint=fingerprint(version, parameters),
            version=version,
            parameters=_canonical(parameters),
            results=results.resolve(),
            grade=str(read.calibration["grade"]),
            chain=str(read.calibration["chain"]),
            repetitions=tuple(read.repetitions.to_pylist()),
            units=_units(read),
            findings=tuple(read.findings),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise CatalogueError(
            f"These are not the results of imuhip analyze: {error} is missing or of another "
            "kind. Analyze the recording again.",
            path=results,
        ) from error


def fingerprint(version: str, parameters: Any) -> str:
    """Return what names a version and its parameters together: 16 hexadecimal digits."""
    text = f"{version}\n{_canonical(parameters)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def measures_of(
    row: Mapping[str, Any], units: Mapping[str, str]
) -> Iterator[tuple[str, float, float | None]]:
    """Yield name, value and error of the measures of a repetition that can be said.

    An angle without an error of its own has that of the measure it rests on.
    """
    for name, unit in units.items():
        value = finite(row.get(name))
        sd = finite(row.get(_sd_name(name, unit)))
        if sd is None and unit == "deg":
            sd = finite(row.get(sd_name(name)))
        if value is not None:
            yield name, value, sd


def finite(value: Any) -> float | None:
    """Return a number, or None for what is none or not finite."""
    if value is None or isinstance(value, str) or not math.isfinite(value):
        return None
    return float(value)


def clean(text: str) -> str:
    """Return a text that every engine stores: without NUL and without half characters."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return whole.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def started_of(header: Header) -> datetime | None:
    """When a recording began, as far as its header says."""
    try:
        moment = datetime.fromisoformat(header.started)
        return moment.astimezone(UTC)  # without a zone it is local
    except (ValueError, OverflowError):
        return datetime.fromtimestamp(header.utc_ns // 1000 / 1e6, UTC) if header.utc_ns else None


def _units(read: Results) -> dict[str, str]:
    """The measures among the columns of repetitions.parquet, with their units."""
    numbers = [
        field.name
        for field in read.repetitions.schema
        if field.name not in REPETITION_COLUMNS
        and (pa.types.is_floating(field.type) or pa.types.is_integer(field.type))
    ]
    units = {name: unit_of(name) for name in numbers}
    errors = {_sd_name(name, unit) for name, unit in units.items()}
    return {name: unit for name, unit in units.items() if name not in errors}


def unit_of(name: str) -> str:
    """Return the unit at the end of a measure's name; empty where it has none."""
    return next((unit for suffix, unit in _SUFFIXES if name.endswith(suffix)), "")


def _sd_name(name: str, unit: str) -> str:
    """Name of the column that holds the error of a measure."""
    suffix = next((s for s, u in _SUFFIXES if u == unit and name.endswith(s)), "")
    return f"{name.removesuffix(suffix)}_sd{suffix}"


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


_SUFFIXES: Final = (  # the longest that fits must come first
    ("_deg_per_s", "deg/s"),
    ("_deg_s", "deg/s"),
    ("_percent", "%"),
    ("_share", "share"),
    ("_deg2", "deg²"),
    ("_deg", "deg"),
    ("_hz", "Hz"),
    ("_kg", "kg"),
    ("_ms", "ms"),
    ("_m", "m"),
    ("_s", "s"),
)

"""Recordings and results of athletes who never were, small and quickly made."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

import imuhip
from imuhip.core.records import Header, Mark, Packet, SensorInfo
from imuhip.pipeline.all_sensors import Params
from imuhip.recording.summary import sha256_of
from imuhip.recording.writer import RecordingWriter
from imuhip.results.schemas import ResultsWriter

BEGIN = datetime(2026, 3, 2, 10, tzinfo=UTC)
MARKS = ("begin:squat", "cue:Knie raus", "pain", "end:squat")


def recording(
    path: Path,
    athlete: str = "A1",
    *,
    day: float = 0.0,
    seed: int = 0,
    marks=MARKS,
    tester: str = "",
) -> Path:
    """A recording of a second, whose bytes follow from its arguments."""
    started = BEGIN + timedelta(days=day)
    header = Header(
        sensors=tuple(SensorInfo(s, "dot", 60.0) for s in ("pelvis", "thigh_left", "thigh_right")),
        profiles={"dot": '[profile]\nid = "dot"\n'},
        clock="host",
        utc_ns=int(started.timestamp() * 1e9),
        athlete=athlete,
        started=started.isoformat().replace("+00:00", "Z"),
        source="a test – mit Umlaut ü",
        software={"imuhip": "0.1.0"},
        tester=tester,
    )
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with RecordingWriter(path, header, fsync=False) as writer:
        for step in range(10):
            payload = np.frombuffer(rng.bytes(12), dtype=np.uint8)
            writer.append(Packet(
                "pelvis", "15172003-4947-11e9-8646-d663bd873d93", 0,
                np.array([step], dtype=np.int64), np.array([step * 10**8], dtype=np.int64),
                payload, np.array([0, 12], dtype=np.int64),
            ))  # fmt: skip
        for number, label in enumerate(marks):
            writer.append(Mark(10 + number, 10**9 + number * 10**8, label))
    return path


def repetitions(*, sets: int = 2, each: int = 3, rotation: float = 20.0, seed: int = 0) -> pa.Table:
    """Squats with two measures and an error, some of it unknown, and two pivots."""
    rng = np.random.default_rng(seed)
    rows = [
        {
            "movement": "squat", "side": side, "set": s, "repetition": r, "direction": "down",
            "t_start": 60.0 * s + 4.0 * r, "t_turn": 60.0 * s + 4.0 * r + 1.5,
            "t_end": 60.0 * s + 4.0 * r + 3.0, "counted": not (s == 1 and r == each),
            "rotation_bottom_deg": rotation + float(rng.normal(0.0, 2.0)),
            "rotation_bottom_sd_deg": 1.5, "descent_s": 1.5,
        }
        for s in range(1, sets + 1)
        for r in range(1, each + 1)
        for side in ("left", "right")
    ]  # fmt: skip
    rows += [
        {
            "movement": "pivot", "side": "left", "set": 1, "repetition": r, "direction": way,
            "t_start": 300.0 + r, "t_turn": float("nan"), "t_end": 301.0 + r, "counted": True,
            "rotation_bottom_deg": float("nan"), "rotation_bottom_sd_deg": float("nan"),
            "descent_s": 0.5,
        }
        for r, way in ((1, "in"), (2, "out"))
    ]  # fmt: skip
    table = pa.Table.from_pylist([row | {"found": "marked", "reason": ""} for row in rows])
    for name in ("set", "repetition"):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].cast(pa.int32()))
    return table


FINDINGS = [
    {
        "rule": "knee_in", "movement": "squat", "side": "left", "set": 1, "repetitions": [1, 2],
        "value": 7.25, "unit": "deg", "limit": 5.0, "mdc": float("nan"), "grade": "mild",
        "confidence": 0.75, "words": "Das linke Knie wandert nach innen.", "cue": "Knie raus",
    },
]  # fmt: skip


def results(
    folder: Path,
    of: Path,
    *,
    version: str = imuhip.__version__,
    table: pa.Table | None = None,
    parameters: dict | None = None,
    findings=FINDINGS,
) -> Path:
    """Result files of a recording, as the analysis of a version leaves them."""
    session = {
        "recording": of.name,
        "recording_sha256": sha256_of(of),
        "analyzed_with": {"imuhip": version},
        "parameters": {"recording": {}, "analysis": parameters or plain_params()},
    }
    with ResultsWriter(folder) as writer:
        writer.finish(
            [],
            {"grade": "good", "chain": "bow"},
            session,
            repetitions() if table is None else table,
            findings,
        )
    return folder


def plain_params() -> dict:
    """The default parameters as JSON has them."""
    return json.loads(json.dumps(asdict(Params())))

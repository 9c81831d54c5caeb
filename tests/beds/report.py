"""A small session by hand, as a result folder: squats, pivots and seated tests of both hips."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from imuhip.core.conventions import SIDES
from imuhip.core.findings import Repetition
from imuhip.results.assessment import repetitions_table
from imuhip.results.schemas import (
    ANGLES_FILE,
    ANGLES_SCHEMA,
    FINDINGS_FILE,
    NOTES_FILE,
    ResultsWriter,
)

TURN = {"in": 32.0, "out": -41.0}


def repetitions(sd: float = 2.0) -> list[Repetition]:
    """Six squats, and three turns each way of either hip."""
    found = []
    for k in range(6):
        for side in SIDES:
            measures = {
                "depth_deg": 95.0,
                "rotation_bottom_deg": 4.0 + k,
                "rotation_bottom_sd_deg": sd,
            }
            found.append(Repetition("squat", side, 1, k + 1, "down", 4.0 * k, 4.0 * k + 1.5,
                                    4.0 * k + 3.0, True, "marked", "", measures))  # fmt: skip
    for s, side in enumerate(SIDES):
        for k in range(6):
            way = "in" if k < 3 else "out"
            start = 30.0 + 20.0 * s + 3.0 * k
            measures = {"rotation_end_deg": TURN[way] + s, "rotation_end_sd_deg": sd}
            found.append(Repetition(f"seated_rotation_{side}", side, 1, k + 1, way, start,
                                    start + 1.0, start + 2.0, True, "marked", "",
                                    measures))  # fmt: skip
    return found


def finding(**changes: Any) -> dict[str, Any]:
    """As in findings.json."""
    return {
        "rule": "pelvic_tuck", "movement": "squat", "side": "both", "set": 1, "repetitions": [2, 3],
        "value": 14.0, "unit": "deg", "limit": 10.0, "mdc": 2.0, "grade": "marked",
        "confidence": 0.97, "words": "The pelvis tucks under by 14° at the bottom.",
        "cue": "Stop a hand above the depth where it begins.", **changes,
    }  # fmt: skip


def make_results(
    folder: Path,
    reps: list[Repetition] | None = None,
    findings: list[dict[str, Any]] | None = None,
    **session: Any,
) -> Path:
    """Write a result folder, and give it 80 s of angles."""
    calibration = {
        "grade": "good",
        "chain": "tray, bow",
        "words": [],
        "gates": [
            {"name": "rows", "unit": "1", "sensor": "pelvis", "value": None, "accept": 0.9,
             "again": 0.5, "verdict": "failed"}
        ],
        "placement": [],
    }  # fmt: skip
    said = {"recording": "a.mcap", "athlete": "P7", "started": "2026-03-02T10:00:00Z", **session}
    note = {"t": 5.0, "label": "pain", "movement": "squat", "set": 1, "repetition": 2,
            "angles": {"hip_flexion_left_deg": 80.0, "hip_rotation_left_deg": None}}  # fmt: skip
    reps = repetitions() if reps is None else reps
    with ResultsWriter(folder) as writer:
        writer.finish([], calibration, said, repetitions_table(reps))
    shown = [finding()] if findings is None else findings
    (folder / FINDINGS_FILE).write_text(json.dumps(shown if reps else []), encoding="utf-8")
    (folder / NOTES_FILE).write_text(json.dumps([note] if reps else []), encoding="utf-8")
    t = np.arange(0.0, 80.0, 0.01)
    bend = 45.0 * (1.0 - np.cos(2.0 * math.pi * t / 4.0))
    columns: dict[str, Any] = {"t": t}
    for name in ANGLES_SCHEMA.names[1:]:
        wave = bend if "flexion" in name else 10.0 * np.sin(t)
        columns[name] = np.ones(len(t), dtype=bool) if name.startswith("valid") else wave
    pq.write_table(pa.table(columns, schema=ANGLES_SCHEMA), folder / ANGLES_FILE)
    return folder

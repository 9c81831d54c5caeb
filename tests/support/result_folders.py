"""Result folders for exports: small, random, with a gap, marks and two repetitions."""

import numpy as np
import pyarrow as pa

from imuhip.assess.measure_table import MEASURES
from imuhip.core.records import AngleBlock, GridBlock
from imuhip.results.assessment import REPETITION_COLUMNS, REPETITIONS_SCHEMA
from imuhip.results.schemas import ResultsWriter

SENSORS = ("pelvis", "thigh_left", "thigh_right")


SESSION = {
    "recording": "a.mcap",
    "recording_sha256": "0" * 64,
    "athlete": "A1",
    "started": "2026-03-02T10:00:00Z",
    "analyzed_with": {"imuhip": "0.1.0"},
    "zero_utc_ns": 1_772_445_600_000_000_000,
    "marks": [
        {"t": 10.25, "label": "begin:squat"},
        {"t": 12.5, "label": 'note:größer; "weiter"'},
        {"t": 13.5, "label": "end:squat"},
    ],
}


def results_folder(path, rows=400, *, known=True, left=True, zero=0.0):
    """Random hips and a pelvis that keeps turning, one second of gap, two repetitions."""
    rng = np.random.default_rng(5)
    t = 10.0 + np.arange(rows) / 100
    raw = rng.uniform(-1.2, 1.2, size=(rows, 2, 3))
    pelvis = rng.uniform(-0.6, 0.6, size=(rows, 3))
    pelvis[:, 2] = (np.linspace(0.0, 9.0, rows) + np.pi) % (2 * np.pi) - np.pi
    raw[100:200], pelvis[100:200] = np.nan, np.nan
    if not known:
        raw[:], pelvis[:] = np.nan, np.nan
    if not left:
        raw[:, 0] = np.nan
    nothing, valid = np.full_like(raw, np.nan), np.isfinite(raw[..., 0])
    sd = np.where(valid[..., None], rng.uniform(0.01, 0.1, size=raw.shape), np.nan)
    q = np.tile((1.0, 0.0, 0.0, 0.0), (rows, 3, 1))
    three = np.isfinite(q[..., 0])
    grid = GridBlock(SENSORS, t, q, q[..., :3], q[..., :3], three, three, *[q[..., 0]] * 3)
    angles = AngleBlock(
        t, raw - zero, raw, sd, 2.0 * sd, nothing[:, 0], valid, pelvis, nothing[:, 0]
    )
    names, unknown = REPETITION_COLUMNS, dict.fromkeys(MEASURES, np.nan)
    row = ["squat", "left", 1, 1, "down", 10.5, 10.8, 11.0, True, "marked", "gap"]
    late = ["squat", "right", 1, 2, "down", 12.5, 12.8, 13.1, True, "marked", "gap"]
    table = pa.Table.from_pylist(
        [unknown | dict(zip(names, each, strict=True)) for each in (row, late)],
        schema=REPETITIONS_SCHEMA,
    )
    with ResultsWriter(path) as writer:
        writer.add(grid, angles)
        writer.finish([], {"grade": "good", "chain": "bow"}, SESSION, table)
    return path

"""Times and counts in a recording decide nothing of how much memory or time it takes."""

import dataclasses

import numpy as np
import pytest

from imuhip.core.records import Mark, Packet
from imuhip.core.resources import recording_path
from imuhip.pipeline.all_sensors import MOST_MARKS, Pipeline
from imuhip.recording.reader import RecordingReader

_FAR_NS = 10**15


@pytest.fixture(scope="module")
def beginning():
    """Header and the first seconds of the shipped recording."""
    reader = RecordingReader(recording_path("squats_and_pivots"))
    return reader.header, next(reader.batches(10.0))


def _ends(batch):
    arrival = max(int(np.max(record.arrival)) for record in batch)
    return arrival + 1, max(int(np.max(record.host_ns)) for record in batch)


def _later(batch, arrivals, ns):
    return [
        dataclasses.replace(record, arrival=record.arrival + arrivals, host_ns=record.host_ns + ns)
        for record in batch
    ]


def _run(header, batches):
    """How many rows and which faults come out."""
    pipeline = Pipeline(header)
    outs = [pipeline.push(batch) for batch in batches]
    outs.append(pipeline.finish())
    return sum(len(o.grid.t) for o in outs), [fault for o in outs for fault in o.faults]


def test_a_mark_days_ahead_makes_no_rows(beginning):
    """A mark eleven days after the last sample makes no row beyond the samples' end."""
    header, batch = beginning
    arrival, host_ns = _ends(batch)
    alone, _ = _run(header, [batch])
    rows, _ = _run(header, [batch, [Mark(arrival, host_ns + _FAR_NS, "note:far")]])
    assert rows <= alone + 1000


@pytest.mark.parametrize("hours", [8, 24 * 365])
def test_a_machine_that_slept_makes_no_rows(beginning, hours):
    """After hours without anything the session goes on, and there are no rows in between."""
    header, batch = beginning
    arrival, host_ns = _ends(batch)
    first_ns = min(int(np.min(record.host_ns)) for record in batch)
    alone, _ = _run(header, [batch])
    later = _later(batch, arrival, host_ns - first_ns + hours * 3600 * 10**9)
    rows, faults = _run(header, [batch, later])
    assert rows <= 2 * alone + 2000
    assert {f.sensor for f in faults if f.kind == "missing"} >= {"pelvis"}


def test_marks_by_the_ten_thousand_are_left_out(beginning):
    """Marks beyond five thousand count for nothing, and are reported once; packets all stay."""
    header, batch = beginning
    arrival, host_ns = _ends(batch)
    labels = ("begin:shake", "end:shake")
    marks = [Mark(arrival + i, host_ns + i, labels[i % 2]) for i in range(2 * MOST_MARKS)]
    rows, faults = _run(header, [batch, marks[:MOST_MARKS], marks[MOST_MARKS:]])
    assert rows > 0
    (reported,) = [fault for fault in faults if fault.kind == "marks"]
    assert reported.detail.startswith(f"more than {MOST_MARKS} marks")
    assert any(isinstance(record, Packet) for record in batch)

"""A sensor that sends nothing is reported from the session's first sample on."""

import numpy as np

from imuhip.core.records import Packet
from imuhip.estimate.sequence import Progress
from imuhip.estimate.silence import Silence
from imuhip.pipeline.all_sensors import joined_faults


def packet(sensor, t, first):
    n = len(t)
    arrival = first + 2 * np.arange(n)
    none = np.zeros(0, dtype=np.uint8)
    zeros = np.zeros(n + 1, dtype=np.int64)
    return Packet(sensor, "samples", 0, arrival, np.rint(t * 1e9).astype(np.int64), none, zeros)


def test_a_sensor_that_begins_late_is_reported_in_any_pieces():
    """Forty seconds of silence at the start are one fault from the session's beginning on."""
    t = np.arange(100.0, 160.0, 0.05)
    reported = []
    for pieces in (1, 40):
        stage = Silence("thigh_left", 0.0)
        faults, before = [], -np.inf
        for rows in np.array_split(np.arange(len(t)), pieces):
            late = rows[t[rows] >= 140.0]
            batch = [packet("pelvis", t[rows], 2 * int(rows[0]))]
            came = (
                [packet("thigh_left", t[late] + 0.001, 2 * int(late[0]) + 1)] if len(late) else []
            )
            progress = Progress([*batch, *came], 0, before)
            before = float(progress.curve[1][-1])
            faults += stage.push(came, 0, 100.0, before, progress)
        reported.append(joined_faults(faults))
    spans = [[(fault.t_start, fault.t_end) for fault in faults] for faults in reported]
    assert spans[0] == spans[1]
    assert [(f.sensor, f.kind, f.t_start, round(f.t_end)) for f in reported[0]] == [
        ("thigh_left", "missing", 100.0, 140)
    ]

"""A session in which one sensor falls silent in the middle of a set, and goes on later."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from imuhip.catalogue.catalogue import Catalogue
from imuhip.core.records import Packet, Record
from imuhip.recording.writer import RecordingWriter
from imuhip.results.analysis import analyze
from imuhip.simulate.nouns import SimulatedSession
from imuhip.simulate.output import write
from imuhip.simulate.session import simulate

SENSOR, BEGINS_S, ENDS_S = "thigh_right", 95.0, 107.0
"""Who is silent, and when; the squats go on from 83 to 142 s."""
PIVOTS_BEGIN_S = 83.0
"""Pivots go on from then to 116 s: silent for as long from here on, no turn of the leg is told."""


def silenced(session: SimulatedSession, begins_s: float = BEGINS_S) -> Iterator[list[Record]]:
    """The session's batches without what the silent sensor would have sent."""
    ends_s = begins_s + ENDS_S - BEGINS_S
    batches = list(session.batches())
    packets = (r for batch in batches for r in batch if isinstance(r, Packet))
    origin = min(int(packet.host_ns[0]) for packet in packets)
    for batch in batches:
        kept: list[Record] = []
        for record in batch:
            if not isinstance(record, Packet) or record.sensor != SENSOR:
                kept.append(record)
                continue
            t = (record.host_ns - origin) / 1e9
            heard = np.concatenate(([False], (t < begins_s) | (t > ends_s), [False]))
            edges = np.flatnonzero(heard[1:] != heard[:-1])
            for start, stop in zip(edges[::2], edges[1::2], strict=True):
                kept.append(record.part(int(start), int(stop)))
        if kept:
            yield kept


def write_dropout(
    recording: Path, *, seed: int = 3, movement: str = "squat", begins_s: float = BEGINS_S
) -> None:
    """Write the recording of such a session."""
    session = simulate(f"calibration+{movement}", seed=seed, grade="good")
    with RecordingWriter(recording, session.header, fsync=False) as writer:
        for batch in silenced(session, begins_s):
            writer.append_batch(batch)


def filed_dropout(folder: Path, movement: str = "squat", begins_s: float = BEGINS_S) -> Path:
    """A catalogue with a good session of A1 and, later, one with the drop-out; its path."""
    catalogue = folder / "catalogue.sqlite"
    good, bad = folder / "good.mcap", folder / "bad.mcap"
    write(simulate(f"calibration+{movement}", seed=4, grade="good"), good)
    write_dropout(bad, movement=movement, begins_s=begins_s)
    with Catalogue(catalogue) as opened:
        for recording in (good, bad):
            results = folder / "results" / recording.stem
            analyze(recording, results)
            opened.file(recording, results, "A1")
    return catalogue

"""Simulated sessions as files: recordings, truth beside them, folders to import."""

import csv
import json
import tomllib
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from imuhip.core.errors import RecordingError
from imuhip.core.records import Mark, Packet, Record
from imuhip.core.resources import recording_path
from imuhip.recording.reader import RecordingReader
from imuhip.results.schemas import ANGLES_SCHEMA
from imuhip.simulate.session import (
    Compensation,
    Performance,
    Setup,
    SimulatedSession,
    simulate,
    write,
    write_folder,
)
from imuhip.simulate.worn import SENSORS


@pytest.fixture(scope="module")
def session() -> SimulatedSession:
    return simulate("calibration", seed=21, grade="typical", setup=Setup(mounting="usual"))


def payloads(records: list[Record]) -> dict[str, bytes]:
    return {
        sensor: b"".join(
            r.payload.tobytes() for r in records if isinstance(r, Packet) and r.sensor == sensor
        )
        for sensor in SENSORS
    }


def test_a_recording_holds_what_was_simulated(session: SimulatedSession, tmp_path: Path) -> None:
    """The file gives back header, bytes and marks; the truth has columns that results have."""
    recording, truth = tmp_path / "a.mcap", tmp_path / "a.parquet"
    write(session, recording, truth)
    reader = RecordingReader(recording)
    records = [record for batch in reader.batches() for record in batch]
    made = [record for batch in session.batches() for record in batch]
    assert not reader.faults
    assert reader.header == session.header
    assert payloads(records) == payloads(made)
    assert [r for r in records if isinstance(r, Mark)] == [r for r in made if isinstance(r, Mark)]
    table = pq.read_table(truth)
    assert set(table.column_names) <= set(ANGLES_SCHEMA.names)
    for name in table.column_names:
        assert table.schema.field(name).type == ANGLES_SCHEMA.field(name).type
    np.testing.assert_array_equal(table["t"].to_numpy(), session.truth.t)


def test_the_truth_of_repetitions_lies_beside_the_truth(tmp_path: Path) -> None:
    """Repetitions and compensations are written beside the true angles, and named after them."""
    performance = Performance(compensations=(Compensation("knee_in", 8.0, "left"),))
    session = simulate("squat", seed=2, setup=Setup(performance=performance))
    write(session, tmp_path / "a.mcap", tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.repetitions.parquet").to_pylist()
    assert len(table) == len(session.repetitions) == 16
    for row, each in zip(table, session.repetitions, strict=True):
        assert row == {name: getattr(each, name) for name in row}
    assert {"movement", "t_start", "t_turn", "t_end", "counted"} < set(table[0])
    reported = json.loads((tmp_path / "a.compensations.json").read_text())
    assert [(each["rule"], each["side"], each["size"]) for each in reported] == [
        ("knee_in", "left", 8)
    ]
    assert reported[0]["repetitions"] == list(range(1, 9))
    for name in ("a.repetitions.parquet", "a.compensations.json"):
        (tmp_path / "a.parquet").unlink(missing_ok=True)
        with pytest.raises(RecordingError, match="exists"):
            write(session, tmp_path / f"{name}.mcap", tmp_path / "a.parquet")
        assert not (tmp_path / "a.parquet").exists()
        (tmp_path / name).unlink()


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    """Two runs write the same bytes, so a recording can be made again."""
    for name in ("a", "b"):
        write(simulate("calibration", seed=3), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_nothing_is_overwritten_unasked(session: SimulatedSession, tmp_path: Path) -> None:
    """A file that is there stays, and neither of the two is written, unless it is asked for."""
    recording, truth = tmp_path / "a.mcap", tmp_path / "a.parquet"
    truth.write_text("mine")
    with pytest.raises(RecordingError, match="exists"):
        write(session, recording, truth)
    assert truth.read_text() == "mine"
    assert not recording.exists()
    write(session, recording, truth, overwrite=True)
    assert recording.stat().st_size > 100_000


def test_a_folder_holds_every_bit(session: SimulatedSession, tmp_path: Path) -> None:
    """The folder's numbers read back as the very readings, beside marks and declared mounts."""
    folder = tmp_path / "import"
    write_folder(session, folder)
    for sensor in SENSORS:
        with (folder / f"{sensor}.csv").open() as file:
            header, *rows = csv.reader(file)
        assert header == ["t", "acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"]
        table = np.array(rows, dtype=np.float64)
        track = session.tracks[sensor]
        np.testing.assert_array_equal(table[:, 0], track.t)
        np.testing.assert_array_equal(table[:, 1:4], track.acc)
        np.testing.assert_array_equal(table[:, 4:], track.gyr)
    with (folder / "marks.csv").open() as file:
        marks = list(csv.DictReader(file))
    assert [(float(m["t"]), m["label"]) for m in marks] == list(session.marks)
    about = tomllib.loads((folder / "session.toml").read_text())
    assert about["athlete"] == "simulated-21"
    assert about["mount"]["thigh_left"] == {"up": "+x", "out": "+z"}
    assert "simulated" in about["source"]


def test_the_shipped_recording_is_what_its_page_says() -> None:
    """The shipped recording is the showcase of seed 7: same marks, same bytes but for roundings."""
    reader = RecordingReader(recording_path("squats_and_pivots"))
    records = [record for batch in reader.batches() for record in batch]
    made = simulate("showcase", seed=7)
    assert reader.header.source == made.header.source
    assert [r.label for r in records if isinstance(r, Mark)] == [label for _, label in made.marks]
    shipped = payloads(records)
    for sensor, data in payloads([r for batch in made.batches() for r in batch]).items():
        assert len(shipped[sensor]) == len(data)
        bytes_apart = np.frombuffer(shipped[sensor], np.uint8) != np.frombuffer(data, np.uint8)
        # Another processor's sine may differ in its last bit, and so turn a rounding here or there.
        assert bytes_apart.mean() < 1e-3

"""MCAP with decoded samples and angles, read back by MCAP's own protobuf reader."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory

from imuhip.core.errors import RecordingError
from imuhip.importers.folder import import_folder
from imuhip.recording.reader import RecordingReader
from imuhip.results.analysis import analyze
from imuhip.results.exporters.formats import export
from imuhip.results.samples import read_samples, spooled_samples
from imuhip.simulate.output import write_folder
from imuhip.simulate.session import simulate


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A folder of samples, its recording, its results and its export."""
    place = tmp_path_factory.mktemp("mcap")
    write_folder(simulate("calibration", seed=3, grade="good"), place / "folder")
    import_folder(place / "folder", place / "rec.mcap")
    analyze(place / "rec.mcap", place / "results")
    export(place / "rec.mcap", "mcap", place / "out.mcap")
    return place


def messages(path):
    """Topic → (log times, messages), as Foxglove and PlotJuggler decode them."""
    found = {}
    with path.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        for _, channel, message, decoded in reader.iter_decoded_messages():
            times, values = found.setdefault(channel.topic, ([], []))
            times.append(message.log_time)
            values.append(decoded)
    return found


def test_angles_are_plotted_bit_for_bit(places):
    """Each grid row is a message a side, with the numbers of the results and its UTC."""
    read = messages(places / "out.mcap")
    angles = pq.read_table(places / "results" / "angles.parquet")
    session = json.loads((places / "results" / "session.json").read_text())
    for side in ("left", "right"):
        times, values = read[f"/hip/{side}"]
        for axis in ("flexion", "adduction", "rotation"):
            for kind in ("", "_sd", "_sd_total"):
                came = np.array([getattr(v, f"{axis}{kind}_deg") for v in values])
                expected = angles[f"hip_{axis}_{side}{kind}_deg"].to_numpy()
                assert np.array_equal(came, expected, equal_nan=True), (side, axis, kind)
        assert [v.valid for v in values] == angles[f"valid_{side}"].to_pylist()
        zero_ns = session["zero_utc_ns"] or 0
        expected_ns = zero_ns + np.round(angles["t"].to_numpy() * 1e9).astype(np.int64)
        assert np.array_equal(times, np.maximum(expected_ns, 0))


def test_samples_are_decoded(places):
    """Each sensor's samples come out as they went in, in m/s² and rad/s."""
    read = messages(places / "out.mcap")
    for sensor in ("pelvis", "thigh_left", "thigh_right"):
        _, values = read[f"/imu/{sensor}"]
        lines = (places / "folder" / f"{sensor}.csv").read_text().splitlines()
        expected = np.array([[float(x) for x in line.split(",")] for line in lines[1:]])
        names = lines[0].split(",")[:7]
        assert names[:2] == ["t", "acc_x"]
        came = np.array([[getattr(v, name) for name in names] for v in values])
        assert came == pytest.approx(expected[:, :7], abs=1e-12)


def test_marks_are_events(places):
    """Marks of the folder are events at their times."""
    read = messages(places / "out.mcap")
    lines = (places / "folder" / "marks.csv").read_text().splitlines()[1:]
    expected = [(float(t), label) for t, label in (line.split(",", 1) for line in lines)]
    came = [(v.t, v.label) for v in read["/events"][1] if not v.side]
    assert [label for _, label in came] == [label for _, label in expected]
    assert [t for t, _ in came] == pytest.approx([t for t, _ in expected], abs=1e-6)


def test_results_alone_have_no_samples(places, tmp_path):
    """From a result folder there are angles and events, and no sensor's channel."""
    export(places / "results", "mcap", tmp_path / "out.mcap")
    assert set(messages(tmp_path / "out.mcap")) == {"/hip/left", "/hip/right", "/pelvis", "/events"}


def test_an_export_is_no_recording(places):
    """Who takes the export for the recording is told so, not that the file is damaged."""
    with pytest.raises(RecordingError, match="an export for plotting programs"):
        RecordingReader(places / "out.mcap")


def test_samples_of_a_recording(places):
    """Decoded samples are sorted by time, and a window keeps its ends."""
    samples = read_samples(places / "rec.mcap")
    assert set(samples) == {"pelvis", "thigh_left", "thigh_right"}
    pieces = spooled_samples(places / "rec.mcap")["pelvis"].between(2.0, 3.0)
    (part,) = pieces.pieces()
    assert pieces.times().tolist() == part.t.tolist()
    assert (np.diff(samples["pelvis"].t) > 0).all()
    assert part.t[0] >= 2.0
    assert part.t[-1] <= 3.0
    assert len(part.acc) == len(part.gyr) == len(part.t) > 90

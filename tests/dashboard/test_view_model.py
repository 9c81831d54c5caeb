from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboard.view_model import TITLES, extremes, read_traces, thinned
from imuhip.errors import RecordingError

COLUMNS = [
    *(
        f"hip_{angle}_{side}_deg"
        for angle in ("flexion", "adduction", "rotation")
        for side in ("left", "right")
    ),
    *(f"pelvis_{angle}_deg" for angle in ("tilt", "obliquity", "rotation")),
]


def a_result(folder: Path, leave_out: str = "") -> Path:
    """A result folder with 300 rows; the left rotation runs from −40 to 30 with a gap."""
    t = np.arange(300) / 100
    numbers = {name: np.full(300, float(k)) for k, name in enumerate(COLUMNS)}
    rotation = np.linspace(-40.0, 30.0, 300)
    rotation[100:120] = np.nan
    numbers["hip_rotation_left_deg"] = rotation
    numbers["hip_rotation_right_deg"] = np.full(300, np.nan)
    table = pa.table({"t": t, **{k: v for k, v in numbers.items() if k != leave_out}})
    pq.write_table(table, folder / "angles.parquet")
    return folder


def test_a_result_folder_becomes_named_lines(tmp_path: Path) -> None:
    """Each plot holds its angle's lines, sides named, NaN kept."""
    traces = read_traces(a_result(tmp_path))
    assert list(traces.plots) == list(TITLES)
    left, right = traces.plots["hip_rotation"]
    assert (left.name, left.side, right.side) == ("Left", "left", "right")
    assert np.isnan(left.degrees[110])
    assert traces.plots["pelvis_tilt"][0].name == "Pelvis"
    assert traces.plots["hip_flexion"][1].degrees[0] == COLUMNS.index("hip_flexion_right_deg")


def test_extremes_are_those_of_the_known_numbers(tmp_path: Path) -> None:
    """Out, in and range come from the numbers there are; a side without any has none."""
    found = extremes(read_traces(a_result(tmp_path)))
    assert found["left"] == pytest.approx({"out": 40.0, "in": 30.0, "range": 70.0})
    assert all(np.isnan(value) for value in found["right"].values())


@pytest.mark.parametrize("what", ["nothing", "empty", "text", "column"])
def test_what_is_no_result_is_said(tmp_path: Path, what: str) -> None:
    """A missing, broken or incomplete result gives a sentence with its place."""
    place = tmp_path / "nowhere" if what == "nothing" else tmp_path
    if what == "text":
        (tmp_path / "angles.parquet").write_text("no parquet")
    if what == "column":
        a_result(tmp_path, leave_out="pelvis_tilt_deg")
    with pytest.raises(RecordingError, match="expected") as told:
        read_traces(place)
    assert told.value.path is not None


def test_thinning_keeps_every_peak() -> None:
    """Of a long line far fewer points stay, in order, with each stretch's lowest and highest."""
    t = np.arange(50_000) / 100
    degrees = np.sin(t)
    degrees[33_333], degrees[40_001] = 9.0, -9.0
    degrees[10_000:20_000] = np.nan
    short, kept = thinned(t, degrees, most=1000)
    assert len(short) <= 1100
    assert (np.diff(short) > 0).all()
    assert np.nanmax(kept) == 9.0
    assert np.nanmin(kept) == -9.0
    assert np.isnan(kept).any()


def test_a_short_line_stays_as_it_is() -> None:
    """A line with few points is not thinned."""
    t = np.arange(10.0)
    assert thinned(t, t)[1] is t

"""What stands above and below a table, and how its bytes came, in files of every kind.

Each is the same eight samples of pelvis and left thigh.
"""

import numpy as np
import pytest
from support.maker_files import (
    ACC,
    EPOCH_S,
    PHY_ACC,
    PHY_GYR,
    ROWS,
    all_of,
    assert_right,
    both,
    crlf,
    dot,
    german,
    gyr_rad,
    logger,
    look,
    phy,
    plain,
    table,
    wit,
    with_norm,
)

from imuhip.core.errors import RecordingError

MT = table(
    ("PacketCounter", "SampleTimeFine", *(f"{q}_{a}" for q in ("Acc", "Gyr") for a in "XYZ")),
    lambda k: (7 + k, 10_000 + 100 * k, *ACC, *gyr_rad(k)),
    "\t",
    before="// Start Time: Unknown\n",
)
PHYPHOX = {
    "{}/Acceleration.csv": phy(PHY_ACC, with_norm(lambda _: ACC)),
    "{}/Gyroscope.csv": phy(PHY_GYR, with_norm(gyr_rad)),
}
KINDS = {
    "plain": ({"{}.csv": plain()}, 0.0),
    "dates": ({"{}.csv": plain(time=lambda k: f"2026-03-02T10:00:00.{10 * k:03d}Z")}, EPOCH_S),
    "Xsens": ({"{}.txt": MT}, 1.0),
    "DOT": ({"{}.csv": dot()}, 1000.0),
    "WitMotion": ({"{}.txt": wit()}, 36000.05),
    "Sensor Logger": (logger(), EPOCH_S),
    "phyphox": (PHYPHOX, 0.0),
}


def changed(kind, change):
    """The files of a kind after a change of their text, and their first time."""
    files, first = KINDS[kind]
    return all_of({name: change(text) for name, text in files.items()}), first


CHANGES = {
    "a word at the end": lambda text: text + "End of data\n",
    "a count at the end": lambda text: text + "\n\nTotal samples: 8\n",
    "a comment at the end": lambda text: text + "# end",
    "title": lambda text: "Recording of Jo\n" + text,
    "title of cells": lambda text: "Recording,Jo,2026\nPlace,Hall 3\n\n" + text,
    "zeros at the end": lambda text: text + "\0" * 512,
    "an old editor's end": lambda text: text + "\x1a",
    "UTF-16 without a mark": lambda text: text.encode("utf-16-le"),
    "UTF-16 of the other kind": lambda text: text.encode("utf-16-be"),
    "line ends twice": lambda text: crlf(text).replace("\r\n", "\r\r\n"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_stands_around_a_table_changes_nothing(tmp_path, kind, change):
    """The right samples come in; what was left out below them is reported."""
    files, first = changed(kind, change)
    rows, found = look(tmp_path, files)
    assert_right(rows["pelvis"], first)
    assert_right(rows["thigh_left"], first)
    ends = {"End of data", "Total samples: 8", "# end"}
    if any(str(text).rstrip().endswith(end) for text in files.values() for end in ends):
        assert any("below the last whole row" in said for said in found.warnings)


@pytest.mark.parametrize(
    ("kind", "separator"), [("DOT", ","), ("WitMotion", "\t"), ("Sensor Logger", ",")]
)
def test_a_last_row_that_was_cut_short_is_left_out(tmp_path, kind, separator):
    """A logger that lost its power: seven rows, and a sentence."""
    files, first = changed(kind, lambda text: text.rstrip().rsplit(separator, 2)[0])
    rows, found = look(tmp_path, files)
    assert_right(rows["pelvis"], first, n=ROWS - 1)
    assert any("below the last whole row" in said for said in found.warnings)


@pytest.mark.parametrize("rows", [1, 3])
def test_rows_of_another_width_are_no_footer(tmp_path, rows):
    """Whole rows with a cell too many are refused with their line, not left out."""
    lines = plain().splitlines()
    lines[-rows:] = [line + ",25" for line in lines[-rows:]]
    with pytest.raises(RecordingError, match=rf":{10 - rows}: This line has 8 cells"):
        look(tmp_path, both("{}.csv", "\n".join(lines) + "\n"))


def test_lines_are_numbered_as_they_lie_in_the_file(tmp_path):
    """An error below a title names the line of the file."""
    lines = plain().splitlines()
    lines[5] = lines[4]
    lines[6] = lines[3]
    with pytest.raises(RecordingError, match=r"pelvis\.csv:9: Time runs backwards"):
        look(tmp_path, both("{}.csv", "Recording of Jo\n\n" + "\n".join(lines) + "\n"))


def test_sensor_logger_saved_by_a_german_spreadsheet(tmp_path):
    """Semicolons, decimal commas, and the numbers of rows that pandas writes."""
    rows, _ = look(tmp_path / "a", all_of({n: german(t) for n, t in logger().items()}))
    assert_right(rows["pelvis"], EPOCH_S)
    numbered = {
        name: "\n".join(f"{k or ''},{line}" for k, line in enumerate(text.splitlines()))
        for name, text in logger().items()
    }
    rows, _ = look(tmp_path / "b", all_of(numbered))
    assert_right(rows["pelvis"], EPOCH_S)


def test_small_letters_in_dates(tmp_path):
    """A t between date and time, a z for UTC."""
    files, first = changed("dates", str.lower)
    rows, _ = look(tmp_path, files)
    assert_right(rows["pelvis"], first)


@pytest.mark.parametrize("kind", ["Sensor Logger", "phyphox"])
@pytest.mark.parametrize(("rows", "said"), [(0, "no row"), (1, "only one row")])
def test_files_that_belong_together_and_are_empty(tmp_path, kind, rows, said):
    """A file without samples is called that, and not one of another recording."""
    files, _ = changed(kind, lambda text: "\n".join(text.splitlines()[: 1 + rows]) + "\n")
    with pytest.raises(RecordingError, match=rf"has {said} of samples"):
        look(tmp_path, files)


def test_files_of_one_sensor_that_lost_their_names(tmp_path):
    """They are not two trials: what is missing are the lines of names."""
    files, _ = changed("phyphox", lambda text: "\n".join(text.splitlines()[1:]) + "\n")
    with pytest.raises(RecordingError, match=r"Acceleration\.csv and Gyroscope\.csv is not known"):
        look(tmp_path, files)


def test_comments_of_xsens_below_a_title_keep_the_units(tmp_path):
    """MT Manager's rad/s are not taken for a DOT's °/s, whatever stands above its comments."""
    rows, found = look(tmp_path, both("{}.txt", "Export\n\n" + MT.replace("Sample", "sample")))
    assert found.files[0].format_name == "Xsens MT"
    np.testing.assert_allclose(rows["pelvis"][:, 6], np.pi, atol=1e-6)

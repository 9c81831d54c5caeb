"""Excel workbooks and ZIP files: what is in them comes in as if it lay in a folder."""

import io
import zipfile
from datetime import datetime, time
from pathlib import Path

import openpyxl
import pytest
from support.import_folders import NAMES
from support.maker_files import (
    ACC,
    EPOCH_S,
    PHY_ACC_CUSTOM,
    PHY_GYR_CUSTOM,
    ROWS,
    assert_right,
    both,
    dot,
    gyr_rad,
    lay,
    logger,
    look,
    phy,
    plain,
    wit,
)

from imuhip.core.errors import RecordingError
from imuhip.importers import workbooks
from imuhip.importers.folder import import_folder


def cell(text):
    try:
        return float(text)
    except ValueError:
        return text.strip('"') or None


def workbook(sheets):
    """Bytes of a workbook: name to rows, or to a text whose numbers become numbers."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, content in sheets.items():
        sheet = book.create_sheet(name)
        lines = content.splitlines() if isinstance(content, str) else []
        for row in [[cell(c) for c in line.split(",")] for line in lines] or content:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def timed(at):
    return [list(NAMES), *([at(k), *ACC, *gyr_rad(k)] for k in range(ROWS))]


def archive(files, compression=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as made:
        for name, text in files.items():
            made.writestr(name, text)
    return file.getvalue()


WORKBOOKS = {
    "plain": ({"Sheet1": plain()}, 0.0),
    "dates": ({"Sheet1": timed(lambda k: datetime(2026, 3, 2, 10, 0, 0, 10_000 * k))}, EPOCH_S),  # noqa: DTZ001
    "times of day": ({"Sheet1": timed(lambda k: time(10, 0, 0, 10_000 * k))}, 36000.0),
    "texts with decimal commas": (
        {
            "Tabelle1": [
                list(NAMES),
                *(
                    [f"{v:.6f}".replace(".", ",") for v in (0.01 * k, *ACC, *gyr_rad(k))]
                    for k in range(ROWS)
                ),
            ]
        },
        0.0,
    ),
    "a maker's": ({"Sheet1": dot()}, 1000.0),
    "WitMotion": ({"Sheet1": wit(separator=",")}, 36000.05),
    "phyphox": (
        {
            "Accelerometer": phy(PHY_ACC_CUSTOM, lambda _: ACC),
            "Gyroscope": phy(PHY_GYR_CUSTOM, gyr_rad),
            "Metadata Device": "property,value\nversion,1.1.16\n",
        },
        0.0,
    ),
}


@pytest.mark.parametrize(("sheets", "t0"), WORKBOOKS.values(), ids=WORKBOOKS.keys())
def test_workbooks(tmp_path, sheets, t0):
    """A workbook a sensor, as phyphox and people save them."""
    rows, _ = look(tmp_path, both("{}.xlsx", workbook(sheets)))
    assert_right(rows["pelvis"], t0)
    assert_right(rows["thigh_left"], t0)


def test_a_sheet_a_sensor(tmp_path):
    """One workbook whose sheets are named by where the sensors sat."""
    sheets = {"Pelvis": plain(), "Left Thigh": plain(), "Notes": "a,b\n1,2\n"}
    path = lay(tmp_path, {"session.xlsx": workbook(sheets)}) / "session.xlsx"
    report = import_folder(path, tmp_path / "a.mcap")
    assert report.samples == {"pelvis": ROWS, "thigh_left": ROWS}


@pytest.mark.parametrize(
    "content",
    [
        b"PK\3\4 no more",
        b"t,acc_x\n",
        archive({"xl/workbook.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]>"}),
        archive({"é": ""}).replace("é".encode(), b"\xc3("),
    ],
    ids=["cut", "text", "another ZIP", "misnamed"],
)
def test_what_is_no_workbook_is_refused(tmp_path, content):
    """A sentence, whatever the file makes the reader run into."""
    with pytest.raises(RecordingError, match="cannot be read as an Excel workbook"):
        look(tmp_path, both("{}.xlsx", content))


def test_workbooks_too_large_are_refused(tmp_path, monkeypatch):
    """Neither cells, nor texts, nor all of it unpacked may be more than any sensor records."""
    files = both("{}.xlsx", workbook({"Sheet1": plain()}))
    for name, most in (("_MOST_CELLS", 20), ("_MOST_BYTES", 500), ("_MOST_BYTES_BESIDE", 500)):
        with monkeypatch.context() as patch:
            patch.setattr(workbooks, name, most)
            with pytest.raises(RecordingError, match="too large"):
                look(tmp_path, files)


PHONE = {name.replace("{}/", ""): text for name, text in logger().items()}


@pytest.mark.parametrize(
    "files",
    [
        {"{}.zip": archive(PHONE)},
        {"2026-03-02 {}.zip": archive({f"2026-03-02_10-00-00/{n}": t for n, t in PHONE.items()})},
        {"{}.ZIP": archive(PHONE | {"__MACOSX/._Gyroscope.csv": "\0", "photo.jpg": "x"})},
    ],
)
def test_an_archive_a_phone(tmp_path, files):
    """Phones share a ZIP a recording; its name says where the phone sat."""
    laid = {}
    for name, content in files.items():
        laid |= both(name, content)
    rows, found = look(tmp_path, laid)
    assert found.files[0].format_name == "Sensor Logger"
    assert_right(rows["pelvis"], EPOCH_S)


@pytest.mark.parametrize(
    "files",
    [
        both("{}.csv", plain()),
        both("export 1/{}.csv", plain()),
        both("{}.zip", archive({"a.csv": plain()})),
    ],
    ids=["files", "a folder", "archives"],
)
def test_an_archive_of_all_sensors(tmp_path, files):
    """The archive is read as the folder that it holds, its session and marks too."""
    beside = next(iter(files)).rpartition("/")[0]
    reported = {"session.toml": 'athlete = "A1"\n', "marks.csv": "t,label\n0.01,note:x\n"}
    reported = {f"{beside}/{name}" if beside else name: text for name, text in reported.items()}
    path = tmp_path / "session.zip"
    path.write_bytes(archive(files | reported))
    report = import_folder(path, tmp_path / "a.mcap")
    assert (report.samples, report.marks) == ({"pelvis": ROWS, "thigh_left": ROWS}, 1)


def test_an_error_inside_an_archive_names_it(tmp_path):
    """The file is named by its place in the archive, not by where it was unpacked."""
    with pytest.raises(RecordingError) as caught:
        look(tmp_path, both("{}.zip", archive({"a.csv": "t,acc_x\n1,2\n"})))
    assert caught.value.path == tmp_path / "in" / "pelvis.zip" / "a.csv"
    assert caught.value.line == 1


def test_archives_stay_inside_their_folder(tmp_path):
    """Ways out of the folder lead into it."""
    path = tmp_path / "session.zip"
    path.write_bytes(archive({"../../pelvis.csv": plain(), "/thigh_left.csv": plain()}))
    assert import_folder(path, tmp_path / "a.mcap").samples == {"pelvis": ROWS, "thigh_left": ROWS}
    assert not Path("/thigh_left.csv").exists()


def locked():
    """An archive whose files are marked as encrypted."""
    content = bytearray(archive({"a.csv": plain()}))
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    return bytes(content)


def damaged(compression):
    """An archive of which a stretch in the middle was overwritten."""
    content = bytearray(archive({"a.csv": plain()}, compression))
    content[60:90] = bytes(range(200, 230))
    return bytes(content)


def misnamed():
    """An archive with a name that says it is UTF-8 and is not."""
    return archive({"é.csv": plain()}).replace("é".encode(), b"\xc3(")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\3\4 no more", "not a whole ZIP"),
        (archive({"a.csv": plain()})[:-40], "not a whole ZIP"),
        (locked(), "needs a password"),
        (archive({f"{k}.csv": "" for k in range(10_001)}), "more than 10000 files"),
        (archive({}), "Name the files by where"),
        (damaged(zipfile.ZIP_DEFLATED), "not a whole ZIP"),
        (damaged(zipfile.ZIP_LZMA), "not a whole ZIP"),
        (damaged(zipfile.ZIP_BZIP2), "cannot be unpacked"),
        (misnamed(), "not a whole ZIP"),
    ],
    ids=[
        "no archive", "cut", "locked", "many", "empty", "deflate", "LZMA", "bzip2", "misnamed",
    ],
)  # fmt: skip
def test_archives_that_cannot_be_read(tmp_path, content, said):
    """One sentence says what is wrong."""
    with pytest.raises(RecordingError, match=said):
        look(tmp_path, both("{}.zip", content))

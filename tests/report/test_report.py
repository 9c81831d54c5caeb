import io
import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from beds.report import finding, make_results, repetitions
from pypdf import PdfReader
from typer.testing import CliRunner

from imuhip.assess.set_measures import summaries
from imuhip.assess.symmetry import Measured
from imuhip.catalogue.entities import Kind, MeasureValue
from imuhip.catalogue.progress import Series, series_of
from imuhip.cli.main import app
from imuhip.core.findings import Note
from imuhip.report.blocks import NOT_MEDICAL, Document, Heading, Label, Pictures, Table, Words
from imuhip.report.html import to_html
from imuhip.report.material import curve, material_in
from imuhip.report.pdf import to_pdf
from imuhip.report.pictures import Row, dots_picture, with_error
from imuhip.report.sections import NORMS_ARE
from imuhip.report.writing import READERS, Reader, report_for

BEGIN = datetime(2026, 3, 2, 10, tzinfo=UTC)
HOSTILE = '<script>alert("x")</script><b>Mia</b> & "Łukasz"'


def html_of(folder: Path, reader: Reader) -> str:
    return to_html(report_for(reader, material_in(folder)))


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text.removeprefix("<!DOCTYPE html>"))  # noqa: S314 - made here


def pages_of(document: Document) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(to_pdf(document))).pages]


@pytest.mark.parametrize("reader", READERS)
def test_html_is_whole_and_stands_alone(tmp_path: Path, reader: Reader) -> None:
    """The file is well-formed, runs nothing, fetches nothing and draws its pictures itself."""
    text = html_of(make_results(tmp_path / "r"), reader)
    tree = parsed(text)
    tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert not tags & {"script", "link", "iframe", "img", "object", "a", "image", "use"}
    assert "svg" in tags
    for element in tree.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert name not in ("src", "href")
            assert "url(" not in value
    style = tree.find(".//style")
    assert style is not None
    assert "url(" not in str(style.text)
    assert "@import" not in str(style.text)
    assert NOT_MEDICAL in text


@pytest.mark.parametrize("reader", READERS)
def test_what_people_wrote_cannot_become_markup(tmp_path: Path, reader: Reader) -> None:
    """Names, movements, words, cues and marks with HTML in them are shown as they were written."""
    bad = finding(words=HOSTILE, cue=HOSTILE)
    reps = [*repetitions(), replace(repetitions()[0], movement=HOSTILE, reason=HOSTILE)]
    folder = make_results(tmp_path / "r", reps, [bad], athlete=HOSTILE, source=HOSTILE)
    text = html_of(folder, reader)
    assert "<script" not in text
    assert "<b>Mia" not in text
    tree = parsed(text)
    assert HOSTILE in "".join(tree.itertext())
    pdf = " ".join(pages_of(report_for(reader, material_in(folder))))
    assert "alert" in pdf
    assert "Łukasz" in pdf


@pytest.mark.parametrize("reader", READERS)
def test_what_is_not_to_be_seen_is_shown(tmp_path: Path, reader: Reader) -> None:
    """Marks that turn the line round, or steer a terminal, stand as a sign in page and PDF."""
    name = "Mia\u202egnal\x1b[2Jx\u2066y"
    bad = finding(words=name, cue=name)
    folder = make_results(tmp_path / "r", repetitions(), [bad], athlete=name, source=name)
    document = report_for(reader, material_in(folder))
    metadata = PdfReader(io.BytesIO(to_pdf(document))).metadata
    assert metadata is not None
    for text in (html_of(folder, reader), " ".join(pages_of(document)), str(metadata.title)):
        assert "Mia\ufffdgnal" in text
        assert not set(text) & {"\u202e", "\x1b", "\u2066"}


def test_athlete_has_one_page_with_the_words_that_matter(tmp_path: Path) -> None:
    """Arcs, what went well, what to work on with its cue, and what the numbers mean: one page."""
    well = finding(rule="pelvic_drop", grade="none", repetitions=[], words="", cue="")
    folder = make_results(tmp_path / "r", findings=[finding(), well])
    pages = pages_of(report_for("athlete", material_in(folder)))
    assert len(pages) == 1
    words = " ".join(pages[0].split())
    for expected in (
        "P7 · 2 March 2026",
        "6 × squat, 12 × seated rotation",
        "in 32°",
        "out 41°",
        "in 33°",
        "out 40°",
        "Your pelvis stayed level.",
        "Your pelvis tucks under at the bottom.",
        "Stop a hand above the depth",
        "What the numbers mean",
        "95 %",
        NOT_MEDICAL,
    ):
        assert expected in words, expected


def test_both_hips_are_drawn_where_a_test_is_done_cold_for_the_first_time(tmp_path: Path) -> None:
    """A measure of one session has nothing to be compared with, and takes no place of others."""

    def turned(side: str, kind: Kind, direction: str, sessions: int) -> Series:
        return series_of([
            MeasureValue(
                session=f"s{week}", started=BEGIN + timedelta(weeks=week), kind=kind,
                movement=f"seated_rotation_{side}", set=1, repetition=number, side=side,
                direction=direction, name="rotation_end_deg", unit="deg",
                value=35.0 + 0.1 * number, sd=1.0, counted=True, excluded="",
            )
            for week in range(sessions)
            for number in range(4)
        ])[0]  # fmt: skip

    series = [
        turned(side, kind, direction, sessions)
        for side in ("left", "right")
        for kind, sessions in (("cold", 1), ("warm", 3))
        for direction in ("in", "out")
    ]
    material = replace(material_in(make_results(tmp_path / "r")), series=tuple(series))
    drawn = [
        picture.words
        for block in report_for("athlete", material).blocks
        if isinstance(block, Pictures)
        for picture in block.pictures
        if "Last time and now" in picture.words
    ]
    assert len(drawn) == 1
    for hip in ("seated left, turn in", "seated left, turn out", "seated right, turn in"):
        assert f"{hip}, now" in drawn[0]


def test_many_findings_do_not_make_a_second_page(tmp_path: Path) -> None:
    """However much was found, the athlete's page holds the gravest and says where the rest is."""
    long = "The pelvis does something that takes many words to say. " * 4
    rules = ("pelvic_tuck", "over_arching", "pelvic_drop", "knee_in", "early_turn_out")
    rules = (*rules, "rotation_difference", "pelvis_follows_pivot", "pelvis_cheats_table")
    found = [finding(grade="mild", words=long, cue=long) | {"rule": rule} for rule in rules]
    pages = pages_of(report_for("athlete", material_in(make_results(tmp_path / "r", None, found))))
    assert len(pages) == 1
    assert "5 more are in your coach's report." in pages[0]


def test_coach_has_everything(tmp_path: Path) -> None:
    """Grade, chain, gates, findings with limits and sources, repetitions, curves, pain, words."""
    pages = pages_of(report_for("coach", material_in(make_results(tmp_path / "r"))))
    words = " ".join(" ".join(pages).split())
    for expected in (
        "good: the numbers can be relied on",
        "tray, bow",
        "Marked: The pelvis tucks under by 14°",
        "Applied Sciences 15:12526",
        "Kouyoumdjian",
        "mean ± SD",
        "6 left",
        "4° ± 4",
        "pain in squat, set 1; left bent 80°, turned –",
        "Greatest inclination of the thigh",
    ):
        assert expected in words, expected
    assert all(NOT_MEDICAL in page for page in pages)


def test_coach_sees_sides_and_sets_summed_up(tmp_path: Path) -> None:
    """Left and right with the word and the band; of each set how many, the mean and its creep."""
    material = material_in(make_results(tmp_path / "r"))
    document = report_for("coach", material)
    words = " ".join(" ".join(pages_of(document)).split())
    for expected in ("Left and right", "right − left", "more than error in 95", "what creeps in"):
        assert expected in words, expected
    tables = [block for block in document.blocks if isinstance(block, Table)]
    sets = [row for table in tables if table.head[:2] == ["set", "count"] for row in table.rows]
    known = [f"{each.counted} of {each.listed}" for each in summaries(material.repetitions)]
    assert sorted(row[1] for row in sets) == sorted(known)
    assert sets


def test_norms_stand_once_a_posture(tmp_path: Path) -> None:
    """Sets under two conditions have arcs each, and share what studies measured."""
    material = material_in(make_results(tmp_path / "r"))
    notes = (Note(0.0, "note:cold"), Note(49.0, "note:warm"))
    blocks = report_for("coach", replace(material, notes=notes)).blocks
    titles = [block.text for block in blocks if isinstance(block, Heading)]
    assert titles.count("Seated rotation") == 3  # two of arcs, one of the repetitions
    assert [block.text for block in blocks if isinstance(block, Words)].count(NORMS_ARE) == 1


@pytest.mark.parametrize("reader", READERS)
def test_unknown_numbers_are_dashes(tmp_path: Path, reader: Reader) -> None:
    """What is not known is shown as a dash, never as nan or none."""
    nan = float("nan")
    reps = [replace(r, measures={**r.measures, "rotation_bottom_sd_deg": nan})
            for r in repetitions()]  # fmt: skip
    reps = [r for r in reps if not (r.side == "left" and r.direction == "out")]
    unknown = finding(value=None, mdc=None, confidence=None, grade="cannot_tell", cue="")
    text = html_of(make_results(tmp_path / "r", reps, [unknown]), reader)
    shown = "".join(parsed(text).itertext())
    assert "nan" not in shown
    assert "None" not in shown
    assert "–" in shown
    assert with_error(Measured(nan, nan)) == "–"
    assert with_error(Measured(12.0, nan)) == "12° (error unknown)"


@pytest.mark.parametrize("reader", READERS)
def test_a_session_without_repetitions_says_so(tmp_path: Path, reader: Reader) -> None:
    """Nothing done is a report that says it, not an error."""
    document = report_for(reader, material_in(make_results(tmp_path / "r", [])))
    assert "No repetition was found" in to_html(document)
    assert "No repetition was found" in " ".join(" ".join(pages_of(document)).split())


def test_curves_go_from_0_to_100_by_bend(tmp_path: Path) -> None:
    """A squat's curve has its deepest point in the middle, whatever its pause."""
    material = material_in(make_results(tmp_path / "r"))
    rep = replace(material.repetitions[0], t_start=0.0, t_turn=2.0, t_end=4.0)
    bend = curve(material.results, rep, "flexion")
    assert len(bend) == 201
    assert int(bend.argmax()) == 100
    assert bend[100] == pytest.approx(90.0, abs=0.1)
    assert bend[50] == pytest.approx(45.0, abs=0.5)
    assert bend[150] == pytest.approx(45.0, abs=0.5)


def test_the_same_report_is_the_same_bytes() -> None:
    """A PDF made twice is the same file: no date, no chance."""
    document = Document("A", "B", [Words("C")])
    assert to_pdf(document) == to_pdf(document)


@pytest.mark.parametrize("name", ["r.html", "r.pdf"])
def test_report_from_the_command_line(tmp_path: Path, name: str) -> None:
    """`imuhip report` writes either kind by the file's name, and does not replace one unasked."""
    folder, target = make_results(tmp_path / "results"), tmp_path / name
    arguments = ["report", str(folder), "-o", str(target), "--for", "athlete"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert target.read_bytes()[:5] in (b"<!DOC", b"%PDF-")
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code != 0
    assert CliRunner().invoke(app, [*arguments, "--overwrite"]).exit_code == 0


def test_wrong_words_on_the_command_line(tmp_path: Path) -> None:
    """An unknown reader, another ending and a name without a catalogue are said, not guessed."""
    folder = str(make_results(tmp_path / "results"))
    for wrong in (
        ["-o", str(tmp_path / "a.docx")],
        ["-o", str(tmp_path / "a.pdf"), "--for", "judge"],
        ["-o", str(tmp_path / "a.pdf"), "--name"],
    ):
        assert CliRunner().invoke(app, ["report", folder, *wrong]).exit_code != 0
    assert not list(tmp_path.glob("a.*"))


def test_no_page_ends_with_a_heading(tmp_path: Path) -> None:
    """On paper, a heading stands on the page of what it is the heading of."""
    document = report_for("coach", material_in(make_results(tmp_path / "r")))
    headings = {block.text for block in document.blocks if isinstance(block, Heading)}
    for page in pages_of(document):
        assert page.strip().splitlines()[-1].strip() not in headings


def test_a_long_label_is_not_cut() -> None:
    """What a set was done with stands in a line of its own; what is still too long is shortened."""
    said = "warm, 30 kg, back bar, medium stance"
    rows = [
        Row(f"squat: rotation at the bottom ({said}), left", "left", Measured(15.0, 3.0)),
        Row("seated rotation in: end range", "right", Measured(33.0, 3.0)),
        Row("x" * 80, "", Measured(1.0, 1.0)),
    ]
    texts = [each.text for each in dots_picture(rows, "t", names=245.0).shapes
             if isinstance(each, Label)]  # fmt: skip
    assert "squat: rotation at the bottom, left" in texts
    assert said in texts
    (cut,) = [text for text in texts if text.endswith("…")]
    assert len(cut) == 49
    one, three = (
        dots_picture(some, "t", names=245.0).height for some in (rows[1:2], rows[1:2] * 3)
    )
    assert three - one == 32.0, "short labels need one line each"


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="zones of Unix")
@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("America/Los_Angeles", "2 March 2026, 20:30"),
        ("Europe/Berlin", "3 March 2026, 05:30"),
        ("Asia/Kolkata", "3 March 2026, 10:00"),
    ],
)
def test_a_report_has_the_day_and_hour_of_where_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str, said: str
) -> None:
    """As the list of sessions has it, west and east of midnight."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        folder = make_results(tmp_path / "r", started="2026-03-03T04:30:00Z")
        assert said in html_of(folder, "coach")
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_long_session_needs_the_memory_of_its_columns_and_not_of_each_repetition(
    tmp_path: Path,
) -> None:
    """What is kept of a repetition is its own rows: half an hour with 150 a side."""
    reps = [
        replace(rep, set=k + 1, t_start=4.0 * k, t_turn=4.0 * k + 1.5, t_end=4.0 * k + 3.0)
        for k in range(150)
        for rep in repetitions()[:2]
    ]
    folder = make_results(tmp_path / "r", reps)
    short = pq.read_table(folder / "angles.parquet")
    rows = 180_000
    long = {name: np.resize(short[name].to_numpy(zero_copy_only=False), rows)
            for name in short.column_names}  # fmt: skip
    table = pa.table(long | {"t": np.arange(rows) / 100.0}, schema=short.schema)
    pq.write_table(table, folder / "angles.parquet")
    tracemalloc.start()
    report_for("coach", material_in(folder))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 * 8 * rows, "300 repetitions that keep two columns each would be 600"

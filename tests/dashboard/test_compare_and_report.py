import math
from dataclasses import replace
from pathlib import Path

import pytest
from beds.dashboard import Filed, run_page
from beds.report import make_results, repetitions
from streamlit.testing.v1 import AppTest

from imuhip.assess.pairs import Pair
from imuhip.assess.testers import ACTIVE_SD_DEG
from imuhip.catalogue.catalogue import Catalogue
from imuhip.core.findings import Repetition
from imuhip.report.blocks import Area, Label
from imuhip.report.comparison import (
    PHONE,
    band_picture,
    dots,
    left_and_right,
    movements_with_sets,
    pairs_picture,
    session_and_session,
    set_and_set,
    table_rows,
    waves,
)
from imuhip.report.material import Material, material_in


def material(folder: Path, reps: list[Repetition]) -> Material:
    return material_in(make_results(folder, reps, findings=[]))


def turned_more(reps: list[Repetition], side: str, by: float) -> list[Repetition]:
    """The same with one hip's end range larger, both ways."""
    return [
        replace(rep, measures={**rep.measures, "rotation_end_deg":
                rep.measures["rotation_end_deg"] + (by if rep.direction == "in" else -by)})
        if rep.side == side and rep.direction != "down" else rep
        for rep in reps
    ]  # fmt: skip


def test_a_side_that_turns_more_is_a_real_difference(tmp_path: Path) -> None:
    """Twenty degrees more are real and signed right minus left; one degree is not reported."""
    found = left_and_right(material(tmp_path / "a", turned_more(repetitions(), "right", 20.0)))
    way_in = next(c for c in found if c.what == "seated rotation in: end range")
    assert way_in.difference.word == "real"
    assert way_in.difference.value == pytest.approx(21.0)
    out = next(c for c in found if c.what == "seated rotation out: end range")
    assert out.difference.value == pytest.approx(19.0)
    alike = left_and_right(material(tmp_path / "b", repetitions()))
    assert {c.difference.word for c in alike} == {"no detectable difference"}
    assert table_rows(found)[0]["In words"] == "real"


def test_an_unknown_error_cannot_tell(tmp_path: Path) -> None:
    """Without an error there is a number and no verdict."""
    reps = turned_more(repetitions(sd=math.nan), "right", 20.0)
    rows = table_rows(left_and_right(material(tmp_path / "a", reps)))
    seated = [row for row in rows if row["What"].startswith("seated")]
    assert {row["In words"] for row in seated} == {"cannot tell"}
    assert all("error unknown" in row["left"] for row in seated)


def test_sets_under_the_same_straps_need_less_than_days(tmp_path: Path) -> None:
    """Seven degrees between two sets are real; between two days they are not."""
    later = [replace(rep, set=2) for rep in turned_more(repetitions(), "left", 7.0)]
    session = material(tmp_path / "a", [*repetitions(), *later])
    assert movements_with_sets(session) == {"squat": [1, 2], "seated_rotation": [1, 2]}
    sets = set_and_set(session, "seated_rotation", 1, 2)
    assert {c.difference.word for c in sets if c.what.startswith("Left")} == {"real"}
    before = material(tmp_path / "b", repetitions())
    after = material(tmp_path / "c", turned_more(repetitions(), "left", 7.0))
    days = session_and_session(before, after, (), ("before", "now"))
    left = [c for c in days if c.what.startswith("Left, seated")]
    assert {c.difference.word for c in left} <= {"possible", "no detectable difference"}
    assert all(c.difference.value == pytest.approx(7.0) for c in left)


def test_two_testers_need_a_larger_change_between_days(tmp_path: Path) -> None:
    """The error of a day's change grows by what testers differ by, and only where they do."""
    before = material(tmp_path / "a", repetitions())
    after = material(tmp_path / "b", turned_more(repetitions(), "left", 12.0))

    def found(one: str, other: str) -> dict[str, float]:
        pair = []
        for each, who in ((before, one), (after, other)):
            said = {**each.results.session, "tester": who}
            pair.append(replace(each, results=replace(each.results, session=said)))
        days = session_and_session(*pair, (), ("before", "now"))
        return {c.what: c.difference.sd for c in days}

    alone, two = found("Anna", "Anna"), found("Anna", "Ben")
    assert found("", "Ben") == found("", "") == alone
    for what, sd in alone.items():
        extra = 0.0 if "depth" in what else 2.0 * ACTIVE_SD_DEG**2
        assert two[what] ** 2 == pytest.approx(sd**2 + extra), what


def test_pictures_show_every_line_and_both_sides(tmp_path: Path) -> None:
    """A dot for each value, and a mean with its band for each movement, way and side."""
    session = material(tmp_path / "a", repetitions())
    found = left_and_right(session)
    picture = dots(found, "Left and right")
    assert picture.words.count("±") == 2 * len(found)
    drawn = waves([("", session, session.repetitions)])
    titles = [p.words for p in drawn]
    assert len(titles) == 3
    assert "squat" in titles[0]


@pytest.mark.parametrize("name", ["compare", "report"])
def test_an_empty_catalogue_says_what_to_do(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without sessions the page says where they come from."""
    page = run_page(name, monkeypatch, "--catalogue", str(tmp_path / "none.sqlite"))
    assert "Nothing is filed yet" in page.info[0].value
    assert {"Set up a session", "Open a recording"} <= {button.label for button in page.button}


def test_both_pages_show_a_session(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare gives a table with words in every mode; Report a preview, by id or by name."""
    with Catalogue(filed.catalogue) as catalogue:
        catalogue.edit_athlete("A1", name="<b>Mia</b>")
    place = str(filed.catalogue)
    page = run_page("compare", monkeypatch, "--catalogue", place)
    assert any(">In words</th>" in each.proto.body for each in page.get("html"))
    for mode in page.radio[0].options[1:]:
        page.radio[0].set_value(mode).run()
        assert not page.exception
        assert page.info, mode
    page = run_page("report", monkeypatch, "--catalogue", place)
    assert "A1" in paper(page)
    assert "Mia" not in paper(page)
    page.checkbox[0].check().run()
    assert "&lt;b&gt;Mia&lt;/b&gt;" in paper(page)
    assert "<b>Mia" not in paper(page)
    page.radio[0].set_value("coach").run()
    assert not page.exception
    assert "<h1>Session report for the coach</h1>" in paper(page)
    assert "Not a medical device" in page.markdown[-1].value


def paper(page: AppTest) -> str:
    """What the preview shows."""
    return str(page.get("html")[0].proto.body)


def test_on_a_phone_every_label_and_number_is_within_the_picture(tmp_path: Path) -> None:
    """Names stand above the dots, a long title and a long legend take more lines."""
    session = material(tmp_path / "a", repetitions())
    found = left_and_right(session)
    both = [("before", session, session.repetitions), ("now", session, session.repetitions)]
    drawn = [
        dots(found, "Left and right", *PHONE), band_picture(found, *PHONE), *waves(both, PHONE[0])
    ]  # fmt: skip
    for picture in drawn:
        labels = [shape for shape in picture.shapes if isinstance(shape, Label)]
        for one in labels:
            wide = 0.55 * one.size * len(one.text)
            left = one.x - {"start": 0.0, "middle": wide / 2.0, "end": wide}[one.anchor]
            assert left > -3.0, one
            assert left + wide < PHONE[0] + 3.0, one
            assert 0.0 < one.y <= picture.height, one
        places = [(round(one.x), round(one.y)) for one in labels]
        assert len(set(places)) == len(places)
    said = {shape.text for shape in drawn[0].shapes if isinstance(shape, Label)}
    assert all(f"{one.what}, left" in said for one in found)


def test_a_difference_is_drawn_against_the_band_of_its_error(tmp_path: Path) -> None:
    """Both pictures of differences have a dot, a whisker and a band for each line, and say it."""
    found = left_and_right(material(tmp_path / "a", turned_more(repetitions(), "right", 20.0)))
    drawn = band_picture(found)
    assert drawn.words.startswith("Right − left, in degrees: ")
    assert "seated rotation in: end range +21° ±" in drawn.words
    beside = {row["Difference"] for row in table_rows(found)}
    assert beside <= {shape.text for shape in drawn.shapes if isinstance(shape, Label)}
    assert sum(isinstance(shape, Area) for shape in drawn.shapes) == len(found)
    real = next(one.difference for one in found if one.difference.word == "real")
    pair = Pair("cold_warm", "squat", "left", "down", "rotation_bottom_deg", 4.0, 25.0, math.nan,
                real, "warmer")  # fmt: skip
    reported = pairs_picture([pair])
    assert "Left, squat: warm − cold 21° ±" in reported.words
    assert sum(isinstance(shape, Area) for shape in reported.shapes) == 1

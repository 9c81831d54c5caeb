"""What stands beside a comparison, tried on the example's session with a drop-out."""

import pytest

from dashboard.views.comparing import left_out, set_titles
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.example import example_catalogue
from imuhip.report.material import Material, material_of


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """Squats without and with a load; the left thigh fell silent at the second set."""
    with Catalogue(example_catalogue(tmp_path_factory.mktemp("example"))) as catalogue:
        sessions = [s for s in catalogue.sessions() if s.recording.stem.endswith("ines-week-4")]
        return material_of(catalogue, sessions[0].id)


def test_a_drop_out_is_reported_in_repetitions(material: Material) -> None:
    """Of the left side two fell into the silence and do not count; the other two are missing."""
    second = [rep for rep in material.repetitions if (rep.set, rep.side) == (2, "left")]
    assert [rep.counted for rep in second] == [False, False, True, True]
    assert left_out(material.repetitions) == [
        "Squat, set 2, left: 2 of 2 repetitions left out because their rotation is not known."
    ]
    first = [rep for rep in material.repetitions if rep.set == 1]
    assert left_out(first) == []


def test_sets_are_called_by_what_they_were_done_with(material: Material) -> None:
    """The load stands against the load."""
    titles = set_titles(material, "squat")
    assert titles == {
        1: "set 1 (warm, 0 kg, medium stance)",
        2: "set 2 (warm, 15 kg, back bar, medium stance)",
    }

from pathlib import Path

import pytest

from imuhip.assess.limits import limits_for
from imuhip.assess.params import AssessParams
from imuhip.assess.profiles import GOALS
from imuhip.assess.rules.table import LIMITS
from imuhip.assess.symmetry import START_DAY_ERROR
from imuhip.core.errors import RecordingError

UNITS = ("_deg", "_deg_s", "_ms", "_percent")


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_says_its_unit_and_its_source(name):
    """Each limit ends in a unit, lies within its own range and has a source."""
    limit = LIMITS[name]
    assert name.endswith(UNITS)
    assert limit.lowest <= limit.value <= limit.highest
    assert limit.source


@pytest.mark.parametrize("goal", GOALS)
def test_every_goal_has_all_limits(goal):
    """A profile changes limits; it takes none away, and what it changes says provisional."""
    limits = limits_for(goal)
    assert limits.goal == goal
    assert limits.entries.keys() == LIMITS.keys()
    changed = [each for name, each in limits.entries.items() if each != LIMITS[name]]
    assert all("provisional" in each.source for each in changed)


def test_an_athletes_own_limit_replaces_the_profiles():
    """The override wins over the goal profile and says that it is the athlete's own."""
    limits = limits_for("weightlifting", {"pelvic_tuck_deg": 12})
    assert limits["pelvic_tuck_deg"] == 12.0
    assert limits.entries["pelvic_tuck_deg"].source == "the athlete's own"
    assert limits_for("weightlifting")["pelvic_tuck_deg"] == 15.0
    assert LIMITS["pelvic_tuck_deg"].value == 10.0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"goal": "powerlifter"}, "did you mean 'powerlifting'"),
        ({"goal": 3}, "no goal 3"),
        ({"limits": {"pelvic_tuk_deg": 9}}, "did you mean 'pelvic_tuck_deg'"),
        ({"limits": {"pelvic_tuck_deg": 90}}, "from 3 to 40, not 90"),
        ({"limits": {"pelvic_tuck_deg": "ten"}}, "not 'ten'"),
        ({"limits": {"pelvic_tuck_deg": True}}, "not true"),
        ({"limits": {"pelvic_tuck_deg": float("nan")}}, "not nan"),
        ({"limits": [1]}, "assess.limits must be a table"),
        ({"limit": {}}, "assess.limit: unknown key; did you mean 'limits'"),
        ({"hip_crease_offset_deg": 90}, "-30 to 30, not 90"),
        ({"hip_crease_offset_deg": None}, "not None"),
        ({"sessions": {"depth_deg": [[1.0], 3]}}, "assess.sessions.depth_deg"),
        ({"sessions": {"depth_deg": [[1.0], []]}}, "assess.sessions.depth_deg"),
        ({"sessions": {"depth_deg": "many"}}, "not 'many'"),
    ],
)
def test_a_wrong_setting_is_named(settings, words):
    """The error names the setting, its allowed values and its value."""
    with pytest.raises(RecordingError, match=r"(?s).*") as caught:
        AssessParams.from_settings(settings)
    assert words in str(caught.value)


def test_settings_of_an_athlete():
    """Goal, limits, offset and own sessions come in one way."""
    sessions = [[30.0, 30.2], [30.1, 30.1], [30.0, 29.9], [30.1, 30.0]]
    params = AssessParams.from_settings(
        {
            "goal": "powerlifting",
            "limits": {"side_lag_ms": 60},
            "hip_crease_offset_deg": 4,
            "sessions": {"rotation_bottom_deg": sessions},
        }
    )
    assert params.goal == "powerlifting"
    assert params.limits["side_lag_ms"] == 60.0
    assert params.hip_crease_offset_deg == 4.0
    assert params.day_error("rotation_bottom_deg").between_sd < START_DAY_ERROR.between_sd
    assert params.day_error("depth_deg") == START_DAY_ERROR
    assert AssessParams.from_settings({}) == AssessParams()


@pytest.mark.parametrize("name", LIMITS)
def test_the_page_tells_every_limit(name):
    """docs/assessment.md has each limit with the value that the program uses."""
    page = Path(__file__).parents[2] / "docs" / "assessment.md"
    rows = [line.split("|")[1:3] for line in page.read_text().splitlines() if line.startswith("|")]
    reported = {cells[0].strip(" `"): cells[1].strip() for cells in rows if len(cells) == 2}
    assert reported[name] == f"{LIMITS[name].value:g}"

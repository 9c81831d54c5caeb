import re
from pathlib import Path

import pytest

from imuhip.devices import profiles, stream_parsing
from imuhip.devices.framing import FAULT_KINDS
from imuhip.devices.profiles import parse_profile
from imuhip.devices.units import NUMPY_TYPES, SECONDS, SI
from imuhip.devices.vectors import check_vectors

PAGE = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
SECTIONS = {
    "[profile]": profiles.PROFILE_KEYS,
    "[match]": profiles.MATCH_KEYS,
    "[link]": profiles.LINK_KEYS,
    "[[setup]]": profiles.STEP_KEYS,
    "[time]": profiles.TIME_KEYS,
    "[counter]": profiles.COUNTER_KEYS,
    "[battery]": profiles.BATTERY_KEYS,
    "[[stream]]": [key for key in stream_parsing.STREAM_KEYS if key != "field"],
    "[[stream.field]]": stream_parsing.FIELD_KEYS,
    "[[vector]]": profiles.VECTOR_KEYS,
}


@pytest.mark.parametrize("table", SECTIONS)
def test_the_page_lists_every_key_and_no_other(table):
    """The tables of docs/profiles.md have a row for each key that a profile may hold."""
    section = PAGE.split(f"### `{table}`")[1].split("\n### ")[0].split("\n## ")[0]
    firsts = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    assert sorted(re.findall("`([^`]+)`", " ".join(firsts))) == sorted(SECTIONS[table])


def test_the_page_names_every_fault_unit_and_epoch():
    """Whatever word a profile may hold, or a fault may be called, stands on the page."""
    units = {unit for units in SI.values() for unit in units}
    types = {name for name in NUMPY_TYPES if not name.endswith("be")}
    for word in (*FAULT_KINDS, *units, *types, *SECONDS, *profiles.EPOCHS):
        assert f"`{word}`" in PAGE


def test_the_example_on_the_page_works():
    """The example can be copied: it is a profile, and its vector comes out."""
    profile = parse_profile(PAGE.split("```toml\n")[1].split("```")[0])
    assert [result.problem for result in check_vectors(profile)] == [""]

"""Goal, limits and offsets of a session that is over, from a file."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from imuhip.cli.assess_settings import assess_from
from imuhip.cli.main import app
from imuhip.core.errors import RecordingError

RECORDING = Path(__file__).parents[2] / "recordings" / "squats_and_pivots.mcap"


def test_a_finished_recording_is_judged_by_settings_from_a_file(tmp_path):
    """Goal, own limit and hip crease of the file hold, and the results say which they were."""
    file = tmp_path / "athlete.toml"
    file.write_text(
        '[assess]\ngoal = "daily_life"\nhip_crease_offset_deg = 7.0\n'
        "[assess.limits]\npelvic_tuck_deg = 4.0\n"
    )
    out = tmp_path / "out"
    ran = CliRunner().invoke(
        app, ["analyze", str(RECORDING), "-o", str(out), "--settings", str(file)]
    )
    assert ran.exit_code == 0, ran.output
    tucks = [
        f for f in json.loads((out / "findings.json").read_text()) if f["rule"] == "pelvic_tuck"
    ]
    assert {f["limit"] for f in tucks} == {4.0}
    said = json.loads((out / "session.json").read_text())["parameters"]["recording"]["assess"]
    assert (said["goal"], said["hip_crease_offset_deg"]) == ("daily_life", 7.0)
    assert "What next" in ran.output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("goal = 'general'", r"no table \[assess\]"),
        ("[assess]\ngoal = 'powerlifter'", "did you mean"),
        ("[assess", "cannot read"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path, text, words):
    """A file without the table, with a wrong name or no TOML at all is reported before anything."""
    file = tmp_path / "athlete.toml"
    file.write_text(text)
    with pytest.raises(RecordingError, match=words):
        assess_from(file)

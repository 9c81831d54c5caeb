"""The pages for those who write scripts say what there is."""

import re
from pathlib import Path

import imuhip
from imuhip.api.reading import read
from imuhip.results.exporters.formats import FORMATS

ROOT = Path(__file__).parents[2]
PYTHON = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
EXPORTS = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")


def test_every_call_has_its_row():
    """All that is public of the package and of a session stands on the page."""
    prose = re.sub(r"```.+?```", "", PYTHON, flags=re.DOTALL)
    reported = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", prose))))
    session = {name for name in dir(imuhip.Session) if not name.startswith("_")}
    assert session - reported == {"with_settings"}, "that one is for the package itself"
    assert set(imuhip.__all__) - {"__version__", "Session"} <= reported


def test_every_format_has_its_row():
    """Each format stands in the table, with the endings that it is known by."""
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", EXPORTS, re.MULTILINE))
    assert set(rows) >= set(FORMATS)
    for name, kind in FORMATS.items():
        assert set(re.findall(r"`(\.\w+)`", rows[name])) == set(kind.single), name


def test_the_first_lines_of_the_page_run(folder, tmp_path, monkeypatch):
    """What the page begins with runs as it stands."""
    monkeypatch.chdir(tmp_path)
    code = re.findall(r"```python\n(.+?)```", PYTHON, re.DOTALL)
    assert len(code) >= 3
    monkeypatch.setattr(imuhip, "read", lambda _: read(folder))
    exec(code[0], {})  # noqa: S102 - the page's own lines
    assert (tmp_path / "visit.c3d").exists()

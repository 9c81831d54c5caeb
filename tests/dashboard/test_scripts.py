"""The canvases' scripts: types, rules and behaviour that need no browser."""

import shutil
import subprocess
from pathlib import Path

import pytest

from dashboard.components.modules import joined, text

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "tests" / "js" / "node_modules" / ".bin"
ENTRIES = ("board/main.js", "live/main.js", "review/main.js", "setup/main.js", "start/main.js")


def run(*command: str) -> None:
    """Run a tool of Node; what it complains of is the failure."""
    if shutil.which("node") is None or not TOOLS.is_dir():
        pytest.skip("Node and its tools are not installed; tests/system_packages.py installs them")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_agree() -> None:
    """TypeScript finds no name that is not there and no value of another type."""
    run(str(TOOLS / "tsc"), "--project", "tests/js")


def test_rules_are_kept() -> None:
    """ESLint finds nothing unused, undefined or loosely compared."""
    rules = ("--config", "tests/js/eslint.config.js", "--max-warnings", "0")
    run(str(TOOLS / "eslint"), *rules, "dashboard/components")


def test_what_needs_no_browser_behaves() -> None:
    """Rows, the story of a set, turns of bodies, gates and goals, under Node's own runner."""
    run("node", "--test", "tests/js/")


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_component_is_one_module(entry: str, tmp_path: Path) -> None:
    """Joined, no import is left, every file is there once and the text is a module as it stands."""
    whole = joined(entry)
    assert "import {" not in whole
    assert whole.count("export ") == whole.count("export default") == 1
    assert text(entry).splitlines()[0] in whole
    (tmp_path / "whole.mjs").write_text(whole, encoding="utf-8")
    run("node", "--check", str(tmp_path / "whole.mjs"))


def test_a_file_that_imports_itself_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A circle of imports has no order; it is said, with the files on it."""
    files = {"a.js": 'import { b } from "./b.js";\n', "b.js": 'import { a } from "./a.js";\n'}
    monkeypatch.setattr("dashboard.components.modules.text", files.__getitem__)
    with pytest.raises(ValueError, match=r"a\.js imports itself, through a\.js and b\.js"):
        joined("a.js")

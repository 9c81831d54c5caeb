"""A command whose extra is not installed says which one to install."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from imuhip.core.extras import EXTRA_OF
from imuhip.results.analysis import analyze

ROOT = Path(__file__).parents[2]
RECORDING = ROOT / "recordings" / "squats_and_pivots.mcap"
SCRIPT = """
import sys
from importlib.abc import MetaPathFinder

class Nothing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == HIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

HIDDEN = sys.argv[1]
sys.meta_path.insert(0, Nothing())
from imuhip.cli.main import main
sys.argv = ["imuhip", *sys.argv[2:]]
main()
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the recording that ships."""
    folder = tmp_path_factory.mktemp("extras") / "results"
    analyze(RECORDING, folder)
    return folder


def run_without(hidden: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A command where some packages are not installed."""
    command = [sys.executable, "-c", SCRIPT, hidden, *words]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("hidden", "extra", "words"),
    [
        ("bleak", "radio", ["scan"]),
        ("streamlit", "dashboard", ["dashboard", "--port", "0"]),
        ("scipy", "simulate", ["simulate", "squat", "-o", "OUT.mcap"]),
        ("uvicorn", "dashboard", ["replay", str(RECORDING), "--serve"]),
        ("reportlab", "reports", ["report", "RESULTS", "-o", "OUT.pdf"]),
        ("dask", "cluster", ["batch", str(RECORDING), "-o", "OUT", "--engine", "dask"]),
        ("ezc3d", "lab", ["export", "RESULTS", "-o", "OUT.c3d", "--format", "c3d"]),
        (
            "pg8000",
            "postgres",
            ["athlete", "list", "--catalogue", "postgresql+pg8000://a@127.0.0.1:1/b"],
        ),
    ],
)
def test_a_missing_extra_is_named(
    hidden: str, extra: str, words: list[str], results: Path, tmp_path: Path
) -> None:
    """One sentence says which library is missing and how to get it."""
    places = {"RESULTS": str(results)}
    named = [places.get(word, word.replace("OUT", str(tmp_path / "out"))) for word in words]
    done = run_without(hidden, *named)
    assert done.returncode == 1
    assert f"pip install 'imuhip[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_library_of_an_extra_is_known() -> None:
    """The sentence knows what pyproject.toml puts into the extras that commands ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for library, extra in EXTRA_OF.items():
        # Imported by the name without hyphens: python-osc as pythonosc.
        brought = {Requirement(text).name.replace("-", "") for text in extras[extra]}
        inner = {f"imuhip[{name}]": name for name in extras}
        for text in [text for text in extras[extra] if text in inner]:
            brought |= {Requirement(each).name for each in extras[inner[text]]}
        assert library in brought

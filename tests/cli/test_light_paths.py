"""Commands that only look start at once: they load nothing heavy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RECORDING = Path(__file__).parents[2] / "recordings" / "squats_and_pivots.mcap"

HEAVY = {
    *("numba", "llvmlite", "scipy", "pandas", "pyarrow", "xarray", "vqf", "ahrs"),
    *("plotly", "matplotlib", "reportlab", "segno"),
    *("streamlit", "starlette", "uvicorn", "websockets"),
    *("sqlalchemy", "alembic", "pg8000", "bleak", "bumble", "dask", "distributed", "asyncio"),
}
SCRIPT = """
import json, sys
from imuhip.cli.main import main
sys.argv = ["imuhip", *sys.argv[1:]]
try:
    main()
finally:
    loaded = {name.partition(".")[0] for name in sys.modules}
    print(json.dumps(sorted(loaded)), file=sys.stderr)
"""


def loaded_by(*words: str) -> set[str]:
    """The packages that a command has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words], check=True, capture_output=True, text=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["analyze", "--help"],
        ["athlete", "--help"],
        ["collect", "--help"],
    ],
)
def test_asking_for_help_loads_neither_numbers_nor_pages(words: list[str]) -> None:
    """Help and version load the command line's own libraries alone, not even numpy."""
    assert not loaded_by(*words) & (HEAVY | {"numpy", "mcap", "google"})


@pytest.mark.parametrize("words", [["info", str(RECORDING)], ["profiles"]])
def test_looking_loads_no_pipeline(words: list[str]) -> None:
    """What is in a recording, and what devices are known, is said without the pipeline."""
    assert not loaded_by(*words) & HEAVY

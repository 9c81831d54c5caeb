"""The floors of the house, kept over the syntax trees of the packages."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([*ROOT.glob("imuhip/**/*.py"), *ROOT.glob("dashboard/**/*.py")])

FLOORS = {
    **dict.fromkeys(("conventions", "errors", "kernels"), 0.0),
    "records": 0.1,
    **dict.fromkeys(("quaternions", "evidence", "findings"), 0.2),
    "devices": 1,
    "estimate": 2,
    "assess": 3,
    "sensor_chain": 3.5,
    "pipeline": 4,
    "offline": 4.5,
    "archive": 5,
    "report": 5.5,
    "simulate": 6,
    "validate": 6,
    "collect": 7,
    "demo": 8,
    "cli": 9,
    "cli_assessment": 8.4,
    "cli_comparisons": 8.3,
    "cli_words": 8.5,
    "cli_collect": 8.5,
    "cli_archive": 8.6,
    "cli_columns": 8.5,
    "cli_filing": 8.3,
    "cli_report": 8.5,
    "cli_athlete_words": 8.3,
    "cli_athlete": 8.5,
    "cli_catalogue": 8.5,
    "__main__": 10,
    "__init__": 0,
}
MAY_IMPORT = {
    "bleak": ("imuhip/collect/ble.py", "imuhip/collect/virtual"),
    "ahrs": ("imuhip/estimate/orientation_engines.py",),
    "vqf": ("imuhip/estimate/orientation_engines.py", "imuhip/validate.py"),
    "streamlit": ("dashboard/",),
    "sqlalchemy": ("imuhip/archive/catalogue", "imuhip/archive/migrations/"),
    "alembic": ("imuhip/archive/catalogue_store.py", "imuhip/archive/migrations/"),
    "matplotlib": ("imuhip/archive/progress_plot.py", "imuhip/report/pdf.py"),
    "reportlab": ("imuhip/report/pdf.py",),
    "dask": ("imuhip/archive/batch_dask.py",),
    "distributed": ("imuhip/archive/batch_dask.py",),
    "asyncio": ("imuhip/collect/", "imuhip/demo.py", "dashboard/relay.py"),
    "socket": ("imuhip/collect/", "imuhip/demo.py", "dashboard/"),
}
NO_INPUT_OR_OUTPUT = (
    "imuhip/devices/",
    "imuhip/estimate/",
    "imuhip/assess/",
    "imuhip/sensor_chain.py",
    "imuhip/pipeline.py",
    "imuhip/offline.py",
)


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _name(path):
    return path.relative_to(ROOT).as_posix()


def _room(module):
    return module.split(".")[1] if "." in module else "__init__"


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_arrows_run_one_way(path):
    """A room imports only rooms on floors below its own, and no stage imports another."""
    imported = [m for m in _imports(path) if m.split(".")[0] in ("imuhip", "dashboard")]
    if _name(path).startswith("dashboard/"):
        return
    room = _name(path).removesuffix(".py").split("/")[1]
    for module in imported:
        if module.startswith("dashboard"):
            assert room == "cli" or room == "demo", f"{_name(path)} imports {module}"
        elif _room(module) != room and _room(module) in FLOORS:
            assert FLOORS[_room(module)] < FLOORS[room], f"{_name(path)} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_rare_libraries_have_one_home(path):
    """bleak, ahrs, vqf, streamlit and the event loop are imported in their own rooms alone."""
    for module in _imports(path):
        homes = MAY_IMPORT.get(module.split(".")[0])
        assert homes is None or any(_name(path).startswith(home) for home in homes), (
            f"{_name(path)} imports {module}"
        )


STAGES = (
    "sequence",
    "silence",
    "clocks",
    "shake",
    "gyro_bias",
    "orientation",
    "grid",
    "calibration",
    "alignment",
    "heading",
    "joint_angles",
    "segments",
)


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_knows_another(stage):
    """A stage imports no other stage."""
    imported = set(_imports(ROOT / "imuhip" / "estimate" / f"{stage}.py"))
    others = {f"imuhip.estimate.{other}" for other in STAGES if other != stage}
    assert not imported & others


@pytest.mark.parametrize(
    "path", [p for p in FILES if _name(p).startswith(NO_INPUT_OR_OUTPUT)], ids=_name
)
def test_the_core_reads_no_file_and_no_clock(path):
    """Rooms without input and output neither open, nor print, nor sleep, nor ask the time."""
    modules = {module.split(".")[0] for module in _imports(path)}
    assert not modules & {"os", "time", "datetime", "random", "logging", "pathlib", "threading"}
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not calls & {"open", "print", "input"}


def test_importing_the_package_is_light():
    """`import imuhip` brings none of the heavy libraries with it."""
    script = (
        "import sys, imuhip;"
        "heavy = ('bleak', 'streamlit', 'ahrs', 'vqf', 'sqlalchemy', 'matplotlib', 'reportlab');"
        "print([m for m in heavy if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout
    assert out.strip() == "[]"


def test_files_are_short():
    """No module grows beyond 400 lines."""
    long = {_name(p): n for p in FILES if (n := len(p.read_text().splitlines())) > 400}
    assert not long

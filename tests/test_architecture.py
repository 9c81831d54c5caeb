"""The floors of the house, kept over the syntax trees of the packages."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = tuple(sorted([*ROOT.glob("imuhip/**/*.py"), *ROOT.glob("dashboard/**/*.py")]))

FLOORS = (
    ("imuhip",),  # the version; what else stands there, imports when it is called
    ("imuhip.core",),
    ("imuhip.devices",),
    ("imuhip.estimate",),
    ("imuhip.assess",),
    ("imuhip.pipeline", "imuhip.validate"),
    ("imuhip.recording",),
    ("imuhip.importers", "imuhip.simulate"),
    ("imuhip.results",),
    ("imuhip.api", "imuhip.batch"),
    ("imuhip.catalogue", "imuhip.ble"),
    ("imuhip.report",),
    ("imuhip.live",),
    ("imuhip.virtual",),
    ("imuhip.cli",),
    ("imuhip.__main__", "dashboard"),
)
"""From the ground up: a package imports only what stands on floors below its own."""

MAY_IMPORT = {
    "bleak": ("imuhip/ble/radio.py", "imuhip/virtual/"),
    "ahrs": ("imuhip/estimate/orientation_engines.py",),
    "vqf": ("imuhip/estimate/orientation_engines.py", "imuhip/validate/"),
    "streamlit": ("dashboard/",),
    "sqlalchemy": ("imuhip/catalogue/",),
    "alembic": ("imuhip/catalogue/store.py", "imuhip/catalogue/migrations/"),
    "scipy": ("imuhip/simulate/", "imuhip/validate/"),
    "matplotlib": ("imuhip/catalogue/progress_plot.py", "imuhip/report/pdf.py"),
    "reportlab": ("imuhip/report/pdf.py",),
    "dask": ("imuhip/batch/dask_engine.py",),
    "distributed": ("imuhip/batch/dask_engine.py",),
    "asyncio": ("imuhip/ble/", "imuhip/live/", "imuhip/virtual/", "dashboard/server/"),
    "socket": ("imuhip/ble/", "imuhip/live/", "imuhip/virtual/", "dashboard/server/"),
}
NO_INPUT_OR_OUTPUT = ("imuhip/devices/", "imuhip/estimate/", "imuhip/assess/", "imuhip/pipeline/")
READS_CLOCK_OR_FILES = {"os", "time", "datetime", "random", "logging", "pathlib", "threading"}

STAGES = (
    "sequence",
    "silence",
    "clocks",
    "shake",
    "gyro_bias",
    "acc_bias",
    "orientation",
    "grid",
    "calibration.protocol",
    "alignment",
    "heading",
    "joint_angles",
    "segments",
)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _module(path: Path) -> str:
    return _name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


MODULES = {_module(path): path for path in FILES}


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(path: Path) -> Iterator[str]:
    """Every module that the file names in an import, wherever in the file it stands.

    Of the package's own `__init__` only what runs when it is imported: its functions open the
    doors to `imuhip.api` when they are called.
    """
    front = path == ROOT / "imuhip" / "__init__.py"
    for node in _tree(path).body if front else ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{_name(path)}: imports name the whole path"
            assert node.module is not None
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [name for name in inner if name in MODULES]
            yield from modules
            if len(modules) < len(inner):
                yield node.module


def _own(path: Path) -> set[str]:
    """Those of the project."""
    found = {name for name in _imports(path) if name.split(".")[0] in ("imuhip", "dashboard")}
    unknown = found - MODULES.keys()
    assert not unknown, f"{_name(path)} imports {unknown}, which no file is"
    return found - {_module(path)}


def _package(module: str) -> str:
    head = module.split(".")
    return "dashboard" if head[0] == "dashboard" else ".".join(head[:2])


def _floor(module: str) -> int:
    package = _package(module)
    floors = [number for number, names in enumerate(FLOORS) if package in names]
    assert floors, f"{package} stands on no floor: say which"
    return floors[0]


def test_arrows_run_one_way() -> None:
    """A package imports only packages on floors below its own."""
    wrong = [
        f"{module} imports {other}"
        for module, path in MODULES.items()
        for other in _own(path)
        if _package(other) != _package(module) and _floor(other) >= _floor(module)
    ]
    assert not wrong


def test_inside_a_package_arrows_run_one_way_too() -> None:
    """No file imports, through whatever others, itself."""
    arrows = {module: _own(path) for module, path in MODULES.items()}
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_top_of_the_package_holds_packages_alone() -> None:
    """Beside `__init__` and `__main__` nothing lies flat on the top floor, nor in dashboard/."""
    assert {p.name for p in (ROOT / "imuhip").glob("*.py")} == {"__init__.py", "__main__.py"}
    flat = {p.name for p in (ROOT / "dashboard").glob("*.py")}
    assert flat == {"__init__.py", "app.py", "navigation.py", "serve.py"}


def test_rare_libraries_have_one_home() -> None:
    """bleak, ahrs, vqf, streamlit and the event loop are imported in their own rooms alone."""
    wrong = [
        f"{_name(path)} imports {module}"
        for path in FILES
        for module in _imports(path)
        if (homes := MAY_IMPORT.get(module.split(".")[0])) and not _name(path).startswith(homes)
    ]
    assert not wrong


def test_no_stage_knows_another() -> None:
    """A stage imports no other stage, and every stage is there."""
    stages = {f"imuhip.estimate.{stage}" for stage in STAGES}
    wrong = {stage: other for stage in stages if (other := _own(MODULES[stage]) & stages)}
    assert not wrong


def test_the_core_reads_no_file_and_no_clock() -> None:
    """Rooms without input and output neither open, nor print, nor sleep, nor ask the time."""
    wrong = []
    for path in FILES:
        if not _name(path).startswith(NO_INPUT_OR_OUTPUT):
            continue
        modules = {module.split(".")[0] for module in _imports(path)}
        calls = {
            node.func.id
            for node in ast.walk(_tree(path))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        if odd := (modules & READS_CLOCK_OR_FILES) | (calls & {"open", "print", "input"}):
            wrong.append(f"{_name(path)}: {odd}")
    assert not wrong


def _brings(script: str) -> set[str]:
    """What Python has imported after a script, by the packages' names."""
    script += "; import sys; print(*{m.partition('.')[0] for m in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_importing_the_package_is_light() -> None:
    """`import imuhip` brings the standard library alone: no radio, no web, no compiler."""
    assert _brings("import imuhip") - _brings("pass") - sys.stdlib_module_names == {"imuhip"}


def test_reading_a_session_brings_neither_radio_nor_web() -> None:
    """Angles in a data frame need no radio, no web server, no database and no plots."""
    brought = _brings("import imuhip; imuhip.sample(); imuhip.Session; imuhip.Params")
    heavy = {"bleak", "streamlit", "starlette", "uvicorn", "websockets", "sqlalchemy"}
    assert not brought & (heavy | {"matplotlib", "reportlab", "plotly", "xarray", "pandas"})

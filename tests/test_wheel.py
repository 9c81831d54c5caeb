"""What is released works alone: built, installed in an empty environment, and used end to end."""

import os
import shutil
import socket
import subprocess
import sys
import tarfile
import urllib.request
import venv
import zipfile
from contextlib import closing, suppress
from pathlib import Path

import pytest

pytestmark = pytest.mark.wheel

ROOT = Path(__file__).parents[1]
USING_NUMBA = """
import sys
from imuhip.core import kernels
kernels._index = dict
from imuhip.cli.main import main
main()
"""
PATIENCE_S = 600.0
MOST_BYTES = 350 * 2**20
NOT_OURS = ("pip", "setuptools", "pkg_resources", "_distutils_hack")
"""What an empty environment has itself."""


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; it must end well, and must not see this checkout."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    words = [str(word) for word in command]
    done = subprocess.run(words, check=False, cwd=cwd, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def environment(folder: Path) -> Path:
    """An environment with nothing but pip; its folder of programs."""
    venv.create(folder, with_pip=True)
    return folder / ("Scripts" if sys.platform == "win32" else "bin")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with wheel and sdist, of a copy of this checkout, its kernels compiled ahead."""
    folder = tmp_path_factory.mktemp("release")
    source, made = folder / "source", folder / "dist"
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, names.split("\0")):
        if (ROOT / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    run(sys.executable, "compile_kernels.py", cwd=source)
    programs = environment(folder / "builder")
    run(programs / "python", "-m", "pip", "install", "--quiet", "hatchling", cwd=folder)
    run(programs / "python", "-m", "hatchling", "build", "-d", made, cwd=source)
    return made


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment in which the wheel is installed, without an extra."""
    folder = tmp_path_factory.mktemp("installed")
    programs = environment(folder / "venv")
    (wheel,) = built.glob("*.whl")
    install(programs, f"{wheel}", folder)
    return programs


def install(programs: Path, what: str, cwd: Path) -> None:
    """Install with the versions that are tested."""
    constraints = ("--constraint", ROOT / "constraints.txt")
    run(programs / "python", "-m", "pip", "install", "--quiet", *constraints, what, cwd=cwd)


def test_wheel_and_sdist_hold_what_they_must(built: Path) -> None:
    """The wheel brings compiled kernels, dashboard, profiles and recordings; the sdist all else."""
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
    assert any(name.startswith("imuhip/core/_compiled.") for name in names)
    assert "imuhip/core/_compiled.json" in names
    for folder in ("dashboard/pages/", "firmware_profiles/", "recordings/"):
        assert any(name.startswith(f"imuhip/_shipped/{folder}") for name in names)
    assert not any(name.startswith("tests/") for name in names)
    assert not wheel.name.endswith("py3-none-any.whl")
    with tarfile.open(sdist) as file:
        held = {name.partition("/")[2] for name in file.getnames()}
    assert {"compile_kernels.py", "hatch_build.py", "constraints.txt", "Makefile"} <= held
    assert not any("_compiled" in name for name in held)


def test_the_core_is_small(installed: Path) -> None:
    """All that the wheel brings without an extra is at most 350 MB of files."""
    text = run(
        installed / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))",
        cwd=installed,
    )  # fmt: skip
    sizes = [
        path.stat().st_size
        for folder in Path(text.strip()).iterdir()
        if not folder.name.startswith(NOT_OURS)
        for path in folder.rglob("*")
        if path.is_file()
    ]
    assert sum(sizes) <= MOST_BYTES


def test_the_wheel_alone_analyzes(installed: Path, tmp_path: Path) -> None:
    """Without numba, a checkout or an extra: the same bits as numba gives in the checkout."""
    listed = run(installed / "python", "-m", "pip", "list", cwd=tmp_path).lower()
    assert not {"numba", "llvmlite", "scipy", "streamlit", "bleak"} & set(listed.split())
    assert "analyze" in run(installed / "imuhip", "--help", cwd=tmp_path)
    squat = str(tmp_path / "squat.mcap")
    run(sys.executable, "-m", "imuhip", "simulate", "squat", "-o", squat, "--seed", "3", cwd=ROOT)
    columns = ("--columns", "swing,projected,scaled,offline")
    run(installed / "imuhip", "analyze", "squat.mcap", "-o", "ahead", *columns, cwd=tmp_path)
    words = ("analyze", str(tmp_path / "squat.mcap"), "-o", str(tmp_path / "by_numba"), *columns)
    run(sys.executable, "-c", USING_NUMBA, *words, cwd=ROOT)
    tables = sorted(path.name for path in (tmp_path / "ahead").glob("*.parquet"))
    assert "angles.parquet" in tables
    for name in tables:
        one, other = tmp_path / "ahead" / name, tmp_path / "by_numba" / name
        assert one.read_bytes() == other.read_bytes(), name


def test_with_extras_the_wheel_reports_and_serves_pages(
    built: Path, installed: Path, tmp_path: Path
) -> None:
    """With two extras reports are written and the dashboard answers."""
    (wheel,) = built.glob("*.whl")
    install(installed, f"{wheel}[dashboard,reports]", tmp_path)
    sample = "import imuhip.core.resources as r; print(r.recording_path('squats_and_pivots'))"
    recording = run(installed / "python", "-c", sample, cwd=tmp_path).strip()
    run(installed / "imuhip", "analyze", recording, "-o", "results", cwd=tmp_path)
    for name in ("report.pdf", "report.html"):
        run(installed / "imuhip", "report", "results", "-o", name, cwd=tmp_path)
        assert (tmp_path / name).stat().st_size > 10_000
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [installed / "imuhip", "dashboard", "--port", str(port), "--results", "results"]
    log = tmp_path / "dashboard.log"
    with log.open("w") as written:
        process = subprocess.Popen(
            [str(word) for word in command], cwd=tmp_path, stdout=written, stderr=written
        )
    try:
        assert "<title>" in answer(process, f"http://127.0.0.1:{port}/"), log.read_text()
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def answer(process: subprocess.Popen[bytes], address: str) -> str:
    """What is served there, as soon as it is; empty where the process has ended."""
    while process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(address, timeout=PATIENCE_S) as page:  # noqa: S310
            return page.read().decode()
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
    return ""

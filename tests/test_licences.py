"""What is installed for run time is under permissive licences alone."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
COPYLEFT = re.compile(r"\b[AL]?GPL|General Public License")

EXPLAINED = {
    "docutils": "public domain and BSD; the GPL is that of an editor's mode, which no wheel holds",
}


def runtime() -> set[str]:
    """All that the package, its demo and its extras bring with them, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    extras = {name: texts for name, texts in extras.items() if name not in ("docs", "test")}
    wanted = [*project["dependencies"], *(text for extra in extras.values() for text in extra)]
    wanted = [text for text in wanted if not text.startswith("imuhip[")]  # its extras are there
    waiting, found = [Requirement(text) for text in wanted], set()
    while waiting:
        each = waiting.pop()
        name = re.sub(r"[-_.]+", "-", each.name).lower()
        if name in found or (each.marker and not each.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        more = importlib.metadata.requires(each.name) or []
        waiting += [Requirement(text) for text in more]
    return found


def licence(name: str) -> str:
    """What a package says of its licence, in one line; never the text of the licence itself."""
    reported = importlib.metadata.metadata(name)
    classifiers = [c for c in reported.get_all("Classifier") or [] if c.startswith("License")]
    first = (reported.get("License-Expression") or reported.get("License") or "").partition("\n")[0]
    return " | ".join([first, *classifiers]).strip(" |")


def test_no_package_of_the_run_time_is_copyleft() -> None:
    """No package of the run time or of an extra is under the GPL, the LGPL or the AGPL."""
    names = runtime()
    assert {"bleak", "numba", "streamlit", "zstandard"} <= names
    assert {"ezc3d", "xarray", "h5py", "pylsl", "dask", "duckdb"} <= names
    reported = {name: licence(name) for name in names}
    assert {n: t for n, t in reported.items() if COPYLEFT.search(t) and n not in EXPLAINED} == {}
    assert COPYLEFT.search("LGPL-2.1-or-later")
    assert COPYLEFT.search("License :: OSI Approved :: GNU General Public License (GPL)")


def test_nothing_that_bumble_names_beside_is_installed_or_imported() -> None:
    """The pinned packages hold no driver that the tests' bumble names, and its bed imports none."""
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower()
    for name in ("libusb1", "libusb-package", "pyusb", "pyserial"):
        assert name not in pinned
    code = "import sys, support.bumble_bed;print(sorted({m.split('.')[0] for m in sys.modules}))"
    modules = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{ROOT}"},
    ).stdout
    assert "'bumble'" in modules
    for module in ("usb", "usb1", "libusb_package", "serial", "serial_asyncio", "prompt_toolkit"):
        assert f"'{module}'" not in modules

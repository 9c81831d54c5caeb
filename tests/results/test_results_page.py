"""docs/results.md tells of every file, column and kind of fault, and of none that is not there."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from imuhip.assess.measure_table import MEASURES
from imuhip.core.evidence import Misplacement
from imuhip.core.findings import Finding
from imuhip.core.records import Fault
from imuhip.results import schemas as results
from imuhip.results.assessment import REPETITION_COLUMNS, SETS_SCHEMA

PAGE = (Path(__file__).parents[2] / "docs" / "results.md").read_text("utf-8")
CODE = frozenset(re.findall(r"`([a-z0-9_.]+)`", PAGE))


def part(title: str) -> str:
    """The section under a heading."""
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def test_files():
    """Every file of a result folder has its row, and nothing else is called a file."""
    names = {v for k, v in vars(results).items() if k.endswith("_FILE")}
    assert names == {word for word in CODE if word.endswith((".parquet", ".json"))}


def test_angles():
    """The columns of one hip angle and of the pelvis are named as they are written."""
    assert {n for n in results.ANGLES_SCHEMA.names if "rotation_left" in n} <= CODE
    assert {n for n in results.ANGLES_SCHEMA.names if n.startswith("pelvis")} <= CODE


def test_measures():
    """Each measure is there with its unit and definition, ± where it has an error, and no other."""
    rows = re.findall(r"^\| `([a-z0-9_]+)`( ±)? \| (\S+) \| (.+) \|$", PAGE, re.MULTILINE)
    reported = {(name, unit, text) for name, _, unit, text in rows}
    plain = [m for m in MEASURES.values() if not m.name.endswith(("_sd_deg", "_sd_total_deg"))]
    assert reported == {(m.name, m.unit, m.definition) for m in plain}
    with_error = {name for name, error, _, _ in rows if error}
    assert with_error == {n.replace("_sd_deg", "_deg") for n in MEASURES if n.endswith("_sd_deg")}


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("repetitions.parquet", REPETITION_COLUMNS),
        ("sets.parquet", SETS_SCHEMA.names[:9]),
        ("findings.json", [f.name for f in fields(Finding) if f.name != "after"]),
        ("faults.json", [f.name for f in fields(Fault)]),
        ("faults.json", get_args(Misplacement.__annotations__["kind"])),
    ],
)
def test_columns(title, names):
    """Each section names what its file holds."""
    assert set(names) <= set(re.findall(r"`([a-z0-9_]+)`", part(title)))


def test_fault_kinds():
    """The kinds that `Fault` documents are those of the page."""
    documented = (Fault.__doc__ or "").split("kind\n")[1].split("t_start, t_end")[0]
    kinds = set(re.findall(r"``(\w+)``", documented)) | set(
        get_args(Misplacement.__annotations__["kind"])
    )
    table = re.findall(r"^\| (`.+`) \| ", part("faults.json"), re.MULTILINE)
    assert kinds == {kind for row in table for kind in re.findall(r"`(\w+)`", row)}

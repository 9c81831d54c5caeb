"""Repetitions, sets, findings and notes as tables and JSON: the files a coach's programs read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import pyarrow as pa

from imuhip.assess.cue_log import Outcome
from imuhip.assess.measure_table import MEASURES
from imuhip.assess.set_measures import SetSummary, set_columns
from imuhip.core.arrow import column_of
from imuhip.core.findings import Finding, Note, Repetition

_NAN: Final = float("nan")


def repetitions_table(repetitions: Sequence[Repetition]) -> pa.Table:
    """Return ``repetitions.parquet``: a row for each repetition and side, in order."""
    return _table(REPETITIONS_SCHEMA, repetitions)


def sets_table(sets: Sequence[SetSummary]) -> pa.Table:
    """Return ``sets.parquet``: a row for each set, side and direction."""
    return _table(SETS_SCHEMA, sets)


def latest_findings(findings: Sequence[Finding]) -> list[Finding]:
    """Return what stands in the end: of each set, what was said after its last repetition."""
    last: dict[tuple[str, int], int] = {}
    for each in findings:
        last[each.movement, each.set] = each.after
    stands: dict[tuple[str, int, str, str], Finding] = {}
    for each in findings:
        if each.after == last[each.movement, each.set]:
            key = (each.movement, each.set, each.rule, each.side)
            stands.pop(key, None)  # said again once something hurt: in its new place
            stands[key] = each
    return list(stands.values())


def findings_list(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return the contents of ``findings.json``."""
    plain = [asdict(finding) for finding in latest_findings(findings)]
    return [{name: value for name, value in each.items() if name != "after"} for each in plain]


def notes_list(notes: Sequence[Note], outcomes: Sequence[Outcome] = ()) -> list[dict[str, Any]]:
    """Return the contents of ``notes.json``: each cue with what became of what was found."""
    said = [asdict(each) for each in outcomes]
    return [
        asdict(note)
        | {
            "angles": dict(note.angles),
            "outcomes": [
                {name: value for name, value in each.items() if name not in _OF_THE_NOTE}
                for each in said
                if each["t"] == note.t and note.label.startswith("cue:")
            ],
        }
        for note in notes
    ]


def _table(schema: pa.Schema, records: Sequence[Repetition] | Sequence[SetSummary]) -> pa.Table:
    """A column for each name, from a record's fields or its measures; NaN where it has none."""
    columns = []
    for field in schema:
        if field.name in MEASURES or field.name in _SET_COLUMNS:
            values = [_measure(record.measures, field.name) for record in records]
        else:
            values = [getattr(record, field.name) for record in records]
        columns.append(column_of(values, field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def _measure(measures: Mapping[str, float], name: str) -> float:
    return float(measures.get(name, _NAN))


_OF_THE_NOTE: Final = ("cue", "t", "movement", "set")

_SET_COLUMNS: Final = frozenset(set_columns())

_REPETITION: Final = (
    ("movement", pa.string()),
    ("side", pa.string()),
    ("set", pa.int32()),
    ("repetition", pa.int32()),
    ("direction", pa.string()),
    ("t_start", pa.float64()),
    ("t_turn", pa.float64()),
    ("t_end", pa.float64()),
    ("counted", pa.bool_()),
    ("found", pa.string()),
    ("reason", pa.string()),
)

REPETITION_COLUMNS: Final = tuple(name for name, _ in _REPETITION)
"""Columns of ``repetitions.parquet`` that are no measures."""

REPETITIONS_SCHEMA: Final = pa.schema([*_REPETITION, *((name, pa.float64()) for name in MEASURES)])

SETS_SCHEMA: Final = pa.schema(
    [
        ("movement", pa.string()),
        ("set", pa.int32()),
        ("side", pa.string()),
        ("direction", pa.string()),
        ("found", pa.string()),
        ("t_start", pa.float64()),
        ("t_end", pa.float64()),
        ("counted", pa.int32()),
        ("listed", pa.int32()),
        *((name, pa.float64()) for name in set_columns()),
    ]
)

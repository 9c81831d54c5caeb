"""What the files of a result folder hold: folders from elsewhere are checked when read.

A shape is a type, a tuple of the words that may stand there, a list of one shape, or a table of
names to shapes; a name that ends in ``?`` may be left out, ``*`` stands for any name.
"""

from collections.abc import Mapping
from typing import Any, Final, get_args

import numpy as np
import pyarrow as pa

from imuhip.assess.wording import UNIT_SIGNS
from imuhip.core.conventions import SIDES
from imuhip.core.findings import Direction

TEXT: Final = str
FLAG: Final = bool
COUNT: Final = int
NUMBER: Final = float  # null where it is not known
REAL: Final = "a number"  # always known
TABLE: Final = dict
TEXT_OR_TABLE: Final = str | dict


def misfit(value: Any, shape: Any, place: str = "it") -> str:
    """Return where a value of a JSON file is not as it is written, in words; empty if it is."""
    if isinstance(shape, dict):
        return _misfit_in_table(value, shape, place)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{place} should be a list"
        found = (misfit(each, shape[0], f"{place}[{i}]") for i, each in enumerate(value))
        return next((said for said in found if said), "")
    if isinstance(shape, tuple):
        return "" if value in shape else f"{place} should be one of {', '.join(shape)}"
    if shape in (NUMBER, REAL):
        known = isinstance(value, int | float) and not isinstance(value, bool)
        fine = (value is None and shape is NUMBER) or (known and abs(value) < _LARGEST)
        return "" if fine else f"{place} should be a number"
    fine = isinstance(value, shape) and (shape is FLAG or not isinstance(value, bool))
    fine = fine and (shape is not COUNT or abs(value) < _LARGEST)
    return "" if fine else f"{place} should be {_WORDS[shape]}"


def _misfit_in_table(value: Any, shape: Mapping[str, Any], place: str) -> str:
    if not isinstance(value, dict):
        return f"{place} should be a table"
    for key, inner in shape.items():
        name = key.rstrip("?")
        if key == "*":
            found = (misfit(each, inner, f"{place}.{str(k)[:40]}") for k, each in value.items())
            if said := next((said for said in found if said), ""):
                return said
        elif name in value:
            if said := misfit(value[name], inner, f"{place}.{name}"):
                return said
        elif not key.endswith("?"):
            return f"{place} has no {name}"
    return ""


def table_misfit(table: pa.Table, schema: pa.Schema) -> str:
    """Return what of a table's columns is not as it is written, in words; empty if all is.

    Columns that are missing are of an older version, or were not asked for.
    """
    fields = [field for field in schema if field.name in table.column_names]
    found = (_misfit_in_column(table[field.name], field) for field in fields)
    return next((said for said in found if said), "")


def _misfit_in_column(column: pa.ChunkedArray, field: pa.Field) -> str:
    name = field.name
    if _family(column.type) != _family(field.type):
        return f"column {name} holds {str(column.type)[:40]} instead of {field.type}"
    if column.null_count and _family(field.type) != "number":
        return f"column {name} has empty cells"
    if name in _CELLS:
        other = {str(cell) for cell in column.unique().to_pylist()} - set(_CELLS[name])
        return f"column {name} holds {min(other)[:40]!r}" if other else ""
    is_time = name in ("t", "t_start", "t_end")
    if not is_time and not name.endswith("_deg"):
        return ""
    before = -np.inf
    for chunk in column.chunks:  # a whole column at once takes its memory some times over
        values = np.asarray(chunk.cast(pa.float64()), dtype=np.float64)
        if is_time and not np.all(np.abs(values) < _LATEST):
            return f"column {name} holds a time that is none"
        if name == "t" and np.any(np.diff(values, prepend=before) < 0.0):
            return "its times run backwards"
        if not is_time and np.any(np.abs(values) > _TURNS_DEG):  # NaN is not known
            return f"column {name} holds an angle that is none"
        before = values[-1] if len(values) else before
    return ""


def _family(kind: pa.DataType) -> str:
    """Return what cells of a column are, however they are stored."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    for family, holds in _FAMILIES.items():
        if holds(kind):
            return family
    return str(kind)


_FAMILIES: Final = {
    "text": lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind),
    "flag": pa.types.is_boolean,
    "whole number": pa.types.is_integer,
    "number": pa.types.is_floating,
}
_CELLS: Final = {"side": SIDES, "direction": get_args(Direction)}
"""Columns in which only these words stand."""
_WORDS: Final = {
    TEXT: "text",
    FLAG: "true or false",
    COUNT: "a whole number",
    TABLE: "a table",
    TEXT_OR_TABLE: "text or a table",
}
_LARGEST: Final = 1e300
_LATEST: Final = 1e10
_TURNS_DEG: Final = 1e6

_FINDING: Final = {
    **dict.fromkeys(("rule", "movement", "words", "cue"), TEXT),
    "unit": tuple(UNIT_SIGNS),
    "side": (*SIDES, "both"),
    "set": COUNT,
    "repetitions": [COUNT],
    **dict.fromkeys(("value", "limit", "mdc", "confidence"), NUMBER),
    "grade": ("none", "mild", "marked", "cannot_tell"),
    "more_cues?": [TEXT],
    "direction?": TEXT,
}
_NOTE: Final = {
    "t": REAL,
    **dict.fromkeys(("label", "movement"), TEXT),
    **dict.fromkeys(("set", "repetition"), COUNT),
    "angles": {"*": NUMBER},
    "outcomes?": [{"words": TEXT}],
}
_FAULT: Final = {
    **dict.fromkeys(("sensor", "kind"), TEXT),
    **dict.fromkeys(("t_start", "t_end"), REAL),
    "count": COUNT,
    "detail?": TEXT,
}
_GATE: Final = {
    **dict.fromkeys(("name", "unit", "sensor", "verdict"), TEXT),
    **dict.fromkeys(("value", "accept"), NUMBER),
}
_CALIBRATION: Final = {
    "grade": TEXT,
    "chain?": TEXT,
    "words?": [TEXT],
    "gates?": [_GATE],
    **dict.fromkeys(("pelvis_obliquity_deg?", "pelvis_obliquity_sd_deg?"), NUMBER),
    "placement?": [TEXT_OR_TABLE],
}
_SESSION: Final = {
    **dict.fromkeys(("recording?", "recording_sha256?", "athlete?", "started?", "source?"), TEXT),
    "tester?": TEXT,
    "analyzed_with?": {"*": TEXT},
    "parameters?": {"analysis?": TABLE, "recording?": {"assess?": TABLE}},
    "sensors?": [{"sensor": TEXT, "profile?": TEXT, "rate_hz?": NUMBER}],
    "marks?": [{"t": REAL, "label": TEXT}],
    "zero_utc_ns?": NUMBER,
}
SHAPES: Final[dict[str, Any]] = {
    "findings.json": [_FINDING],
    "notes.json": [_NOTE],
    "faults.json": [_FAULT],
    "calibration.json": _CALIBRATION,
    "session.json": _SESSION,
}
"""Name of a file to what it holds."""

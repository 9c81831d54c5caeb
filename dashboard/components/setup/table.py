"""Writes ``table.js``, the browser's copy of the calibration's steps and checks.

python -m dashboard.components.setup.table
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from imuhip.core.calibration_table import GATES, STEPS

TABLE: Final = Path(__file__).parent / "table.js"


def script() -> str:
    """Return the module's text: a line for each step and each check."""
    steps = (json.dumps(asdict(step), ensure_ascii=False) for step in STEPS)
    gates = (
        f'  "{name}": {json.dumps([gate.title, gate.factor, gate.sign], ensure_ascii=False)},'
        for name, gate in GATES.items()
    )
    return "\n".join((
        "// Written by table.py from imuhip/core/calibration_table.py: change it there.",
        "",
        "export const STEPS = [",
        *(f"  {step}," for step in steps),
        "];",
        "/** Name of a gate to its title, the factor to the unit shown, and that unit's sign.",
        " * @type {Record<string, [string, number, string]>} */",
        "export const GATE_WORDS = {",
        *gates,
        "};",
        "",
    ))  # fmt: skip


if __name__ == "__main__":
    TABLE.write_text(script(), encoding="utf-8")

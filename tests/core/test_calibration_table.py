"""The calibration's words stand once: steps as marks name them, the browser's copy as written."""

from dashboard.components.setup import table
from imuhip.core.calibration_table import STEPS
from imuhip.core.conventions import CALIBRATION_STEPS


def test_every_step_has_words_in_the_protocols_order():
    """The shake comes first; all others are the steps that marks may enclose."""
    assert tuple(step.name for step in STEPS) == ("shake", *CALIBRATION_STEPS)
    assert all(step.title and step.says and step.why and step.seconds > 0 for step in STEPS)


def test_the_browsers_copy_is_what_the_table_writes():
    """After a change: python -m dashboard.components.setup.table."""
    assert table.TABLE.read_text(encoding="utf-8") == table.script()

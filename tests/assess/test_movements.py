"""The table of movements keeps its promises."""

from pathlib import Path

import pytest

from imuhip.assess.movements import MOVEMENTS


@pytest.mark.parametrize("movement", MOVEMENTS.values(), ids=MOVEMENTS)
def test_an_entry_makes_sense(movement):
    """Thresholds are ordered, a movement has sides, ways and phases, and what it asks of rules."""
    limits = movement.thresholds
    assert 0.0 < limits.leave_deg < limits.reach_deg
    assert limits.rest_deg > 0.0
    assert limits.inclination_deg[0] < limits.inclination_deg[1]
    assert movement.sides
    assert movement.directions
    assert movement.phases
    assert movement.traits
    one_at_a_time = movement.primary in ("heading", "rotation") and movement.path != "held"
    assert movement.together == (len(movement.sides) == 2 and not one_at_a_time)
    assert movement.counts.endswith(".")
    assert movement.unseen.endswith(".")


def test_the_promised_movements_are_there():
    """The names that marks may carry are those of the interface."""
    promised = {"squat", "pivot", "seated_rotation_left", "seated_rotation_right"}
    assert promised <= set(MOVEMENTS)
    assert all(name == movement.name for name, movement in MOVEMENTS.items())


def test_the_documentation_has_every_movement():
    """What counts and what is not seen of each stands in the table for coaches."""
    text = (Path(__file__).parents[2] / "docs" / "assessment.md").read_text(encoding="utf-8")
    for movement in MOVEMENTS.values():
        family = movement.name.removesuffix("_left").removesuffix("_right")
        (row,) = (
            line
            for line in text.splitlines()
            if line.startswith((f"| `{family}` ", f"| `{family}_…`"))
        )
        assert movement.counts in row
        assert movement.unseen in row
        assert ("*" in row) == movement.detectable

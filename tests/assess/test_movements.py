"""The table of movements keeps its promises."""

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
    assert movement.together == (len(movement.sides) == 2 and movement.primary == "inclination")


def test_the_promised_movements_are_there():
    """The names that marks may carry are those of the interface."""
    promised = {"squat", "pivot", "seated_rotation_left", "seated_rotation_right"}
    assert promised <= set(MOVEMENTS)
    assert all(name == movement.name for name, movement in MOVEMENTS.items())

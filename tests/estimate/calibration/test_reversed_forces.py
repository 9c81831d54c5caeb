"""A kit whose accelerometers read with the other sign, seen against its declared mounts."""

from types import SimpleNamespace

from imuhip.core.evidence import Misplacement
from imuhip.estimate.calibration.reversed_forces import ReversedForces

SENSORS = ("pelvis", "thigh_left", "thigh_right")


def step(*upside_down):
    """A step that showed these sensors upside down."""
    shown = [Misplacement("upside_down", s, 0.0, 1.0, 180.0, True, "") for s in upside_down]
    return SimpleNamespace(misplaced=tuple(shown))


def test_one_sensor_upside_down_is_only_worn_so():
    """Two of three upside down are a matter of wearing them."""
    reversed_forces = ReversedForces(SENSORS)
    assert not reversed_forces.push(step("pelvis"))
    assert not reversed_forces.push(step("thigh_left"))


def test_all_of_them_are_a_wrong_sign_and_reported_once():
    """When the last one turns out upside down, too, the signs are wrong; it is said once."""
    reversed_forces = ReversedForces(SENSORS)
    assert not reversed_forces.push(step("pelvis", "thigh_left"))
    assert reversed_forces.push(step("thigh_right"))
    assert not reversed_forces.push(step(*SENSORS))


def test_without_declared_mounts_nothing_is_upside_down():
    """Nobody said how they sit, or of one alone: nothing can be told."""
    assert not ReversedForces(()).push(step())
    assert not ReversedForces(("pelvis",)).push(step("pelvis"))

"""A step in which nobody moves says so, and accuses no leg."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from imuhip.core.evidence import CalibrationStep
from imuhip.core.records import Mark, Record
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.simulate.nouns import SimulatedSession
from imuhip.simulate.session import simulate


@pytest.fixture(scope="module")
def visit() -> SimulatedSession:
    return simulate("calibration", seed=3, grade="good")


def steps(session: SimulatedSession, asked: str) -> dict[str, CalibrationStep]:
    """Steps by name where `asked` was begun and ended while the athlete only stood."""
    pipeline = Pipeline(session.header)
    found: list[CalibrationStep] = []
    for batch in session.batches():
        found += pipeline.push(_marks_moved(batch, asked)).steps
    return {step.step: step for step in found}


def _marks_moved(batch: Sequence[Record], asked: str) -> list[Record]:
    """The step's own marks are left out, and those of the last standing carry its name."""
    kept: list[Record] = []
    for record in batch:
        if not isinstance(record, Mark):
            kept.append(record)
            continue
        edge, _, name = record.label.partition(":")
        if name == "stand_again":
            kept.append(replace(record, label=f"{edge}:{asked}"))
        elif name != asked:
            kept.append(record)
    return kept


@pytest.mark.parametrize(
    "asked", ["bow", "knee_lift_left", "knee_lift_right", "toe_turn_left", "toe_turn_right"]
)
def test_a_movement_that_was_not_done_is_reported_as_such(
    visit: SimulatedSession, asked: str
) -> None:
    """The step fails with one sentence; no gate asks which leg it was."""
    step = steps(visit, asked)[asked]
    assert not step.accepted
    assert step.words == ("Nothing moved yet – begin the step, then move.",)
    assert {gate.name for gate in step.gates} == {"rows", "movement"}


def test_movements_that_are_done_have_no_such_gate(visit: SimulatedSession) -> None:
    """A good calibration is judged as before."""
    found = steps(visit, "shake")
    assert {step.step for step in found.values() if step.accepted} >= {"bow", "knee_lift_left"}
    assert all(gate.name != "movement" for step in found.values() for gate in step.gates)

"""What is done before training is no training."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from imuhip.assess.sets import Sets
from imuhip.core.findings import Repetition
from imuhip.core.records import Mark, Record
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.simulate.nouns import SimulatedSession
from imuhip.simulate.session import simulate


@cache
def squats() -> SimulatedSession:
    return simulate("calibration+squat", seed=3, grade="good")


def repetitions(renamed: dict[str, str]) -> list[Repetition]:
    """Those that are found when marks have other labels; an empty one is left out."""
    pipeline = Pipeline(squats().header)
    found: list[Repetition] = []
    for batch in squats().batches():
        found += pipeline.push(_renamed(batch, renamed)).repetitions
    return [*found, *pipeline.finish().repetitions]


def _renamed(batch: Sequence[Record], renamed: dict[str, str]) -> list[Record]:
    kept: list[Record] = []
    for record in batch:
        if not isinstance(record, Mark):
            kept.append(record)
        elif label := renamed.get(record.label, record.label):
            kept.append(replace(record, label=label))
    return kept


def test_movement_before_training_counts_for_nothing() -> None:
    """The same squats, unmarked: found after the preparation's end, no repetition within it."""
    unmarked = {"begin:squat": "", "end:squat": ""}
    assert len(repetitions(unmarked)) == 16
    within = {"begin:tray": "begin:preparation", "begin:squat": "", "end:squat": ""}
    assert repetitions(within) == []
    marks = {"begin:tray": "begin:preparation", "begin:squat": "end:preparation", "end:squat": ""}
    assert {rep.found for rep in repetitions(marks)} == {"detected"}


def test_a_movement_that_is_begun_ends_the_preparation() -> None:
    """Who marks a movement trains, whatever was skipped; a step after it is still a step."""
    sets = Sets()
    sets.mark(0.0, "begin:preparation")
    said = sets.said(1.0)
    assert said is not None
    assert said.movement is None
    sets.mark(10.0, "begin:squat")
    sets.mark(20.0, "end:squat")
    said = sets.said(15.0)
    assert said is not None
    assert said.movement is not None
    assert sets.said(25.0) is None
    assert sets.said(5.0) is not None

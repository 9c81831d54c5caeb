"""Findings as they come out of the whole pipeline, from what sensors send."""

from dataclasses import replace

import pytest

from imuhip.core.errors import RecordingError
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.results.assessment import latest_findings
from imuhip.simulate.performance import Compensation, Performance
from imuhip.simulate.session import Setup, simulate


@pytest.fixture(scope="module")
def session():
    """Two sets of four squats: in the first the left side of the pelvis sinks by 10°."""
    sinking = Compensation("pelvic_drop", 10.0, "left", sets=(1,))
    performance = Performance(compensations=(sinking,), equal_sides=True, repetitions=4)
    return simulate("squat", seed=77, sets=2, setup=Setup(performance=performance))


def _reported(session, settings=None):
    header = replace(session.header, parameters={"assess": settings or {}})
    pipeline = Pipeline(header)
    outs = [pipeline.push(batch) for batch in session.batches()]
    return [*outs, pipeline.finish()]


@pytest.fixture(scope="module")
def outs(session):
    """What the pipeline gives of it, with the general limits."""
    return _reported(session)


def _drops(outs, number):
    found = [f for out in outs for f in out.findings]
    return [f for f in found if f.rule == "pelvic_drop" and f.set == number]


def test_a_fault_is_reported_after_each_repetition_and_in_its_set_alone(outs):
    """The drop is reported from the first repetition on, with its side; the next set is clean."""
    first, second = _drops(outs, 1), _drops(outs, 2)
    assert [len(f.repetitions) for f in first] == [1, 2, 3, 4]
    assert {(f.side, f.grade in ("mild", "marked")) for f in first} == {("left", True)}
    assert abs(first[-1].value - 10.0) < 1.5
    assert "drops by" in first[-1].words
    assert first[-1].cue
    assert [f.grade for f in second] == ["none"] * 4


def test_findings_come_with_their_repetition(outs):
    """What is reported of a repetition is in the same output as the repetition itself."""
    for out in outs:
        reported = {(r.movement, r.set) for r in out.repetitions if r.counted}
        assert {(f.movement, f.set) for f in out.findings} == reported


def test_the_recordings_own_settings_judge(session):
    """A limit in the header moves the grade, and a wrong one is reported before anything runs."""
    outs = _reported(session, {"limits": {"pelvic_drop_deg": 15.0}})
    assert {(f.grade, f.limit) for f in _drops(outs, 1)} == {("none", 15.0)}
    with pytest.raises(RecordingError, match="pelvic_drop_deg must be from 2 to 20"):
        _reported(session, {"limits": {"pelvic_drop_deg": 150.0}})


def test_the_last_word_alone_is_the_same_as_live(session, outs):
    """Asked for the last word only, all that stood live in the end comes at the end, bit by bit."""
    live = latest_findings([f for out in outs for f in out.findings])
    pipeline = Pipeline(session.header, last_word=True)
    before = [f for batch in session.batches(7.0) for f in pipeline.push(batch).findings]
    assert before == []
    assert repr(list(pipeline.finish().findings)) == repr(live)
    assert {f.set for f in live} == {1, 2}


def test_the_last_words_of_tests_in_turns_keep_their_order():
    """Tests of both sides in turns are reported in the order of their last repetitions, as live."""
    performance = Performance(repetitions=2)
    played = simulate("seated", seed=78, sets=4, setup=Setup(performance=performance))
    live = latest_findings([f for out in _reported(played) for f in out.findings])
    pipeline = Pipeline(played.header, last_word=True)
    for batch in played.batches(20.0):
        pipeline.push(batch)
    assert repr(list(pipeline.finish().findings)) == repr(live)
    assert len({(f.movement, f.set) for f in live}) == 8

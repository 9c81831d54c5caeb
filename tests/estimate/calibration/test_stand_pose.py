"""A Stand that was no standing: told by what follows it, and nothing is judged against it."""

import pytest

from imuhip.pipeline.all_sensors import Pipeline
from imuhip.simulate import calibration_steps as plain
from imuhip.simulate.session import simulate

SAT = {"tilt": (-4.0,), "depth": (88.0,), "flexion_left": (84.0,), "flexion_right": (84.0,)}
BENT = {"tilt": (10.0,), "depth": (25.0,), "flexion_left": (35.0,), "flexion_right": (35.0,)}
ONE_FORWARD = {"flexion_left": (18.0,), "rotation_left": (-20.0,), "obliquity": (5.0,)}
ON_ONE_LEG = {"obliquity": (9.0,)}
WORDS = "not how you stand now"


def outcome(monkeypatch, pose, *, again):
    """Grade, words, kinds of misplacement and graded findings of squats after such a Stand."""

    def stand(d):
        d.move(2.0, 0.0, None, pose)
        d.wait(3.5)
        plain.stand_for(d, "stand", 8.0)
        d.move(2.0, 0.0, None, {name: (-value[0],) for name, value in pose.items()})
        d.wait(3.5)

    tray, plain_stand, *others = plain.CALIBRATION
    steps = [tray, stand if pose else plain_stand, *others]
    monkeypatch.setattr(plain, "CALIBRATION", tuple(steps if again else steps[:-1]))
    session = simulate("squat", seed=5)
    pipeline = Pipeline(session.header, last_word=True)
    outs = [*(pipeline.push(batch) for batch in session.batches()), pipeline.finish()]
    ended = [step for out in outs for step in out.steps]
    words = [word for step in ended for word in step.words]
    slipped = [m for step in ended for m in step.misplaced if m.kind == "slipped"]
    findings = [f for out in outs for f in out.findings if f.grade in ("mild", "marked")]
    return pipeline.alignment.grade, words, slipped, findings


@pytest.mark.parametrize("again", [False, True], ids=["once", "again"])
@pytest.mark.parametrize(
    "pose",
    [SAT, BENT, ONE_FORWARD, ON_ONE_LEG],
    ids=["sat", "bent", "one_forward", "on_one_leg"],
)
def test_a_stand_that_was_none_is_reported_and_nothing_is_judged_by_it(monkeypatch, pose, again):
    """Sat, knees bent, a foot ahead or weight on one leg: do it again, and nothing is found."""
    grade, words, slipped, findings = outcome(monkeypatch, pose, again=again)
    assert grade == "none"
    assert any(WORDS in word for word in words)
    assert findings == []
    assert not slipped or pose in (ONE_FORWARD, ON_ONE_LEG)


@pytest.mark.parametrize("again", [False, True], ids=["once", "again"])
def test_a_good_stand_is_not_doubted(monkeypatch, again):
    """Standing as people do leaves no word and a grade that findings rest on."""
    grade, words, slipped, _ = outcome(monkeypatch, None, again=again)
    assert grade in ("fair", "good")
    assert not any(WORDS in word for word in words)
    assert slipped == []

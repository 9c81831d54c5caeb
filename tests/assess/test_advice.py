"""After each session it is plain what to do next, and it is what was put in.

The texts of eight athletes stand in ``golden``; ``python tests/support/golden_athletes.py`` writes
them anew.
"""

import pytest
from support.golden_athletes import ATHLETES, GOLDEN, session

from imuhip.assess.advice import cards_of, plan_of
from imuhip.assess.rules.table import RULES
from imuhip.core.findings import Finding


@pytest.fixture(scope="module", params=ATHLETES)
def athlete(request, tmp_path_factory):
    """Name, analysis and texts of an athlete."""
    name = request.param
    return name, *session(ATHLETES[name], tmp_path_factory.mktemp(name))


PUT_IN = {
    "little_internal_rotation": ("Left hip turns in 5°", "far short of the goal"),
    "left_turns_out_less": ("Left hip turns out", "less than the right"),
    "right_knee_in": ("Right thigh falls in by",),
    "tuck": ("Pelvis tucks under by",),
    "pain_at_90": ("Pain, left groin, at 90° of hip flexion", "bend less than 75°"),
    "left_pivots_from_the_pelvis": ("left leg's pivot",),
    "creeping_tuck": ("Pelvic tuck grows from", "stop at repetition"),
}


def test_what_an_athlete_is_told_is_what_was_put_in(athlete):
    """Texts are those that were read and found plain; what limits is the fault of the athlete."""
    name, analysis, text = athlete
    assert text == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    plan = plan_of(analysis.findings, analysis.assess.goal)
    assert all(line.text and line.reason.endswith(".") for line in plan)
    if name == "nothing_wrong":
        assert cards_of(analysis.findings) == ()
        assert [line.step for line in plan] == ["drill", "test_again"]
        return
    assert [line.step for line in plan] == ["limits", "drill", "test_again"]
    assert all(words in plan[0].text for words in PUT_IN[name])
    assert len(cards_of(analysis.findings)) == 1
    reported = text.split("====")
    for part in (reported[2], reported[4], reported[6]):  # terminal, coach's and athlete's report
        assert plan[1].text in " ".join(part.split())


def finding(rule, side="right", grade="mild", value=8.0, movement="squat", number=1):
    """A finding with its cues."""
    cues = [cue.text for cue in RULES[rule].cues]
    return Finding(
        rule, movement, side, number, (1, 2), value, "deg", 5.0, 2.0, grade, 0.99, f"{rule}.",
        cues[0], 0, tuple(cues[1:]),
    )  # fmt: skip


def test_one_fault_is_one_card_with_every_cue():
    """A shift that shows in five rules is one card; its regressions and drills are seen."""
    five = ("pelvic_drop", "hip_shift", "pelvic_twist", "side_lag", "depth_difference")
    (card,) = cards_of([finding(rule) for rule in five])
    assert card.lead.rule == "hip_shift"
    assert len(card.others) == 4
    assert len(card.cues) == len(RULES["hip_shift"].cues)


def test_what_is_no_fault_of_one_kind_stays_apart():
    """A tuck and a knee are two cards, the marked one first; pain is before both."""
    found = [finding("pelvic_tuck"), finding("knee_in", grade="marked")]
    assert [card.lead.rule for card in cards_of(found)] == ["knee_in", "pelvic_tuck"]
    hurt = finding("pain", "left")
    assert cards_of([*found, hurt])[0].lead.rule == "pain"


def test_the_sport_picks_the_drill():
    """Lifters get a hinge and field athletes step-downs for the same short arc."""
    arc = [finding("internal_rotation_short", movement="seated_rotation_right")]
    assert "hinge" in plan_of(arc, "powerlifting")[1].text
    assert "step-down" in plan_of(arc, "field_sport")[1].text

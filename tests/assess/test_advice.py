"""After each session it is plain what to do next, and it is what was put in.

The texts of eight athletes are kept in ``golden/advice.txt``; they are written anew only with
``ADVICE_GOLDEN=write``.
"""

import os
from pathlib import Path

import pytest
from support.athletes import told_of
from support.bodies import Body, squats

from imuhip.assess.advice import cards_of, plan_of
from imuhip.assess.rules.table import RULES
from imuhip.core.findings import Finding
from imuhip.results.assessment import latest_findings
from imuhip.simulate.performance import Compensation

GOLDEN = Path(__file__).parent / "golden" / "advice.txt"
ENOUGH = {"left": (36.0, 58.0), "right": (36.0, 58.0)}


def _hurt():
    lean = squats(100.0, 100.0, 100.0, pause=1.0)
    told = Body(inclination=(lean, lean)).assessed(
        (3.0, "begin:squat"), (4.85, "pain:left groin"), (16.0, "end:squat")
    )
    return latest_findings(told.findings)


def _fault(scenario, *compensations, **more):
    told = told_of(scenario, ENOUGH, compensations=compensations, equal_sides=True, **more)
    return told.findings


ATHLETES = {
    "5° of internal rotation": lambda: (
        told_of("seated", {"left": (5.0, 56.0), "right": (5.0, 56.0)}).findings
    ),
    "left external rotation 26° short of the right": lambda: (
        told_of("seated", {"left": (36.0, 32.0), "right": (36.0, 58.0)}).findings
    ),
    "right knee in by 14°": lambda: _fault("squat", Compensation("knee_in", 14.0, "right")),
    "tuck of 24°": lambda: _fault("squat", Compensation("pelvic_tuck", 24.0)),
    "pain in the left groin": _hurt,
    "left pivots with half from the pelvis": lambda: _fault(
        "pivot", Compensation("pelvis_follows_pivot", 0.5, "left")
    ),
    "pelvic drop that creeps in": lambda: _fault(
        "squat", Compensation("pelvic_drop", 9.0, "right", creep=0.95)
    ),
    "nothing wrong": lambda: _fault("seated"),
}


@pytest.fixture(scope="module")
def sessions():
    """Findings of each athlete."""
    return {name: make() for name, make in ATHLETES.items()}


def text(findings):
    """Cards and plan as a coach reads them."""
    lines = []
    for card in cards_of(findings):
        lines.append(f"  {card.lead.grade}: {card.lead.words}")
        lines += [f"    also: {other.words}" for other in card.others]
        lines += [f"    try: {cue}" for cue in card.cues]
    for line in plan_of(findings):
        lines += [f"  {line.step}: {line.text}", f"    why: {line.reason}"]
    return "\n".join(lines)


def test_the_texts_of_eight_athletes_stand(sessions):
    """What eight athletes of known truth are told is what was read and found plain."""
    said = "".join(f"{name}\n{text(found)}\n\n" for name, found in sessions.items())
    if os.environ.get("ADVICE_GOLDEN") == "write":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(said, encoding="utf-8")
    assert said == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("athlete", "words"),
    [
        ("5° of internal rotation", "hip turns in"),
        ("left external rotation 26° short of the right", "Left hip turns out"),
        ("right knee in by 14°", "Right thigh"),
        ("tuck of 24°", "Pelvis tucks under"),
        ("pain in the left groin", "Pain, left groin"),
        ("left pivots with half from the pelvis", "left leg's pivot"),
        ("pelvic drop that creeps in", "drop"),
    ],
)
def test_the_first_line_is_what_was_put_in(sessions, athlete, words):
    """What limits most is the fault of that athlete, with something to do and a reason for each."""
    limits, drill, again = plan_of(sessions[athlete])
    assert words in limits.text
    assert (limits.step, drill.step, again.step) == ("limits", "drill", "test_again")
    assert all(line.text and line.reason.endswith(".") for line in (limits, drill, again))


def test_nothing_wrong_is_one_line(sessions):
    """Nobody gets a fault made up: no card, and a plan of one line."""
    assert cards_of(sessions["nothing wrong"]) == ()
    assert len(plan_of(sessions["nothing wrong"])) == 1


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

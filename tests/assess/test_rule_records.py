"""The contract over the table of rules: a record with a part missing fails here."""

import math
from dataclasses import fields
from pathlib import Path

import pytest

from imuhip.assess import rules
from imuhip.assess.profiles import PROFILE_LIMITS
from imuhip.assess.rules.record import Rule
from imuhip.assess.rules.table import LIMITS, RULES
from imuhip.assess.verdicts import Verdict
from imuhip.assess.wording import words_of

DETAILS = (math.nan, 1.0, -1.0, 0.0)


@pytest.mark.parametrize("name", RULES)
def test_every_part_of_a_rule_is_there(name):
    """Each record says what it sees, limit, unit, side, phrase, cues, definition and source."""
    rule = RULES[name]
    assert rule.name == name
    assert (rule.see is None) != (rule.judge is None)
    assert rule.limit.source
    assert rule.limit.lowest <= rule.limit.value <= rule.limit.highest
    assert rule.unit in ("deg", "deg_s", "ms", "percent")
    assert LIMITS[f"{name}_{rule.unit}"] is rule.limit
    texts = (rule.title, rule.of, rule.phrase.name, rule.definition, rule.error)
    assert all(texts)
    for sentence in (rule.definition, rule.good, rule.lead):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
    assert rule.cues
    assert all(cue.text.endswith(".") and cue.kind for cue in rule.cues)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("grade", ["none", "mild", "marked", "cannot_tell"])
@pytest.mark.parametrize("side", ["left", "right", "both"])
def test_every_verdict_can_be_said(name, grade, side):
    """Whatever the grade and the side, the words are one sentence without a blank to fill."""
    shown = RULES[name].phrase.shown
    for detail in DETAILS if isinstance(shown, str) else shown:
        verdict = Verdict(side, 12.0, 1.0, 2.0, 5.0, grade, 0.99, (1, 2), 3, 90.0, detail)
        words = words_of(RULES[name], verdict)
        assert words[0].isupper()
        assert words.endswith(".")
        assert "{" not in words
        assert not any(w in words.lower() for w in ("injur", "risk", "nan", "diagnos"))


def test_the_order_is_settled():
    """No two rules ask for the same place, or the order of findings would be an accident."""
    orders = [rule.order for rule in RULES.values()]
    assert sorted(set(orders)) == orders


def test_every_file_of_the_folder_is_in_the_table():
    """A rule is one file with one record, and nothing else has to be told of it."""
    files = {path.stem for path in Path(rules.__path__[0]).glob("*.py")}
    assert files - {"__init__", "record", "table"} == set(RULES)


def test_profiles_change_limits_that_there_are():
    """A goal profile changes only what a rule has."""
    for changed in PROFILE_LIMITS.values():
        assert set(changed) <= set(LIMITS)


def test_a_record_without_a_part_is_refused():
    """What a record must have has no default: left out, it is an error at once."""
    must = {"name", "order", "title", "traits", "unit", "limit", "of", "phrase", "definition"}
    must |= {"error", "good", "lead", "cues"}
    whole = {field.name: getattr(RULES["pelvic_tuck"], field.name) for field in fields(Rule)}
    assert Rule(**whole) == RULES["pelvic_tuck"]
    for part in must:
        with pytest.raises(TypeError, match=part):
            Rule(**{name: value for name, value in whole.items() if name != part})

"""TOML that was written to keep a program busy."""

import pytest

from imuhip.core.toml_text import MAX_CHARACTERS, MAX_DOTS, parse_toml


def test_what_people_write_is_read():
    """Keys with dots, lists of numbers and texts with dots come out as they are."""
    text = "a.b.c = 1\nlist = [" + "1.5, " * 500 + "]\n" + f'said = "{"." * 500}"  # {"." * 99}\n'
    found = parse_toml(text)
    assert found["a"] == {"b": {"c": 1}}
    assert len(found["list"]) == 500
    assert len(found["said"]) == 500


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".".join("a" * 60_000) + " = 1", f"more than {MAX_DOTS} parts"),
        (" . ".join(['"a"'] * 1000) + " = 1", f"more than {MAX_DOTS} parts"),
        ("[" + ".".join("a" * 1000) + "]", f"more than {MAX_DOTS} parts"),
        ("a = " + "[" * 50_000, "nested too deeply"),
        ("#" * (MAX_CHARACTERS + 1), f"at most {MAX_CHARACTERS}"),
        ("a = " + "9" * 10_000, "digits"),
        ("a = ", "Invalid value"),
    ],
)
def test_what_would_take_minutes_is_refused(text, said):
    """A key of a thousand parts, depth without end and giant texts are refused in a sentence."""
    with pytest.raises(ValueError, match=said):
        parse_toml(text)

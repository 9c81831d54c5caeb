"""How often a fault came, as people read it."""

import pytest

from imuhip.core.records import how_often


@pytest.mark.parametrize(
    ("counts", "words"),
    [([0], "once"), ([1], "once"), ([4], "once, 4 samples"), ([2, 5, 1], "3 times, 8 samples"),
     ([1, 1], "2 times")],
)  # fmt: skip
def test_how_often(counts, words):
    """Samples are counted where a fault took more than one."""
    assert how_often(counts) == words

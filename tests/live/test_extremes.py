"""What a viewer who comes late is told of the seconds before."""

import json

import numpy as np
import pytest

from imuhip.live.extremes import Extremes
from imuhip.live.protocol import COLUMNS, to_json

LEFT, RIGHT = (COLUMNS.index(f"hip_rotation_{side}_deg") for side in ("left", "right"))


def rows() -> np.ndarray:
    """Four seconds: both sides move, the right one is unknown for a while."""
    t = np.arange(400) / 100.0
    made = np.zeros((400, len(COLUMNS)))
    made[:, 0] = t
    made[:, LEFT] = 30.0 * np.sin(t)
    made[:, RIGHT] = np.where((t > 0.5) & (t < 2.2), np.nan, 5.0 - t)
    return made


@pytest.mark.parametrize("size", [1, 7, 400])
def test_each_second_keeps_its_least_and_most(size: int) -> None:
    """However the rows come, each second has the ends of what was known in it; null where none."""
    extremes, made = Extremes(), rows()
    for k in range(0, len(made), size):
        extremes.push(made[k : k + size])
    summary = json.loads(to_json(extremes.summary()))
    assert summary["seconds"] == [0, 1, 2, 3]
    for second in range(4):
        inside = made[100 * second : 100 * (second + 1)]
        ends = [inside[:, LEFT].min(), inside[:, LEFT].max()]
        assert summary["left"][second] == pytest.approx(ends, abs=0.006)
    assert summary["right"][0] == pytest.approx([4.5, 5.0], abs=0.006)
    assert summary["right"][1] == [None, None]
    assert summary["right"][2] == pytest.approx([2.01, 2.8], abs=0.006)

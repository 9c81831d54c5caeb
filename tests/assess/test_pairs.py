import math

import numpy as np
import pytest

from imuhip.assess.pairs import pairs_of, relation, relations_of
from imuhip.core.findings import Note, Repetition


def rep(movement, side, number, t, direction="in", set_=1, counted=True, **measures):
    """A repetition with measures."""
    return Repetition(
        movement, side, set_, number, direction, t, t + 1, t + 2, counted, "marked", "", measures
    )


def seated(set_, t, ends, side="right"):
    """A set of seated turns."""
    return [
        rep(
            f"seated_rotation_{side}",
            side,
            i + 1,
            t + 4.0 * i,
            "in" if end > 0 else "out",
            set_,
            rotation_end_deg=end,
            rotation_end_sd_deg=1.0,
        )
        for i, end in enumerate(ends)
    ]


def note(t, text):
    """A note of the coach."""
    return Note(t, f"note:{text}")


def squats(n, seed=1, slope=0.0, side="right", spread=8.0):
    """Squats whose rotation at the bottom goes with their depth."""
    rng = np.random.default_rng(seed)
    depths = 90.0 + spread * rng.standard_normal(n)
    ends = 5.0 + slope * (depths - 90.0) + rng.standard_normal(n)
    return [
        rep("squat", side, i + 1, 10.0 * i, "down", depth_deg=d, rotation_bottom_deg=e)
        for i, (d, e) in enumerate(zip(depths.tolist(), ends.tolist(), strict=True))
    ]


def test_cold_against_warm():
    """The same test at the start and after warming up is compared, each direction by itself."""
    reps = [*seated(1, 10.0, [28.0, -36.0] * 3), *seated(2, 300.0, [37.0, -36.5] * 3)]
    pairs = pairs_of(reps, [note(5.0, "cold"), note(290.0, "warm now")])
    found = {p.direction: p for p in pairs}
    assert {p.kind for p in pairs} == {"cold_warm"}
    assert found["in"].difference.word == "real"
    assert found["in"].difference.value == pytest.approx(9.0)
    assert found["out"].first == pytest.approx(36.0)
    assert found["out"].difference.word == "no detectable difference"
    assert "cold 28°, warm 37°" in found["in"].words


def test_a_note_within_a_set_is_about_that_set():
    """What is noted while a set goes on holds for it, and on until it is replaced."""
    reps = [
        *seated(1, 10.0, [30.0] * 3),
        *seated(2, 100.0, [45.0] * 3),
        *seated(3, 200.0, [46.0] * 3),
    ]
    pairs = pairs_of(reps, [note(12.0, "active"), note(104.0, "now passive")])
    assert [(p.kind, p.first, p.second) for p in pairs] == [("active_passive", 30.0, 46.0)]


def test_table_against_loaded():
    """The table's internal rotation is held against the bottom of a squat with its load."""
    reps = seated(1, 10.0, [34.0, -40.0] * 3)
    reps += [
        rep(
            "squat", "right", i + 1, 100.0 + 8 * i, "down",
            rotation_bottom_deg=9.0, rotation_bottom_sd_deg=3.3,
        )
        for i in range(5)
    ]  # fmt: skip
    (pair,) = pairs_of(reps, [note(90.0, "load 82.5 kg")])
    assert (pair.kind, pair.load_kg) == ("table_loaded", 82.5)
    assert (pair.first, pair.second) == (34.0, 9.0)
    assert pair.difference.word == "real"
    assert pair.difference.mdc > 1.96 * math.hypot(3.3, 1.0)
    assert "with 82 kg" in pair.words or "with 83 kg" in pair.words
    assert pairs_of(reps, ()) == (), "no load was said"


def test_an_error_that_is_not_known_tells_no_difference():
    """Without the error of the squat the pair is shown, and not judged."""
    reps = seated(1, 10.0, [34.0] * 3)
    reps += [rep("squat", "right", 1, 100.0, "down", rotation_bottom_deg=9.0)]
    (pair,) = pairs_of(reps, [note(90.0, "load 60")])
    assert pair.difference.word == "cannot tell"
    assert "error not known" in pair.words


def test_depth_and_rotation_go_along():
    """A slope over repetitions is found with an interval that holds it, side by side."""
    found = relation(squats(12, slope=0.5), "depth_deg", "rotation_bottom_deg", "right")
    assert found.low < 0.5 < found.high
    assert found.low > 0.0
    assert "goes along" in found.words


def test_intervals_of_a_slope_hold():
    """Without any relation the interval leaves zero out in about one of twenty sets."""
    clear = 0
    for seed in range(400):
        found = relation(squats(8, 30_000 + seed), "depth_deg", "rotation_bottom_deg", "right")
        clear += not found.low <= 0.0 <= found.high
    assert 8 <= clear <= 32


@pytest.mark.parametrize("reps", [squats(5), squats(12, spread=0.5), []])
def test_a_line_through_one_point_is_none(reps):
    """Few repetitions, or all of one depth, cannot tell a slope."""
    found = relation(reps, "depth_deg", "rotation_bottom_deg", "right")
    assert math.isnan(found.slope)
    assert "cannot tell" in found.words


def test_relations_of_a_session():
    """Depth and tilt, left and right, from the squats of a session; nothing without squats."""
    reps = [*squats(12, slope=0.5), *squats(12, 2, side="left")]
    found = relations_of(reps)
    assert {(r.x, r.side) for r in found} == {
        (x, side) for x in ("depth_deg", "pelvis_tilt_bottom_deg") for side in ("left", "right")
    }
    assert relations_of(seated(1, 0.0, [30.0])) == ()

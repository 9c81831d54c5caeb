"""Measures of repetitions whose motion is programmed, and the table that explains them."""

import numpy as np
import pytest
from support.bodies import Body, path, squats

from imuhip.assess.measure_table import MEASURES
from imuhip.assess.movements import MOVEMENTS
from imuhip.assess.set_measures import SET_MEASURES, set_columns, summaries
from imuhip.assess.smoothness import sparc

SET = (3.0, "begin:squat")
UNITS = {"deg": "_deg", "s": "_s", "deg/s": "_deg_s", "deg2": "_deg2"}


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_every_measure_is_explained(measure):
    """A measure carries its unit in its name, a definition in one sentence, and a source."""
    if measure.unit == "1":
        assert not measure.name.endswith(tuple(UNITS.values()))
    else:
        assert measure.name.endswith(UNITS[measure.unit])
    assert measure.definition.endswith(".")
    assert measure.title
    assert measure.source


def a_set(movement):
    """A body that does a movement."""
    roll = path(0.0, (35.0, 1.2), (35.0, 1.0), (0.0, 1.2), (0.0, 0.5))
    lean = squats(90, 90)
    if movement.primary == "inclination":
        back = lean if movement.together else -0.3 * lean
        left_in_front = movement.sides[0] == "left"
        return Body((lean, back) if left_in_front else (back, lean))
    if movement.primary == "heading":
        return Body(heading=(roll, 0.0), rotation=(0.9 * roll, 0.0))
    if movement.primary in ("flexion", "tilt") and movement.together:
        return Body(tilt=roll)
    return Body((85.0, 85.0), rotation=(roll, roll))


@pytest.mark.parametrize("movement", MOVEMENTS.values(), ids=MOVEMENTS)
def test_what_is_measured_is_in_the_table(movement):
    """Every movement gives repetitions, and each of their measures is one that is explained."""
    reported = a_set(movement).assessed((3.0, f"begin:{movement.name}"))
    assert reported.repetitions
    for repetition in reported.repetitions:
        assert repetition.movement == movement.name
        assert set(repetition.measures) <= set(MEASURES)
        assert "duration_s" in repetition.measures


def test_a_squat_is_measured_as_it_was_programmed():
    """Depth, rotation by flexion and at the bottom, arcs, tempo and speed are those put in."""
    lean = squats(130, bottom=0.5)
    body = Body((lean, lean), rotation=(lean / 10.0, 2.0 + lean / 10.0))
    left, right = body.assessed(SET, settings={"hip_crease_offset_deg": 8.0}).repetitions
    m = left.measures
    assert m["depth_deg"] == pytest.approx(130.0)
    assert m["thigh_past_parallel_deg"] == pytest.approx(40.0)
    assert m["hip_crease_below_knee_deg"] == pytest.approx(32.0)
    for flexion in (60, 90, 120):
        assert m[f"rotation_at_{flexion}_deg"] == pytest.approx(flexion / 10.0, abs=1e-6)
    assert m["rotation_bottom_deg"] == pytest.approx(13.0, abs=0.01)
    assert m["rotation_arc_deg"] == pytest.approx(13.0, abs=0.02)
    assert m["rotation_most_in_deg"] == pytest.approx(13.0, abs=0.02)
    assert m["rotation_most_out_deg"] == pytest.approx(0.0, abs=0.05)
    assert m["rotation_descent_deg"] == pytest.approx(13.0, abs=0.1)
    assert m["rotation_ascent_deg"] == pytest.approx(-13.0, abs=0.1)
    assert m["flexion_arc_deg"] == pytest.approx(130.0, abs=0.1)
    assert m["adduction_arc_deg"] == pytest.approx(0.0, abs=1e-9)
    assert m["descent_s"] == pytest.approx(1.2, abs=0.2)
    assert m["bottom_s"] == pytest.approx(0.5, abs=0.25)
    assert m["speed_peak_deg_s"] == pytest.approx(1.875 * 130.0 / 1.0, rel=0.01)
    assert m["flexion_speed_peak_deg_s"] == pytest.approx(1.875 * 130.0, rel=0.02)
    assert m["swept_area_deg2"] == pytest.approx(0.0, abs=0.5)  # there and back the same way
    assert right.measures["rotation_bottom_deg"] == pytest.approx(15.0, abs=0.01)
    assert right.measures["rotation_arc_deg"] == pytest.approx(13.0, abs=0.02)


def test_another_way_back_sweeps_an_area():
    """Turning in by 10° at the bottom, 90° deep, and coming back so sweeps a known area."""
    lean = path(0.0, (90.0, 1.5), (90.0, 0.6), (0.0, 1.5), (0.0, 0.6))
    roll = path(0.0, (0.0, 1.5), (10.0, 0.6), (10.0, 1.5), (0.0, 0.6))
    reported = Body((lean, lean), rotation=(roll, 0.0)).assessed(SET)
    assert reported.repetitions[0].measures["swept_area_deg2"] == pytest.approx(900.0, rel=0.02)


def test_the_error_of_an_arc_comes_with_it():
    """Errors of the rows at the turn and at rest become those of the value and of the arc."""
    lean = squats(90)
    body = Body((lean, lean))
    body.angles.hip_sd[...] = np.radians(3.0)
    m = body.assessed(SET).repetitions[0].measures
    assert m["rotation_bottom_sd_deg"] == pytest.approx(3.0)
    assert m["rotation_arc_sd_deg"] == pytest.approx(3.0 * np.sqrt(2.0))
    assert m["rotation_at_60_sd_deg"] == pytest.approx(3.0)
    arc, bent = m["rotation_arc_deg"], m["flexion_arc_deg"]
    skin = 1.0 + (0.33 * arc) ** 2 + (0.05 * bent) ** 2
    assert m["rotation_arc_sd_total_deg"] == pytest.approx(np.sqrt(2.0 * 3.0**2 + skin))


def test_jerky_is_less_smooth_and_time_does_not_matter():
    """SPARC falls with hitches, and hardly depends on how long a smooth movement takes."""
    one, slow = (np.gradient(path(0.0, (1.0, s))[100:-60]) for s in (1.0, 3.0))
    hitched = np.concatenate((one, one, one))
    assert sparc(one) == pytest.approx(sparc(slow), abs=0.15)
    assert -1.7 < sparc(one) < -1.3
    assert sparc(hitched) < sparc(slow) - 0.3
    assert np.isnan(sparc(one[:10]))


def test_a_set_is_summed_up():
    """Mean, spread and creep of a set are those of its counted repetitions."""
    depths = (80.0, 85.0, 90.0, 20.0, 95.0, 100.0, 105.0)
    lean = squats(*depths)
    reported = Body((lean, lean)).assessed(SET)
    left, right = summaries(reported.repetitions)
    assert (left.side, right.side) == ("left", "right")
    assert (left.counted, left.listed) == (6, 7)
    counted = np.array([d for d in depths if d > 35.0])
    assert left.measures["depth_mean_deg"] == pytest.approx(counted.mean(), abs=0.01)
    assert left.measures["depth_spread_deg"] == pytest.approx(counted.std(ddof=1), abs=0.01)
    assert left.measures["depth_creep_deg"] == pytest.approx(100.0 - 85.0, abs=0.01)
    assert np.isnan(left.measures["rotation_arc_mean_sd_deg"])
    assert set(left.measures) <= set(set_columns())
    assert "depth_mean_sd_deg" not in set_columns()
    assert "duration_mean_sd_s" not in set_columns()
    assert set(SET_MEASURES) <= set(MEASURES)

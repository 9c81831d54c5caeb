"""Repetitions over their phase."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import imuhip
from imuhip.api.repetitions import interpolated


def test_dims_and_edges(session):
    """Dims are repetition, side and phase; both ends are the rows at the start and the end."""
    reps = session.reps("squat")
    data = reps.resample(101)
    assert data.flexion.dims == ("repetition", "side", "phase")
    table = session.repetitions.query("movement == 'squat' and counted")
    assert data.sizes == {"repetition": len(reps), "side": 2, "phase": 101}
    assert len(reps) == table["repetition"].nunique()
    angles = session.angles.to_pandas().set_index("t")
    for row in table.itertuples():
        one = data.sel(side=row.side).isel(repetition=row.repetition - 1)
        assert one.number == row.repetition
        for phase, t in ((0, row.t_start), (100, row.t_end)):
            at = one.sel(phase=phase)
            assert at.t == pytest.approx(t)
            for name in ("flexion", "adduction", "rotation"):
                assert at[name] == angles.loc[t, f"hip_{name}_{row.side}_deg"]
            sd = angles.loc[t, f"hip_rotation_{row.side}_sd_total_deg"]
            assert at["rotation_sd_total"] == sd
    assert data.flexion.mean("repetition").max() > 60.0
    assert data.phase.attrs["units"] == "percent"


def test_the_turn_is_deep(session):
    """At the turn of each squat the hip is nearly as bent as it gets, and at its ends it is not."""
    data = session.reps("squat").resample(201)
    turn = (data.t_turn - data.t_start) / (data.t_end - data.t_start) * 100.0
    deepest = data.flexion.max("phase")
    assert (data.flexion.sel(phase=turn, method="nearest") > 0.9 * deepest).all()
    assert (data.flexion.isel(phase=[0, -1]) < 0.4 * deepest).all()


def test_sides_that_move_alone():
    """A pivot of one leg has its own times on each side."""
    data = imuhip.sample().reps("pivot").resample(51)
    assert (data.t_start.sel(side="left") != data.t_start.sel(side="right")).all()
    assert set(data.direction.to_numpy().ravel()) == {"in", "out"}
    rotation = data.rotation.isel(phase=-1) - data.rotation.isel(phase=0)
    inwards = data.direction == "in"
    assert (rotation.where(inwards) > 0).sum() == inwards.sum()


def test_a_side_that_took_no_part_is_not_known(random_results):
    """A repetition with one side only has NaN for the other, and where a gap begins."""
    data = imuhip.read(random_results).reps("squat").resample(11)
    assert data.flexion.sel(side="right").isel(repetition=0).isnull().all()
    left = data.flexion.sel(side="left").isel(repetition=0).notnull()
    assert list(left.to_numpy()) == [*[True] * 10, False]


def test_movements_are_known_by_name(session):
    """A movement nobody did has no repetitions; a name nobody knows is told."""
    assert len(session.reps("pivot")) == 0
    assert session.reps("pivot").resample(5).sizes["repetition"] == 0
    with pytest.raises(ValueError, match="Choose one of squat"):
        session.reps("sqat")
    with pytest.raises(ValueError, match="at least 2 steps"):
        session.reps("squat").resample(1)
    assert len(session.reps()) == len(session.reps("squat"))
    rows = session.repetitions.query("counted")
    assert len(session.reps("squat").to_pandas()) == len(rows)


@given(
    st.lists(st.floats(-100, 100), min_size=2, max_size=30),
    st.lists(st.floats(0, 1), min_size=1, max_size=20),
)
def test_interpolation_is_numpys_where_all_is_known(values, shares):
    """Between known rows it is linear, to the last digits the same as numpy's."""
    t = 3.0 + np.arange(len(values)) / 100
    at = t[0] + np.sort(shares) * (t[-1] - t[0])
    came = interpolated(t, np.array(values), at)
    assert came == pytest.approx(np.interp(at, t, values), abs=1e-3)


def test_a_gap_stays_a_gap():
    """A value made from one that is not known is not known; a known row needs no neighbour."""
    t = np.arange(5.0)
    values = np.array([0.0, 1.0, np.nan, 3.0, 4.0])
    at = np.array([-0.5, 0.5, 1.0, 1.5, 2.5, 3.0, 3.5, 4.0, 4.5])
    came = interpolated(t, values, at)
    expected = [np.nan, 0.5, 1.0, np.nan, np.nan, 3.0, 3.5, 4.0, np.nan]
    assert np.array_equal(came, expected, equal_nan=True)

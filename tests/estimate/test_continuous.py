"""A heading that passes ±180° is a heading like any other."""

import numpy as np
from support.helpers import cuts

from imuhip.assess.history import History, Rows
from imuhip.core.quaternions import wrap_angle
from imuhip.estimate.continuous import ContinuousTurn


def test_a_turn_goes_on_past_its_edge_however_it_is_cut():
    """Three whole turns with a gap come out as they were made, to the bit in any blocks."""
    rng = np.random.default_rng(0)
    true = np.cumsum(rng.normal(0.02, 0.05, 1200)) + 3.0
    wrapped = wrap_angle(true)
    wrapped[300:310] = np.nan
    whole = ContinuousTurn().push(wrapped)
    known = np.isfinite(wrapped)
    assert np.ptp(true) > 4 * np.pi
    assert np.allclose(np.diff(whole[known]), np.diff(true[known]), atol=1e-12)
    stage = ContinuousTurn()
    parts = [stage.push(wrapped[rows]) for rows in cuts(rng, len(wrapped), 40)]
    assert np.array_equal(np.concatenate(parts), whole, equal_nan=True)


def test_gaps_are_bridged_the_short_way_round():
    """Over a gap at ±180° the pelvis's heading goes on, and does not sweep through zero."""
    n = 60
    names = Rows.__dataclass_fields__
    shapes = {"t": (), "hip": (2, 3), "hip_sd": (2, 3), "hip_sd_total": (2, 3), "hip_cov": (3,)}
    shapes |= {"pelvis": (3,), "pelvis_sd": (3,)}
    columns = {name: np.zeros((n, *shapes.get(name, (2,)))) for name in names}
    columns["t"] = np.arange(n) / 100.0
    columns["valid"] = np.ones((n, 2), dtype=bool)
    turn = wrap_angle(np.radians(np.linspace(175.0, 185.0, n)))
    turn[28:33] = np.nan
    columns["pelvis"][:, 2] = turn
    columns["valid"][28:33] = False
    history = History()
    history.push(Rows(**columns))
    read = np.degrees(history.rows(0, n).pelvis[:, 2])
    assert np.allclose(read, np.linspace(175.0, 185.0, n), atol=1e-6)

"""The second look: the same rows, better angles, and nothing of the live ones changed."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from support.held_up import held_up

from imuhip.core.conventions import HIP_ANGLES, SIDES
from imuhip.core.quaternions import wrap_angle
from imuhip.core.records import Packet
from imuhip.core.spool import Spools
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.pipeline.offline import refine
from imuhip.results.analysis import analyze
from imuhip.simulate.output import write
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup


def _live(session):
    pipeline = Pipeline(session.header)
    outs = [*(pipeline.push(batch) for batch in session.batches()), pipeline.finish()]
    t = np.concatenate([out.angles.t for out in outs])
    return t, np.concatenate([out.angles.hip for out in outs])


def _rmse(session, t, hip, rows):
    at = np.round((t[rows] - session.truth.t[0]) * 100).astype(int)
    return np.degrees(np.sqrt(np.nanmean(wrap_angle(hip[rows] - session.truth.hip[at]) ** 2)))


def test_the_second_look_is_nearer_to_the_truth():
    """With poor sensors, all of a session known gives smaller errors than what was known live."""
    live, refined = [], []
    for seed in range(101, 106):
        session = simulate("squat", seed=seed, grade="poor")
        t, hip = _live(session)
        again = refine(session.header, session.batches())
        assert np.array_equal(again.t, t)
        marks = {label: at for at, label in session.marks}
        rows = (t > marks["begin:squat"]) & (t < marks["end:squat"])
        live.append(_rmse(session, t, hip, rows))
        refined.append(_rmse(session, t, again.hip, rows))
    assert np.median(refined) < np.median(live)
    assert max(refined) < max(live) + 0.5


def test_rows_before_the_standing_are_filled():
    """Calibration evidence applies to all rows since the tray, not to those after it alone."""
    session = simulate("squat", seed=7, grade="good")
    t, hip = _live(session)
    again = refine(session.header, session.batches())
    marks = {label: at for at, label in session.marks}
    bow = (t > marks["begin:bow"]) & (t < marks["end:bow"])
    assert np.isfinite(again.hip[bow]).all()
    assert np.isnan(again.hip[t < marks["end:tray"]]).all()
    known = np.isfinite(hip).all(axis=(1, 2)) & (t > marks["end:stand"])
    assert np.isfinite(again.hip[known]).all()


def test_without_calibration_there_is_nothing():
    """A session that never stood has no offline angles, and every row."""
    session = simulate("squat", seed=7, grade="good")
    batches = [[r for r in batch if not hasattr(r, "label")] for batch in session.batches()]
    again = refine(session.header, batches)
    assert len(again.t)
    assert np.isnan(again.hip).all()


def test_gaps_stay_gaps():
    """Where a sensor sent nothing, the second look makes nothing up."""
    session = simulate("squat", seed=8, setup=Setup(radio_gaps=(("thigh_left", 60.0, 1.5),)))
    _, hip = _live(session)
    again = refine(session.header, session.batches())
    gone = np.isnan(hip[:, 0, 0]) & np.isfinite(hip[:, 1, 0])
    assert 100 < np.count_nonzero(gone) < 200
    assert np.isnan(again.hip[gone, 0]).all()
    assert np.isfinite(again.hip[gone, 1]).all()


def test_what_came_too_late_for_the_live_rows_is_there():
    """A computer that stood still for so long that live nothing was waited for any more."""
    session = simulate("squat", seed=8, grade="good")
    records = [record for batch in session.batches(1e6) for record in batch]
    first = min(int(r.host_ns[0]) for r in records if isinstance(r, Packet))
    heard = held_up(records, first + int(90e9), 12.0)
    pipeline = Pipeline(session.header)
    late = np.concatenate([out.angles.valid for out in (pipeline.push(heard), pipeline.finish())])
    assert np.count_nonzero(~late[9000:]) > 1000
    again = refine(session.header, [heard])
    assert np.isfinite(again.hip[again.t > 90.0]).all()


def test_offline_columns_stand_beside_the_live_ones(tmp_path):
    """`--columns offline` adds six columns and changes no bit of the others."""
    recording = tmp_path / "squat.mcap"
    session = simulate("squat", seed=9, grade="good")
    write(session, recording)
    analyze(recording, tmp_path / "plain")
    analyze(recording, tmp_path / "more", columns=("offline",))
    plain = pq.read_table(tmp_path / "plain" / "angles.parquet")
    more = pq.read_table(tmp_path / "more" / "angles.parquet")
    names = [f"hip_{angle}_{side}_offline_deg" for side in SIDES for angle in HIP_ANGLES]
    assert more.column_names == [*plain.column_names, *names]
    for name in plain.column_names:
        assert np.array_equal(more[name].to_numpy(), plain[name].to_numpy(), equal_nan=True), name
    hip = refine(session.header, session.batches()).hip
    offline = more["hip_rotation_right_offline_deg"].to_numpy()
    assert offline == pytest.approx(np.degrees(hip[:, 1, 2]), nan_ok=True, abs=1e-9)


def test_what_is_put_aside_on_the_disk_gives_the_same_bits(tmp_path):
    """A session with gaps, kept in memory and on the disk, and cut into other batches."""
    setup = Setup(radio_gaps=(("thigh_left", 20.0, 0.2), ("pelvis", 61.0, 2.5)))
    session = simulate("squat", seed=10, setup=setup)
    kept = refine(session.header, session.batches())
    with Spools(tmp_path) as spools:
        spooled = refine(session.header, session.batches(7.0), blocks=spools)
        assert np.isfinite(kept.hip).any()
        assert spooled.t.tobytes() == kept.t.tobytes()
        assert spooled.hip.tobytes() == kept.hip.tobytes()
        assert 1 < len(spooled.rows) < len(kept.rows)

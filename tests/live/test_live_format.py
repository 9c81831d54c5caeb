import json
import math

import numpy as np

from imuhip.core.evidence import CalibrationStep
from imuhip.core.records import AngleBlock, Fault, GridBlock
from imuhip.live.protocol import (
    COLUMNS,
    GAUGE,
    HEAD,
    KIND_FRAME,
    decode_rows,
    encode_rows,
    event_json,
    hello,
    rows_from_output,
    to_json,
)


class Out:
    """Angles whose numbers tell their places: side, angle and row."""

    def __init__(self, sensors: tuple[str, ...], count: int = 4) -> None:
        t = np.arange(count) / 100
        shape = (count, len(sensors))
        self.grid = GridBlock(
            sensors=sensors,
            t=t,
            q=np.zeros((*shape, 4)),
            acc=np.zeros((*shape, 3)),
            gyr=np.tile([0.3, 0.0, -0.4], (*shape, 1)),
            valid=np.ones(shape, dtype=bool),
            rest=np.zeros(shape, dtype=bool),
            drift=np.zeros(shape),
            unseen=np.zeros(shape),
            tilt=np.zeros(shape),
        )
        hip = np.radians(np.arange(6.0).reshape(1, 2, 3) * 10.0 + np.arange(count)[:, None, None])
        hip[1:2, 0, 2] = np.nan
        self.angles = AngleBlock(
            t=t,
            hip=hip,
            hip_raw=hip,
            hip_sd=np.full_like(hip, np.nan),
            hip_sd_total=np.full_like(hip, np.nan),
            hip_cov=np.full((count, 3), np.nan),
            valid=np.ones((count, 2), dtype=bool),
            pelvis=np.radians(np.tile([1.0, 2.0, 3.0], (count, 1))),
            pelvis_sd=np.full((count, 3), np.nan),
        )


def test_rows_hold_each_angle_in_its_named_column_in_degrees() -> None:
    """Every column carries the angle its name says, in degrees; NaN stays NaN."""
    rows = rows_from_output(Out(("pelvis", "thigh_left", "thigh_right")))
    named = dict(zip(COLUMNS, rows.T, strict=True))
    np.testing.assert_allclose(named["t"], [0.0, 0.01, 0.02, 0.03])
    np.testing.assert_allclose(named["hip_flexion_left_deg"], [0, 1, 2, 3], atol=1e-12)
    np.testing.assert_allclose(named["hip_rotation_left_deg"], [20, np.nan, 22, 23])
    np.testing.assert_allclose(named["hip_adduction_right_deg"], [40, 41, 42, 43])
    np.testing.assert_allclose(named["pelvis_obliquity_deg"], 2.0)
    np.testing.assert_allclose(named["pelvis_speed_deg_s"], np.degrees(0.5))
    assert np.isnan(named["hip_rotation_left_sd_deg"]).all()


def test_no_pelvis_sensor_means_no_number() -> None:
    """Without a pelvis sensor its speed is NaN, not made up."""
    rows = rows_from_output(Out(("thigh_left",)))
    assert np.isnan(rows[:, COLUMNS.index("pelvis_speed_deg_s")]).all()


def test_no_rows_are_fine() -> None:
    """An output without rows gives no rows, of the right width."""
    assert rows_from_output(Out(("pelvis",), count=0)).shape == (0, len(COLUMNS))


def test_binary_messages_come_back_bit_for_bit() -> None:
    """`decode_rows` gives what `encode_rows` took, NaN included, little-endian."""
    rows = np.random.default_rng(5).normal(size=(3, len(COLUMNS)))
    rows[1, 2] = np.nan
    message = encode_rows(KIND_FRAME, 7, rows, stamp_unix_ns=2_500_000.0, sent_unix_ns=math.nan)
    head, back = decode_rows(message)
    assert np.array_equal(rows, back, equal_nan=True)
    assert head["kind"] == KIND_FRAME
    assert head["sequence"] == 7.0
    assert head["stamp_unix_ms"] == 2.5
    assert math.isnan(head["sent_unix_ms"])
    assert np.frombuffer(message[8:16], dtype="<f8")[0] == 7.0


def test_json_has_null_for_no_number() -> None:
    """NaN and infinities become null; records, arrays and tuples become plain JSON."""
    fault = Fault("pelvis", "gap", 1.0, math.nan, 3)
    said = json.loads(event_json("fault", {"fault": fault, "more": np.array([1.0, np.inf])}))
    assert said["type"] == "fault"
    assert said["fault"]["t_end"] is None
    assert said["fault"]["sensor"] == "pelvis"
    assert said["more"] == [1.0, None]


def test_a_step_leaves_without_its_orientations() -> None:
    """Of a calibration step viewers get words and gates, not orientations by the thousand."""
    nothing = np.zeros((2, 3))
    step = CalibrationStep(
        step="stand",
        t_start=0.0,
        t_end=8.0,
        found="marked",
        accepted=False,
        gates=(),
        words=("Stand still.",),
        up=nothing,
        axis=nothing,
        axis_sd=np.zeros(2),
        turned=np.zeros(2),
        lost=np.zeros(2),
        drifted=np.zeros(2),
        force=np.zeros(2),
        q=np.zeros((800, 2, 4)),
    )
    said = json.loads(event_json("step", {"step": step}))["step"]
    assert said["words"] == ["Stand still."]
    assert said["accepted"] is False
    assert not {"q", "up", "axis"} & set(said)


def test_hello_explains_every_number() -> None:
    """`hello` names a unit for each column, zones within the gauge and the notice."""
    said = json.loads(to_json(hello("a/1", "A1", "replay")))
    assert set(said["units"]) == set(said["columns"]) == set(COLUMNS)
    assert said["head"] == list(HEAD)
    assert said["units"]["hip_rotation_left_deg"] == "deg"
    assert said["units"]["pelvis_speed_deg_s"] == "deg/s"
    for zone in said["gauge"]["zones"]:
        assert GAUGE["from_deg"] <= zone["from_deg"] < zone["to_deg"] <= GAUGE["to_deg"]
    assert "medical device" in said["notice"]


def test_the_zones_are_those_of_the_goal() -> None:
    """A weightlifter's zone inwards begins further in than the general one; outwards it is that."""
    general, own = (
        hello("a/1", "A1", "live", assess)["gauge"] for assess in ({}, {"goal": "weightlifting"})
    )
    assert own["goal"] == "weightlifting"
    assert own["zones"][0]["from_deg"] > general["zones"][0]["from_deg"]
    assert own["zones"][1] == general["zones"][1]

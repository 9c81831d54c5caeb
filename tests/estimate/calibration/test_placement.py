"""Faults of placement, as simulated athletes have them and as a coach is told of them."""

import itertools
import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from imuhip.core.calibration_table import GATES
from imuhip.core.conventions import PELVIS
from imuhip.core.quaternions import quaternion_from_rotvec
from imuhip.core.records import Mark, Mount
from imuhip.estimate.calibration.mounting import sits, vector
from imuhip.estimate.calibration.placement import Placement
from imuhip.estimate.calibration.side_swap import Sides, Witness
from imuhip.estimate.calibration.slip import Standing, slips
from imuhip.live.protocol import event_json
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.results.analysis import analyze
from imuhip.results.schemas import read_results
from imuhip.simulate.session import Setup, simulate, write
from imuhip.simulate.worn import SENSORS, StrapSlip

USUAL = Setup(mounting="usual")
MOUNT = Mount(up="+x", out="+z")


class CalibrationRun:
    """A session and what the pipeline told of it."""

    def __init__(self, session, outs, alignment):
        self.session, self.alignment = session, alignment
        self.steps = [step for out in outs for step in out.steps]
        self.misplaced = [fault for step in self.steps for fault in step.misplaced]
        self.faults = [fault for out in outs for fault in out.faults]
        self.t = np.concatenate([out.angles.t for out in outs])
        self.hip = np.concatenate([out.angles.hip for out in outs])
        self.kinds = [fault.kind for fault in self.misplaced]

    def step(self, name):
        """The last step of a name."""
        return [step for step in self.steps if step.step == name][-1]


@cache
def calibrated(setup, seed=1, *, marks="all", batch_s=5.0, detect=False):
    """Run a calibration; `marks` is ``all``, ``mirrored``, or the steps that keep theirs."""
    session = simulate("calibration", seed=seed, setup=setup)
    header = replace(session.header, parameters={"detect_steps": detect})
    pipeline = Pipeline(header)
    outs = [pipeline.push([*_marked(batch, marks)]) for batch in session.batches(batch_s)]
    return CalibrationRun(session, [*outs, pipeline.finish()], pipeline.alignment)


def _marked(batch, marks):
    for record in batch:
        if isinstance(record, Mark) and marks != "all":
            step = record.label.partition(":")[2]
            if marks == "mirrored":
                flipped = {"left": "right", "right": "left"}.get(step.rpartition("_")[2])
                stem = record.label.rpartition("_")[0]
                label = f"{stem}_{flipped}" if flipped else record.label
                yield Mark(record.arrival, record.host_ns, label)
            elif step in marks:
                yield record
        else:
            yield record


# --- left and right ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_swapped_sensors_are_reported_and_corrected(seed):
    """From the first knee lift on the columns follow the body, and the coach reads why."""
    run = calibrated(Setup(swapped=True), seed)
    assert run.kinds == ["swapped"]
    assert "swapped" in run.misplaced[0].words
    assert run.misplaced[0].t_end == run.step("knee_lift_left").t_end
    assert {f.sensor for f in run.faults if f.kind == "swapped"} == {"thigh_left", "thigh_right"}
    assert run.alignment.sensors == ("pelvis", "thigh_right", "thigh_left")
    lift = run.step("knee_lift_right")
    inside = (run.t > lift.t_start) & (run.t < lift.t_end)
    truth = run.session.truth
    true = truth.hip[np.round((run.t[inside] - truth.t[0]) * 100).astype(int)]
    error = np.degrees(run.hip[inside] - true)
    assert np.nanmax(np.abs(error[:, :, 0])) < 6.0
    assert np.degrees(np.nanmax(true[:, 1, 0])) > 60.0


def test_nobody_is_told_of_a_swap_that_is_none():
    """Sensors on their own legs are left alone, marked or not."""
    for seed in range(3):
        assert calibrated(USUAL, seed).kinds == []
        assert calibrated(USUAL, seed, marks=(), detect=True).kinds == []


@pytest.mark.parametrize("mounting", ["usual", "any"])
def test_swapped_sensors_are_found_without_marks(mounting):
    """Where nobody said which leg, the weight shift and declared mounts tell it."""
    run = calibrated(Setup(swapped=True, mounting=mounting), 2, marks=(), detect=True)
    assert run.kinds == ["swapped"]
    assert run.alignment.sensors == ("pelvis", "thigh_right", "thigh_left")
    assert np.isfinite(run.step("knee_lift_left").axis[2]).all()
    assert np.isfinite(run.step("knee_lift_right").axis[1]).all()


def test_an_athlete_who_mirrors_the_coach_is_no_swap():
    """The wrong leg, lifted every time, is known by the weight shift and asked for again."""
    run = calibrated(Setup(), 3, marks="mirrored")
    assert run.kinds == []
    lift = run.step("knee_lift_left")
    assert not lift.accepted
    assert "do it again with the left leg" in lift.words[0]
    assert run.alignment.sensors == SENSORS


def test_names_alone_need_two_lifts():
    """Without bows or mounts nothing tells whose fault one lift is; two are a swap."""
    marks = ("stand", "knee_lift_left", "knee_lift_right")
    run = calibrated(Setup(swapped=True), 4, marks=marks)
    assert [(step.step, step.accepted) for step in run.steps] == [
        ("stand", True),
        ("knee_lift_left", False),
        ("knee_lift_left", True),
        ("knee_lift_right", True),
    ]
    assert run.kinds == ["swapped"]
    once = calibrated(Setup(swapped=True), 4, marks=("stand", "knee_lift_left"))
    assert once.kinds == []


def test_sides_can_change_back():
    """When the straps are put right after a swap was told, the next lifts say so."""
    sides = Sides()
    changes = [sides.hear(Witness("right", "left", to_right=0.05)) for _ in range(2)]
    assert sides.swapped
    assert changes == [True, False]
    changes = [sides.hear(Witness("left", "left", to_right=0.05)) for _ in range(2)]
    assert not sides.swapped
    assert changes.count(True) == 1


def test_swapped_thighs_do_not_swap_shanks():
    """Only what was witnessed is renamed: thigh sensors, and steps named after them."""
    placement = Placement((*SENSORS, "shank_left"))
    placement._sides.swapped = True
    assert placement.sensors == ("pelvis", "thigh_right", "thigh_left", "shank_left")
    assert placement.named("knee_lift_left") == "knee_lift_right"


def test_cuts_do_not_show_in_placement():
    """However records are cut, the same faults come at the same times with the same angles."""
    whole = calibrated(Setup(swapped=True), 5, batch_s=500.0)
    cut = calibrated(Setup(swapped=True), 5, batch_s=0.05)
    assert [str(fault) for fault in whole.misplaced] == [str(fault) for fault in cut.misplaced]
    assert whole.hip.tobytes() == cut.hip.tobytes()


def test_results_and_viewers_are_reported(tmp_path):
    """calibration.json, faults.json and the live events carry the words."""
    session = simulate("calibration", seed=6, setup=Setup(swapped=True))
    write(session, tmp_path / "a.mcap")
    analysis = analyze(tmp_path / "a.mcap", tmp_path / "out")
    results = read_results(tmp_path / "out")
    (fault,) = results.calibration["placement"]
    assert fault["kind"] == "swapped"
    assert fault["angle_deg"] is None
    assert fault["words"] in results.calibration["words"]
    assert fault["words"] in analysis.warnings
    assert [f["kind"] for f in results.faults].count("swapped") == 2
    step = calibrated(Setup(swapped=True), 0).step("knee_lift_left")
    event = json.loads(event_json("step", {"step": step}))
    assert event["step"]["misplaced"][0]["kind"] == "swapped"
    assert any("swapped" in words for words in event["step"]["words"])


# --- declared mounts -----------------------------------------------------------------------------


@pytest.mark.parametrize("sensor", SENSORS)
def test_a_sensor_upside_down_is_reported_and_corrected(sensor):
    """Gravity in standing shows it, and the mount is used as it is."""
    run = calibrated(Setup(mounting="usual", upside_down=(sensor,)), 7)
    assert [(f.kind, f.sensor, f.corrected) for f in run.misplaced] == [
        ("upside_down", sensor, True)
    ]
    assert "upside down – fine, corrected" in run.misplaced[0].words
    assert run.step("bow").mounts[SENSORS.index(sensor)] == Mount(up="-x", out="+z")


@pytest.mark.parametrize("sensor", SENSORS)
def test_a_sensor_turned_by_a_quarter_is_reported_and_corrected(sensor):
    """The same for 90° on the skin, by its angle."""
    run = calibrated(Setup(mounting="usual", quarter_turned=(sensor,)), 8)
    assert [(f.kind, f.sensor, f.corrected) for f in run.misplaced] == [("turned", sensor, True)]
    assert run.misplaced[0].angle_deg == pytest.approx(90.0)
    assert "90°" in run.misplaced[0].words


def test_a_corrected_mount_is_evidence():
    """With nothing but standing, an upside-down sensor is aligned as well as its mount allows."""
    setup = Setup(mounting="usual", upside_down=("thigh_left",))
    run = calibrated(setup, 9, marks=("stand",))
    assert run.alignment.grade == "poor"
    for i, sensor in enumerate(SENSORS):
        cosine = abs(float(run.alignment.q_sb[i] @ run.session.mounts[sensor]))
        assert np.degrees(2.0 * np.arccos(min(cosine, 1.0))) < 25.0


def test_every_square_mount_is_recognised():
    """All 24 ways a case can sit are distinguished once a movement has shown the axis."""
    for up, out in itertools.permutations(("+x", "-x", "+y", "-y", "+z", "-z"), 2):
        if up[1] == out[1]:
            continue
        right = np.cross(-vector(out), vector(up))
        sitting = sits(PELVIS, MOUNT, vector(up), right)
        assert sitting.mount == Mount(up, out)
        assert (sitting.turned == 0.0) == (sitting.mount == MOUNT)
        blind = sits(PELVIS, MOUNT, vector(up), None)
        assert blind.mount == (None if up[1] == "z" else Mount(up, "+z"))


def test_a_loose_pelvis_sensor_is_reported():
    """A bow about an axis that is not level in standing names the pelvis sensor."""
    slip = StrapSlip("pelvis", 33.0, 30.0, axis="x")
    marks = {label: t for t, label in calibrated(USUAL, 10).session.marks}
    assert marks["begin:bow"] < 42.0
    slip = replace(slip, t=marks["begin:bow"] - 0.9)
    run = calibrated(Setup(mounting="usual", slips=(slip,)), 10)
    assert ("tilted", PELVIS) in [(f.kind, f.sensor) for f in run.misplaced]
    assert any("tilted or loose" in words for words in run.step("bow").words)
    assert not run.step("bow").accepted


# --- straps --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sensor", "axis"), [*itertools.product(SENSORS, "xyz")])
def test_a_slipped_strap_is_reported_by_name(sensor, axis):
    """10° about any axis, between which standings, and what that means for the values."""
    marks = {label: t for t, label in calibrated(USUAL, 11).session.marks}
    slip = StrapSlip(sensor, marks["end:bow"] + 0.3, 10.0, axis=axis)
    run = calibrated(Setup(mounting="usual", slips=(slip,)), 11)
    (fault,) = run.misplaced
    assert (fault.kind, fault.sensor, fault.corrected) == ("slipped", sensor, False)
    assert fault.angle_deg == pytest.approx(10.0, abs=2.0)
    assert fault.t_start <= slip.t <= fault.t_end
    assert "data from before are fine" in fault.words
    assert not run.step("stand_again").accepted


def test_standing_again_a_little_otherwise_is_no_slip():
    """People do not stand twice the same; 1.5° is let be."""
    for seed in range(3):
        run = calibrated(Setup(stands_again_deg=1.5), seed)
        assert run.kinds == []
        assert run.step("stand_again").accepted


def test_heading_counts_less_the_longer_it_has_been():
    """10° about the vertical are a slip after a minute, not after an hour; a tilt always is."""

    def slip(minutes, rotvec):
        turn = quaternion_from_rotvec(np.radians(rotvec))
        up = np.tile((0.0, 0.0, 1.0), (3, 1))
        q = np.tile((1.0, 0.0, 0.0, 0.0), (4, 3, 1))
        later, tilted = q.copy(), up.copy()
        later[:, 1] = turn
        tilted[1] = np.array((0.0, np.sin(np.radians(rotvec[0])), np.cos(np.radians(rotvec[0]))))
        nothing = np.zeros(3)
        before = Standing(0.0, up, q, np.zeros(3), nothing)
        now = Standing(60.0 * minutes, tilted, later, np.zeros(3), nothing)
        return slips(SENSORS, before, now)["thigh_left"].size > 1.0

    assert slip(1.0, np.array((0.0, 0.0, 10.0)))
    assert not slip(60.0, np.array((0.0, 0.0, 10.0)))
    assert slip(60.0, np.array((10.0, 0.0, 0.0)))


def test_every_gate_has_words():
    """What the pages and the report call a check is known for each that a calibration has."""
    run = calibrated(USUAL)
    gates = [gate.name for step in run.steps for gate in step.gates]
    gates += [gate.name for gate in run.alignment.gates]
    assert len(set(gates)) > 10
    assert set(gates) <= set(GATES)

"""Faults that no single number shows: reversed signs, mirrored axes, clocks apart, copies."""

import itertools
import shutil

import numpy as np
import pytest
from support.import_folders import NAMES, imported, write

from imuhip.core.errors import RecordingError
from imuhip.importers.agreement import agreement
from imuhip.importers.common_time import lag_between
from imuhip.importers.folder import import_folder
from imuhip.importers.sources import Options
from imuhip.simulate.output import write_folder
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup

SENSORS = ("pelvis", "thigh_left", "thigh_right")


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """A simulated session with marks and mounts; its folder and every sensor's rows."""
    folder = tmp_path_factory.mktemp("session") / "in"
    done = simulate(
        "squat", seed=7, grade="good", profile_id="imported", setup=Setup(mounting="usual")
    )
    write_folder(done, folder)
    rows = {s: np.loadtxt(folder / f"{s}.csv", delimiter=",", skiprows=1)[:, :7] for s in SENSORS}
    return folder, rows


def with_fault(session, tmp_path, fault, sensors=SENSORS, mounts=False):
    """A copy of the session with `fault` done to the rows of `sensors`."""
    folder, rows = session
    copy = tmp_path / "in"
    shutil.copytree(folder, copy)
    if not mounts:
        (copy / "session.toml").unlink()
    for sensor in sensors:
        changed = rows[sensor].copy()
        fault(changed)
        write(copy / f"{sensor}.csv", changed, NAMES)
    return copy


def reverse(values):
    values[:, 1:4] *= -1.0


def test_nothing_is_reported_of_a_sound_session(session, tmp_path):
    """A session without a fault comes in without a word."""
    assert import_folder(session[0], tmp_path / "a.mcap").warnings == ()


@pytest.mark.parametrize("mounts", [False, True])
def test_reversed_signs(session, tmp_path, mounts):
    """Reversed acceleration is refused, by movements or by mounts; said signs are turned round."""
    folder = with_fault(session, tmp_path, reverse, mounts=mounts)
    witness = "upside down against their declared mounts" if mounts else "turned in first"
    with pytest.raises(RecordingError, match=rf"signs of acceleration.*{witness}.*acc=-m/s2"):
        import_folder(folder, tmp_path / "a.mcap")
    options = Options(units={"acc": "-m/s2"})
    assert import_folder(folder, tmp_path / "a.mcap", options=options).warnings == ()
    right = session[1]["pelvis"][:, 1:4]
    np.testing.assert_array_equal(imported(tmp_path / "a.mcap")["pelvis"][:, 1:4], right)
    options = Options(units={"acc": "m/s2"})
    import_folder(folder, tmp_path / "a.mcap", options=options, overwrite=True)
    np.testing.assert_array_equal(imported(tmp_path / "a.mcap")["pelvis"][:, 1:4], -right)


def test_left_handed_axes(session, tmp_path):
    """A sensor whose axes are left-handed is named, with how far it is off."""

    def mirror(values):
        values[:, 1:4] = values[:, 3:0:-1].copy()
        values[:, 4:7] = values[:, 6:3:-1].copy()

    folder = with_fault(session, tmp_path, mirror, ("thigh_left",))
    (said,) = import_folder(folder, tmp_path / "a.mcap").warnings
    assert said.startswith("thigh_left.csv: the acceleration does not turn as the turning rates")


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_every_wrong_order_of_axes_is_seen(session, order, sign):
    """Any exchange of axes is seen, and so is the right order."""
    t, acc, gyr = np.split(session[1]["thigh_left"], (1, 4), axis=1)
    found = agreement(t[:, 0], acc, sign * gyr[:, order])
    assert found is not None
    assert found.best < np.radians(4.0)
    assert found.axes_wrong == (sign < 0.0 or order != (0, 1, 2))


@pytest.mark.parametrize("sensor", ["pelvis", "thigh_left", "thigh_right"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_one_reversed_axis_is_seen(session, sensor, axis):
    """Also of the axis about which the sensor seldom turns."""
    t, acc, gyr = np.split(session[1][sensor].copy(), (1, 4), axis=1)
    gyr[:, axis] *= -1.0
    found = agreement(t[:, 0], acc, gyr)
    assert found is not None
    assert found.axes_wrong


@pytest.mark.parametrize(
    ("sensors", "said"),
    [
        (("pelvis",), ["pelvis.csv: by its values the pelvis went over the lifted leg"]),
        (("thigh_left",), ["thigh_left.csv: by its values the toes turned in first"]),
        (
            ("pelvis", "thigh_right"),
            [
                "thigh_right.csv: by its values the toes turned in first in the right toe turn",
                "pelvis.csv: by its values the pelvis went over the lifted leg",
            ],
        ),
    ],
)
def test_reversed_signs_of_some_sensors_are_reported(session, tmp_path, sensors, said):
    """Signs that only some sensors have reversed are reported for those."""

    def reverse(values):
        values[:, 1:4] *= -1.0

    folder = with_fault(session, tmp_path, reverse, sensors)
    warnings = import_folder(folder, tmp_path / "a.mcap").warnings
    assert [w[: len(s)] for w, s in zip(warnings, said, strict=True)] == said


@pytest.mark.parametrize("change", ["rounded", "noise"])
def test_one_recording_under_two_names_with_other_digits(session, tmp_path, change):
    """Fewer digits, or a little noise, make no second sensor of one."""
    folder = with_fault(session, tmp_path, lambda _: None)
    values = session[1]["thigh_right"].copy()
    if change == "rounded":
        values[:, 1:] = values[:, 1:].round(2)
    else:
        values[:, 1:] += np.random.default_rng(1).normal(0.0, 1e-3, values[:, 1:].shape)
    write(folder / "thigh_left.csv", values, NAMES)
    with pytest.raises(RecordingError, match="hold the same samples"):
        import_folder(folder, tmp_path / "a.mcap")


def test_an_axis_that_never_changes_is_reported(session, tmp_path):
    """A missing axis that a program filled with zeros."""

    def dead(values):
        values[:, 5] = 0.0

    folder = with_fault(session, tmp_path, dead, ("pelvis",))
    warnings = import_folder(folder, tmp_path / "a.mcap").warnings
    assert any("pelvis.csv: gyr_y never changes" in warning for warning in warnings)


def test_exchanged_files_of_pelvis_and_thigh_are_reported(session, tmp_path):
    """In a knee lift the thigh turns far, whatever its file is called."""
    folder = with_fault(session, tmp_path, lambda _: None)
    pelvis, thigh = folder / "pelvis.csv", folder / "thigh_left.csv"
    pelvis.rename(folder / "aside.txt")
    thigh.rename(pelvis)
    (folder / "aside.txt").rename(thigh)
    warnings = import_folder(folder, tmp_path / "a.mcap").warnings
    assert any("The two files look exchanged" in warning for warning in warnings)


@pytest.mark.parametrize(("factor", "rate"), [(0.5, 50), (2.0, 200), (0.6, 60)])
def test_another_rate_than_was_recorded(session, tmp_path, factor, rate):
    """Times too fast or too slow for the turning rates are reported, with the rate to check."""
    t = session[1]["thigh_right"][:, 0]

    def faster(values):
        values[:, 0] = t / factor

    folder = with_fault(session, tmp_path, faster, ("thigh_right",))
    (folder / "marks.csv").unlink()
    said = import_folder(folder, tmp_path / "a.mcap").warnings[0]
    assert f"Was it recorded at 100 Hz instead of {rate} Hz" in said


@pytest.mark.parametrize("shift", [0.3, -0.6, 1.4, 3.0])
@pytest.mark.parametrize("sensor", ["thigh_left", "thigh_right"])
def test_clocks_apart(session, shift, sensor):
    """How far a sensor's clock is off is found to 0.06 s from what the sensors feel in common."""
    pelvis, thigh = session[1]["pelvis"], session[1][sensor]
    lag = lag_between(pelvis[:, 0], pelvis[:, 4:], thigh[:, 0] + shift, thigh[:, 4:])
    assert lag == pytest.approx(shift, abs=0.06)


def test_clocks_apart_are_reported(session, tmp_path):
    """A sensor on another clock is reported with its lag and what to do."""

    def late(values):
        values[:, 0] += 0.3

    folder = with_fault(session, tmp_path, late, ("thigh_right",))
    (said,) = import_folder(folder, tmp_path / "a.mcap").warnings
    assert said.startswith("thigh_right.csv: thigh_right moves 0.3")


def test_steps_are_no_lag():
    """The legs' turns in walking, half a stride apart, are not taken for clocks apart."""
    t = np.arange(0.0, 60.0, 0.01)
    stride = np.sin(2 * np.pi * t / 1.1)
    active = (t % 20.0 > 5.0) * (1.0 + 0.3 * np.sin(t))
    pelvis = np.column_stack((active * np.abs(stride), 0 * t, 0 * t))
    late = np.roll(np.maximum(stride, 0.0) * 3.0, 55) * active
    thigh = np.column_stack((late, 0 * t, 0 * t))
    assert lag_between(t, pelvis, t, thigh) is None


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_the_same_samples_twice(session, tmp_path, shift):
    """One recording under two names is refused by both names, its times moved or not."""

    def copy(values):
        values[:] = session[1]["pelvis"][: len(values)]
        values[:, 0] += shift

    folder = with_fault(session, tmp_path, copy, ("thigh_right",))
    with pytest.raises(RecordingError, match=r"pelvis\.csv and thigh_right\.csv hold the same"):
        import_folder(folder, tmp_path / "a.mcap")
    assert not (tmp_path / "a.mcap").exists()


@pytest.mark.parametrize("unit", [1.0, 9.80665])
def test_gravity_taken_out(session, tmp_path, unit):
    """Linear acceleration, in m/s² or g, is refused by its name, with what to take."""

    def linear(values):
        kernel = np.ones(101) / 101
        for axis in (1, 2, 3):
            gravity = np.convolve(values[:, axis], kernel, "same")
            values[:, axis] = (values[:, axis] - gravity) / unit

    folder = with_fault(session, tmp_path, linear)
    with pytest.raises(RecordingError, match=r"Gravity has been taken out.*Take the columns with"):
        import_folder(folder, tmp_path / "a.mcap")


def test_g_is_not_taken_for_linear_acceleration(session, tmp_path):
    """Acceleration in g has gravity in it: it is reported as g, with the option to say so."""

    def to_g(values):
        values[:, 1:4] /= 9.80665

    folder = with_fault(session, tmp_path, to_g)
    said = import_folder(folder, tmp_path / "a.mcap").warnings[0]
    assert "if it is in g, import with --units acc=g" in said

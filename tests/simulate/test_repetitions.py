"""The truth of repetitions, and the movements that are not squats, pivots or seated tests."""

from itertools import pairwise

import numpy as np
import pytest

from imuhip.core.conventions import SIDES
from imuhip.core.quaternions import rotate
from imuhip.core.records import Array, Mark
from imuhip.simulate.performance import Compensation, Performance
from imuhip.simulate.session import Setup, SimulatedSession, simulate


def performed(scenario: str, seed: int = 3, **how) -> SimulatedSession:
    setup = Setup(performance=Performance(**how))
    return simulate(scenario, seed=seed, grade="perfect", profile_id="imported", setup=setup)


def inclination(session: SimulatedSession) -> Array:
    """Of both thighs, degrees ``(N, 2)``, from the true orientations."""
    q = session.truth.q_thigh
    up = rotate(q, np.broadcast_to((0.0, 1.0, 0.0), (*q.shape[:2], 3)))[..., 2]
    return np.degrees(np.arccos(np.clip(up, -1.0, 1.0)))


def numbers(session: SimulatedSession) -> dict[str, int]:
    """How many repetitions each movement has, a squat once."""
    found: dict[str, int] = {}
    for each in session.repetitions:
        if each.movement != "squat" or each.side == "left":
            found[each.movement] = found.get(each.movement, 0) + 1
    return found


@pytest.mark.parametrize(
    ("scenario", "count"),
    [
        ("squat", {"squat": 8}),
        ("pivot", {"pivot": 16}),
        ("seated", {"seated_rotation_left": 6, "seated_rotation_right": 6}),
        ("supine", {"supine_rotation_left": 6, "supine_rotation_right": 6}),
        ("ninety_ninety", {"ninety_ninety": 12}),
        ("lunge", {"lunge_left": 5, "lunge_right": 5}),
        ("partial_squat", {"squat": 4}),
        ("walking+march+sit_to_stand", {}),
    ],
)
def test_every_repetition_is_listed_once(scenario: str, count: dict[str, int]) -> None:
    """The truth lists what was done, in order and without overlap, and nothing else."""
    session = performed(scenario)
    assert numbers(session) == count
    assert all(each.counted == (scenario != "partial_squat") for each in session.repetitions)
    for side in SIDES:
        own = [each for each in session.repetitions if each.side == side]
        for each in own:
            assert each.t_start < each.t_turn <= each.t_end
            assert 0.5 < each.t_end - each.t_start < 9.0
        assert all(before.t_end < after.t_start for before, after in pairwise(own))


def test_a_squat_is_bounded_by_a_twentieth_of_its_peak_speed() -> None:
    """At its start and end the thighs move at 5 % of the peak; at the turn they are deep."""
    session = performed("squat", tempo_sd=0.15)
    truth = session.truth
    t, beta = truth.t, inclination(session).mean(axis=1)
    leaning = np.degrees(truth.hip[:, :, 0].mean(axis=1) - truth.pelvis[:, 0])
    speed = np.abs(np.gradient(leaning, t))
    for each in session.repetitions:
        rows = [int(np.searchsorted(t, at)) for at in (each.t_start, each.t_turn, each.t_end)]
        start, turn, end = rows
        assert speed[start] == pytest.approx(0.05 * speed[start:end].max(), abs=0.8)
        assert speed[end] == pytest.approx(0.05 * speed[start:end].max(), abs=0.8)
        assert beta[turn] == pytest.approx(beta[start:end].max(), abs=0.4)


def test_tables_and_pivots_turn_the_way_they_say() -> None:
    """Inward repetitions raise the hip's internal rotation, outward ones lower it."""
    session = performed("pivot+seated+supine+ninety_ninety")
    t, hip = session.truth.t, np.degrees(session.truth.hip)
    for each in session.repetitions:
        rotation = hip[:, SIDES.index(each.side), 2]
        change = np.interp(each.t_turn, t, rotation) - np.interp(each.t_start, t, rotation)
        assert (change > 8.0) if each.direction == "in" else (change < -8.0)


def test_postures_are_what_they_are_called() -> None:
    """Seated thighs lie level, a front leg in a lunge carries alone, a chair bends both legs."""
    session = performed("seated+supine+ninety_ninety+lunge+sit_to_stand+walking")
    beta, t = inclination(session), session.truth.t
    at_turn = {
        each.movement: beta[np.searchsorted(t, each.t_turn), SIDES.index(each.side)]
        for each in session.repetitions
    }
    assert 80.0 < at_turn["seated_rotation_left"] < 95.0
    assert 110.0 < at_turn["supine_rotation_left"] < 140.0
    assert 65.0 < at_turn["ninety_ninety"] < 100.0
    assert 70.0 < at_turn["lunge_right"] < 100.0
    marks = {label: at for at, label in session.marks}
    walking = beta[(t > marks["begin:walking"]) & (t < marks["end:walking"])]
    assert 20.0 < walking.max() < 45.0
    chair = beta[(t > marks["begin:sit_to_stand"]) & (t < marks["end:sit_to_stand"])]
    assert chair.max(axis=0).min() > 80.0
    pelvis = np.degrees(session.truth.pelvis)
    lying = np.searchsorted(t, marks["begin:supine_rotation_left"])
    assert pelvis[lying, 0] < -60.0


def test_walking_goes_on_and_comes_back() -> None:
    """Walking swings the legs in turn, never stops within a way, and ends facing as it began."""
    session = performed("walking")
    marks = {label: at for at, label in session.marks}
    t = session.truth.t
    rows = (t > marks["begin:walking"]) & (t < marks["end:walking"])
    flexion = np.degrees(session.truth.hip[rows, :, 0])
    assert np.corrcoef(flexion.T)[0, 1] < -0.3
    turn = np.degrees(session.truth.pelvis_raw[rows, 2])
    assert turn[-1] - turn[0] == pytest.approx(360.0, abs=8.0)


def test_a_performance_may_be_irregular() -> None:
    """Tempo, pauses, fatigue and the number of repetitions are those asked for."""
    plain = performed("squat", repetitions=5)
    assert numbers(plain) == {"squat": 5}
    uneven = performed("squat", tempo_sd=0.3)
    lengths = [r.t_end - r.t_start for r in uneven.repetitions if r.side == "left"]
    assert np.std(lengths) / np.mean(lengths) > 0.08
    paused = performed("squat", bottom_s=4.0)
    beta = inclination(paused)
    for each in paused.repetitions:
        rows = (paused.truth.t > each.t_start) & (paused.truth.t < each.t_end)
        deep = beta[rows].mean(axis=1) > 0.97 * beta[rows].mean(axis=1).max()
        assert np.sum(deep) / 100.0 > 3.9
    tired = [r for r in performed("squat", fatigue=0.25).repetitions if r.side == "left"]
    first, last = (r.t_end - r.t_start for r in (tired[0], tired[-1]))
    assert last > 1.1 * first


def test_a_table_test_may_differ_between_the_sides() -> None:
    """A rotation difference in table tests turns one side further in, set by set as asked."""
    more = Compensation("rotation_difference", 12.0, "left", sets=(2,))
    setup = Setup(performance=Performance(compensations=(more,), equal_sides=True))
    session = simulate("seated", seed=3, grade="perfect", sets=2, setup=setup)
    t, hip = session.truth.t, np.degrees(session.truth.hip[..., 2])

    def reached(number: int, side: str, direction: str) -> float:
        return np.mean(
            [
                np.interp(r.t_turn, t, hip[:, SIDES.index(side)])
                for r in session.repetitions
                if (r.set, r.side, r.direction) == (number, side, direction)
            ]
        )

    for number, direction, apart in ((1, "in", 0.0), (2, "in", 12.0), (2, "out", 0.0)):
        difference = reached(number, "left", direction) - reached(number, "right", direction)
        assert difference == pytest.approx(apart, abs=2.0)
    reported = [(each.movement, each.set, each.side) for each in session.injected]
    assert reported == [("seated_rotation_left", 2, "left")]


def test_an_unmarked_session_marks_the_calibration_alone() -> None:
    """Without marks of movements the motion is the same and the calibration's marks remain."""
    marked, unmarked = (performed("squat+pivot", marked=m) for m in (True, False))
    np.testing.assert_array_equal(marked.truth.hip, unmarked.truth.hip)
    assert marked.repetitions == unmarked.repetitions
    labels = [r.label for b in unmarked.batches() for r in b if isinstance(r, Mark)]
    assert "end:stand_again" in labels
    assert not [label for label in labels if "squat" in label or "pivot" in label]
    trayless = performed("squat", tray=False)
    assert not [label for _, label in trayless.marks if "tray" in label]

"""Compensations act on the true motion: of the stated size, smooth, and where they belong."""

from collections import defaultdict
from statistics import median

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from imuhip.core.conventions import SIDES
from imuhip.core.quaternions import angle_from_quaternion, conjugate, multiply
from imuhip.simulate.performance import RULES, Compensation, Performance
from imuhip.simulate.session import Setup, SimulatedSession, simulate
from imuhip.simulate.true_values import shown

SCENARIO = {"pelvis_follows_pivot": "pivot", "pelvis_cheats_table": "seated"}

CASES = [
    Compensation("pelvic_tuck", 10.0),
    Compensation("pelvic_tuck", 20.0, onset_deg=60.0),
    Compensation("over_arching", 20.0),
    Compensation("over_arching", 40.0),
    Compensation("pelvic_drop", 5.0, "right"),
    Compensation("pelvic_drop", 10.0, "left"),
    Compensation("hip_shift", 8.0, "right"),
    Compensation("hip_shift", 8.0, "left", parts=("obliquity", "depth")),
    Compensation("hip_shift", 8.0, "left", parts=("twist", "depth")),
    Compensation("hip_shift", 8.0, "right", parts=("obliquity", "twist")),
    Compensation("pelvic_twist", 10.0, "right"),
    Compensation("knee_in", 5.0, "left"),
    Compensation("knee_in", 10.0),
    Compensation("early_turn_out", 20.0, "right"),
    Compensation("side_lag", 0.16, "left"),
    Compensation("side_lag", 0.08, "right"),
    Compensation("depth_difference", 10.0, "left"),
    Compensation("rotation_difference", 20.0, "right"),
    Compensation("pelvis_follows_pivot", 0.5),
    Compensation("pelvis_follows_pivot", 0.25, "left"),
    Compensation("pelvis_cheats_table", 10.0),
    Compensation("pelvis_cheats_table", 8.0, "left", parts=("tilt",)),
]


def performed(*compensations: Compensation, scenario: str = "squat", **how) -> SimulatedSession:
    performance = Performance(compensations=compensations, equal_sides=True, **how)
    setup = Setup(performance=performance)
    return simulate(scenario, seed=17, grade="perfect", profile_id="imported", setup=setup)


def values(session: SimulatedSession) -> dict[tuple[str, str], list[float]]:
    found = defaultdict(list)
    for each in shown(session.truth, session.repetitions):
        found[each.rule, each.side].append(each.value)
    return found


@pytest.mark.parametrize(
    "asked", CASES, ids=lambda c: "-".join(map(str, (c.rule, c.size, c.side, *c.parts)))
)
def test_the_true_motion_shows_the_stated_size(asked: Compensation) -> None:
    """What the truth shows of a compensation is the size asked for, on the side asked for."""
    session = performed(asked, scenario=SCENARIO.get(asked.rule, "squat"))
    assert {each.rule for each in session.injected} == {asked.rule}
    # Chance tips the pelvis by 1° now and then, and the athlete sways.
    allowed = {"side_lag": 0.012, "pelvis_follows_pivot": 0.05}.get(asked.rule, 1.0)
    found = values(session)
    for side in asked.sides:
        if (asked.rule, side) in found:
            value = median(found[asked.rule, side])
        else:
            value = median(found[asked.rule, "both"])
            sign = -1.0 if RULES[asked.rule].difference and asked.side == "left" else 1.0
            value *= sign
        assert value == pytest.approx(asked.size, rel=0.06, abs=allowed)
    spared = set(SIDES) - set(asked.sides)
    for side in spared:
        if (asked.rule, side) in found:
            assert median(found[asked.rule, side]) < 0.7 * asked.size


def test_a_careful_athlete_shows_nothing() -> None:
    """Without compensations and with equal sides no rule's limit is reached, in any repetition."""
    limits = {"over_arching": 20.0, "side_lag": 0.08, "pelvis_follows_pivot": 0.25}
    limits |= {"pelvic_tuck": 10.0, "early_turn_out": 10.0, "too_fast": 150.0}
    # How far somebody's hips turn is no fault of how they do it.
    limits |= dict.fromkeys(("internal_rotation_short", "external_rotation_short"), 90.0)
    found = values(performed(scenario="visit"))
    no_single_turn_shows_it = {"one_sided_arc"}
    assert {rule for rule, _ in found} == set(RULES) - no_single_turn_shows_it
    for (rule, _), seen in found.items():
        assert max(map(abs, seen)) < limits.get(rule, 5.0)


@pytest.mark.parametrize(
    "asked",
    [
        Compensation("pelvic_tuck", 20.0),
        Compensation("over_arching", 40.0),
        Compensation("pelvic_drop", 10.0),
        Compensation("pelvic_twist", 10.0),
    ],
    ids=lambda c: c.rule,
)
def test_the_thighs_stay_while_the_pelvis_moves(asked: Compensation) -> None:
    """A pelvis that tucks, arches, lists or turns does so over thighs on planted feet."""
    plain, moved = performed(), performed(asked)
    apart = angle_from_quaternion(multiply(conjugate(plain.truth.q_thigh), moved.truth.q_thigh))
    pelvis = angle_from_quaternion(multiply(conjugate(plain.truth.q_pelvis), moved.truth.q_pelvis))
    assert np.degrees(apart.max()) < 1.7
    assert np.degrees(pelvis.max()) > 0.7 * asked.size


def test_a_part_of_the_repetitions_may_have_it() -> None:
    """A share of the repetitions has it, the others are those of the plain set."""
    plain = performed()
    some = performed(Compensation("pelvic_drop", 10.0, share=0.5))
    having = some.injected[0].repetitions
    assert len(having) == 4
    was, now = (values(each)["pelvic_drop", "both"] for each in (plain, some))
    for number, (before, after) in enumerate(zip(was, now, strict=True), start=1):
        if number in having:
            assert after == pytest.approx(10.0, abs=3.5)
        else:
            assert after == pytest.approx(before, abs=0.01)


def test_a_compensation_may_creep_in() -> None:
    """With creep it grows over the set as stated."""
    session = performed(Compensation("pelvic_tuck", 15.0, creep=0.6))
    sizes = session.injected[0].sizes
    assert sizes[0] == pytest.approx(6.0, rel=0.2)
    assert sizes[-1] == pytest.approx(24.0, rel=0.2)
    found = values(session)["pelvic_tuck", "both"]
    np.testing.assert_allclose(found, sizes, atol=0.8)


def test_turned_out_in_standing_is_a_posture() -> None:
    """Early turn-out may also be the standing itself: the raw angle tells, the zeroed one not."""
    session = performed(Compensation("early_turn_out", 25.0, "left", parts=("standing",)))
    marks = {label: t for t, label in session.marks}
    truth = session.truth
    rows = (truth.t > marks["begin:stand"] + 0.5) & (truth.t < marks["end:stand"])
    raw = np.degrees(truth.hip_raw[rows, :, 2].mean(axis=0))
    assert raw[0] == pytest.approx(-25.0, abs=1.0)
    assert raw[1] > -20.0
    assert median(values(session)["early_turn_out", "left"]) < 10.0


def test_sensors_feel_what_the_truth_shows() -> None:
    """With everything at once the ideal gyroscope is still the derivative of the orientation."""
    every = [Compensation(c.rule, c.size, c.side) for c in CASES if c.rule not in SCENARIO]
    session = performed(*{c.rule: c for c in every}.values())
    for track in session.tracks.values():
        worn = track.t > 40.0
        q, gyr, t = track.q[worn], track.ideal_gyr[worn], track.t[worn]
        rate = CubicSpline(t, q)(t, 1)
        numeric = 2.0 * multiply(conjugate(q), rate)[:, 1:]
        np.testing.assert_allclose(numeric[5:-5], gyr[5:-5], atol=2e-3)


def test_one_seed_moves_the_same_but_for_the_compensation() -> None:
    """What a compensation does not touch is the same to the bit."""
    plain, moved = performed(), performed(Compensation("knee_in", 10.0, "left"))
    np.testing.assert_array_equal(plain.truth.hip[:, 1], moved.truth.hip[:, 1])
    np.testing.assert_array_equal(plain.truth.pelvis, moved.truth.pelvis)
    assert (
        np.degrees(
            np.abs(plain.truth.hip[:, 0, 1] - moved.truth.hip[:, 0, 1])[
                ~np.isnan(plain.truth.hip[:, 0, 1])
            ].max()
        )
        > 8.0
    )


def test_nonsense_is_refused() -> None:
    """An unknown rule, part or share is refused with what is known."""
    with pytest.raises(ValueError, match=r"no rule 'slouch'. Choose one of pelvic_tuck"):
        Compensation("slouch", 1.0)
    with pytest.raises(ValueError, match=r"Its parts: obliquity, depth, twist"):
        Compensation("hip_shift", 1.0, parts=("lean",))
    with pytest.raises(ValueError, match="share"):
        Compensation("knee_in", 1.0, share=0.0)
    with pytest.raises(ValueError, match="from 0 to 1"):
        Compensation("pelvis_follows_pivot", 25.0)

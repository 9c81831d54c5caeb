"""Careless calibrations show in the motion as the truth says."""

import numpy as np
from support.people import degrees, marks, of, played

from imuhip.core.conventions import SIDES
from imuhip.simulate.behaviours import CARELESS, People, Ways


def test_careless_people_do_what_is_reported_of_them() -> None:
    """Each carelessness is in the truth's deeds, once asked for, and in nobody else's."""
    for name in CARELESS:
        _, play = played(people=name)
        assert of(play, name)
        assert not {d.behaviour for d in play.deeds} & (set(CARELESS) - {name})
    chosen = [Ways(People(careless=("any",)), seed) for seed in range(len(CARELESS))]
    assert [name for ways in chosen for name in CARELESS if ways.has(name)] == list(CARELESS)


def test_careless_stands_show_in_the_motion() -> None:
    """A short stand is short, a restless one moves, toes-out ones turn, a seated one sits."""
    _, play = played(people="short_stand")
    assert 1.2 <= marks(play, "end:stand")[0] - marks(play, "begin:stand")[0] <= 3.0
    still = {}
    for name in ("restless_stand", "all"):
        _, play = played(people=name)
        t = np.arange(marks(play, "begin:stand")[0], marks(play, "end:stand")[0], 0.02)
        still[name] = np.ptp(degrees(play, "turn", t))
    assert still["restless_stand"] > 2.5 > still["all"]
    _, play = played(people="toes_out_stand")
    t = np.arange(marks(play, "begin:stand")[0], marks(play, "end:stand")[0], 0.1)
    turned = [-degrees(play, f"rotation_{side}", t).mean() for side in SIDES]
    assert np.mean(turned) > 11.0
    _, play = played(people="seated_stand")
    t = np.arange(marks(play, "begin:stand_again")[0], marks(play, "end:stand_again")[0], 0.1)
    assert degrees(play, "flexion_left", t).min() > 60.0
    _, play = played(people="seated_start")
    t = np.arange(marks(play, "begin:stand")[0], marks(play, "end:stand")[0], 0.1)
    assert degrees(play, "flexion_left", t).min() > 60.0
    assert not marks(played(people="no_second_stand")[1], "begin:stand_again")


def test_careless_bows_and_lifts_show_in_the_motion() -> None:
    """Knees bend or the trunk goes aside in the bows; lifts are one, or none on one side."""
    lean = {}
    for name in ("bent_knee_bows", "askew_bows", "all"):
        _, play = played(people=name)
        t = np.arange(marks(play, "begin:bow")[0], marks(play, "end:bow")[0], 0.02)
        bent = degrees(play, "flexion_left", t) - degrees(play, "tilt", t)
        lean[name] = (np.ptp(bent), np.ptp(degrees(play, "obliquity", t)))
    assert lean["bent_knee_bows"][0] > 18.0 > 8.0 > lean["all"][0]
    assert lean["askew_bows"][1] > lean["all"][1] + 4.0
    _, play = played(people="one_lift")
    for side in SIDES:
        begin, end = (marks(play, f"{e}:knee_lift_{side}")[0] for e in ("begin", "end"))
        high = degrees(play, f"flexion_{side}", np.arange(begin, end, 0.02)) > 40.0
        assert np.count_nonzero(np.diff(high.astype(int)) == 1) == 1
    _, play = played(people="missing_lift")
    assert not marks(play, "begin:knee_lift_left")
    assert marks(play, "begin:knee_lift_right")

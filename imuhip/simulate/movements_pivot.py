"""Standing pivots: a straight leg turns on its foot, and the pelvis follows with its share."""

from imuhip.core.conventions import SIDES, Side
from imuhip.core.findings import Direction
from imuhip.simulate.director import Director, other
from imuhip.simulate.movements_squat import bend_knees
from imuhip.simulate.movements_table import seconds_at


def pivot(d: Director) -> None:
    """Walk the feet apart by pivots, heel then ball; pause, bend the knees, and walk back.

    A foot turns out on its heel and in on its ball: out, out, in, in, a wider stance each time.
    """
    with d.set_of("pivot"):
        doses = {side: d.plan("pivot", 2 * len(_WIDER), side) for side in SIDES}
        d.wait(0.8)
        for k, wider in enumerate(_WIDER):
            turned = dict.fromkeys(SIDES, 0.0)
            for first in (True, False):
                for side in SIDES:
                    out = -d.vary(d.person.legs[side].pivot_deg)
                    turn = out if first else back(d, turned[side])
                    seconds = float(d.rng.uniform(1.1, 1.4))
                    own = 2 * k + (not first)
                    for dose in doses[side][own]:
                        if dose.of.rule == "too_fast":
                            seconds = seconds_at(dose.size, turn)
                    d.move(seconds, 0.0, None, {f"adduction_{side}": (-2.5 if wider else 2.5,)})
                    way: Direction = "out" if turn < 0.0 else "in"
                    d.perform("pivot", side, own + 1, way, seconds, one_way=True)
                    shares = [
                        1.0 - dose.size
                        for dose in doses[side][own]
                        if dose.of.rule == "pelvis_follows_pivot"
                    ]
                    turned[side] += turn_on_foot(d, side, turn, seconds, *shares)
                    d.wait(float(d.rng.uniform(0.35, 0.5)))
            if k == _AT_THE_LIMIT:
                d.wait(1.2)
                bend_knees(d)
                d.wait(3.5)


def back(d: Director, turned_deg: float) -> float:
    """Return the turn that undoes `turned_deg`, as well as people do."""
    return -turned_deg + 0.5 * d.person.imprecision * float(d.rng.standard_normal())


def turn_on_foot(
    d: Director, side: Side, inward_deg: float, seconds: float, share: float | None = None
) -> float:
    """Turn one straight leg in (or out, negative) on its foot, and return `inward_deg`.

    The hip gives its share (the person's own if None), the pelvis follows with the rest, and the
    other foot stays planted. The clock moves on.
    """
    turn = inward_deg if side == "right" else -inward_deg
    if share is None:
        share = d.person.legs[side].hip_share
    pelvis = (1.0 - share) * turn
    planted = other(side)
    effects = {
        f"rotation_{side}": (share * inward_deg,),
        f"rotation_{planted}": (-pelvis if planted == "right" else pelvis,),
        "turn": (pelvis,),
    }
    d.move(seconds, 0.0, None, effects)
    aside = 0.02 if side == "right" else -0.02
    lift = float(d.rng.normal(0.8, 0.3)) * (1.0 if side == "left" else -1.0)
    half = 0.5 * seconds
    d.move(half, 0.0, half, {"obliquity": (lift,)}, metres={"left": (aside,)})
    d.wait(seconds)
    return inward_deg


_WIDER = (True, True, False, False)
_AT_THE_LIMIT = 1
"""Rounds of the walk: twice apart and twice back; the pause is after the second."""

"""Step-ups as people do them: on low and high boxes, and down again in several ways.

On the way up the leading leg bends onto the box and straightens, and the other one comes up after
it, its thigh forward to clear the edge. A repetition is the leading leg's bend with which the body
comes up. A bend that only lets the body down is none.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from imuhip.core.conventions import SIDES, Side
from imuhip.simulate.director import Director, other


@dataclass(frozen=True, slots=True)
class _Steps:
    """How somebody steps up in one set; degrees, metres, seconds.

    Parameters
    ----------
    bends
        How much further than in standing the leading thigh leans on the box.
    clears
        How far the other thigh comes forward to clear the edge.
    tips
        How far the pelvis tips forward meanwhile.
    stands
        How far the thighs lean forward in standing, the knees soft.
    height, away
        Of the box, and how far ahead it is.
    """

    side: Side
    bends: float
    clears: float
    tips: float
    stands: float
    height: float
    away: float


def step_up(d: Director) -> None:
    """Three step-ups with each leg, each set down again in a way of its own."""
    for side in SIDES:
        steps = _drawn(d, side)
        comes_down = WAYS_DOWN[int(d.rng.integers(len(WAYS_DOWN)))]
        soft = {f"flexion_{each}": (steps.stands,) for each in SIDES}
        d.pause()
        d.move(0.8, 0.0, None, soft)
        d.wait(3.2)
        with d.set_of(f"step_up_{side}"):
            d.wait(0.8)
            comes_down(d, steps, d.repetitions(3))
        d.move(0.8, 0.0, None, {name: (-value,) for name, (value,) in soft.items()})
        d.wait(1.2)


def _drawn(d: Director, side: Side) -> _Steps:
    height = float(d.rng.uniform(0.15, 0.45))
    return _Steps(
        side=side,
        bends=float(40.0 + 100.0 * (height - 0.15) + d.rng.uniform(0.0, 12.0)),
        clears=float(18.0 + 60.0 * (height - 0.15) + d.rng.uniform(0.0, 12.0)),
        tips=float(d.rng.uniform(3.0, 16.0)),
        stands=float(d.rng.uniform(0.0, 20.0)),
        height=height,
        away=float(d.rng.uniform(0.25, 0.4)),
    )


def _foot_first(d: Director, steps: _Steps, count: int) -> None:
    """The leg that led steps down first, the other one lets the body down."""
    for k in range(count):
        _up(d, steps, k)
        _down(d, steps, other(steps.side))


def _foot_last(d: Director, steps: _Steps, count: int) -> None:
    """The leg that led lets the body down and steps down last."""
    for k in range(count):
        _up(d, steps, k)
        _down(d, steps, steps.side)


def _foot_stays(d: Director, steps: _Steps, count: int) -> None:
    """The foot stays on the box until the set is over."""
    _up(d, steps, 0)
    for k in range(1, count):
        _down_and_up(d, steps, k)
    _down(d, steps, steps.side)


def _in_turn(d: Director, steps: _Steps, count: int) -> None:
    """Both legs lead in turn, though one is asked for; who led steps down first."""
    others = replace(steps, side=other(steps.side))
    for k in range(count):
        for leads in (steps, others):
            _up(d, leads, k if leads is steps else None)
            _down(d, leads, other(leads.side))


def _up(d: Director, steps: _Steps, k: int | None) -> None:
    """Lift the foot onto the box and step up; `k` is None where this leg is not asked for."""
    lift, hold, rise = (d.person.tempo * s * d.vary(1.0) for s in (0.95, 0.3, 1.05))
    if k is not None:
        d.perform(f"step_up_{steps.side}", steps.side, k + 1, "down", lift + hold + rise)
    _bend(d, steps, steps.side, (lift, hold, rise))
    _follow(d, steps, lift + hold, rise)
    _stand(d, lift + hold + 1.4 * rise)


def _down_and_up(d: Director, steps: _Steps, k: int) -> None:
    """Let the body down until the other foot touches the floor, and step up again."""
    down, hold, rise = (d.person.tempo * s * d.vary(1.0) for s in (1.0, 0.3, 1.05))
    d.perform(f"step_up_{steps.side}", steps.side, k + 1, "down", down + hold + rise)
    _bend(d, steps, steps.side, (down, hold, rise))
    _lower(d, steps, steps.side, down)
    _follow(d, steps, down + hold, rise)
    _stand(d, down + hold + 1.4 * rise)


def _down(d: Director, steps: _Steps, bends: Side) -> None:
    """Let the body down on the leg that `bends` and bring that leg down too."""
    down, hold, back = (d.person.tempo * s * d.vary(1.0) for s in (1.0, 0.2, 0.95))
    _bend(d, steps, bends, (down, hold, back))
    _lower(d, steps, bends, down)
    _stand(d, down + hold + back)


def _bend(d: Director, steps: _Steps, side: Side, phases: tuple[float, float, float]) -> None:
    """Bend one leg and straighten it, the pelvis tipping forward meanwhile."""
    tips = d.vary(steps.tips)
    effects = {f"flexion_{each}": (tips,) for each in SIDES} | {"tilt": (tips,)}
    effects[f"flexion_{side}"] = (tips + d.vary(steps.bends),)
    effects[f"adduction_{side}"] = (3.0,)
    d.move(*phases, effects)


def _follow(d: Director, steps: _Steps, delay: float, rise: float) -> None:
    """Come up: the other leg is left behind, clears the edge, and stands on the box too."""
    behind = f"flexion_{other(steps.side)}"
    d.move(
        rise, 0.0, None, {}, metres={"up": (steps.height,), "forward": (steps.away,)}, delay=delay
    )
    d.move(0.4 * rise, 0.0, 0.4 * rise, {behind: (-8.0,)}, delay=delay - 0.2 * rise)
    d.move(
        0.45 * rise, 0.0, 0.5 * rise, {behind: (d.vary(steps.clears),)}, delay=delay + 0.4 * rise
    )


def _lower(d: Director, steps: _Steps, bends: Side, down: float) -> None:
    """Go down while the other leg reaches back for the floor."""
    d.move(down, 0.0, None, {}, metres={"up": (-steps.height,), "forward": (-steps.away,)})
    d.move(0.6 * down, 0.0, 0.6 * down, {f"flexion_{other(bends)}": (-14.0,)})


def _stand(d: Director, seconds: float) -> None:
    d.wait(seconds + float(d.rng.uniform(0.4, 1.2)))


WAYS_DOWN: Final[tuple[Callable[[Director, _Steps, int], None], ...]] = (
    _foot_first,
    _foot_last,
    _foot_stays,
    _in_turn,
)

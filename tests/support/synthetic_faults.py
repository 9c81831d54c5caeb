"""Repetitions with a fault of a stated size and nothing else, and what a rule finds."""

import numpy as np
from support.synthetic_episodes import (
    context,
    pivot,
    smooth,
    squat,
    squat_motion,
    table,
    table_motion,
)

from imuhip.assess.judging import judge
from imuhip.assess.params import AssessParams


def tuck(size):
    motion = squat_motion()
    late = smooth((motion.u - 0.7) / 0.3)
    motion.pelvis[:, 0] = 25.0 * np.minimum(motion.u, 0.7) / 0.7 - size * late
    return motion


def _arching(size):
    motion = squat_motion()
    motion.pelvis[:, 0] = size * smooth(motion.u / 0.3)
    return motion


def _drop(size):
    motion = squat_motion()
    motion.pelvis[:, 1] = size * motion.pulse(2.0, 2.5)
    return motion


def _twist(size):
    motion = squat_motion()
    motion.pelvis[:, 2] = -size * motion.u
    return motion


def shift(size, parts):
    """The hips go to the right at the bottom: lower, deeper, further back."""
    deeper = size if "depth" in parts else 0.0
    motion = squat_motion((95.0 - 0.5 * deeper, 95.0 + 0.5 * deeper))
    motion.pelvis[:, 1] = size * motion.u * ("list" in parts)
    motion.pelvis[:, 2] = -size * motion.u * ("twist" in parts)
    return motion


def knee(size, parts=(1, 2)):
    motion = squat_motion()
    for angle in parts:
        motion.hip[:, 1, angle] += size * motion.pulse(3.8, 4.4)
    return motion


def _turn_out(size):
    motion = squat_motion()
    motion.hip[:, 1, 2] = -size * smooth(motion.u / 0.3)
    return motion


def _lag(size):
    motion = squat_motion()
    motion.inclination[:, 1] = 95.0 * motion.activation(1e-3 * size)
    return motion


def _deeper(size):
    return squat_motion((95.0, 95.0 + size))


def more_internal(size):
    motion = squat_motion()
    motion.hip[:, 1, 2] += size * motion.u
    return motion


def squats(make, n=4):
    return [squat(make, i + 1) for i in range(n)]


MAKE = {
    "pelvic_tuck": lambda x: squats(tuck(x)),
    "over_arching": lambda x: squats(_arching(x)),
    "pelvic_drop": lambda x: squats(_drop(x)),
    "hip_shift": lambda x: squats(shift(x, ("list", "depth", "twist"))),
    "pelvic_twist": lambda x: squats(_twist(x)),
    "knee_in": lambda x: squats(knee(x)),
    "early_turn_out": lambda x: squats(_turn_out(x)),
    "side_lag": lambda x: squats(_lag(x)),
    "depth_difference": lambda x: squats(_deeper(x)),
    "rotation_difference": lambda x: squats(more_internal(x)),
    "pelvis_follows_pivot": lambda x: [
        pivot("right", i + 1, turn_deg=40.0, pelvis_deg=0.4 * x) for i in range(4)
    ],
    "pelvis_cheats_table": lambda x: [_cheat(x, 1 + i % 2, i + 1) for i in range(4)],
}
"""Rule to repetitions with a fault of a size, to the right where there is a side."""


def _cheat(size, angle, number):
    turn = 30.0 if number % 2 else -35.0
    motion = table_motion("right", turn)
    motion.pelvis[:, angle % 2] = size * motion.u
    return table(motion, "right", number, turn)


def finding_of(rule, episodes, settings=None, **changes):
    params = AssessParams.from_settings(settings or {})
    found = [f for f in judge(episodes, context(**changes), params) if f.rule == rule]
    return max(found, key=lambda f: (f.side != "left", f.value))

"""What a sensor turned about the vertical while nothing came from it, and how sure that is.

Over a gap of *T* seconds the filter may carry the heading on as it likes; a body turns on smoothly.
With the rates about the vertical on both sides, r₀ and r₁, it has turned by about (r₀ + r₁) T / 2,
with an error that grows as T³ for smooth movements: of the turn at the greater rate (no less than
20°/s) half of (T / 0.5 s)², and all of it from half a second on. So what the grid's orientations
missed can be told for short gaps, and the doubt for all of them.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from imuhip.core.conventions import GRID_HZ
from imuhip.core.kernels import kernel
from imuhip.core.records import Array, BoolArray, GridBlock


class Missed(NamedTuple):
    """Since the session began: turns ``(S,)`` that the orientations lack, radians, and variance."""

    turn: Array
    variance: Array


class Blind:
    """Adds up gaps: `push` the grid's rows in order."""

    def __init__(self, sensors: Sequence[str]) -> None:
        self._state = np.zeros((len(sensors), _STATE_SIZE))

    def push(self, grid: GridBlock) -> None:
        """Go on over rows."""
        _follow(grid.q, grid.gyr, grid.valid, self._state)

    def missed(self) -> Missed:
        """What was missed so far."""
        return Missed(self._state[:, _TURN].copy(), self._state[:, _VARIANCE].copy())


@kernel
def _follow(q: Array, gyr: Array, valid: BoolArray, state: Array) -> None:
    """Row by row and sensor by sensor: where a gap ends, what it held."""
    for i in range(len(q)):
        for k in range(q.shape[1]):
            own = state[k]
            if not valid[i, k]:
                own[_GONE] += 1.0
                continue
            now, g = q[i, k], gyr[i, k]
            w, x, y, z = now[0], now[1], now[2], now[3]
            rate = 2.0 * (x * z - w * y) * g[0] + 2.0 * (y * z + w * x) * g[1]
            rate += (1.0 - 2.0 * (x * x + y * y)) * g[2]
            if own[_GONE] > 0.0 and own[_SEEN] > 0.0:
                length = (own[_GONE] + 1.0) / GRID_HZ
                part = 0.5 * (length / _SMOOTH_S) ** 2 if length < _SMOOTH_S else 1.0
                sd = max(abs(rate), abs(own[_RATE]), _SLOW) * length * part
                own[_VARIANCE] += sd * sd
                if length < _SMOOTH_S:
                    # The heading of now * conj(before).
                    a = w * own[_Q] + x * own[_Q + 1] + y * own[_Q + 2] + z * own[_Q + 3]
                    b = z * own[_Q] - w * own[_Q + 3] + y * own[_Q + 1] - x * own[_Q + 2]
                    went = 2.0 * math.atan2(b, a)
                    off = 0.5 * (rate + own[_RATE]) * length - went
                    own[_TURN] += off - 2.0 * math.pi * math.floor(off / (2.0 * math.pi) + 0.5)
            own[_GONE], own[_SEEN], own[_RATE] = 0.0, 1.0, rate
            for j in range(4):
                own[_Q + j] = now[j]


_SMOOTH_S, _SLOW = 0.5, np.radians(20.0)

# Places in a sensor's state.
_GONE, _SEEN, _RATE, _TURN, _VARIANCE, _Q, _STATE_SIZE = 0, 1, 2, 3, 4, 5, 9

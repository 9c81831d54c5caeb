"""What a finished session knows better than a growing one: estimates from both sides of each row.

**Bias.** `gyro_bias` run forwards knows the rests before a sample, run backwards those after it.
Between two rests the errors are independent, so the two are weighed by their variances::

    b = (b₁/s₁² + b₂/s₂²) / (1/s₁² + 1/s₂²)      1/s² = 1/s₁² + 1/s₂²

Inside a rest both have seen it; counting it twice changes their weights there, not the rest's
slope. Backwards a sensor turns the other way round: its rate has the other sign.

**Heading.** What a standing shows of the drift is spread back over the time since the last one, by
how the drift's error grew: with a bias, as good as all of it does, in proportion to the standard
deviation (all earlier drift came of the same bias); where a gap let it jump, to the jump::

    h_t ← h_t + g (h_{t+1} - what was expected at t+1)      g = √(P_t/P'_{t+1}), at a gap its square
"""

import math
from dataclasses import replace

import numpy as np

from imuhip.core.kernels import kernel
from imuhip.core.records import Array, BoolArray, SampleBlock


def reversed_samples(block: SampleBlock, following: SampleBlock) -> SampleBlock:
    """The samples as a sensor that lived backwards would have sent them, without their bias's sign.

    The rate is not negated here: a bias is the same both ways, and only rests are looked at, whose
    rate is the bias.

    Parameters
    ----------
    block
        Samples of a session; the blocks are taken from its end to its beginning.
    following
        The block after it; of the last one, the session's first.
    """
    back = slice(None, None, -1)
    dt, missing, restart = block.dt, block.missing, block.restart
    # What lay before a sample lies before its successor now.
    return replace(
        block,
        t=block.t[-1] - block.t[back],
        dt=np.concatenate((following.dt[:1], dt[1:][back])),
        host_t=block.t[-1] - block.t[back],
        missing=np.concatenate((following.missing[:1], missing[1:][back])),
        restart=np.concatenate((following.restart[:1], restart[1:][back])),
        acc=np.ascontiguousarray(block.acc[back]),
        gyr=np.ascontiguousarray(block.gyr[back]),
        mag=None if block.mag is None else np.ascontiguousarray(block.mag[back]),
        quat=None if block.quat is None else np.ascontiguousarray(block.quat[back]),
        saturated=block.saturated[back],
    )


def weighed_bias(before: tuple[Array, Array], after: tuple[Array, Array]) -> tuple[Array, Array]:
    """Bias and its standard deviation from both sides, ``(N, 3)`` each, rad/s.

    Parameters
    ----------
    before, after
        Bias and standard deviation by the rests before each sample, and by those after it.
    """
    first, second = 1.0 / before[1] ** 2, 1.0 / after[1] ** 2
    total = first + second
    return (before[0] * first + after[0] * second) / total, np.sqrt(1.0 / total)


def smoothed_heading(turn: Array, variance: Array, jumped: BoolArray) -> Array:
    """The drift ``(N,)`` as all standings of the session show it, radians.

    Parameters
    ----------
    turn, variance
        ``(N,)`` drift as it was known at each row, and its variance; NaN before the standing.
    jumped
        ``(N,)`` a gap ended between the row before and this one.
    """
    out = turn.copy()
    _back(turn, variance, jumped, out)
    return out


@kernel
def _back(turn: Array, variance: Array, jumped: BoolArray, out: Array) -> None:
    for i in range(len(turn) - 2, -1, -1):
        if not (variance[i] > 0.0 and variance[i + 1] > 0.0):
            continue
        # Where the variance falls something was learned: what was expected is what was before it.
        learned = variance[i + 1] < variance[i]
        expected = turn[i] if learned else turn[i + 1]
        ratio = variance[i] / max(variance[i + 1], variance[i])
        gain = ratio if jumped[i + 1] else math.sqrt(ratio)
        out[i] = turn[i] + gain * (out[i + 1] - expected)

"""The gyroscope's bias, learned at every rest for what that rest is worth.

A still sensor reads its bias. A person who stands still is not a still sensor: the body sways by
about a tenth of a degree, so over a stretch of length T its mean rate differs from zero by some
2 · 0.1°/T, and slow sway looks just like a bias. So each still stretch is one measurement whose
error is judged from the stretch itself:

* The path of the integrated rate is fitted by a straight line; its slope is the measurement.
* Where the path leaves that line by no more than the sensor's own white noise would make it, for
  four seconds or longer, the sensor lies on a bench or in a tray, and the slope is as good as that
  noise allows.
* Else it is worn, and the slope is uncertain by the sway over the length of the stretch.

A bias also depends on the specific force: half a turn of a cheap sensor changes it by more than a
minute of sway would. Each axis therefore has four states, ``bias = b + g · f/|g|`` (IEEE Std 1554,
the g-sensitive drift of a gyroscope), in a Kalman filter with a random walk.

While a stretch goes on its measurement gets better, so the filter goes back to where it stood
before the stretch each time, and no sample counts twice. Causal, and sample by sample: cuts do not
show.
"""

import math
from dataclasses import dataclass

import numpy as np

from imuhip.core.conventions import GRAVITY
from imuhip.core.kernels import kernel
from imuhip.core.records import Array, BoolArray, SampleBlock


@dataclass(frozen=True, slots=True)
class BiasParams:
    """What is believed of gyroscopes and of people. Rates in rad/s, angles in rad.

    Parameters
    ----------
    turn_on
        One standard deviation of the bias before anything is known.
    per_g
        The same of its change with one g of specific force, as data sheets of cheap parts give it.
        Large forgets a tray once worn; small does not believe the standing that shows it.
    walk
        Greatest random walk, rad/s per √s; what it is goes by the sensor's white noise.
    sway
        How far a worn sensor turns while its wearer stands still.
    bench
        The same on a bench, on top of noise.
    """

    turn_on: float = math.radians(3.0)
    per_g: float = math.radians(0.1)
    walk: float = math.radians(0.008)
    sway: float = math.radians(0.1)
    bench: float = math.radians(0.003)


@dataclass(frozen=True, slots=True, eq=False)
class BiasBlock:
    """Samples without their bias, and how far they can be trusted.

    Parameters
    ----------
    samples
        The block that came, with `gyr` corrected.
    sd
        ``(N, 3)`` one standard deviation of the bias that is left, rad/s, frame ``s``.
    still
        ``(N,)`` the sample lies in a still stretch, as known at its time.
    """

    samples: SampleBlock
    sd: Array
    still: BoolArray


class GyroBias:
    """The bias of one sensor: `push` its samples in order, in any blocks."""

    def __init__(self, params: BiasParams | None = None) -> None:
        params = params or BiasParams()
        self._settings = np.array((params.walk, params.sway, params.bench))
        self._x = np.zeros((2, 3, 4))
        self._p = np.zeros((2, 3, 4, 4))
        self._p[:, :, 0, 0] = params.turn_on**2
        for k in range(1, 4):
            self._p[:, :, k, k] = params.per_g**2
        self._path = np.zeros((_LONGEST + 1, 3))
        self._sums = np.zeros((_SUMS, 3))
        self._state = np.zeros(_STATE)
        self._state[_WHITE] = np.inf

    def push(self, block: SampleBlock) -> BiasBlock:
        """Return the block without its bias."""
        n = len(block.t)
        gyr, sd = np.empty((n, 3)), np.empty((n, 3))
        still = np.empty(n, dtype=np.bool_)
        _follow(
            (block.dt, block.restart, np.ascontiguousarray(block.gyr)),
            np.ascontiguousarray(block.acc),
            self._settings,
            (self._x, self._p, self._path, self._sums, self._state),
            (gyr, sd, still),
        )
        samples = SampleBlock(
            block.sensor,
            block.t,
            block.dt,
            block.host_t,
            block.missing,
            block.restart,
            block.acc,
            gyr,
            block.mag,
            block.quat,
            block.saturated,
        )
        return BiasBlock(samples, sd, still)


@kernel
def _follow(
    came: tuple[Array, BoolArray, Array],
    acc: Array,
    settings: Array,
    memory: tuple[Array, Array, Array, Array, Array],
    out: tuple[Array, Array, BoolArray],
) -> None:
    """Correct each sample; at the end of every half second, look whether it was still."""
    dt, restart, rates = came
    x, p, _, sums, state = memory
    gyr, sd, still = out
    for i in range(len(dt)):
        if dt[i] > _GAP_S or restart[i]:
            sums[_RATE : _FORCE + 1] = 0.0
            state[_TIME] = state[_COUNT] = state[_RUN] = state[_HAS_FORCE] = 0.0
        # The attitude that the force-dependent part is for, smoothed over a fifth of a second.
        gain = min(dt[i] / 0.2, 1.0) if state[_STARTED] > 0.0 else 1.0
        for k in range(3):
            if state[_STARTED] == 0.0:
                sums[_LAST, k] = rates[i, k]
            sums[_TILT, k] += gain * (acc[i, k] / GRAVITY - sums[_TILT, k])
            sums[_RATE, k] += rates[i, k] * dt[i]
            sums[_SQUARE, k] += rates[i, k] ** 2
            sums[_STEP, k] += (rates[i, k] - sums[_LAST, k]) ** 2
            sums[_FORCE, k] += acc[i, k]
            sums[_LAST, k] = rates[i, k]
        state[_STARTED] = 1.0
        state[_TIME] += dt[i]
        state[_COUNT] += 1.0
        if state[_TIME] >= _BLOCK_S - 1e-6:
            _end_block(settings, memory)
        for k in range(3):
            bias = x[0, k, 0]
            for j in range(3):
                bias += x[0, k, 1 + j] * sums[_TILT, j]
            gyr[i, k] = rates[i, k] - bias
            sd[i, k] = math.sqrt(_spread(p[0, k], sums[_TILT]))
        still[i] = state[_RUN] >= _SHORTEST


@kernel
def _end_block(settings: Array, memory: tuple[Array, Array, Array, Array, Array]) -> None:
    """Take in the half second that ends here, and begin the next."""
    x, p, path, sums, state = memory
    span, count = state[_TIME], state[_COUNT]
    # A noisy gyroscope wanders more, too.
    wander = min(settings[0], max(_WANDER * math.sqrt(state[_WHITE]), _LEAST_WALK))
    for k in range(3):
        p[0, k, 0, 0] += wander**2 * span
        p[1, k, 0, 0] += wander**2 * span
    if _was_still(x[0], p[0], sums, state):
        if state[_RUN] == 0.0 or state[_RUN] >= _LONGEST:
            x[1], p[1] = x[0], p[0]
            state[_RUN] = 0.0
            sums[_RUN_STEP] = 0.0
            state[_RUN_COUNT] = 0.0
            sums[_BEST] = np.inf
            sums[_FIRST_MEAN] = sums[_RATE] / span
        run = int(state[_RUN]) + 1
        state[_RUN] = float(run)
        for k in range(3):
            # A block ends with its last sample, a little more than half a second after it began.
            path[run, k] = path[run - 1, k] + sums[_RATE, k] * (_BLOCK_S / span)
        sums[_RUN_STEP] += sums[_STEP]
        state[_RUN_COUNT] += count
        if run >= _SHORTEST and not _measure(settings, memory):
            state[_RUN] = 0.0  # it began to move: what was learned before stays
    else:
        state[_RUN] = 0.0
    sums[_LAST_FORCE] = sums[_FORCE] / count
    state[_HAS_FORCE] = 1.0
    sums[_RATE : _FORCE + 1] = 0.0
    state[_TIME] = state[_COUNT] = 0.0


@kernel
def _was_still(x: Array, p: Array, sums: Array, state: Array) -> bool:
    """Whether the half second can have been rest: a small steady rate, and a steady force."""
    span, count = state[_TIME], state[_COUNT]
    force_change = 0.0
    rate_change = 0.0
    for k in range(3):
        mean = sums[_RATE, k] / span
        # What white noise does not explain of the spread.
        spread = sums[_SQUARE, k] / count - mean**2 - sums[_STEP, k] / (2.0 * count)
        if spread > _SPREAD**2:
            return False
        bias = x[k, 0]
        for j in range(3):
            bias += x[k, 1 + j] * sums[_TILT, j]
        if abs(mean - bias) > 3.0 * math.sqrt(_spread(p[k], sums[_TILT])) + _SLOW:
            return False
        force_change += (sums[_FORCE, k] / count - sums[_LAST_FORCE, k]) ** 2
        rate_change += (mean - sums[_FIRST_MEAN, k]) ** 2
    if state[_HAS_FORCE] > 0.0 and force_change > _FORCE_CHANGE**2:
        return False
    return state[_RUN] == 0.0 or rate_change <= _SLOW**2


@kernel
def _measure(settings: Array, memory: tuple[Array, Array, Array, Array, Array]) -> bool:
    """Update all axes from the stretch so far; False where it got worse: the rest is over."""
    x, p, path, sums, state = memory
    run = int(state[_RUN])
    length = run * _BLOCK_S
    slopes, residuals, walks = np.empty(3), np.empty(3), np.empty(3)
    on_bench = run >= _BENCH_RUN
    for k in range(3):
        slopes[k], residuals[k] = _line(path, run, k)
        white = sums[_RUN_STEP, k] / (2.0 * state[_RUN_COUNT])
        walks[k] = white * _BLOCK_S / (state[_RUN_COUNT] / run)  # angle random walk, rad²/s
        # A random walk leaves its line by √(walk · T/15). One axis that sways says: worn.
        if residuals[k] ** 2 > 4.0 * walks[k] * length / 15.0 + _BENCH_ROUGH**2:
            on_bench = False
    if on_bench and not math.isfinite(state[_WHITE]):
        # The first bench shows how good the gyroscope is: a quiet one feels less of gravity, too.
        white = (walks[0] + walks[1] + walks[2]) / 3.0
        for k in range(3):
            for j in range(1, 4):
                p[1, k, j, j] = min(p[1, k, j, j], _FEELS**2 * white)
    state[_WHITE] = (walks[0] + walks[1] + walks[2]) / 3.0
    better = True
    for k in range(3):
        turned = settings[2] if on_bench else max(residuals[k], settings[1])
        variance = (2.0 * turned / length) ** 2 + 1.2 * walks[k] / length
        variance += 0.0 if on_bench else _WORN**2
        if variance > 2.0 * sums[_BEST, k]:
            better = False
            continue
        sums[_BEST, k] = min(sums[_BEST, k], variance)
        _update(x[:, k], p[:, k], sums[_TILT], slopes[k], variance, not on_bench)
    return better


@kernel
def _line(path: Array, run: int, k: int) -> tuple[float, float]:
    """Slope of the line through the path of axis k, rad/s, and the RMS by which it is left, rad."""
    middle, mean = 0.5 * run * _BLOCK_S, 0.0
    for j in range(1, run + 1):
        mean += path[j, k]
    mean /= run + 1
    along, both = 0.0, 0.0
    for j in range(run + 1):
        along += (j * _BLOCK_S - middle) ** 2
        both += (j * _BLOCK_S - middle) * (path[j, k] - mean)
    slope = both / along
    left = 0.0
    for j in range(run + 1):
        left += (path[j, k] - mean - slope * (j * _BLOCK_S - middle)) ** 2
    return slope, math.sqrt(left / (run + 1))


@kernel
def _update(x: Array, p: Array, tilt: Array, slope: float, variance: float, worn: bool) -> None:
    """One Kalman update of an axis from where it stood before the stretch: ``x[1]`` to ``x[0]``."""
    h = np.ones(4)
    h[1:] = tilt
    gain = np.zeros(4)
    innovation, spread = slope, variance
    for a in range(4):
        innovation -= x[1, a] * h[a]
        for b in range(4):
            gain[a] += p[1, a, b] * h[b]
        spread += h[a] * gain[a]
    # A worn sensor that turns slowly and steadily is not at rest, however smoothly it does so.
    if worn and innovation**2 > 9.0 * spread:
        return
    for a in range(4):
        x[0, a] = x[1, a] + gain[a] / spread * innovation
        for b in range(4):
            p[0, a, b] = p[1, a, b] - gain[a] * gain[b] / spread


@kernel
def _spread(p: Array, tilt: Array) -> float:
    """Variance of an axis's bias at a specific force of `tilt` g."""
    total: float = p[0, 0]
    for a in range(3):
        total += 2.0 * p[0, 1 + a] * tilt[a]
        for b in range(3):
            total += tilt[a] * p[1 + a, 1 + b] * tilt[b]
    return max(total, 0.0)


_BLOCK_S = 0.5
_GAP_S = 0.1
_SHORTEST, _LONGEST, _BENCH_RUN = 3, 120, 8  # half seconds
_SPREAD, _SLOW = math.radians(1.2), math.radians(1.5)  # rad/s
_FORCE_CHANGE = 0.25  # m/s²
_WANDER, _LEAST_WALK = 0.4, math.radians(0.002)
"""Random walk of the bias over the angle random walk, 1/s, and the least there is, rad/s per √s."""
_WORN = math.radians(0.02)  # rad/s
"""What slow movement that looks like rest adds to a worn rest, however long it lasts."""
_FEELS = 3.0
"""Change of the bias with one g over the angle random walk, 1/√s."""
_BENCH_ROUGH = math.radians(0.002)

# Rows of the sums: over the half second, then what is remembered of the last and of the stretch.
_RATE, _SQUARE, _STEP, _FORCE = 0, 1, 2, 3
_LAST, _TILT, _LAST_FORCE, _FIRST_MEAN, _RUN_STEP, _BEST, _SUMS = 4, 5, 6, 7, 8, 9, 10
# Places in the state.
_TIME, _COUNT, _RUN, _RUN_COUNT, _HAS_FORCE, _STARTED, _WHITE, _STATE = 0, 1, 2, 3, 4, 5, 6, 7

"""Samples that no chip on a moving leg can give are left out, and become a gap that is reported.

``impossible``
    A turning rate or a force beyond every chip's range, or a single sample that jumps away from
    those before it and back.
``stuck``
    A force of exactly zero; a force that repeats to the bit for a fifth of a second, or force and
    rates that go round among four samples; turning rates that repeat to the bit while gravity turns
    in the sensor; one of them that does while the others turn.

Real values carry noise in their last bits, so a repeat is no rest. What a sensor repeats by habit,
such as simulated ones without noise or slow chips that are read fast, is learned: a run must be
five times as long as any that was natural, and one from the first sample on is. Nothing is looked
ahead, so nothing waits; and it goes sample by sample, so a cut does not show.
"""

from dataclasses import fields
from typing import Any

import numpy as np

from imuhip.core.kernels import kernel
from imuhip.core.records import Array, BoolArray, Fault, IntArray, SampleBlock


class Plausibility:
    """Watches one sensor's values: `push` samples, get those that can be true."""

    def __init__(self, sensor: str, rate_hz: float) -> None:
        self._sensor = sensor
        self._state = np.zeros(_STATE_SIZE)
        self._state[_SHORTEST] = max(round(_STUCK_S * rate_hz), _FEWEST)
        self._state[_SMOOTHING] = min(1.0 / (_SMOOTH_S * rate_hz), 1.0)

    def push(self, samples: SampleBlock) -> tuple[SampleBlock, tuple[Fault, ...]]:
        """Return the samples to go on with, and what was wrong with the others."""
        verdict, dt, missing, restart = _judge(
            samples.acc, samples.gyr, samples.dt, samples.missing, samples.restart, self._state
        )
        keep = verdict == _FINE
        if keep.all() and np.array_equal(missing, samples.missing):
            return samples, ()
        columns: dict[str, Any] = {
            each.name: getattr(samples, each.name) for each in fields(samples)[1:]
        }
        columns |= {"dt": dt, "missing": missing, "restart": restart}
        for name, values in columns.items():
            columns[name] = None if values is None else values[keep]
        return SampleBlock(self._sensor, **columns), self._faults(samples.t, verdict)

    def _faults(self, t: Array, verdict: IntArray) -> tuple[Fault, ...]:
        """One fault for each stretch of one kind."""
        faults = []
        for value, (kind, words) in _KINDS.items():
            where = np.flatnonzero(verdict == value)
            for part in np.split(where, np.flatnonzero(np.diff(where) > 1) + 1):
                if len(part):
                    first, last = float(t[part[0]]), float(t[part[-1]])
                    faults.append(Fault(self._sensor, kind, first, last, len(part), words))
        return tuple(sorted(faults, key=lambda fault: fault.t_start))


@kernel
def _judge(
    acc: Array, gyr: Array, dt: Array, missing: IntArray, restart: BoolArray, state: Array
) -> tuple[IntArray, Array, IntArray, BoolArray]:
    """A verdict a sample; its interval and gap with those of the samples left out before it."""
    n = len(acc)
    verdict = np.zeros(n, dtype=np.int64)
    out_dt, out_missing, out_restart = dt.copy(), missing.copy(), restart.copy()
    for i in range(n):
        if restart[i] or missing[i] > 0:
            state[_STEPS] = -1.0
        _count_axes(gyr[i], dt[i], state)
        _count_repeats(acc[i], gyr[i], state)
        _count_rounds(acc[i], gyr[i], state)
        verdict[i] = _verdict(acc[i], gyr[i], state)
        if verdict[i] != _FINE:
            state[_OUT_DT] += dt[i]
            state[_OUT] += 1.0 + missing[i]
            if restart[i]:
                state[_OUT_RESTART] = 1.0
            continue
        out_dt[i] += state[_OUT_DT]
        out_missing[i] += int(state[_OUT])
        out_restart[i] = restart[i] or state[_OUT_RESTART] > 0.0
        state[_OUT_DT] = state[_OUT] = state[_OUT_RESTART] = 0.0
    return verdict, out_dt, out_missing, out_restart


@kernel
def _verdict(acc: Array, gyr: Array, state: Array) -> int:
    for k in range(3):
        if abs(gyr[k]) > _FASTEST or abs(acc[k]) > _HARDEST:
            return _IMPOSSIBLE
    if acc[0] ** 2 + acc[1] ** 2 + acc[2] ** 2 > _HARDEST_ON_LEGS**2:
        return _IMPOSSIBLE
    if acc[0] == 0.0 and acc[1] == 0.0 and acc[2] == 0.0:
        return _STUCK
    longest = state[_LONGEST_ACC]
    if state[_RUN_ACC] > max(state[_SHORTEST], _HABIT * longest) and state[_FIRST_ACC] == 0.0:
        return _STUCK
    longest = state[_LONGEST_ROUND]
    if state[_RUN_ROUND] > max(state[_SHORTEST], _HABIT * longest) and state[_FIRST_ROUND] == 0.0:
        return _STUCK
    if state[_DEAD] > 0.0 or _axis_is_dead(state):
        return _STUCK
    return _IMPOSSIBLE if _jumps(acc, gyr, state) else _FINE


@kernel
def _axis_is_dead(state: Array) -> bool:
    """Whether one turning rate has repeated for long while the others turned the sensor."""
    for k in range(3):
        longest = max(_AXIS_RUNS * state[_SHORTEST], _HABIT * state[_LONGEST_AXIS + k])
        if (
            state[_RUN_AXIS + k] > longest
            and state[_TURNED_AXIS + k] > _DEAD_TURNED
            and state[_FIRST_AXIS + k] == 0.0
        ):
            return True
    return False


@kernel
def _count_axes(gyr: Array, dt: float, state: Array) -> None:
    """How long each turning rate has been the same to the bit, and how far the others turned."""
    has_before = state[_HAS_BEFORE] > 0.0
    for k in range(3):
        if has_before and gyr[k] == state[_GYR + k]:
            state[_RUN_AXIS + k] += 1.0
            a, b = gyr[(k + 1) % 3], gyr[(k + 2) % 3]
            state[_TURNED_AXIS + k] += np.sqrt(a * a + b * b) * dt
            continue
        limit = max(_AXIS_RUNS * state[_SHORTEST], _HABIT * state[_LONGEST_AXIS + k])
        if state[_RUN_AXIS + k] <= limit or state[_FIRST_AXIS + k] > 0.0:
            state[_LONGEST_AXIS + k] = max(state[_LONGEST_AXIS + k], state[_RUN_AXIS + k])
        state[_RUN_AXIS + k] = state[_TURNED_AXIS + k] = 0.0
        state[_FIRST_AXIS + k] = 0.0 if has_before else 1.0


@kernel
def _count_repeats(acc: Array, gyr: Array, state: Array) -> None:
    """How long force and rates have been the same to the bit, and whether gravity turned since."""
    has_before = state[_HAS_BEFORE] > 0.0
    same_acc = has_before
    same_gyr = has_before
    for k in range(3):
        same_acc = same_acc and acc[k] == state[_ACC + k]
        same_gyr = same_gyr and gyr[k] == state[_GYR + k]
        state[_ACC + k], state[_GYR + k] = acc[k], gyr[k]
    # A run that ended by itself and was not called stuck is a habit.
    if same_acc:
        state[_RUN_ACC] += 1.0
    else:
        limit = max(state[_SHORTEST], _HABIT * state[_LONGEST_ACC])
        if state[_RUN_ACC] <= limit or state[_FIRST_ACC] > 0.0:
            state[_LONGEST_ACC] = max(state[_LONGEST_ACC], state[_RUN_ACC])
        state[_RUN_ACC] = 0.0
        state[_FIRST_ACC] = 0.0 if has_before else 1.0
    share = state[_SMOOTHING]
    for k in range(3):
        before = state[_SMOOTH + k] if has_before else acc[k]
        state[_SMOOTH + k] = before + share * (acc[k] - before)
    if same_gyr:
        state[_RUN_GYR] += 1.0
        if state[_RUN_GYR] > state[_SHORTEST] and _turned(state):
            state[_DEAD] = 1.0
    else:
        state[_RUN_GYR] = state[_DEAD] = 0.0
    if state[_RUN_GYR] <= state[_SHORTEST]:  # until what was smoothed has come to rest
        for k in range(3):
            state[_RUN_UP + k] = state[_SMOOTH + k]
    state[_HAS_BEFORE] = 1.0


@kernel
def _count_rounds(acc: Array, gyr: Array, state: Array) -> None:
    """How long each sample has been, to the bit, one of the `_ROUND` before it."""
    before = int(state[_KEPT])
    again = False
    for back in range(min(before, _ROUND)):
        place = _RING + 6 * back
        same = True
        for k in range(3):
            same = same and acc[k] == state[place + k] and gyr[k] == state[place + 3 + k]
        again = again or same
    if again:
        state[_RUN_ROUND] += 1.0
    else:
        limit = max(state[_SHORTEST], _HABIT * state[_LONGEST_ROUND])
        if state[_RUN_ROUND] <= limit or state[_FIRST_ROUND] > 0.0:
            state[_LONGEST_ROUND] = max(state[_LONGEST_ROUND], state[_RUN_ROUND])
        state[_RUN_ROUND] = 0.0
        state[_FIRST_ROUND] = 0.0 if before > 0 else 1.0
    place = _RING + 6 * (before % _ROUND)
    for k in range(3):
        state[place + k], state[place + 3 + k] = acc[k], gyr[k]
    state[_KEPT] = before + 1.0


@kernel
def _turned(state: Array) -> bool:
    """Whether gravity lies elsewhere in the sensor than when the turning rates began to repeat."""
    dot = a = b = 0.0
    for k in range(3):
        dot += state[_SMOOTH + k] * state[_RUN_UP + k]
        a += state[_SMOOTH + k] ** 2
        b += state[_RUN_UP + k] ** 2
    turned: bool = dot < _TURNED * np.sqrt(a * b)
    return turned


@kernel
def _jumps(acc: Array, gyr: Array, state: Array) -> bool:
    """Whether a sample is away from those before it as no movement is; the second one counts."""
    steps = state[_STEPS]
    gyr_step = acc_step = gyr_again = acc_again = 0.0
    for k in range(3):
        gyr_step += (gyr[k] - state[_GOOD_GYR + k]) ** 2
        acc_step += (acc[k] - state[_GOOD_ACC + k]) ** 2
        gyr_again += (gyr[k] - state[_ODD_GYR + k]) ** 2
        acc_again += (acc[k] - state[_ODD_ACC + k]) ** 2
    gyr_step, acc_step = np.sqrt(gyr_step), np.sqrt(acc_step)
    odd = gyr_step > _GYR_STEP + 2.0 * state[_GYR_BEFORE] + min(_SHOCK * acc_step, _SHOCKED)
    odd = odd or acc_step > _ACC_STEP + 2.0 * state[_ACC_BEFORE]
    stays = np.sqrt(gyr_again) <= _GYR_STEP and np.sqrt(acc_again) <= _ACC_STEP
    if steps >= 1.0 and odd and not (state[_ODD] > 0.0 and stays) and state[_ODD] < _MOST_ODD:
        state[_ODD] += 1.0
        for k in range(3):
            state[_ODD_GYR + k], state[_ODD_ACC + k] = gyr[k], acc[k]
        return True
    known = steps >= 0.0 and state[_ODD] == 0.0
    state[_GYR_BEFORE] = gyr_step if known else 0.0
    state[_ACC_BEFORE] = acc_step if known else 0.0
    state[_STEPS] = steps + 1.0
    state[_ODD] = 0.0
    for k in range(3):
        state[_GOOD_GYR + k], state[_GOOD_ACC + k] = gyr[k], acc[k]
    return False


_FINE, _IMPOSSIBLE, _STUCK = 0, 1, 2
_KINDS = {
    _IMPOSSIBLE: (
        "impossible",
        "impossible values were left out – charge or replace the sensor",
    ),
    _STUCK: (
        "stuck",
        "the sensor repeated one value and was left out – switch it off and on again",
    ),
}

_FASTEST, _HARDEST = 80.0, 400.0
"""rad/s and m/s²: chips end at 4000 °/s and 32 g."""
_HARDEST_ON_LEGS = 250.0
"""m/s²: landings jolt a strap by up to 150. More, however long it lasts, would tilt a filter for
half a minute."""
_GYR_STEP, _ACC_STEP = 8.0, 120.0
"""rad/s and m/s² from one sample to the next, beyond twice the step before: no leg does it."""
_SHOCK, _SHOCKED = 1.0, 30.0
"""A heel strike turns a strap by up to 0.6 rad/s for each m/s² that it jolts it, and 24 in all."""
_MOST_ODD = 3.0
"""So many samples in a row may be away; then they are where the sensor is."""
_STUCK_S, _FEWEST, _HABIT = 0.2, 8, 5.0
_AXIS_RUNS, _DEAD_TURNED = 5.0, float(np.radians(20.0))
"""One turning rate alone may repeat for longer, and the others turn the sensor meanwhile."""
_SMOOTH_S = 0.1
_TURNED = float(np.cos(np.radians(5.0)))
"""Gravity turns by more than pressure on a resting sensor turns it."""

# Places in the state. Runs of repeats: length, longest natural one, and whether from the beginning.
_HAS_BEFORE, _SHORTEST, _SMOOTHING, _RUN_ACC, _LONGEST_ACC, _FIRST_ACC, _RUN_GYR, _DEAD = range(8)
_OUT, _OUT_DT, _OUT_RESTART, _STEPS, _ODD, _GYR_BEFORE, _ACC_BEFORE = range(8, 15)
_ACC, _GYR, _SMOOTH, _RUN_UP, _GOOD_GYR, _GOOD_ACC, _ODD_GYR, _ODD_ACC = range(15, 39, 3)
_RUN_AXIS, _LONGEST_AXIS, _FIRST_AXIS, _TURNED_AXIS = range(39, 51, 3)
# The last samples, and the run of those that are one of them.
_ROUND = 4
_KEPT, _RUN_ROUND, _LONGEST_ROUND, _FIRST_ROUND, _RING = range(51, 56)
_STATE_SIZE = _RING + 6 * _ROUND

"""The recurrences of `sequence`: unwrap a counter or stamp, and say which notification is next.

Both kinds are one here. A notification covers ``[first, end)`` on an axis of *keys*: packets for a
counter, ticks for a stamp. It is next when it begins where the one before ended. Whole numbers of
keys stay exact in 53 bits, so a wrap leaves no trace, not even in the last bit.
"""

import numpy as np

from imuhip.core.kernels import kernel
from imuhip.core.records import Array, IntArray


@kernel
def heads(row: IntArray) -> IntArray:
    """Where each notification's samples begin, and where the last one's end."""
    n = len(row)
    out = np.empty(n + 1, dtype=np.int64)
    count = 0
    for i in range(n):
        if i == 0 or row[i] != row[i - 1]:
            out[count] = i
            count += 1
    out[count] = n
    return out[: count + 1].copy()


@kernel
def intact(
    keys: Array,
    index: IntArray,
    head: IntArray,
    arrived: Array,
    settings: Array,
    state: Array,
    recent: Array,
) -> int:
    """Take in notifications as long as each is the next one; how many that were."""
    for i in range(len(head) - 1):
        first, end, at, jump = _place(keys, index, head, i, arrived[i], settings, state)
        began = np.isnan(state[_END])
        if jump or not (began or _is_next(first, settings, state)):
            return i
        _heard_of(at, head[i + 1] - head[i], arrived[i], state)
        _take(end, head[i + 1] - head[i], settings, state, recent)
    return len(head) - 1


@kernel
def put_in_order(
    keys: Array,
    index: IntArray,
    head: IntArray,
    arrived: Array,
    number: IntArray,
    waiting: Array,
    start: int,
    host_number: IntArray,
    host_t: Array,
    settings: Array,
    state: Array,
    recent: Array,
    gaps: Array,
) -> tuple[Array, Array, Array]:
    """Order notifications, some of them carried over.

    Parameters
    ----------
    keys, index, head
        Of the samples of all notifications: first those that wait, in their order, then the new.
    arrived, number
        ``(M,)`` arrival of each, seconds, and its global number.
    waiting
        ``(P, 4)`` those that wait: where they begin and end, since when, and which they are.
    start
        The first notification that is new.
    host_number, host_t
        The host's latest stamp after each record of the batch.
    gaps
        ``(G, 2)`` the places last given up.

    Returns
    -------
    released, waiting, late
        ``(K, 4)`` those that leave, in order: place, time of leaving, samples lost before (-1:
        nobody counted) and whether the sequence begins anew with it; ``(P, 4)`` those that wait;
        arrivals of those that came too late.
    """
    count = len(head) - 1
    queue = np.empty((count, 4))
    queued = len(waiting)
    queue[:queued] = waiting
    released = np.empty((count, 4))
    left = 0
    late = np.empty(count)
    lates = 0
    for i in range(start, count):
        if queued:
            left, queued = _give_up(
                number[i],
                queue,
                queued,
                released,
                left,
                host_number,
                host_t,
                head,
                settings,
                state,
                recent,
                gaps,
            )
        first, end, at, jump = _place(keys, index, head, i, arrived[i], settings, state)
        size = head[i + 1] - head[i]
        if jump:
            left = _let_go(
                arrived[i], queue, queued, released, left, head, settings, state, recent, gaps
            )
            queued = 0
            begin_anew(state, gaps)
            first, end, at, _ = _place(keys, index, head, i, arrived[i], settings, state)
        began = np.isnan(state[_END])
        if began or _is_next(first, settings, state):
            _heard_of(at, size, arrived[i], state)
            _take(end, size, settings, state, recent)
            released[left, RELEASED_SPOT], released[left, RELEASED_AT] = i, arrived[i]
            released[left, RELEASED_LOST] = 0.0 if settings[COUNTED] > 0.0 else -1.0
            released[left, RELEASED_ANEW] = 1.0 if jump else 0.0
            left += 1
            while queued and _is_next(queue[0, _FIRST], settings, state):
                left, queued = _next_of(
                    arrived[i], queue, queued, released, left, head, settings, state, recent, gaps
                )
        elif first < state[_END]:
            if _in_a_gap(first, _unit(settings, state), gaps):
                late[lates] = arrived[i]
                lates += 1
        elif settings[PATIENCE_S] == 0.0:
            released[left, RELEASED_LOST] = _gap_before(first, settings, state, gaps)
            released[left, RELEASED_SPOT], released[left, RELEASED_AT] = i, arrived[i]
            released[left, RELEASED_ANEW] = 0.0
            left += 1
            _heard_of(at, size, arrived[i], state)
            _take(end, size, settings, state, recent)
        else:
            since = max(arrived[i], host_t[np.searchsorted(host_number, number[i])])
            queued = _wait(i, first, end, since, queue, queued, _unit(settings, state))
            _heard_of(at, size, arrived[i], state)
    return released[:left].copy(), queue[:queued].copy(), late[:lates].copy()


@kernel
def move_on(
    until: int,
    waiting: Array,
    host_number: IntArray,
    host_t: Array,
    head: IntArray,
    settings: Array,
    state: Array,
    recent: Array,
    gaps: Array,
) -> tuple[Array, Array]:
    """The same without a new notification, when the host has come to record `until`."""
    queue = waiting.copy()
    released = np.empty((len(queue), 4))
    left, queued = _give_up(
        until,
        queue,
        len(queue),
        released,
        0,
        host_number,
        host_t,
        head,
        settings,
        state,
        recent,
        gaps,
    )
    return released[:left].copy(), queue[:queued].copy()


@kernel
def let_go(
    now: float,
    waiting: Array,
    head: IntArray,
    settings: Array,
    state: Array,
    recent: Array,
    gaps: Array,
) -> Array:
    """All that waits leaves at `now`, for nothing more will come."""
    released = np.empty((len(waiting), 4))
    _let_go(now, waiting.copy(), len(waiting), released, 0, head, settings, state, recent, gaps)
    return released


@kernel
def begin_anew(state: Array, gaps: Array) -> None:
    """The next notification is the first of a new sequence."""
    state[_END] = np.nan
    gaps[:] = np.nan


@kernel
def _give_up(
    until: int,
    queue: Array,
    queued: int,
    released: Array,
    left: int,
    host_number: IntArray,
    host_t: Array,
    head: IntArray,
    settings: Array,
    state: Array,
    recent: Array,
    gaps: Array,
) -> tuple[int, int]:
    """Let go of what waits where the host has moved past its patience by record `until`."""
    while queued:
        since = np.inf
        for k in range(queued):
            since = min(since, queue[k, _SINCE])
        at = np.searchsorted(host_t, since + settings[PATIENCE_S], side="right")
        if at >= len(host_t) or host_number[at] > until:
            break
        now = host_t[at]
        left, queued = _next_of(
            now, queue, queued, released, left, head, settings, state, recent, gaps
        )
        while queued and _is_next(queue[0, _FIRST], settings, state):
            left, queued = _next_of(
                now, queue, queued, released, left, head, settings, state, recent, gaps
            )
    return left, queued


@kernel
def _let_go(
    now: float,
    queue: Array,
    queued: int,
    released: Array,
    left: int,
    head: IntArray,
    settings: Array,
    state: Array,
    recent: Array,
    gaps: Array,
) -> int:
    while queued:
        left, queued = _next_of(
            now, queue, queued, released, left, head, settings, state, recent, gaps
        )
    return left


@kernel
def _next_of(
    now: float,
    queue: Array,
    queued: int,
    released: Array,
    left: int,
    head: IntArray,
    settings: Array,
    state: Array,
    recent: Array,
    gaps: Array,
) -> tuple[int, int]:
    """The first in the queue leaves, with what is missing before it."""
    first, spot = queue[0, _FIRST], int(queue[0, _SPOT])
    lost = 0.0 if settings[COUNTED] > 0.0 else -1.0
    if not _is_next(first, settings, state):
        lost = _gap_before(first, settings, state, gaps)
    _take(queue[0, _LAST], head[spot + 1] - head[spot], settings, state, recent)
    released[left, RELEASED_SPOT], released[left, RELEASED_AT] = spot, max(now, queue[0, _SINCE])
    released[left, RELEASED_LOST] = lost
    released[left, RELEASED_ANEW] = 0.0
    for k in range(queued - 1):
        queue[k] = queue[k + 1]
    return left + 1, queued - 1


@kernel
def _gap_before(first: float, settings: Array, state: Array, gaps: Array) -> float:
    """Give up the place before `first`; how many samples are lost by the counter, -1 without."""
    number = int(state[_GAPS])
    gaps[number % len(gaps), 0], gaps[number % len(gaps), 1] = state[_END], first
    state[_GAPS] = float(number + 1)
    lost: float = (first - state[_END]) * state[_SIZE] if settings[COUNTED] > 0.0 else -1.0
    return lost


@kernel
def _wait(
    spot: int, first: float, end: float, since: float, queue: Array, queued: int, unit: float
) -> int:
    """Put a notification into the queue at its place; one that is there already is left out."""
    at = queued
    while at > 0 and queue[at - 1, _FIRST] > first + 0.5 * unit:
        at -= 1
    if at > 0 and abs(queue[at - 1, _FIRST] - first) <= 0.5 * unit:
        return queued
    for k in range(queued, at, -1):
        queue[k] = queue[k - 1]
    queue[at, _FIRST], queue[at, _LAST] = first, end
    queue[at, _SINCE], queue[at, _SPOT] = since, float(spot)
    return queued + 1


@kernel
def _place(
    keys: Array,
    index: IntArray,
    head: IntArray,
    i: int,
    h: float,
    settings: Array,
    state: Array,
) -> tuple[float, float, float, bool]:
    """Where notification `i` begins and ends, its unwrapped key, and whether it cannot be true."""
    a, b = head[i], head[i + 1] - 1
    raw = keys[a]
    at, jump = raw, False
    if not np.isnan(state[_END]):
        # The turn of the counter nearest to what the host saw.
        key_s = settings[KEY_S] * (state[_SIZE] if settings[COUNTED] > 0.0 else 1.0)
        ahead = raw - state[_AT]
        expected = (h - state[_HOST]) / key_s
        if settings[WRAP] > 0.0:
            ahead += settings[WRAP] * np.round((expected - ahead) / settings[WRAP])
        at = state[_AT] + ahead
        slack = settings[JUMP_S] / key_s
        jump = ahead > max(expected, 0.0) + slack or ahead < -slack
    if settings[COUNTED] > 0.0:
        return at, at + 1.0, at, jump
    span = keys[b] - raw
    if span < 0.0:
        span += settings[WRAP]
    period = state[PERIOD]
    return at + index[a] * period, at + span + (index[b] + 1) * period, at, jump


@kernel
def _unit(settings: Array, state: Array) -> float:
    unit: float = 1.0 if settings[COUNTED] > 0.0 else state[PERIOD]
    return unit


@kernel
def _is_next(first: float, settings: Array, state: Array) -> bool:
    """Whether what begins at `first` follows the last one, with nothing between them."""
    unit = _unit(settings, state)
    ahead = first - state[_END]
    follows: bool = ahead > -0.999 * unit and ahead <= 0.5 * unit
    return follows


@kernel
def _heard_of(at: float, size: int, h: float, state: Array) -> None:
    """Remember the newest notification: keys that wrap are counted on from it."""
    if np.isnan(state[_END]) or at > state[_AT]:
        state[_AT], state[_HOST], state[_SIZE] = at, h, float(size)


@kernel
def _take(end: float, size: int, settings: Array, state: Array, recent: Array) -> None:
    """One notification leaves: what is next, and how long a sample is."""
    if settings[COUNTED] == 0.0 and not np.isnan(state[_END]):
        count = int(state[_STEPS])
        place = count % len(recent)
        recent[place] = (end - state[_END]) / size
        state[_STEPS] = float(count + 1)
        if place + 1 == len(recent):
            state[PERIOD] = np.median(recent)
    state[_END] = end


@kernel
def _in_a_gap(first: float, unit: float, gaps: Array) -> bool:
    """Whether a place was given up: what comes for it is late, and else it has been there."""
    found = False
    for k in range(len(gaps)):
        found |= gaps[k, 0] - 0.5 * unit < first < gaps[k, 1] - 0.5 * unit
    return found


# Places in the state.
_END, _AT, _HOST, _SIZE, _GAPS, _STEPS, PERIOD, STATE_SIZE = 0, 1, 2, 3, 4, 5, 6, 7

# Places in the settings.
COUNTED, WRAP, KEY_S, PATIENCE_S, JUMP_S, SETTINGS_SIZE = 0, 1, 2, 3, 4, 5

# Columns of what waits, and of what leaves.
_FIRST, _LAST, _SINCE, _SPOT, WAITING_COLUMNS = 0, 1, 2, 3, 4
RELEASED_SPOT, RELEASED_AT, RELEASED_LOST, RELEASED_ANEW = 0, 1, 2, 3
SPOT = _SPOT

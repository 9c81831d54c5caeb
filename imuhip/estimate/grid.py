"""All sensors on one time grid, gaps kept as gaps.

A row at grid time ``t = k / 100`` leaves when every sensor has a sample at or after ``t``, or has
been silent: when the host has seen something ``GridParams.patience_s`` later than ``t``, its
deadline. A sample that arrived later than that does not change the row, whether it is known by then
or not; so a row depends on the records alone and not on how they were cut.

A host that pauses (a busy laptop, a stalled adapter) hears nothing of any sensor, then everything
at once, one sensor after the other. No row could leave meanwhile, so those that waited have a
deadline of ``patience_s`` after the end of the pause.

Where no sensor has anything for longer than `_EMPTY_S`, no row is made, and there are never many
more rows without a sample than rows with one: times that lie apart by hours ask for no memory,
however many of them there are.

A row is valid for a sensor when a sample lies within 20 ms of it. Between two samples at most
40 ms apart the orientation goes the shortest way and the vectors go straight; at the edge of a
wider gap the nearest sample's orientation is carried on by its own angular rate.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from imuhip.core.conventions import GRID_HZ
from imuhip.core.kernels import kernel
from imuhip.core.records import Array, BoolArray, GridBlock, IntArray, OrientationBlock


@dataclass(frozen=True, slots=True)
class GridParams:
    """When a row is complete.

    Parameters
    ----------
    patience_s
        How long a row waits for a late sensor. Longer bridges stalls of the radio, and delays the
        other sensors' rows by as much when a sensor dies.
    """

    patience_s: float = 0.4


class Grid:
    """Merges the sensors of a session: `push` orientations and how far the host has come."""

    def __init__(
        self,
        sensors: Sequence[str],
        params: GridParams | None = None,
        *,
        silent: Collection[str] = (),
    ) -> None:
        """Begin a session; `silent` names the sensors that no sample will ever come from."""
        self.sensors = tuple(sensors)
        self._patience = (params or GridParams()).patience_s
        self._place = {sensor: i for i, sensor in enumerate(self.sensors)}
        self._tracks = [np.empty((0, _COLUMNS)) for _ in self.sensors]
        self._started = [sensor in silent for sensor in self.sensors]
        self._next: int | None = None
        self._seen = -np.inf
        self._spare = _SPARE_ROWS
        self._pauses: list[tuple[float, float]] = []

    @property
    def patience_s(self) -> float:
        """How long a row waits for a late sensor; a silence of all for longer is a pause."""
        return self._patience

    def push(
        self,
        blocks: Sequence[OrientationBlock],
        host_t: float,
        pauses: Sequence[tuple[float, float]] = (),
    ) -> GridBlock:
        """Add samples and return the rows that are now complete.

        Parameters
        ----------
        blocks
            New samples, each sensor's in order.
        host_t
            Arrival of the newest record of any kind, seconds on the session's clock. Rows stay
            before it, so that a mark made at that moment finds them all behind itself.
        pauses
            From and until when nothing came for longer than `patience_s`, up to `host_t`. After
            more than `_EMPTY_S` no radio has kept anything for it.
        """
        self._add(blocks)
        self._pauses += [(begin, end) for begin, end in pauses if end - begin <= _EMPTY_S]
        if not all(self._started):
            return self._none()
        tracks = [track for track in self._tracks if len(track)]
        if not tracks:
            return self._none()
        if self._next is None:
            self._next = max(_first_row(track[0, _T]) for track in tracks)
        reach = min(float(track[-1, _T]) for track in tracks)
        reach = min(max(reach, float(self._due(np.array([host_t]))[0])), host_t - _EDGE_S)
        return self._emit(_last_row(reach))

    def finish(self, blocks: Sequence[OrientationBlock] = ()) -> GridBlock:
        """Return the rows that are left: up to the last sample of any sensor that had one.

        Parameters
        ----------
        blocks
            Samples that had been waited with until the end.
        """
        self._add(blocks)
        tracks = [track for track in self._tracks if len(track)]
        if not tracks:
            return self._none()
        if self._next is None:
            self._next = max(_first_row(track[0, _T]) for track in tracks)
        return self._emit(_last_row(max(float(track[-1, _T]) for track in tracks)))

    def _add(self, blocks: Sequence[OrientationBlock]) -> None:
        for block in blocks:
            place = self._place[block.sensor]
            if len(block.t):
                self._started[place] = True
                self._tracks[place] = np.concatenate((self._tracks[place], _track(block)))

    def _deadlines(self, t: Array) -> Array:
        """Host times by which a sample has to come for the rows at `t`."""
        latest = t + self._patience
        until = latest.copy()
        for begin, end in self._pauses:
            within = (begin < latest) & (t <= end)
            until[within] = np.maximum(until[within], end + self._patience)
        return until

    def _due(self, host_t: Array) -> Array:
        """Row times whose deadline is the host time: rows up to them wait no longer."""
        t = host_t - self._patience
        for begin, end in self._pauses:
            within = (end <= host_t) & (host_t < end + self._patience)
            t[within] = np.minimum(t[within], begin - self._patience)
        return t

    def _emit(self, last: int) -> GridBlock:
        first = self._next or 0
        if last < first:
            return self._none()
        made = [self._kept(self._at(t)) for t in self._times(first, last + 1)]
        self._next = last + 1
        # What the next row may look back at must stay.
        oldest = (last + 1) / GRID_HZ - _FAR_S
        for place, track in enumerate(self._tracks):
            done = max(int(np.searchsorted(track[:, _T], oldest)) - 1, 0)
            if done:
                self._seen = max(self._seen, float(track[done - 1, _T]))
            self._tracks[place] = track[done:]
        self._pauses = [pause for pause in self._pauses if pause[1] > oldest]
        return _joined(made) if made else self._none()

    def _times(self, first: int, stop: int) -> Iterator[Array]:
        """Times of the rows ``first … stop - 1`` that a sensor had something for not long before.

        A sample speaks for the `_EMPTY_S` after it, in rows that it came in time for. They come in
        pieces, so that what is empty never waits for memory all at once.
        """
        if stop / GRID_HZ <= self._seen + _EMPTY_S:
            yield np.arange(first, stop) / GRID_HZ
            return
        samples = np.concatenate([track[:, [_T, _HOST]] for track in self._tracks])
        low = np.maximum(samples[:, 0] - _NEAR_S, self._due(samples[:, 1]) + _EDGE_S)
        high = samples[:, 0] + _EMPTY_S
        if self._seen > -np.inf:
            low = np.concatenate(([self._seen], low))
            high = np.concatenate(([self._seen + _EMPTY_S], high))
        for rows in _union(low, high, first, stop):
            yield rows / GRID_HZ

    def _kept(self, rows: GridBlock) -> GridBlock:
        """The rows without those that are empty and too many: each row with a sample allows one.

        It depends on the rows before alone, and not on how they were cut.
        """
        empty = np.logical_not(np.logical_or.reduce(rows.valid, axis=1))
        if not empty.any():
            self._spare = min(self._spare + len(empty), _SPARE_ROWS)
            return rows
        kept = np.ones(len(empty), dtype=np.bool_)
        self._spare = _spend(empty, kept, self._spare)
        return rows if kept.all() else _taken(rows, kept)

    def _none(self) -> GridBlock:
        return self._at(np.empty(0))

    def _at(self, t: Array) -> GridBlock:
        """The sensors at rising grid times `t`."""
        n, count = len(t), len(self.sensors)
        values = np.full((n, count, _SAMPLED), np.nan)
        valid = np.zeros((n, count), dtype=np.bool_)
        rest = np.zeros((n, count), dtype=np.bool_)
        deadlines = self._deadlines(t)
        for place, track in enumerate(self._tracks):
            if n and len(track):
                _sample(t, deadlines, track, values[:, place], valid[:, place], rest[:, place])
        q, acc, gyr = values[..., 0:4], values[..., 4:7], values[..., 7:10]
        doubts = (values[..., k] for k in range(10, _SAMPLED))
        return GridBlock(self.sensors, t, q, acc, gyr, valid, rest, *doubts)


def _union(low: Array, high: Array, first: int, stop: int) -> Iterator[IntArray]:
    """Row numbers of ``first … stop - 1`` at times in any of the intervals ``low … high``.

    Each comes once, in order, at most `_PIECE_ROWS` at a time.
    """
    inside = (high >= first / GRID_HZ) & (low < stop / GRID_HZ)
    order = np.argsort(low[inside], kind="stable")
    if not len(order):
        return
    low, high = low[inside][order], np.maximum.accumulate(high[inside][order])
    begins = np.flatnonzero(np.concatenate(([True], low[1:] > high[:-1])))
    ends = np.concatenate((begins[1:], [len(low)])) - 1
    waiting: list[IntArray] = []
    many, place = 0, first
    for begin, end in zip(low[begins].tolist(), high[ends].tolist(), strict=True):
        place, last = max(place, _first_row(begin)), min(stop, _last_row(end) + 1)
        while place < last:
            piece = np.arange(place, min(last, place + _PIECE_ROWS - many), dtype=np.int64)
            waiting.append(piece)
            many += len(piece)
            place += len(piece)
            if many == _PIECE_ROWS:
                yield np.concatenate(waiting)
                waiting, many = [], 0
    if waiting:
        yield np.concatenate(waiting)


@kernel
def _spend(empty: BoolArray, kept: BoolArray, spare: int) -> int:
    """Take out of `kept` the empty rows that nothing is spare for; what is spare after them."""
    for i in range(len(empty)):
        if not empty[i]:
            spare = min(spare + 1, _SPARE_ROWS)
        elif spare > 0:
            spare -= 1
        else:
            kept[i] = False
    return spare


def _taken(rows: GridBlock, kept: BoolArray) -> GridBlock:
    """Only the rows that `kept` names."""
    return _each(lambda name: getattr(rows, name)[kept], rows.sensors)


def _joined(pieces: Sequence[GridBlock]) -> GridBlock:
    """Rows that follow each other as one block."""
    if len(pieces) == 1:
        return pieces[0]
    return _each(lambda name: np.concatenate([getattr(p, name) for p in pieces]), pieces[0].sensors)


def _each(column: Callable[[str], Any], sensors: tuple[str, ...]) -> GridBlock:
    """A block made of its columns."""
    names = [each.name for each in fields(GridBlock) if each.name != "sensors"]
    return GridBlock(sensors=sensors, **{name: column(name) for name in names})


def without(rows: GridBlock, spoiled_at: Mapping[str, float]) -> GridBlock:
    """The rows without what may not be believed: each sensor's after the time given, seconds."""
    spoiled = np.zeros(rows.valid.shape, dtype=np.bool_)
    for sensor, t in spoiled_at.items():
        spoiled[:, rows.sensors.index(sensor)] = rows.t > t
    if not spoiled.any():
        return rows
    wide = spoiled[..., None]
    return replace(
        rows,
        q=np.where(wide, np.nan, rows.q),
        acc=np.where(wide, np.nan, rows.acc),
        gyr=np.where(wide, np.nan, rows.gyr),
        valid=rows.valid & ~spoiled,
        rest=rows.rest & ~spoiled,
        drift=np.where(spoiled, np.nan, rows.drift),
        unseen=np.where(spoiled, np.nan, rows.unseen),
        tilt=np.where(spoiled, np.nan, rows.tilt),
    )


def _track(block: OrientationBlock) -> Array:
    """The block's samples as rows of one array: ``t, host_t, q, acc, gyr, rest, …``."""
    return np.concatenate(
        (
            block.t[:, None],
            block.host_t[:, None],
            block.q,
            block.acc,
            block.gyr,
            block.rest[:, None],
            block.drift[:, None],
            block.unseen[:, None],
            block.tilt[:, None],
        ),
        axis=1,
    )


def _first_row(t: float) -> int:
    """The first grid index at or after `t`."""
    row = math.ceil(t * GRID_HZ - 1.0)
    while row / GRID_HZ < t:
        row += 1
    return row


def _last_row(t: float) -> int:
    """The last grid index at or before `t`."""
    row = math.floor(t * GRID_HZ + 1.0)
    while row / GRID_HZ > t:
        row -= 1
    return row


@kernel
def _sample(
    times: Array, deadlines: Array, track: Array, values: Array, valid: BoolArray, rest: BoolArray
) -> None:
    """Fill one sensor's columns at rising grid `times` from its samples."""
    right = 0
    count = len(track)
    for i in range(len(times)):
        t = times[i]
        while right < count and track[right, _T] < t:
            right += 1
        left = right - 1
        # What came too late was not there when the row left, live; so it is not there now.
        in_time = deadlines[i] - _EDGE_S
        while left >= 0 and track[left, _HOST] >= in_time and t - track[left, _T] < _FAR_S:
            left -= 1
        has_left = left >= 0 and track[left, _HOST] < in_time
        has_right = right < count and track[right, _HOST] < in_time
        before = t - track[left, _T] if has_left else np.inf
        after = track[right, _T] - t if has_right else np.inf
        if min(before, after) > _NEAR_S + _EDGE_S:
            continue
        valid[i] = True
        near = left if before < after else right
        rest[i] = track[near, _REST] > 0.0
        for k in range(_DOUBTS):
            values[i, 10 + k] = track[near, _DRIFT + k]
        if before + after <= 2.0 * (_NEAR_S + _EDGE_S):
            fraction = before / (before + after)
            for k in range(6):
                a, b = track[left, _ACC + k], track[right, _ACC + k]
                values[i, 4 + k] = a + fraction * (b - a)
            _between(track[left, _Q : _Q + 4], track[right, _Q : _Q + 4], fraction, values[i])
        else:
            for k in range(6):
                values[i, 4 + k] = track[near, _ACC + k]
            step = before if near == left else -after
            _carried(track[near, _Q : _Q + 4], track[near, _GYR : _GYR + 3], step, values[i])


@kernel
def _between(p: Array, q: Array, fraction: float, out: Array) -> None:
    """The shortest way from p to q (slerp), at `fraction`."""
    cosine = p[0] * q[0] + p[1] * q[1] + p[2] * q[2] + p[3] * q[3]
    sign = 1.0 if cosine >= 0.0 else -1.0
    # The sine through the difference keeps its digits for the small angles between samples.
    chord = 0.0
    for k in range(4):
        chord += (q[k] * sign - p[k]) ** 2
    half = math.asin(min(0.5 * math.sqrt(chord), 1.0))
    angle = 2.0 * half
    if angle < 1e-9:
        a, b = 1.0 - fraction, fraction
    else:
        a = math.sin((1.0 - fraction) * angle) / math.sin(angle)
        b = math.sin(fraction * angle) / math.sin(angle)
    norm = 0.0
    for k in range(4):
        out[k] = a * p[k] + b * sign * q[k]
        norm += out[k] * out[k]
    norm = math.sqrt(norm)
    for k in range(4):
        out[k] /= norm


@kernel
def _carried(q: Array, gyr: Array, step: float, out: Array) -> None:
    """``q`` turned on by the angular rate, in the sensor's frame, for `step` seconds."""
    rate = math.sqrt(gyr[0] ** 2 + gyr[1] ** 2 + gyr[2] ** 2)
    half = 0.5 * rate * step
    scale = math.sin(half) / rate if rate > 0.0 else 0.5 * step
    w, x, y, z = math.cos(half), scale * gyr[0], scale * gyr[1], scale * gyr[2]
    out[0] = q[0] * w - q[1] * x - q[2] * y - q[3] * z
    out[1] = q[0] * x + q[1] * w + q[2] * z - q[3] * y
    out[2] = q[0] * y - q[1] * z + q[2] * w + q[3] * x
    out[3] = q[0] * z + q[1] * y - q[2] * x + q[3] * w


# Columns of a track, and how many of them a row samples.
_T, _HOST, _Q, _ACC, _GYR, _REST, _DRIFT, _COLUMNS = 0, 1, 2, 6, 9, 12, 13, 16
_DOUBTS = 3
"""Drift, unseen, tilt, in this order."""
_SAMPLED = 10 + _DOUBTS

_NEAR_S = 0.02
"""A row is valid when a sample lies this near."""
_FAR_S = 3.0 * _NEAR_S
"""Nothing further away has a part in a row."""
_EMPTY_S = 10.0
"""So long rows go on when nothing comes from any sensor."""
_SPARE_ROWS = 6000
"""Empty rows that may be ahead of those with samples: a minute of them."""
_PIECE_ROWS = 1 << 16
"""Rows made at once."""
_EDGE_S = 1e-6
"""Rounding of times written as decimals must not decide."""

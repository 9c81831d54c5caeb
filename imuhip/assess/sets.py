"""Which set a repetition belongs to: by the marks, else by the data.

Between ``begin:<movement>`` and ``end:<movement>`` only that movement is looked for, and what falls
short is listed with its reason. Outside marks a repetition is recognised by what moved and in which
posture, and says ``detected``; within calibration steps nothing is. A mark decides over the
repetitions whose turn lies between its begin and its end, wherever they began.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from imuhip.assess.movements import MOVEMENTS, Movement, other_drill
from imuhip.core.conventions import CALIBRATION_STEPS, Side


@dataclass(slots=True)
class _Window:
    """A marked stretch: a set of a movement, or a calibration step (`movement` is None)."""

    movement: Movement | None
    begin: float
    set: int
    end: float = float("inf")


@dataclass(slots=True)
class _Current:
    """The set that a movement's repetitions go into."""

    window: _Window | None
    set: int
    until: float
    numbers: dict[str, int] = field(default_factory=dict)


class Closed(NamedTuple):
    """A marked stretch that a mark has ended."""

    movement: Movement
    begin: float
    end: float


class Said(NamedTuple):
    """What the marks say of a time: a set of a movement, or a calibration step (None)."""

    movement: Movement | None
    set: int


class Sets:
    """The marks of a session, and the numbers of its sets and repetitions; in the order of time."""

    def __init__(self) -> None:
        self._windows: list[_Window] = []
        self._preparation: _Window | None = None
        self._current: dict[str, _Current] = {}
        self._counts: dict[str, int] = {}

    def mark(self, t: float, label: str) -> list[Closed]:
        """Take a mark that begins or ends something; what no table knows is kept as itself.

        Returns the sets that it has ended.
        """
        before = [window for window in self._windows if window.end > t]
        self._take(t, label)
        return _closed(before)

    def finish(self, t: float) -> list[Closed]:
        """End what is still open where the data end."""
        before = [window for window in self._windows if window.end > t]
        for window in before:
            window.end = t
        return _closed(before)

    def _take(self, t: float, label: str) -> None:
        kind, _, name = label.partition(":")
        name = name.strip()
        if kind in ("begin", "end") and name == PREPARATION:
            self._prepares(t, kind)
            return
        if kind not in ("begin", "end") or not name:
            return
        movement = None
        if name not in CALIBRATION_STEPS:
            movement = MOVEMENTS.get(name) or other_drill(name)
        if kind == "begin":
            for window in self._windows:  # an end that was forgotten
                window.end = min(window.end, t)
            number = self._next(name) if movement is not None else 0
            if movement is not None:
                self._prepares(t, "end")
            self._windows.append(_Window(movement, t, number))
        elif name != "tray":  # the sensors are in somebody's hands until the next step begins
            for window in self._windows[-1:]:
                if window.movement == movement:
                    window.end = min(window.end, t)

    def _prepares(self, t: float, kind: str) -> None:
        """From here to the end of it, or to the first movement that is begun, nothing counts."""
        if kind == "begin":
            self._preparation = _Window(None, t, 0)
        elif self._preparation is not None:
            self._preparation.end = min(self._preparation.end, t)

    def said(self, t: float) -> Said | None:
        """What the marks so far say of `t`; None when nothing."""
        window = self._window(t)
        return None if window is None else Said(window.movement, window.set)

    def ongoing(self, t: float) -> frozenset[str]:
        """Movements of which an unmarked set goes on at `t`."""
        return frozenset(
            name
            for name, current in self._current.items()
            if current.window is None and t - current.until <= _PAUSE_S
        )

    def number(
        self, movement: Movement, side: Side | Literal["both"], t: float, end: float
    ) -> tuple[int, int]:
        """Set and number of a repetition with its turn at `t` and its end at `end`."""
        window = self._window(t)
        current = self._current.get(movement.name)
        same = current is not None and current.window is window
        if current is None or not same or (window is None and t - current.until > _PAUSE_S):
            number = self._next(movement.name) if window is None else window.set
            current = _Current(window, number, end)
            self._current[movement.name] = current
        current.until = max(current.until, end)
        current.numbers[side] = current.numbers.get(side, 0) + 1
        return current.set, current.numbers[side]

    def _next(self, name: str) -> int:
        self._counts[name] = self._counts.get(name, 0) + 1
        return self._counts[name]

    def _window(self, t: float) -> _Window | None:
        holding = [window for window in self._windows if window.begin <= t <= window.end]
        before = self._preparation
        if not holding and before is not None and before.begin <= t <= before.end:
            return before
        return holding[-1] if holding else None


def _closed(windows: Sequence[_Window]) -> list[Closed]:
    """Those of them that have an end now."""
    return [
        Closed(each.movement, each.begin, each.end)
        for each in windows
        if each.movement is not None and each.end < float("inf")
    ]


PREPARATION: Final = "preparation"
"""Marks of this name stand around all that is done before training: none of it is training."""

_PAUSE_S: Final = 20.0
"""An unmarked set is over when nothing comes for so long."""

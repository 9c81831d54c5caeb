"""What goes on in a session, for all who watch it: the day's plan, the step, the movement.

It lives where the recording is made, not in a browser: two tablets show the same countdown, a page
that is loaded anew finds the step that runs, and its end is marked whoever has gone. A command that
has been obeyed already changes nothing, however often it comes.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, cast

from imuhip.assess.conditions import UNSAID, set_note
from imuhip.assess.movements import MOVEMENTS
from imuhip.assess.screen import (
    Before,
    Posture,
    ScreenKey,
    Test,
    battery,
    known_test,
    next_test,
    ranges_of,
    today_of,
    words_today,
)
from imuhip.assess.sets import PREPARATION
from imuhip.core.findings import Note, Repetition
from imuhip.core.visible import is_athlete_id


@dataclass(frozen=True, slots=True)
class Plan:
    """What was chosen at set-up: a pseudonym, a goal profile, movements in their order.

    Parameters
    ----------
    screen
        How the hips are turned in the table screen that comes first; empty for no screen.
    queue
        Who trains next on this kit, in this order.
    tester
        Name or initials of who tests; stays when the next athlete's turn comes.
    """

    athlete: str = ""
    goal: str = ""
    movements: tuple[str, ...] = ()
    screen: Posture | Literal[""] = ""
    queue: tuple[str, ...] = ()
    tester: str = ""


@dataclass(slots=True)
class RunningStep:
    """A step that is counted down to, or goes on.

    Parameters
    ----------
    step
        Its name.
    phase
        ``ready`` until its begin is marked, then ``running``.
    until
        Second of the monotonic clock at which the phase ends by itself; infinite when it does not.
    """

    step: str
    phase: Literal["ready", "running"]
    until: float = float("inf")


@dataclass(slots=True)
class Course:
    """The course of a session; all methods belong to the event loop's thread.

    Parameters
    ----------
    mark
        Puts a mark into the recording.
    plan
        What is to be done.
    fields
        What the next set is done with, by `conditions.SET_FIELDS`.
    tested
        Tests of the table screen that are done, as movement and effort.
    usual, today
        Tests in the athlete's sessions before, and what those of today say against them.
    """

    mark: Callable[[str], object]
    plan: Plan = field(default_factory=Plan)
    fields: dict[str, str] = field(default_factory=dict)
    step: RunningStep | None = None
    doing: str = ""
    calibrating: bool = False
    trained: bool = False
    tested: list[tuple[str, str]] = field(default_factory=list)
    usual: Mapping[ScreenKey, Before] = field(default_factory=dict)
    today: tuple[str, ...] = ()
    _test: Test | None = None
    _screen_over: bool = False
    _held: int = 0
    _effort_before: str | None = None
    _timer: asyncio.TimerHandle | None = None

    def forget(self) -> None:
        """Begin anew with a recording: nothing goes on in it yet; the plan stays."""
        self._forget()
        self._leave_screen(recording=False)
        self.doing, self.calibrating, self.trained = "", False, False
        self.tested, self.today = [], ()
        self._test, self._screen_over = None, False

    def choose(self, fields: Mapping[str, str], *, recording: bool) -> bool:
        """Take what the next set is done with, marked where a recording runs; False if it was so.

        The value ``-`` means that nothing is said any more.
        """
        wanted = {name: value for name, value in fields.items() if value != "-"}
        left = {name: value for name, value in self.fields.items() if name not in fields}
        if "effort" in fields:
            self._effort_before = None
        if {**left, **wanted} == self.fields:
            return False
        unsaid = {name: UNSAID for name in self.fields if fields.get(name) == "-"}
        self.fields = {**left, **wanted}
        if recording:
            self.mark(set_note({**wanted, **unsaid}))
        return True

    def say_fields(self) -> None:
        """Mark what was chosen before the recording began."""
        if self.fields:
            self.mark(set_note(self.fields))

    def _prepare(self) -> None:
        """Until `train`, or until a movement is begun, no repetition counts."""
        if self.calibrating or self.trained:
            return
        self.calibrating = True
        self.mark(f"begin:{PREPARATION}")

    def end_session(self) -> None:
        """Mark the end of what still goes on, for the recording ends."""
        if self.step is not None:
            self.end(self.step.step)

    def train(self) -> bool:
        """From now on repetitions count; False where they did already."""
        self.trained = True
        if not self.calibrating:
            return False
        self.calibrating = False
        self.mark(f"end:{PREPARATION}")
        return True

    def begin(self, step: str, ready_s: float = 0.0, seconds: float = float("inf")) -> bool:
        """Count down to a step, or begin it; False where that is so already.

        Who counts down is going through the calibration: nothing counts before `train`.

        Parameters
        ----------
        ready_s
            Seconds until its begin is marked.
        seconds
            How long it goes on before its end is marked; for ever when infinite.
        """
        going = self.step
        if going is not None and going.step == step:
            if going.phase == "running" or ready_s > 0.0:
                return False
        elif going is not None:
            self.end(going.step)
        if ready_s > 0.0:
            self._prepare()
            self._count(RunningStep(step, "ready"), ready_s, lambda: self._run(step, seconds))
        else:
            self._run(step, seconds)
        return True

    def end(self, step: str) -> bool:
        """Mark a step's end, or take its countdown back; False where it does not go on."""
        going = self.step
        if going is None or going.step != step:
            return False
        self._forget()
        if going.phase == "running":
            self.mark(f"end:{step}")
        return True

    def next_athlete(self, athlete: str) -> bool:
        """Let somebody of the queue train; what is done stays, the set's fields do not.

        False where it is their turn already.

        Raises
        ------
        ValueError
            When they are not in the queue.
        """
        if athlete == self.plan.athlete:
            return False
        if athlete not in self.plan.queue:
            raise ValueError(f"{athlete} is not in the queue. Choose who trains on Set up.")
        waiting = tuple(each for each in self.plan.queue if each != athlete)
        self.plan = replace(self.plan, athlete=athlete, queue=waiting)
        self.fields = {}
        return True

    def begin_test(self, movement: str, effort: str) -> bool:
        """Begin a test of the table screen: its effort is marked, then the test; False if it runs.

        Raises
        ------
        ValueError
            When no battery has such a test.
        """
        test = known_test(movement, effort)
        if test is None:
            raise ValueError(f"The table screen has no test {movement} {effort}".rstrip() + ".")
        if self._test == test:
            return False
        if self.doing:
            self.mark(f"end:{self.doing}")
        before = self._effort_before or self.fields.get("effort", "-")
        self.choose({"effort": test.effort or before}, recording=True)
        self._effort_before, self._test = before, test
        self.mark(f"begin:{movement}")
        return True

    def _leave_screen(self, *, recording: bool) -> None:
        """What was said of the effort before the screen holds again."""
        if self._effort_before is not None:
            self.choose({"effort": self._effort_before}, recording=recording)

    def hold_screen(self, repetitions: Sequence[Repetition], notes: Sequence[Note]) -> None:
        """Hold the tests that are done, of what was seen so far, against the athlete's usual."""
        size = len(repetitions) + len(self.tested)
        if self.tested and size != self._held:
            done = {(movement, effort.removeprefix("active")) for movement, effort in self.tested}
            ranges = ranges_of(repetitions, notes)
            today = {key: of for key, of in ranges.items() if (key.movement, key.effort) in done}
            self.today = words_today(today_of(today, self.usual, self.plan.tester))
        self._held = size

    def obey(self, label: str) -> bool:
        """Put a mark that somebody asks for; False where it would say what is so already."""
        edge, _, name = label.partition(":")
        if edge == "begin" and name == self.doing and name in MOVEMENTS:
            return False
        if edge == "end" and name != self.doing and name in MOVEMENTS:
            return False
        if edge == "begin" and name in MOVEMENTS:
            self._leave_screen(recording=True)
        self.mark(label)
        return True

    def heard(self, label: str) -> None:
        """Take notice of a mark that went into the recording."""
        edge, _, name = label.partition(":")
        if edge not in ("begin", "end") or name not in MOVEMENTS:
            return
        if self._test is not None and self.doing == self._test.movement:
            key = (self._test.movement, self._test.effort)
            self.tested += [key] if key not in self.tested else []
            self._test = None
        self.doing = name if edge == "begin" else ""
        if edge == "begin":
            self.calibrating, self.trained = False, True
            self._screen_over = self._test is None

    def status(self) -> Mapping[str, Any]:
        """Return it as ``/status`` gives it."""
        step = self.step
        return {
            "plan": {
                "athlete": self.plan.athlete,
                "goal": self.plan.goal,
                "movements": [[name, MOVEMENTS[name].title] for name in self.plan.movements],
                "screen": self.plan.screen,
                "queue": list(self.plan.queue),
                "tester": self.plan.tester,
            },
            "screen": self._screen(),
            "fields": dict(self.fields),
            "doing": self.doing,
            "calibrating": self.calibrating,
            "step": None
            if step is None
            else {
                "step": step.step,
                "phase": step.phase,
                "left_s": max(0.0, step.until - time.monotonic()),
            },
        }

    def _screen(self) -> Mapping[str, Any] | None:
        """The table screen with what is done of it; None where none was chosen."""
        if not self.plan.screen:
            return None
        following = next_test(self.tested, self.plan.screen)
        tests = [
            {
                "movement": test.movement,
                "effort": test.effort or "-",
                "title": test.title,
                "done": (test.movement, test.effort) in self.tested,
                "next": test == following,
                "runs": test == self._test,
            }
            for test in battery(self.plan.screen)
        ]
        said = {"today": list(self.today), "over": self._screen_over}
        return {"posture": self.plan.screen, "tests": tests, **said}

    def _run(self, step: str, seconds: float) -> None:
        self._forget()
        self.mark(f"begin:{step}")
        running = RunningStep(step, "running")
        if seconds < float("inf"):
            self._count(running, seconds, lambda: self.end(step))
        else:
            self.step = running

    def _count(self, phase: RunningStep, seconds: float, then: Callable[[], object]) -> None:
        """Begin a phase, and do something when it is over; none goes on."""
        phase.until = time.monotonic() + seconds
        self.step = phase
        self._timer = asyncio.get_running_loop().call_later(seconds, then)

    def _forget(self) -> None:
        """Nothing is counted down to, and nothing goes on."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.step = None


def plan_of(request: Mapping[str, str], before: Plan) -> Plan:
    """The plan that a request makes of the one before; what it does not name stays.

    ``movements`` are names with commas between them, ``-`` for none, ``queue`` athletes;
    ValueError names one that cannot be.
    """
    movements = before.movements
    if "movements" in request:
        names = [name.strip() for name in request["movements"].split(",")]
        movements = tuple(dict.fromkeys(name for name in names if name not in ("", "-")))
    for name in movements:
        if name not in MOVEMENTS:
            raise ValueError(f"there is no movement {name}; choose from {', '.join(MOVEMENTS)}")
    athlete = request.get("athlete", before.athlete)
    queue = before.queue
    if "queue" in request:
        waiting = dict.fromkeys(name.strip() for name in request["queue"].split(","))
        queue = tuple(name for name in waiting if name not in ("", "-"))
    for name in queue:
        if not is_athlete_id(name):
            raise ValueError(f"{name[:40]!r} is no athlete's id. Choose athletes for the queue.")
    screen = cast("Posture | Literal['-']", request.get("screen", before.screen or "-"))
    tester = request.get("tester", before.tester).strip()
    return Plan(
        "" if athlete == "-" else athlete,
        request.get("goal", before.goal),
        movements,
        "" if screen == "-" else screen,
        tuple(name for name in queue if name != athlete),
        "" if tester == "-" else tester,
    )


LAST_STEP: Final = "stand_again"
"""The calibration is complete once it was accepted."""

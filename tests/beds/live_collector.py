"""A collector for the tests: a real hub, fed with angles that anybody can compute.

Run as a program it serves until it is killed: ``collector.py PORT [--hold DEGREES] [--silent]
[--ready] [--deep] [--lost] [--screened] [--played SECONDS]``.
Left rotation is ``30 sin(t)``, right is its mirror with an offset; both are NaN with ``--silent``.
With ``--lost`` nothing can be told of the right side, as after a long gap.
"""

import argparse
import asyncio
import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from imuhip.assess.screen import Before, ScreenKey, today_of, words_today
from imuhip.assess.symmetry import START_DAY_ERROR, Measured
from imuhip.core.conventions import CALIBRATION_STEPS, GRID_HZ, Side
from imuhip.core.evidence import Gate
from imuhip.core.findings import Finding, Repetition
from imuhip.core.records import Array, Fault
from imuhip.live.control import Action, refuse
from imuhip.live.course import Course, Plan, plan_of
from imuhip.live.hub import LiveHub, serving
from imuhip.live.protocol import BACKFILL_S, COLUMNS, hello

LEFT = COLUMNS.index("hip_rotation_left_deg")
RIGHT = COLUMNS.index("hip_rotation_right_deg")
SD_LEFT = COLUMNS.index("hip_rotation_left_sd_deg")
SD_RIGHT = COLUMNS.index("hip_rotation_right_sd_deg")
FLEXION_LEFT = COLUMNS.index("hip_flexion_left_deg")
SPEED = COLUMNS.index("pelvis_speed_deg_s")


class Obedient:
    """A control handler that does what it is asked, and shows what it did.

    A mark ``shaken:SENSOR`` shakes that sensor, ``note:next set`` begins another set; the first bow
    is too shallow unless the athlete bows `deep`, all else is good.
    """

    def __init__(self, *, ready: bool = False, deep: bool = False) -> None:
        self.deep = deep
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.state = "ready" if ready else "recording"
        self.shaken = self.athlete = ""
        self.places: dict[str, str] = {}
        self.hub = LiveHub(self)
        self.marked: list[str] = []
        self.course = Course(self._mark)

    def _mark(self, label: str) -> None:
        """Tell a mark, and judge the step that it ends."""
        self.course.heard(label)
        self.marked.append(label)
        self.hub.announce("mark", {"t": BACKFILL_S, "label": label})
        edge, _, name = label.partition(":")
        if edge == "end" and name in CALIBRATION_STEPS:
            shallow = name == "bow" and self.marked.count(label) == 1 and not self.deep
            self.hub.announce("step", {"t": BACKFILL_S, "step": step(name, shallow)})

    async def control(self, action: Action, request: Mapping[str, str]) -> Mapping[str, Any]:
        """Remember and agree."""
        self.asked.append((action, dict(request)))
        label = request.get("label", "")
        if action == "start":
            if (
                request.get("athlete") == "B9"
                and not self.asked.count(("start", dict(request))) > 1
            ):
                refuse("There is no consent of B9 on file. Save it on the page Set up first.")
            self.state, self.athlete = "recording", request.get("athlete", "")
            self.course.forget()
        elif action == "stop":
            self.state = "ready"
        elif action == "bind":
            self.places = dict(request)
        elif label.startswith("shaken:"):
            # Whoever is shaken is known by the place it has now.
            self.shaken = label.removeprefix("shaken:")
            for new, old in self.places.items():
                if label == f"shaken:{old}":
                    self.shaken = new
        else:
            self._go_on(action, request)
        return {"asked": self.asked, "marked": self.marked}

    def _go_on(self, action: Action, request: Mapping[str, str]) -> None:
        """The course of the session, as a real one keeps it."""
        if action == "plan":
            self.course.plan = plan_of(request, self.course.plan)
        elif action == "train":
            self.course.train()
        elif action == "test" and request["edge"] == "begin":
            self.course.begin_test(request["movement"], request["effort"].removeprefix("-"))
        elif action == "next":
            self.course.next_athlete(request["athlete"])
        elif action == "set":
            self.course.choose(request, recording=self.state == "recording")
        elif action == "mark":
            self.course.obey(request["label"])
            if request["label"] == "note:next set":
                measures = {"rotation_arc_deg": 7.0, "depth_deg": 92.0}
                measures |= {"descent_s": 1.5, "bottom_s": 0.25, "ascent_s": 1.0}
                rep = replace(repetition("left", 1, measures), set=2)
                self.hub.announce("repetition", {"t": BACKFILL_S, "repetition": rep})
        elif request["edge"] == "end":
            self.course.end(request["step"])
        else:
            ready_s = float(request.get("ready_s", "0"))
            self.course.begin(request["step"], ready_s, float(request.get("seconds", "inf")))

    def status(self) -> Mapping[str, Any]:
        """Tell of three sensors, the left thigh's battery nearly empty."""
        sensors = [
            {
                "sensor": name,
                "state": "streaming",
                "battery": battery,
                "battery_unit": "percent",
                "rssi_dbm": "-58",
                "loss_percent": 0.4,
                "rate_hz": 100.0,
            }
            for name, battery in (("pelvis", 88.0), ("thigh_left", 9.0), ("thigh_right", 76.0))
        ]
        return {
            "source": "live",
            "state": self.state,
            "athlete": self.athlete,
            "shaken": self.shaken,
            "course": self.course.status(),
            "sensors": sensors,
        }


def step(name: str, shallow: bool) -> dict[str, Any]:
    """A judged step as the hub tells it."""
    gates = [Gate.judge("rows", "1", "", 1.0, 0.9, 0.5)]
    if name == "bow":
        gates.append(Gate.judge("bow_amplitude", "deg", "pelvis", 20 + 32 * (not shallow), 35, 25))
    elif name.startswith("stand"):
        gates.append(Gate.judge("gyro_spread", "deg/s", "thigh_left", 0.8, 1.5, 3.0))
    words = ["Bow deeper and straight ahead."] if shallow else []
    return {"step": name, "accepted": not shallow, "gates": gates, "words": words}


def screened(course: Course) -> None:
    """The first test of the table screen is done, and went 12 degrees less far than usual."""
    course.plan = Plan(screen="seated")
    course.begin_test("seated_rotation_left", "active")
    course.obey("end:seated_rotation_left")
    key = ScreenKey("seated_rotation_left", "left", "in", "", "")
    before = {key: Before((Measured(35.0, 1.7),) * 3, START_DAY_ERROR)}
    course.today = words_today(today_of({key: [Measured(23.0, 1.0)] * 5}, before))


def rows_at(
    first: int, last: int, *, hold: float | None = None, silent: bool = False, lost: bool = False
) -> Array:
    """Rows ``first`` … ``last - 1`` of the grid."""
    t = np.arange(first, last) / GRID_HZ
    rows = np.zeros((len(t), len(COLUMNS)))
    rows[:, 0] = t
    left = 30.0 * np.sin(t) if hold is None else np.full(len(t), hold)
    rows[:, LEFT] = np.nan if silent else left
    rows[:, RIGHT] = np.nan if silent else -25.0 * np.sin(t + 0.6) - 8.0
    rows[:, FLEXION_LEFT] = 40.0 - 40.0 * np.cos(0.8 * t)
    rows[:, SD_LEFT] = rows[:, SD_RIGHT] = 2.5
    if lost:  # as `protocol.rows_from_output` tells it
        rows[:, RIGHT], rows[:, SD_RIGHT] = np.nan, 170.0
    rows[:, SPEED] = 20.0 * np.maximum(0.0, np.sin(0.7 * t)) ** 4
    return rows


def reported(hub: LiveHub, *, lost: bool = False) -> None:
    """Two squats, and what was told after the first and after the second; nothing when lost."""
    for number in (1, 2):
        for side, arc in (("left", 9.0), ("right", -4.0)):
            sd = 170.0 if lost and side == "right" else 2.0
            measures = {"rotation_arc_deg": arc, "rotation_arc_sd_deg": sd}
            rep = repetition(side, number, measures)
            hub.announce("repetition", {"t": BACKFILL_S, "repetition": rep})
        for rule in ("knee_in", "pelvic_tuck")[: 3 - number]:
            said = finding(rule, number)
            if lost:
                said = replace(said, grade="none")
            hub.announce("finding", {"t": BACKFILL_S, "finding": said})


def repetition(side: Side, number: int, measures: dict[str, float]) -> Repetition:
    """A counted squat."""
    return Repetition(
        movement="squat",
        side=side,
        set=1,
        repetition=number,
        direction="down",
        t_start=4.0 * number,
        t_turn=4.0 * number + 1.0,
        t_end=4.0 * number + 2.0,
        counted=True,
        found="detected",
        reason="",
        measures=measures,
    )


def finding(rule: str, after: int) -> Finding:
    """Something mild to be said of the set."""
    return Finding(
        rule=rule,
        movement="squat",
        side="left",
        set=1,
        repetitions=tuple(range(1, after + 1)),
        value=12.0,
        unit="deg",
        limit=10.0,
        mdc=4.0,
        grade="mild",
        confidence=0.9,
        words=f"{rule} after {after}",
        cue="Push the floor apart.",
        after=after,
    )


async def feed(
    athlete: Obedient, *, hold: float | None, silent: bool, played: float, lost: bool
) -> None:
    """Publish rows for ever, as time goes by, after some seconds of them.

    Where more seconds were played than a backfill holds, left turned to 55 degrees in the tenth.
    """
    hub = athlete.hub
    hub.begin(hello(f"test/{time.time_ns()}", "Athlete A1 · squats", "live", athlete="A1"))
    done = int(played * GRID_HZ)
    before = rows_at(0, done, hold=hold, silent=silent, lost=lost)
    if played > BACKFILL_S:
        before[1000:1100, LEFT] = 55.0
    hub.publish(before, stamp_unix_ns=math.nan)
    if not athlete.course.tested:
        hub.announce("mark", {"t": 0.0, "label": "begin:squat"})
        athlete.course.heard("begin:squat")
    reported(hub, lost=lost)
    for sensor, end in (("thigh_left", 9.4), ("pelvis", 9.02)):
        fault = Fault(sensor, "gap", 9.0, end, 1)
        hub.announce("fault", {"t": BACKFILL_S, "fault": fault})
    start = time.monotonic() - played
    while True:
        due = int((time.monotonic() - start) * GRID_HZ)
        if due > done:
            rows = rows_at(done, due, hold=hold, silent=silent, lost=lost)
            hub.publish(rows, stamp_unix_ns=time.time_ns())
            done = due
        await asyncio.sleep(1 / 60)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--hold", type=float)
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("--ready", action="store_true")
    parser.add_argument("--deep", action="store_true")
    parser.add_argument("--lost", action="store_true")
    parser.add_argument("--screened", action="store_true")
    parser.add_argument("--played", type=float, default=BACKFILL_S)
    given = parser.parse_args()
    athlete = Obedient(ready=given.ready, deep=given.deep)
    if given.screened:
        screened(athlete.course)
    async with serving(athlete.hub, port=given.port) as address:
        print(address, flush=True)  # noqa: T201 - whoever started it reads the address
        await feed(
            athlete, hold=given.hold, silent=given.silent, played=given.played, lost=given.lost
        )


if __name__ == "__main__":
    asyncio.run(main())

"""One athlete's session: the links of a kit, its recordings one after the other, and its hub.

Records go inbox → recorder → pipeline → hub, in that order, `TURN_S` after the first came.
Steering comes in by the hub and lands in the recording as marks.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from math import nan
from pathlib import Path
from typing import Any, Final

from imuhip.ble.identify import stands_out
from imuhip.ble.inbox import Inbox
from imuhip.ble.kit import Kit, rebound, without
from imuhip.ble.link import Link, LinkChange
from imuhip.ble.link_quality import VitalSigns, described, look_at
from imuhip.ble.radio import NO_BLUETOOTH, Radio
from imuhip.ble.scan import known_profiles
from imuhip.ble.set_up import chosen_rate
from imuhip.core.errors import DeviceError, ImuhipError, RecordingError
from imuhip.core.records import Header, Packet
from imuhip.live.active_recording import ActiveRecording, packets_of
from imuhip.live.control import Action, ControlRefusedError, refuse
from imuhip.live.course import LAST_STEP, Course, Plan, plan_of
from imuhip.live.hub import LiveHub
from imuhip.live.recorder import FLUSH_S
from imuhip.live.start import Options, free_path, live_header, spoken_label

_log = logging.getLogger(__name__)

_NONE_RUNS = "No recording is running. Start one first."


class Session:
    """A kit at work; it is also what its hub's control talks to.

    Parameters
    ----------
    kit, radio
        The sensors, and the adapter that reaches them.
    options
        How to collect.
    say
        Called with sentences for people.
    """

    def __init__(
        self, kit: Kit, radio: Radio, options: Options, say: Callable[[str], None]
    ) -> None:
        self.kit, self.radio = kit, radio
        self.hub = LiveHub(self)
        self.address = ""
        self.recording: ActiveRecording | None = None
        self.course = Course(self.mark, Plan(tester=options.tester))
        self._stopped: tuple[Path, str] | None = None
        self._options, self._say = options, say
        self._athlete = options.athlete or kit.athlete
        self._inbox = Inbox()
        self._turn, self._looking = asyncio.Lock(), asyncio.Lock()
        self._failure = ""
        self._started = False
        self._seen: list[Packet] = []
        self._suspects: set[str] = set()
        self._warned: set[tuple[str, str]] = set()
        self.links = {sensor: self._link(sensor) for sensor in kit.sensors}
        self.vitals = self._new_vitals()

    def _link(self, sensor: str) -> Link:
        bound = self.kit.sensors[sensor]
        profile = known_profiles()[bound.profile]
        rate_hz = chosen_rate(profile, self._options.rate_hz or self.kit.rate_hz)
        find = self.kit.finder(sensor)
        return Link(
            sensor,
            profile,
            rate_hz,
            self.radio,
            find,
            self._inbox,
            self._on_link_change,
            bound.serial,
            lambda: find.warning,
        )

    async def control(self, action: Action, request: Mapping[str, str]) -> Mapping[str, Any]:
        """Do what is asked, such as start, stop or mark; see `ControlHandler`."""
        if action == "stop" and self.recording is None and self._stopped is not None:
            return {"recording": self._stopped[0].name, "already": True}
        if action in ("start", "stop"):
            path = await (self._asked_to_start(request) if action == "start" else self.stop())
            return {"recording": path.name}
        if action == "bind":
            await self.rebind(request)
            return {"places": dict(request)}
        if action == "plan":
            try:
                self.course.plan = plan_of(request, self.course.plan)
            except ValueError as error:
                refuse(str(error))
            return {}
        if action == "next":
            return {"already": not self._lets_train(request["athlete"])}
        if action == "set":
            changed = self.course.choose(request, recording=self.recording is not None)
            return {"already": not changed, "fields": self.course.fields}
        if self.recording is None:
            refuse(_NONE_RUNS)
        return self._in_recording(action, request)

    def _in_recording(self, action: Action, request: Mapping[str, str]) -> Mapping[str, Any]:
        """Train, mark, test or calibrate; what was obeyed already says so."""
        if action == "test":
            return {"already": not self._tests(request)}
        if action == "train":
            return {"already": not self.course.train()}
        if action == "mark":
            return {"already": not self.course.obey(request["label"]), "label": request["label"]}
        return {"already": not self._calibrate(request), "label": _label_of(request)}

    async def _asked_to_start(self, request: Mapping[str, str]) -> Path:
        """Start for somebody; the recording that runs where it is that athlete's already."""
        athlete = request.get("athlete", "") or self._athlete
        recording = self.recording
        if recording is not None and request.get("athlete", "") in ("", recording.header.athlete):
            return recording.recorder.path
        if athlete and recording is None:
            words = await asyncio.to_thread(self._options.refusal, athlete)
            if words:
                refuse(words)
        left_out = request.get("without", "").replace(",", " ").split()
        if "tester" in request:
            self.course.plan = plan_of({"tester": request["tester"]}, self.course.plan)
        return await self.start(request.get("athlete", ""), left_out, request.get("goal", ""))

    def _lets_train(self, athlete: str) -> bool:
        """Let somebody of the queue train on this kit; False where it is their turn already."""
        if self.recording is not None and athlete != self.course.plan.athlete:
            refuse("A recording is running. Stop it first.")
        try:
            return self.course.next_athlete(athlete)
        except ValueError as error:
            refuse(str(error))

    def _tests(self, request: Mapping[str, str]) -> bool:
        """Begin or end a test of the table screen; False where that is so already."""
        movement, effort = request["movement"], request["effort"].removeprefix("-")
        if request["edge"] == "end":
            return self.course.obey(f"end:{movement}")
        try:
            return self.course.begin_test(movement, effort)
        except ValueError as error:
            refuse(str(error))

    def _calibrate(self, request: Mapping[str, str]) -> bool:
        """Begin or end a step; False where that is so already."""
        if request["edge"] == "end":
            return self.course.end(request["step"])
        seconds = float(request.get("seconds", "inf"))
        return self.course.begin(request["step"], float(request.get("ready_s", "0")), seconds)

    async def start(self, athlete: str = "", left_out: Sequence[str] = (), goal: str = "") -> Path:
        """Begin a recording, perhaps without some sensors; ControlRefusedError if it cannot be now.

        Nothing of a sensor that is left out is recorded, should it come.
        """
        async with self._turn:
            if self.recording is not None:
                refuse(f"{self.recording.recorder.path.name} is being recorded. Stop it first.")
            who = athlete or self._athlete
            own = await asyncio.to_thread(self._options.arc_goals, who) if who else {}
            assess = ({"goal": goal} if goal else {}) | ({"arc_goals": own} if own else {})
            header = self._header(who, left_out, assess)
            path = free_path(self._options.folder, header.athlete or self.kit.name)
            try:
                stages = self._options.make_stages(header)
                self.recording = ActiveRecording(
                    path, header, stages, self.hub, spoken_label(header, self.kit)
                )
            except ImuhipError as error:
                refuse(str(error))
            self._begin(frozenset(left_out))
            self.course.usual = await asyncio.to_thread(self._options.usual, who) if who else {}
            self.course.say_fields()
        lacking = f" without {', '.join(left_out)}" if left_out else ""
        self._say(f"recording {path}{lacking}")
        return path

    async def rebind(self, places: Mapping[str, str]) -> None:
        """Place to the place its sensor had until now; ControlRefusedError if it cannot be now."""
        async with self._turn:
            if self.recording is not None:
                refuse("Sensors cannot change places during a recording. Stop it first.")
            try:
                kit = rebound(self.kit, places)
                self._options.rebound(kit.name, places)
            except ImuhipError as error:
                refuse(str(error))
            self.kit = kit
            self.links = {sensor: self.links[places.get(sensor, sensor)] for sensor in self.links}
            for sensor, link in self.links.items():
                link.sensor = sensor
            self._inbox.begin()
            self.vitals, self._seen = self._new_vitals(), []
        self._say("; ".join(f"the sensor of {old} is on {new} now" for new, old in places.items()))

    def _header(self, athlete: str, left_out: Sequence[str], assess: Mapping[str, Any]) -> Header:
        """Of a recording that begins now; ControlRefusedError while a sensor is waited for."""
        try:
            kit = without(self.kit, left_out)
        except DeviceError as error:
            refuse(str(error))
        links = {sensor: self.links[sensor] for sensor in kit.sensors}
        waits = [sensor for sensor, link in links.items() if not link.flows]
        if waits:
            refuse(
                f"No data yet from {', '.join(waits)}. Switch them on and bring them near; "
                "GET /status says what is wrong. To start without a sensor: "
                f'{{"without": "{waits[0]}"}}'
            )
        return live_header(kit, links, athlete, assess, self.course.plan.tester)

    def _begin(self, left_out: frozenset[str]) -> None:
        """Count from zero, and tell the new recording how its links came to be."""
        self._failure, self._started = "", True
        self.course.forget()
        self.vitals, self._seen = self._new_vitals(), []
        self._inbox.begin(left_out)
        for link in self.links.values():
            link.epoch = 0
            for stamp_ns, kind, detail in link.story:
                self._inbox.event(link.sensor, kind, {**detail, "earlier_ns": str(stamp_ns)})

    async def stop(self) -> Path:
        """End the recording with everything that has come; ControlRefusedError if there is none."""
        async with self._turn:
            recording = self.recording
            if recording is None:
                refuse(_NONE_RUNS)
            self.course.end_session()
            self._inbox.event("", "clock", {"utc_ns": str(time.time_ns())})
            self._drain()
            self._end(recording)
            try:
                await recording.recorder.close()
            except RecordingError as error:
                self._fail(error)
            try:
                await recording.finish()
            except ImuhipError as error:
                self._warn("pipeline", str(error))
        await self._look_now()
        self._say(f"recorded {recording.recorder.path}")
        for sensor, figures in self._figures(recording).items():
            if sensor in recording.sensors:
                self._say(f"  {sensor}: {described(figures)}")
        self._options.show(recording.assessed)
        self._hand_on(recording)
        return recording.recorder.path

    def _hand_on(self, recording: ActiveRecording) -> None:
        """Let a recording be filed, once it is over: also one that the disk ended."""
        self._options.recorded(recording.recorder.path, recording.header.athlete)

    def _end(self, recording: ActiveRecording) -> None:
        """There is no recording any more; all sensors count again."""
        self.recording = None
        self._stopped = recording.recorder.path, recording.header.athlete
        self.course.forget()
        self._inbox.begin()

    def mark(self, label: str) -> int:
        """Put a mark into the recording; its host stamp. ControlRefusedError without one."""
        if self.recording is None:
            refuse(_NONE_RUNS)
        self.course.heard(label)
        return self._inbox.mark(label).host_ns

    def status(self) -> Mapping[str, Any]:
        """How the session and each sensor are doing."""
        figures = self._figures()
        return {
            "source": "live",
            "state": self.state,
            "kit": self.kit.name,
            "athlete": self.recording.header.athlete if self.recording else self._athlete,
            "recording": self.recording.recorder.path.name if self.recording else "",
            "t": self.recording.t if self.recording else None,
            "failure": self._failure,
            "last": self._last(),
            "course": self.course.status(),
            "shaken": stands_out(self._energies()) or "",
            "sensors": [self._sensor_status(link, figures) for link in self.links.values()],
        }

    def _last(self) -> Mapping[str, str] | None:
        """The recording before, whose it is, and what has become of it; None before the first."""
        if self._stopped is None:
            return None
        path, athlete = self._stopped
        return {"recording": path.name, "athlete": athlete} | asdict(self._options.filed(path))

    @property
    def state(self) -> str:
        """``recording``, ``failed``, ``ready`` or ``waiting`` for sensors."""
        if self.recording is not None:
            return "recording"
        if self._failure:
            return "failed"
        return "ready" if all(link.flows for link in self.links.values()) else "waiting"

    def _sensor_status(self, link: Link, figures: Mapping[str, Mapping[str, Any]]) -> Any:
        battery = link.profile.battery
        reported = self.vitals[link.sensor].battery
        return {
            "sensor": link.sensor,
            "state": link.state,
            "trouble": link.trouble,
            "profile": link.profile.id,
            "nominal_hz": link.rate_hz,
            "connections": link.epoch + 1,
            "battery": link.battery if reported is None else reported,
            "battery_unit": battery.unit if battery else None,
            **link.info,
            **figures[link.sensor],
        }

    def _energies(self) -> dict[str, float]:
        """How hard each sensor that streams turned in the newest look."""
        return {s: vital.energy for s, vital in self.vitals.items() if self.links[s].flows}

    def _figures(self, ended: ActiveRecording | None = None) -> dict[str, dict[str, Any]]:
        """Each sensor's own figures, and how far the pipeline says its clock may be off."""
        recording = ended or self.recording
        residuals = recording.clock_residuals if recording else {}
        return {s: vital.figures(residuals.get(s, nan)) for s, vital in self.vitals.items()}

    async def run(self) -> None:
        """Work until cancelled: batches, flushes, figures, and an eye on silent sensors."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pump())
            tasks.create_task(self._flush())
            tasks.create_task(self._look())
            tasks.create_task(self._watch())

    def _drain(self) -> None:
        """Take what came: to the recorder first of all."""
        records = self._inbox.take()
        if self.recording is not None:
            self.recording.add(records)
        self._seen += packets_of(records)

    async def _pump(self) -> None:
        while True:
            await self._inbox.turn(TURN_S)
            async with self._turn:
                self._drain()
                if self.recording is not None:
                    try:
                        await self.recording.push()
                    except ImuhipError as error:
                        self._warn("pipeline", f"live angles end here, recording goes on: {error}")
                    if LAST_STEP in self.recording.accepted:
                        self.course.train()
                    assessed = self.recording.assessed
                    self.course.hold_screen(assessed.repetitions, assessed.notes)
            if self._options.start_when_ready and not self._started and self.state == "ready":
                self._started = True
                try:
                    await self._asked_to_start({})
                except ControlRefusedError as error:
                    self._fail(error)

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            recording = self.recording
            if recording is None:
                continue
            self._drain()
            try:
                await recording.recorder.flush()
            except RecordingError as error:
                async with self._turn:
                    if self.recording is not recording:  # stopped meanwhile: that said and filed it
                        continue
                    self._end(recording)
                    self._fail(error)
                    with suppress(ImuhipError):
                        await recording.finish()
                    with suppress(RecordingError):  # what the disk refused is said already
                        await recording.recorder.close()
                    self._hand_on(recording)

    async def _look(self) -> None:
        """Work out the figures once a second, and tell them to the log now and then."""
        looks = 0
        while True:
            await asyncio.sleep(LOOK_S)
            await self._look_now()
            self._check()
            looks += 1
            if looks % LOG_LOOKS == 0:
                for sensor, figures in self._figures().items():
                    _log.info("%s %s: %s", self.kit.name, sensor, described(figures))

    async def _look_now(self) -> None:
        """Work out the figures of what came since the last look."""
        async with self._looking:
            seen, self._seen = self._seen, []
            await asyncio.to_thread(look_at, self.vitals, seen)

    def _check(self) -> None:
        """Warn, once, of a low battery."""
        for sensor, link in self.links.items():
            reported, battery = self.vitals[sensor].battery, link.profile.battery
            level = link.battery if reported is None else reported
            low = battery is not None and battery.unit == "percent"
            if low and level is not None and level < LOW_BATTERY_PERCENT:
                self._warn(f"{sensor} battery", f"{sensor}: battery at {level:.0f} %; charge it")

    async def _watch(self) -> None:
        """Notice a sensor that falls silent while the others go on, or all of them for long."""
        while True:
            await asyncio.sleep(WATCH_S)
            now_ns = time.monotonic_ns()
            links = [link for link in self.links.values() if link.state == "streaming"]
            silent = {link.sensor: link.silent_s(now_ns) for link in links}
            newest = min(silent.values(), default=0.0)
            suspects = {
                sensor
                for sensor, seconds in silent.items()
                if seconds > ALL_SILENT_S or (seconds > SILENT_S and newest < WATCH_S)
            }
            # Twice in a row: after a pause of this program the queue is read sensor by sensor.
            for sensor in sorted(suspects & self._suspects):
                self.links[sensor].lose(f"no data for {silent[sensor]:.1f} s")
            self._suspects = suspects

    def say(self, sentence: str) -> None:
        """Say a sentence of this session."""
        self._say(sentence)

    def _on_link_change(self, link: Link, change: LinkChange, sentence: str) -> None:
        """A link changed: tell people and viewers once; of no Bluetooth, once for all links."""
        if link.trouble == NO_BLUETOOTH and change == "trouble":
            self._warn("bluetooth", NO_BLUETOOTH)
            return
        # One may still have been connected just before Bluetooth went off.
        if change == "streaming" and all(o.trouble != NO_BLUETOOTH for o in self.links.values()):
            self._warned.discard(("bluetooth", NO_BLUETOOTH[:40]))
        self._say(sentence)
        t = self.recording.t if self.recording else None
        self.hub.announce(
            "sensor", {"t": t, "sensor": link.sensor, "state": change, "words": sentence}
        )

    def _warn(self, topic: str, sentence: str) -> None:
        if (topic, sentence[:40]) not in self._warned:
            self._warned.add((topic, sentence[:40]))
            self._say(sentence)
            self.hub.announce("warning", {"words": sentence})

    def _fail(self, error: Exception) -> None:
        """Remember why there is no recording, and say so; the session stays to be asked."""
        self._failure = str(error)
        self._say(self._failure)
        self.hub.announce("status", {"state": "failed", "words": self._failure})

    def _new_vitals(self) -> dict[str, VitalSigns]:
        return {
            sensor: VitalSigns(sensor, link.profile, link.rate_hz)
            for sensor, link in self.links.items()
        }


def _label_of(request: Mapping[str, str]) -> str:
    """The mark of a step's edge."""
    return f"{request['edge']}:{request['step']}"


TURN_S: Final = 0.012
"""How long a notification waits for others at most. Shorter shows a movement sooner, and costs
more: each push about half a millisecond, however little it holds. A frame leaves every 17 ms at
most."""

LOOK_S: Final = 1.0
LOG_LOOKS: Final = 60

WATCH_S: Final = 0.1
SILENT_S: Final = 0.7
"""Radio stalls end within 0.15 s; with two looks, a lost sensor is known within 0.9 s."""

ALL_SILENT_S: Final = 5.0
"""When nothing comes at all, it is this computer that paused; it may go on."""

LOW_BATTERY_PERCENT: Final = 15.0

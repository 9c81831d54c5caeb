"""One sensor's link: found, connected, set up, watched, and made again when it breaks.

A link never gives up: it waits longer after each failure and tries again. It speaks of a trouble
once, not at each attempt.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import Final, Literal

from imuhip.ble.inbox import Inbox
from imuhip.ble.link_quality import battery_level
from imuhip.ble.radio import Connection, Find, Radio, Sighting
from imuhip.ble.set_up import Answers, perform, steps_of
from imuhip.core.errors import DeviceError
from imuhip.devices.profile_nouns import Profile, Step, Stream

State = Literal["searching", "connecting", "streaming", "lost"]
LinkChange = Literal["streaming", "lost", "trouble"]

OnChange = Callable[["Link", LinkChange, str], None]
"""Called with the link, what changed, and a sentence about it."""


class Link:
    """A sensor and the way to it; all methods belong to the event loop's thread.

    Parameters
    ----------
    sensor
        The segment it sits on.
    profile, rate_hz
        What it speaks, and how fast.
    radio
        The adapter to reach it by.
    find
        Picks it among what is heard.
    inbox
        Where everything that comes is put.
    on_change
        Called when the link changes.
    serial
        What the device must say its serial number is; empty accepts any.
    warning
        What else to say when the device is not heard, such as of a stranger under its name.

    Attributes
    ----------
    state
        Where it stands.
    epoch
        Counts its connections in the present recording, from 0.
    heard_ns
        Host stamp of the newest samples of the present connection; 0 before there are any.
    info
        What the device says of itself, as text.
    story
        Events of the present connection with their host times, for a recording that begins later.
    """

    def __init__(
        self,
        sensor: str,
        profile: Profile,
        rate_hz: float,
        radio: Radio,
        find: Find,
        inbox: Inbox,
        on_change: OnChange,
        serial: str = "",
        warning: Callable[[], str] = lambda: "",
    ) -> None:
        self.sensor, self.profile, self.rate_hz, self.radio = sensor, profile, rate_hz, radio
        self.state: State = "searching"
        self.epoch = -1
        self.heard_ns = 0
        self.info: dict[str, str] = {}
        self.story: list[tuple[int, str, dict[str, str]]] = []
        self.trouble = ""
        self.battery: float | None = None
        self._rate_code = profile.rate_code(rate_hz)
        named = {stream.characteristic for stream in profile.streams}
        self._streams = {uuid: profile.streams_on(uuid) for uuid in named}
        self._find, self._inbox, self._on_change, self._serial = find, inbox, on_change, serial
        self._warning = warning
        self._spoken: set[str] = set()
        self._connection: Connection | None = None
        self._gone, self._sends = asyncio.Event(), asyncio.Event()
        self._answers = Answers()
        self._hint: Sighting | None = None
        self._reached = False

    def hint(self, sighting: Sighting | None) -> None:
        """Spare the first search, for the device was just heard."""
        self._hint = sighting

    async def run(self) -> None:
        """Keep the sensor streaming until cancelled."""
        wait = FIRST_RETRY_S
        while True:
            try:
                connection = await self._connect()
            except DeviceError as error:
                self._failed(error)
                least = SLOW_TO_RECOVER_S.get(self.profile.vendor, 0.0) if self._reached else 0.0
                await asyncio.sleep(max(wait, least))
                wait = min(wait * 2.0, LONGEST_RETRY_S)
                continue
            connected_at = time.monotonic()
            await self._stay(connection)
            steady = time.monotonic() - connected_at > STEADY_S
            wait = FIRST_RETRY_S if steady else min(wait, UNSTEADY_RETRY_S)
            await asyncio.sleep(wait)
            wait = wait if steady else min(wait * 2.0, UNSTEADY_RETRY_S)

    async def ask_to_stop(self) -> None:
        """Tell the sensor to send nothing more; whoever ran `run` has cancelled it."""
        connection = self._connection
        if connection is None or self.state != "streaming":
            return
        with suppress(DeviceError):
            for number, step in enumerate(self.profile.stop, 1):
                name, code = f"stop step {number}", self._rate_code
                detail = await perform(connection, self.profile, step, name, code, self._answers)
                self._event("write", detail)

    async def close(self) -> None:
        """Let go of the sensor; whoever ran `run` has ended it."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        self.state = "lost"
        self._event("disconnect", {"reason": "closed"})
        await connection.close()

    @property
    def flows(self) -> bool:
        """Whether samples come."""
        return self.state == "streaming"

    def silent_s(self, now_ns: int) -> float:
        """How long no samples have come, seconds; for a link that streams."""
        return (now_ns - self.heard_ns) / 1e9

    def lose(self, reason: str) -> None:
        """Note that nothing comes any more; `run` makes the link again."""
        if self.state == "streaming":
            self.state = "lost"
            self._event("disconnect", {"reason": reason})
            self._on_change(self, "lost", f"{self.sensor}: lost ({reason}); reconnecting")
        self._gone.set()

    async def _connect(self) -> Connection:
        """Find, connect, set up, subscribe, wait for samples; DeviceError if it cannot be."""
        self._reached = False
        sighting = await self._search()
        self._reached = True
        self.state = "connecting"
        self._gone.clear()
        self._sends.clear()
        self.story, self.heard_ns = [], 0
        lost = partial(self.lose, "the link broke")
        connection = Connection(self.radio, sighting, self.profile, lost)
        async with AsyncExitStack() as undo:
            undo.push_async_callback(connection.close)
            async with self.radio.lock:
                await connection.open(CONNECT_S)
            self._check_mtu(connection)
            await self._introduce(connection, sighting)
            await self._set_up(connection)
            await self._first_samples()
            undo.pop_all()
        self._connection = connection
        self.state, self.trouble = "streaming", ""
        self._spoken.clear()
        self._on_change(self, "streaming", f"{self.sensor}: streaming from {self.info['name']}")
        return connection

    async def _search(self) -> Sighting:
        """The device, as it was heard just now: systems connect best to what they just heard."""
        self.state = "searching"
        found, self._hint = self._hint, None
        if found is None:
            found = await self.radio.search(self._find, SEARCH_S)
        if found is None:
            raise DeviceError(
                f"Not found in {SEARCH_S:g} s. Switch it on, charge it, or bring "
                "it nearer." + (f" {more}" if (more := self._warning()) else "")
            )
        return found

    async def _first_samples(self) -> None:
        """Wait until samples come: a sensor that answers its start need not keep its word."""
        ends = [asyncio.create_task(event.wait()) for event in (self._sends, self._gone)]
        try:
            await asyncio.wait(ends, timeout=FIRST_DATA_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        if self._gone.is_set():
            raise DeviceError("The link broke during set-up. Bring the sensor nearer.")
        if not self._sends.is_set():
            raise DeviceError(
                f"The sensor was started but sent nothing for {FIRST_DATA_S:g} s. Switch it off "
                "and on; the others go on without it."
            )

    def _check_mtu(self, connection: Connection) -> None:
        """Refuse a link whose packets are too short; DeviceError says so."""
        least = self.profile.link.min_mtu
        if DEFAULT_MTU < connection.mtu < least:  # some systems always give the smallest
            raise DeviceError(
                f"The link has packets of {connection.mtu} bytes (MTU), and {least} are needed "
                "for whole notifications. Use another adapter, or update its driver."
            )

    async def _introduce(self, connection: Connection, sighting: Sighting) -> None:
        """Note who it is; DeviceError if it is another than the kit says."""
        self.epoch += 1
        self.info = {
            "name": sighting.name,
            "address": sighting.address,
            "rssi_dbm": str(sighting.rssi),
            "mtu": str(connection.mtu),
            "notify_mode": connection.notify_mode,
            "adapter": self.radio.adapter,
        }
        for name, uuid in DEVICE_INFORMATION.items():
            if connection.has(uuid):
                with suppress(DeviceError):  # a device may have it and refuse to tell
                    text = (await connection.read(uuid)).decode("utf-8", "replace")
                    self.info[name] = text.strip("\0 ")
        came = self.info.get("serial", "")
        if self._serial and came and came != self._serial:
            raise DeviceError(
                f"Another sensor answers to the name of {self.sensor}: its serial is {came}, not "
                f"{self._serial}. Bind the kit again."
            )
        await self._read_battery(connection)
        self._event("connect", self.info)

    async def _set_up(self, connection: Connection) -> None:
        """Write the steps, in their order around subscribing."""
        before = steps_of(self.profile, "before_subscribe")
        after = steps_of(self.profile, "after_subscribe")
        streams = list(dict.fromkeys(s.characteristic for s in self.profile.streams))
        early = _answering([step for _, step in before])
        late = _answering([step for _, step in after])
        battery = self.profile.battery
        if battery is not None and battery.request is not None:
            late.append(battery.characteristic)
        subscribed: set[str] = set()
        await self._subscribe(connection, early, subscribed)
        await self._perform(connection, before)
        await self._subscribe(connection, late + streams, subscribed)
        await self._perform(connection, after)
        await self._ask_battery(connection)

    async def _perform(self, connection: Connection, steps: list[tuple[str, Step]]) -> None:
        for name, step in steps:
            detail = await perform(
                connection, self.profile, step, name, self._rate_code, self._answers
            )
            self._event("write", detail)

    async def _subscribe(self, connection: Connection, uuids: list[str], done: set[str]) -> None:
        for uuid in uuids:
            if uuid not in done:
                done.add(uuid)
                await connection.subscribe(uuid, partial(self._came, uuid))

    def _came(self, uuid: str, stamp_ns: int, data: bytes) -> None:
        """Queue a notification: this runs for every one, and does nothing more."""
        self._inbox.notification(self.sensor, uuid, self.epoch, stamp_ns, data)
        self._answers.offer(uuid, data)
        for stream in self._streams.get(uuid, ()):
            if len(data) >= stream.min_len and _begins(stream, data):
                self.heard_ns = stamp_ns
                self._sends.set()
                return

    async def _stay(self, connection: Connection) -> None:
        """Remain until the link is lost, asking for the battery now and then."""
        while not self._gone.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), BATTERY_S)
                break
            with suppress(DeviceError):  # an unknown battery level is no reason to stop
                await self._read_battery(connection)
                await self._ask_battery(connection)
        self._connection = None
        await connection.close()

    async def _read_battery(self, connection: Connection) -> None:
        """Read the battery level where the profile has it read."""
        battery = self.profile.battery
        if battery is None or battery.request is not None:
            return
        if connection.has(battery.characteristic):
            self.battery = battery_level(battery, await connection.read(battery.characteristic))

    async def _ask_battery(self, connection: Connection) -> None:
        """Ask for the battery level where it comes in a notification."""
        battery = self.profile.battery
        if battery is not None and battery.request is not None:
            await connection.write(battery.request_to, battery.request, response=False)

    def _failed(self, error: DeviceError) -> None:
        """Remember a failure, and speak of it unless that was done since samples came last."""
        self.state, self.trouble = "searching", error.message
        self._event("error", {"message": error.message})
        if error.message not in self._spoken:
            self._spoken.add(error.message)
            self._on_change(self, "trouble", f"{self.sensor}: {error.message}")

    def _event(self, kind: str, detail: Mapping[str, str]) -> None:
        self.story.append((time.monotonic_ns(), kind, dict(detail)))
        self._inbox.event(self.sensor, kind, detail)


def _begins(stream: Stream, data: bytes) -> bool:
    """Whether a notification is one of the stream's, and no answer on its characteristic."""
    return stream.match in data if stream.framing == "resync" else data.startswith(stream.match)


def _answering(steps: list[Step]) -> list[str]:
    """Characteristics that must be subscribed to before these steps, for they answer them."""
    return [
        step.answer_from for step in steps if step.answer is not None and step.answer_by == "notify"
    ]


DEVICE_INFORMATION: Final = {
    "model": "00002a24-0000-1000-8000-00805f9b34fb",
    "serial": "00002a25-0000-1000-8000-00805f9b34fb",
    "firmware": "00002a26-0000-1000-8000-00805f9b34fb",
    "hardware": "00002a27-0000-1000-8000-00805f9b34fb",
    "maker": "00002a29-0000-1000-8000-00805f9b34fb",
}
"""What a device may tell of itself: the Device Information service."""

DEFAULT_MTU: Final = 23
"""The smallest MTU there is; BlueZ before 5.62 says it of every link."""

CONNECT_S: Final = 15.0
"""Connecting takes one to a few seconds; a stack that needs longer has lost its way."""

SEARCH_S: Final = 5.0
"""Sensors advertise at least every two seconds; two chances and a half."""

FIRST_RETRY_S: Final = 0.5
"""After a broken link a sensor needs a moment until it advertises again."""

LONGEST_RETRY_S: Final = 15.0
"""Waits double up to here: a sensor that was charged or brought back is found soon enough."""

SLOW_TO_RECOVER_S: Final = {"WitMotion": 40.0}
"""By vendor: after a failed connect these answer no sooner; trying earlier starts it over."""

FIRST_DATA_S: Final = 3.0
"""A sensor that was just started may take so long until its first samples."""

STEADY_S: Final = 10.0
"""A link that held so long was good: the next search for its sensor begins at once."""

UNSTEADY_RETRY_S: Final = 4.0
"""Waits double up to here for a sensor that comes and goes."""

BATTERY_S: Final = 60.0
"""Batteries last hours; each question takes radio time from the samples."""

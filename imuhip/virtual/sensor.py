"""A virtual sensor: what a device does with writes, reads and subscriptions, by its profile.

It knows nothing of Bluetooth: `adapter`, or a bed of the tests, carries it and is its
`Bearer`. Notifications leave when the link would have let them through; what is lost is counted
and never sent.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from imuhip.devices.profile_nouns import RATE_CODE, Battery, Profile, Step
from imuhip.simulate.radio import Radio, arrivals, lost
from imuhip.virtual.gatt import (
    DEVICE_INFORMATION,
    VirtualService,
    full_uuid,
    gatt_table,
)
from imuhip.virtual.play import Pass, Play, follow
from imuhip.virtual.reel import Reel

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LinkFaults:
    """What goes wrong between a sensor and the host; the defaults are a link without faults.

    Parameters
    ----------
    radio
        Connection interval (bursts at each), repeats (late), stalls, losses.
    link_losses
        ``(t, duration)`` in seconds of the play: the connection breaks, and the sensor cannot be
        found for so long.
    battery_percent
        What the battery says.
    refuse
        Steps that fail, such as ``setup:0`` or ``start:0``: with an ATT error where the write is
        acknowledged, and with another answer than the one expected where there is one.
    seed
        Of everything that is drawn.
    """

    radio: Radio = field(default_factory=Radio)
    link_losses: tuple[tuple[float, float], ...] = ()
    battery_percent: int = 87
    refuse: tuple[str, ...] = ()
    seed: int = 0


class WriteRefusedError(Exception):
    """A write that the device answers with an ATT error; `code` is the error's number."""

    def __init__(self, code: int) -> None:
        super().__init__(f"ATT error 0x{code:02x}")
        self.code = code


class Bearer(Protocol):
    """What carries a sensor's bytes while it is connected."""

    def notify(self, uuid: str, value: bytes) -> None:
        """Send a notification to the subscriber."""

    def drop(self) -> None:
        """Break the connection, as when the athlete walks out of reach."""


@dataclass(eq=False)
class VirtualSensor:
    """One device.

    Parameters
    ----------
    sensor
        The segment it sits on: a label, which it does not advertise.
    reel
        What it sends.
    play
        The clock it shares with the others.
    name, address, serial
        What it advertises; where it lives; what its device information says.
    rssi
        Signal in dBm at the host.
    faults
        What goes wrong.
    aliased
        It has the profile's alias UUIDs.
    on_sent
        Called with every notification of samples (characteristic, bytes) as it leaves: for tests.
    """

    sensor: str
    reel: Reel
    play: Play
    name: str
    address: str
    serial: str
    rssi: int = -60
    faults: LinkFaults = LinkFaults()
    aliased: bool = False
    on_sent: Callable[[str, bytes], None] | None = None
    sent: int = field(default=0, init=False)
    lost: int = field(default=0, init=False)
    writes: list[tuple[str, bytes]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.battery_percent = self.faults.battery_percent
        self.services = gatt_table(self.profile, aliased=self.aliased)
        self.reachable = asyncio.Event()
        self.reachable.set()
        self._alias = {}
        if self.aliased:
            self._alias = {uuid: alias for alias, uuid in self.profile.match.uuid_aliases.items()}
        self._bearer: Bearer | None = None
        self._subscribed: set[str] = set()
        self._asked_to_stream = False
        self._streamed_before = False
        self._task: asyncio.Task[None] | None = None
        self._rng = np.random.default_rng([self.faults.seed, *self.address.encode()])

    @property
    def profile(self) -> Profile:
        """The profile it keeps to."""
        return self.reel.profile

    @property
    def service_uuids(self) -> tuple[str, ...]:
        """Services it advertises, 128 bits."""
        return tuple(self._name_here(full_uuid(u)) for u in self.profile.match.service_uuids)

    @property
    def manufacturer_data(self) -> dict[int, bytes]:
        """Maker's data it advertises."""
        maker = self.profile.match.manufacturer_id
        return {} if maker is None else {maker: self.serial.encode()}

    @property
    def occupied(self) -> bool:
        """Whether a host is connected."""
        return self._bearer is not None

    @property
    def streaming(self) -> bool:
        """Whether samples are being sent."""
        return self._task is not None

    def services_with(self, uuid: str) -> VirtualService:
        """Return the service that holds the characteristic `uuid`."""
        return next(s for s in self.services if any(c.uuid == uuid for c in s.characteristics))

    # --- the connection --------------------------------------------------------------------------

    def connected(self, bearer: Bearer) -> None:
        """The host has connected."""
        self._bearer = bearer

    def disconnected(self) -> None:
        """The connection is gone: nothing is subscribed and nothing streams."""
        self._bearer = None
        self._subscribed.clear()
        self._asked_to_stream = False
        self._settle()

    def subscribe(self, uuid: str, *, on: bool) -> None:
        """The host wants notifications of `uuid`, or no more."""
        (self._subscribed.add if on else self._subscribed.discard)(uuid)
        if not self.profile.start:
            self._asked_to_stream = self._name_here(self.reel.stream.characteristic) in (
                self._subscribed
            )
        self._settle()

    async def lose_link(self, seconds: float) -> None:
        """Break the connection and stay out of reach for a while."""
        self.reachable.clear()
        if self._bearer is not None:
            self._bearer.drop()
        await asyncio.sleep(seconds)
        self.reachable.set()

    async def run(self) -> None:
        """Let the link break when the faults say so; the bed runs and ends this."""
        for t, duration in sorted(self.faults.link_losses):
            await self.play.until(t)
            await self.lose_link(duration / self.play.speed)

    # --- reading and writing ---------------------------------------------------------------------

    def read(self, uuid: str) -> bytes:
        """Return the value of the characteristic `uuid`."""
        uuid = self.profile.canonical(uuid)
        for short, what in DEVICE_INFORMATION.items():
            if uuid == full_uuid(short):
                return {"serial": self.serial, "model": self.profile.id}.get(
                    what, _UNNAMED
                ).encode()
        battery = self.profile.battery
        if battery is not None and uuid == full_uuid(battery.characteristic):
            return self._battery(battery)
        for label, step in self._steps():
            if step.answer_by == "read" and step.answer and full_uuid(step.answer_from) == uuid:
                return self._answer(label, step)
        return b""

    def write(self, uuid: str, value: bytes) -> None:
        """Take a write; answers follow as notifications.

        Raises
        ------
        WriteRefusedError
            When the step is to fail and the device can say so only in the response.
        """
        self.writes.append((uuid, value))
        uuid = self.profile.canonical(uuid)
        battery = self.profile.battery
        if battery is not None and value == battery.request:
            self._notify(full_uuid(battery.characteristic), self._battery(battery))
            return
        for label, step in self._steps():
            if step.template is None or full_uuid(step.characteristic) != uuid:
                continue
            code = _rate_code(step, value)
            if code is None:
                continue
            refused = label in self.faults.refuse or not self._can(step, code)
            self._carry_out(label, step, refused=refused)
            return

    def set_battery(self, percent: int) -> None:
        """Let the battery stand at `percent`, and tell it to who listens."""
        self.battery_percent = percent
        battery = self.profile.battery
        if battery is not None:
            self._notify(full_uuid(battery.characteristic), self._battery(battery))

    def _steps(self) -> list[tuple[str, Step]]:
        """All steps with their labels."""
        groups = {"setup": self.profile.setup, "start": self.profile.start}
        groups["stop"] = self.profile.stop
        return [(f"{name}:{i}", s) for name, steps in groups.items() for i, s in enumerate(steps)]

    def _can(self, step: Step, code: bytes) -> bool:
        """Whether the device has the rate that a step asks for: it plays at one only."""
        if RATE_CODE not in (step.template or ""):
            return True
        return code == self.profile.rates.get(self.reel.rate_hz, code)

    def _carry_out(self, label: str, step: Step, *, refused: bool) -> None:
        answers = step.answer is not None
        if refused:
            _log.info("%s refuses %s", self.name, label)
        if refused and not answers:
            if step.response:
                raise WriteRefusedError(_REFUSED)
            return
        if answers and step.answer_by == "notify":
            answer = self._answer(label, step, refused=refused)
            self._notify(full_uuid(step.answer_from), answer)
        if not refused and label == f"start:{len(self.profile.start) - 1}":
            self._asked_to_stream = True
        elif not refused and label.startswith("stop:"):
            self._asked_to_stream = False
        self._settle()

    def _answer(self, label: str, step: Step, *, refused: bool = False) -> bytes:
        """What the profile expects, or something else where the step is to fail."""
        answer = bytearray(step.answer or b"")
        if (self.profile.id, label) == _REFERENCE_CONFIG:
            answer[1] = self.reel.per_packet
            answer[2:4] = round(self.reel.rate_hz).to_bytes(2, "little")
        if refused or label in self.faults.refuse:
            last = max(i for i, counts in enumerate(step.mask) if counts)
            answer[last] ^= 1
        return bytes(answer)

    def _battery(self, battery: Battery) -> bytes:
        """The battery's bytes, as long as the device makes them."""
        level = float(self.battery_percent)
        if battery.unit == "V":
            level = _EMPTY_V + (_FULL_V - _EMPTY_V) * level / 100.0
        raw = np.array([round(level / battery.scale)], dtype=battery.dtype).tobytes()
        shared = self.profile.stream_of(battery.characteristic)
        length = max(battery.offset + len(raw), 0 if shared is None else shared.min_len)
        data = bytearray(length)
        data[: len(battery.match)] = battery.match
        data[battery.offset : battery.offset + len(raw)] = raw
        return bytes(data)

    def _name_here(self, uuid: str) -> str:
        """The UUID under which this unit has it."""
        return self._alias.get(uuid, uuid)

    def _notify(self, uuid: str, value: bytes) -> bool:
        """Send, if anybody listens."""
        uuid = self._name_here(uuid)
        if self._bearer is None or uuid not in self._subscribed:
            return False
        self._bearer.notify(uuid, value)
        return True

    # --- streaming -------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Stream or be silent, as the host has last said."""
        if self._asked_to_stream and self._task is None:
            self._task = asyncio.create_task(self._stream(), name=f"stream {self.name}")
        elif not self._asked_to_stream and self._task is not None:
            self._task.cancel()
            self._task = None

    async def close(self) -> None:
        """End streaming, and wait for it."""
        task = self._task
        self.disconnected()
        if task is not None:
            with suppress(asyncio.CancelledError):
                await task

    async def _stream(self) -> None:
        """Send one pass after the other until cancelled."""
        self.play.joined(self.address)
        count = 0 if self._streamed_before else self.reel.first_count
        self._streamed_before = True
        now = asyncio.get_running_loop().time()
        for part in follow(self.play, self.reel, now):
            await self._send(part, count)
            count += part.rows.stop - part.rows.start

    async def _send(self, part: Pass, count: int) -> None:
        """Send the notifications of a pass, each when it is due."""
        loop = asyncio.get_running_loop()
        values = self.reel.notifications(part.rows, part.device_s, count)
        ready = part.origin + self.reel.due_s[part.rows] / self.play.speed
        came = arrivals(self._rng, self.faults.radio, ready)
        gone = lost(self._rng, self.faults.radio, len(values))
        uuid = full_uuid(self.reel.stream.characteristic)
        for value, due, drop in zip(values, came.tolist(), gone.tolist(), strict=True):
            wait = due - loop.time()
            if wait > 0.0:
                await asyncio.sleep(wait)
            if drop:
                self.lost += 1
            elif self._notify(uuid, value):
                self.sent += 1
                if self.on_sent is not None:
                    self.on_sent(self._name_here(uuid), value)


def _rate_code(step: Step, value: bytes) -> bytes | None:
    """The rate a write asks for: empty where the step names none; None for another write."""
    before, placeholder, after = (step.template or "").partition(RATE_CODE)
    head, tail = bytes.fromhex(before), bytes.fromhex(after)
    pattern = re.escape(head) + (b"(.+)" if placeholder else b"()") + re.escape(tail)
    found = re.fullmatch(pattern, value, re.DOTALL)
    return None if found is None else found.group(1)


_REFUSED: Final = 0x80
_EMPTY_V: Final = 3.3
_FULL_V: Final = 4.2
_UNNAMED: Final = "virtual"
_REFERENCE_CONFIG: Final = ("reference", "setup:0")

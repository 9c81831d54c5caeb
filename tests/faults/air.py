"""The air between virtual sensors and the collector, and all that goes wrong in it.

Every notification that reaches the collector is written down first: what the auditor knows.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakError,
    BleakGATTProtocolError,
)

from imuhip.ble.radio import Radio
from imuhip.virtual.gatt import full_uuid
from imuhip.virtual.sensor import VirtualSensor, WriteRefusedError


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that goes wrong on one sensor's way.

    Parameters
    ----------
    kind
        See `KINDS`.
    sensor
        Where it sits; empty for all.
    t, seconds
        From when, in seconds after the sensors stream, and for how long.
    size
        How much of it: a share, a factor, a rate, as `KINDS` says.
    """

    kind: str
    sensor: str
    t: float
    seconds: float
    size: float = 0.0

    def __str__(self) -> str:
        who = self.sensor or "all sensors"
        size = f" ({self.size:g})" if self.size else ""
        return f"{self.t:6.2f} s  {who}: {KINDS[self.kind]}{size}, {self.seconds:.2f} s"


KINDS = {
    "loss": "notifications lost in bursts, a share of",
    "stall": "nothing comes through, then all at once",
    "double": "every notification comes twice",
    "garbage": "notifications of random bytes, a second",
    "flood": "notifications of random bytes at a high rate, a second",
    "silence": "the link stays and nothing comes",
    "break": "the link breaks",
    "reboot": "the link breaks, and the sensor's clock and counter begin anew",
    "mute": "the link breaks, and after it the sensor answers its start and sends nothing",
    "halved": "every second sample only, under consecutive numbers",
    "frozen": "the same values over and over",
    "zeros": "all values are zero",
    "long": "notifications with more bytes than they should have",
    "flat": "the battery is nearly empty, percent",
}


@dataclass(eq=False)
class Way:
    """One sensor's way through the air.

    Attributes
    ----------
    delivered
        Host stamp, characteristic and bytes of all that reached the collector.
    broken
        When its link was broken from here.
    dropped
        Notifications that were sent and never arrived.
    odd
        Of those delivered, how many the sensor did not send.
    """

    sensor: VirtualSensor
    troubles: list[Trouble]
    rng: np.random.Generator
    since: Callable[[], float]
    keep: bool = True
    refuses: int = 0
    stuck_writes: bool = False
    stuck_end: bool = False
    connects: int = 0
    client: "AirClient | None" = None
    delivered: list[tuple[int, str, bytes]] = field(default_factory=list)
    broken: list[float] = field(default_factory=list)
    dropped: int = 0
    odd: int = 0
    shift: tuple[int, int] = (0, 0)
    _held: list[tuple[str, bytes]] = field(default_factory=list)
    _lossy: bool = False
    _sent: int = 0
    _frozen: bytes = b""

    @property
    def place(self) -> str:
        """Where the sensor sits."""
        return self.sensor.sensor

    def now(self, kind: str) -> Trouble | None:
        """The trouble of a kind that there is now."""
        t = self.since()
        for trouble in self.troubles:
            if trouble.kind == kind and trouble.t <= t < trouble.t + trouble.seconds:
                return trouble
        return None

    def after(self, kind: str) -> bool:
        """Whether a trouble of a kind has begun: some last for good."""
        t = self.since()
        return any(trouble.kind == kind and trouble.t <= t for trouble in self.troubles)

    def carry(self, uuid: str, value: bytes) -> None:
        """Bring a notification to the host, or not."""
        if uuid != full_uuid(self.sensor.reel.stream.characteristic):
            self._arrive(uuid, value)
            return
        self._sent += 1
        if self.now("silence") or self.after("mute"):
            self.dropped += 1
            return
        value = self._changed(value)
        if not value or self._is_lost():
            self.dropped += bool(value)
            return
        if self.now("stall"):
            self._held.append((uuid, value))
            return
        held, self._held = self._held, []
        for each in (*held, (uuid, value)):
            self._arrive(*each)
        if self.now("double"):
            self.odd += 1
            self._arrive(uuid, value)

    def _is_lost(self) -> bool:
        """A chain of two states: in a burst most are lost."""
        trouble = self.now("loss")
        if trouble is None:
            self._lossy = False
            return False
        leave = 1.0 / 3.0
        enter = leave * trouble.size / (1.0 - trouble.size)
        self._lossy = bool(self.rng.random() < (1.0 - leave if self._lossy else enter))
        return self._lossy

    def _changed(self, value: bytes) -> bytes:
        """What the sensor itself does to its bytes; empty when it keeps them."""
        if self.sensor.profile.id == "reference":
            value = self._stamped(value)
            if not value:
                return b""
        head = 8 if self.sensor.profile.id == "reference" else len(self.sensor.reel.stream.match)
        if self.now("frozen"):
            self._frozen = self._frozen or value[head:]
            value = value[:head] + self._frozen
        elif self.now("zeros"):
            value = value[:head] + bytes(len(value) - head)
        else:
            self._frozen = b""
        if self.now("long"):
            self.odd += 1
            value += self.rng.bytes(7)
        return value

    def _stamped(self, value: bytes) -> bytes:
        """Counter and clock of the reference sensor: begun elsewhere, begun anew, halved."""
        count = int.from_bytes(value[:4], "little") + self.shift[0]
        micros = int.from_bytes(value[4:8], "little") + self.shift[1]
        if self.after("halved"):
            if count % 2:
                return b""
            count //= 2
        return b"".join((n & 0xFFFFFFFF).to_bytes(4, "little") for n in (count, micros)) + value[8:]

    def _arrive(self, uuid: str, value: bytes) -> None:
        client = self.client
        if client is not None and uuid in client.subscribers:
            if self.keep:
                self.delivered.append((client.now_ns(), uuid, value))
            client.flowed = client.flowed or uuid == full_uuid(
                self.sensor.reel.stream.characteristic
            )
            client.subscribers[uuid](bytearray(value))

    def intrude(self, value: bytes) -> None:
        """Deliver what the sensor never sent."""
        self.odd += 1
        self._arrive(full_uuid(self.sensor.reel.stream.characteristic), value)

    async def live(self) -> None:
        """Let happen what happens at a time: breaks, garbage, floods, an empty battery."""
        events = [t for t in self.troubles if t.kind in _EVENTS]
        for trouble in sorted(events, key=lambda t: t.t):
            while self.since() < trouble.t:
                await asyncio.sleep(min(max(trouble.t - self.since(), 0.001), 1.0))
            if trouble.kind == "flat":
                self.sensor.set_battery(round(trouble.size))
            elif trouble.kind in ("garbage", "flood"):
                await self._noise(trouble)
            else:
                await self._broken(trouble)

    async def _noise(self, trouble: Trouble) -> None:
        end = trouble.t + trouble.seconds
        head = self.sensor.reel.stream.match
        while self.since() < end:
            for _ in range(max(1, round(trouble.size * _NOISE_S))):
                value = self.rng.bytes(int(self.rng.integers(1, 64)))
                self.intrude(head + value if self.rng.random() < _RIGHT_HEAD else value)
            await asyncio.sleep(_NOISE_S if trouble.kind == "flood" else 1.0 / trouble.size)

    async def _broken(self, trouble: Trouble) -> None:
        if self.client is not None and self.client.flowed:
            self.broken.append(self.since())
        if trouble.kind == "reboot":
            self.shift = (0, self.shift[1] - round(1e6 * self.since()))
        await self.sensor.lose_link(trouble.seconds)


class Air:
    """An adapter and the sensors within its reach.

    Parameters
    ----------
    ways
        A way for each sensor, strangers included.
    since
        Seconds since the sensors streamed; negative before.
    """

    def __init__(self, ways: list[Way]) -> None:
        self.ways = {way.sensor.address: way for way in ways}
        self.off = False
        bound = {"air": self}
        self.radio = Radio(
            scanner_backend=type("Scanner", (AirScanner,), bound),
            client_backend=type("Client", (AirClient,), bound),
        )

    def check(self) -> None:
        """Refuse when Bluetooth is off."""
        if self.off:
            raise BleakBluetoothNotAvailableError(
                "No powered Bluetooth adapters found.",
                BleakBluetoothNotAvailableReason.POWERED_OFF,
            )

    def switch_off(self) -> None:
        """All links are gone, and there is no Bluetooth."""
        self.off = True
        for way in self.ways.values():
            if way.client is not None and way.client.flowed:
                way.broken.append(way.since())
                way.client.drop()


class AirScanner(BaseBleakScanner):
    """Hears every sensor in reach four times a second."""

    air: Air

    def __init__(self, callback: Any, uuids: Any, _mode: str, **_: Any) -> None:
        super().__init__(callback, uuids)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start scanning."""
        self.air.check()
        self._task = asyncio.create_task(self._hear())

    async def stop(self) -> None:
        """Stop scanning."""
        if self._task is not None:
            self._task.cancel()

    async def _hear(self) -> None:
        while True:
            for way in self.air.ways.values():
                sensor = way.sensor
                if sensor.reachable.is_set() and way.client is None:
                    reported = AdvertisementData(
                        sensor.name, sensor.manufacturer_data, {}, list(sensor.service_uuids),
                        None, sensor.rssi, (),
                    )  # fmt: skip
                    address = sensor.address
                    device = self.create_or_update_device(
                        address, address, sensor.name, None, reported
                    )
                    self.call_detection_callbacks(device, reported)
            await asyncio.sleep(0.25)


class AirClient(BaseBleakClient):
    """The host's side of a link, and the sensor's bearer."""

    air: Air

    def __init__(self, device: BLEDevice, **more: Any) -> None:
        super().__init__(
            device, disconnected_callback=more["disconnected_callback"], timeout=more["timeout"]
        )
        self.way = self.air.ways[device.address]
        self.subscribers: dict[str, Callable[[bytearray], None]] = {}
        self.up = self.flowed = False

    def now_ns(self) -> int:
        """The host's stamp."""
        return round(asyncio.get_running_loop().time() * 1e9)

    @property
    def mtu_size(self) -> int:
        """Bytes of the largest packet."""
        return 247

    @property
    def is_connected(self) -> bool:
        """Whether the link is up."""
        return self.up

    async def connect(self, pair: bool, **_: Any) -> None:  # noqa: ARG002 - bleak's signature
        """Connect, unless it refuses."""
        self.air.check()
        self.way.connects += 1
        await asyncio.sleep(0.05 + 0.2 * self.way.rng.random())
        if self.way.refuses:
            self.way.refuses -= 1
            raise BleakError("le-connection-abort-by-local")
        if not self.way.sensor.reachable.is_set() or self.way.client is not None:
            raise BleakError("the device is out of reach")
        self.up, self.way.client = True, self
        self.services = BleakGATTServiceCollection()
        handle = 0
        for service in self.way.sensor.services:
            handle += 1
            own = BleakGATTService(None, handle, service.uuid)
            self.services.add_service(own)
            for each in service.characteristics:
                handle += 2
                self.services.add_characteristic(
                    BleakGATTCharacteristic(
                        None, handle, each.uuid, list(each.properties), lambda: 244, own
                    )
                )
        self.way.sensor.connected(self)

    async def disconnect(self) -> None:
        """End the link; a stuck one never confirms."""
        if self.way.stuck_end and self.up:
            await asyncio.sleep(12.0)
        self.drop()

    def drop(self) -> None:
        """The link is gone, whoever ended it."""
        if self.up:
            self.up, self.way.client = False, None
            self.way._held.clear()
            self.subscribers.clear()
            self.way.sensor.disconnected()
            if self._disconnected_callback is not None:
                self._disconnected_callback()

    def notify(self, uuid: str, value: bytes) -> None:
        """A notification of the sensor."""
        self.way.carry(uuid, value)

    async def read_gatt_char(self, characteristic: Any, **_: Any) -> bytearray:
        """Read."""
        await self._answering()
        return bytearray(self.way.sensor.read(characteristic.uuid))

    async def write_gatt_char(self, characteristic: Any, data: Any, response: bool) -> None:  # noqa: ARG002 - bleak's signature
        """Write."""
        await self._answering()
        try:
            self.way.sensor.write(characteristic.uuid, bytes(data))
        except WriteRefusedError as error:
            raise BleakGATTProtocolError(error.code) from error

    async def start_notify(self, characteristic: Any, callback: Any, **_: Any) -> None:
        """Subscribe."""
        await self._answering()
        self.subscribers[characteristic.uuid] = callback
        self.way.sensor.subscribe(characteristic.uuid, on=True)

    async def stop_notify(self, characteristic: Any) -> None:
        """Subscribe no more."""
        self.subscribers.pop(characteristic.uuid, None)
        self.way.sensor.subscribe(characteristic.uuid, on=False)

    async def _answering(self) -> None:
        """A request and its answer take two connection events; a stuck sensor never answers."""
        if not self.up:
            raise BleakError("Not connected")
        await asyncio.sleep(3600.0 if self.way.stuck_writes else 0.03)
        if not self.up:
            raise BleakError("Not connected")

    async def read_gatt_descriptor(self, *_: Any, **__: Any) -> bytearray:
        """There is none."""
        raise BleakError("no descriptors")

    async def write_gatt_descriptor(self, *_: Any) -> None:
        """There is none."""
        raise BleakError("no descriptors")

    async def pair(self, *_: Any, **__: Any) -> None:
        """Not needed."""

    async def unpair(self) -> None:
        """Not needed."""


_EVENTS = {"break", "reboot", "mute", "garbage", "flood", "flat"}
_NOISE_S = 0.01
_RIGHT_HEAD = 0.3
"""So many random notifications begin as the sensor's own do."""

"""A fake radio: backend classes that are handed to bleak, for what no virtual bed can do.

A `FakeSensor` speaks the reference profile. It can refuse connections, fall silent, break the
link, answer wrongly or lack a characteristic.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakError

from imuhip.ble.radio import Radio

BASE = "4994000{}-b8d2-418c-9313-3845df04f39f"
DATA, CONTROL, CONFIG = BASE.format(2), BASE.format(3), BASE.format(4)
BATTERY = "00002a19-0000-1000-8000-00805f9b34fb"
SERIAL = "00002a25-0000-1000-8000-00805f9b34fb"


@dataclass(eq=False)
class FakeSensor:
    """One device."""

    name: str
    address: str
    rate_hz: float = 100.0
    spin: float = 0.0
    battery: int = 80
    serial: str = ""
    advertises: bool = True
    refuses: int = 0
    config: bytes = bytes.fromhex("01 01 64 00 10 00 D0 07")
    answer: bytes | None = bytes.fromhex("01 00")
    lacks: tuple[str, ...] = ()
    silent: bool = False
    room: int = 20
    connects: list[float] = field(default_factory=list)
    writes: list[bytes] = field(default_factory=list)
    client: Any = None
    count: int = 0

    def break_link(self) -> None:
        """Lose the link, as by walking away."""
        self.client.end()

    def packet(self) -> bytes:
        """The next notification."""
        self.count += 1
        micros = round(self.count * 1e6 / self.rate_hz) & 0xFFFFFFFF
        spin = max(-32768, min(32767, round(self.spin * 57.29578 / 0.06103515625)))
        values = [0, 0, 2048, spin, 0, 0]
        head = self.count.to_bytes(4, "little") + micros.to_bytes(4, "little")
        return head + b"".join(v.to_bytes(2, "little", signed=True) for v in values)


def fake_radio(*sensors: FakeSensor) -> Radio:
    """An adapter within reach of these."""
    by_address = {sensor.address: sensor for sensor in sensors}

    class Scanner(BaseBleakScanner):
        def __init__(self, callback: Any, uuids: Any, _mode: str, **_: Any) -> None:
            super().__init__(callback, uuids)
            self.task: asyncio.Task[None] | None = None

        async def start(self) -> None:
            self.task = asyncio.create_task(self.hear())

        async def hear(self) -> None:
            while True:
                for sensor in sensors:
                    if sensor.advertises and sensor.client is None:
                        battery = {"0000180f-0000-1000-8000-00805f9b34fb": bytes([sensor.battery])}
                        adv = AdvertisementData(sensor.name, {}, battery, [], None, -60, ())
                        device = self.create_or_update_device(
                            sensor.address, sensor.address, sensor.name, None, adv
                        )
                        self.call_detection_callbacks(device, adv)
                await asyncio.sleep(0.01)

        async def stop(self) -> None:
            if self.task is not None:
                self.task.cancel()

    class Client(FakeClient):
        def __init__(self, device: BLEDevice, **more: Any) -> None:
            super().__init__(device, **more)
            self.sensor = by_address[device.address]

    return Radio(scanner_backend=Scanner, client_backend=Client)


class FakeClient(BaseBleakClient):
    """The host's side of a link to a `FakeSensor`."""

    sensor: FakeSensor

    def __init__(self, device: BLEDevice, **more: Any) -> None:
        super().__init__(
            device,
            disconnected_callback=more["disconnected_callback"],
            timeout=more["timeout"],
        )
        self.subscribers: dict[str, Callable[[bytearray], None]] = {}
        self.up = False
        self.task: asyncio.Task[None] | None = None

    @property
    def mtu_size(self) -> int:
        """As the smallest."""
        return 23

    @property
    def is_connected(self) -> bool:
        """Whether the link is up."""
        return self.up

    async def connect(self, pair: bool, **_: Any) -> None:  # noqa: ARG002 - bleak's signature
        """Connect, unless it refuses."""
        self.sensor.connects.append(asyncio.get_running_loop().time())
        if self.sensor.refuses:
            self.sensor.refuses -= 1
            raise BleakError("le-connection-abort-by-local")
        self.up, self.sensor.client = True, self
        self.services = BleakGATTServiceCollection()
        service = BleakGATTService(None, 1, BASE.format(1))
        self.services.add_service(service)
        for handle, uuid in enumerate((DATA, CONTROL, CONFIG, BATTERY, SERIAL), 10):
            if uuid not in self.sensor.lacks:
                kinds, room = ["read", "write", "notify"], self.sensor.room
                self.services.add_characteristic(
                    BleakGATTCharacteristic(None, handle, uuid, kinds, partial(int, room), service)
                )

    async def disconnect(self) -> None:
        """End the link."""
        self.end()

    def end(self) -> None:
        """The link is gone, whoever ended it."""
        if self.up:
            self.up, self.sensor.client = False, None
            if self.task is not None:
                self.task.cancel()
            if self._disconnected_callback is not None:
                self._disconnected_callback()

    async def read_gatt_char(self, characteristic: Any, **_: Any) -> bytearray:
        """Read."""
        values = {
            CONFIG: self.sensor.config,
            BATTERY: bytes([self.sensor.battery]),
            SERIAL: self.sensor.serial.encode(),
        }
        return bytearray(values[characteristic.uuid])

    async def write_gatt_char(self, characteristic: Any, data: Any, response: bool) -> None:
        """Write; the control characteristic answers and starts."""
        if not self.up:
            raise BleakError("Not connected")
        assert response
        assert characteristic.uuid == CONTROL
        self.sensor.writes.append(bytes(data))
        if bytes(data)[0] == 1 and self.sensor.answer is not None:
            self.subscribers[CONTROL](bytearray(self.sensor.answer))
        if bytes(data)[0] == 1 and self.sensor.answer == b"\x01\x00":
            self.task = asyncio.create_task(self.stream())

    async def stream(self) -> None:
        """Send, at the sensor's rate."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += 1.0 / self.sensor.rate_hz
            await asyncio.sleep(due - loop.time())
            data = self.sensor.packet()
            if not self.sensor.silent and DATA in self.subscribers:
                self.subscribers[DATA](bytearray(data))

    async def start_notify(self, characteristic: Any, callback: Any, **_: Any) -> None:
        """Subscribe."""
        self.subscribers[characteristic.uuid] = callback

    async def stop_notify(self, characteristic: Any) -> None:
        """Subscribe no more."""
        self.subscribers.pop(characteristic.uuid, None)

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

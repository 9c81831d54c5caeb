"""Virtual sensors behind bleak, in this process: an adapter that hands over what they send.

No Bluetooth stack lies between: an advertisement, a connection, a read, a write and a notification
go from the sensor to bleak's user as they are, each in a turn of the event loop of its own, in the
order in which they were sent. What the radio would do to them is `sensor.LinkFaults`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from bleak.args import SizedBuffer
from bleak.assigned_numbers import CharacteristicPropertyName
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import (
    AdvertisementData,
    AdvertisementDataCallback,
    BaseBleakScanner,
)
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError

from imuhip.virtual.gatt import full_uuid
from imuhip.virtual.sensor import VirtualSensor, WriteRefusedError

_ADVERTISING_S: Final = 0.06
"""How often a sensor that is free is heard."""
_CONNECTING_S: Final = 0.03
"""How long it takes to connect to one that is."""
_ATT_HEADER: Final = 3
"""Bytes of the MTU that carry no value."""
_READ_NOT_PERMITTED: Final = 0x02
_WRITE_NOT_PERMITTED: Final = 0x03
_CONFIGURATION: Final = full_uuid("2902")
"""The descriptor in which a host asks for notifications."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """What is handed to bleak: ``backend=`` of a scanner and of a client."""

    sensors: tuple[VirtualSensor, ...]
    scanner_backend: type[BaseBleakScanner]
    client_backend: type[BaseBleakClient]


@asynccontextmanager
async def virtual_adapter(
    sensors: Sequence[VirtualSensor], *, mtu: int = 247
) -> AsyncIterator[Adapter]:
    """Put sensors within reach of a virtual Bluetooth adapter.

    Parameters
    ----------
    sensors
        Each with an address of its own.
    mtu
        What a connection agrees on.
    """
    reach = _Reach({sensor.address: _Peripheral(sensor, mtu) for sensor in sensors})
    async with AsyncExitStack() as stack:
        for sensor in sensors:
            stack.push_async_callback(sensor.close)
            faults = asyncio.create_task(sensor.run(), name=f"faults {sensor.name}")
            stack.push_async_callback(_end, faults)
        stack.callback(reach.hang_up)
        bound = {"reach": reach}
        yield Adapter(
            tuple(sensors),
            type("VirtualScanner", (VirtualScanner,), bound),
            type("VirtualClient", (VirtualClient,), bound),
        )


class _Peripheral:
    """One sensor within reach, and its bearer while a client is connected."""

    def __init__(self, sensor: VirtualSensor, mtu: int) -> None:
        self.sensor = sensor
        self.mtu = mtu
        self.free = asyncio.Event()
        self.free.set()
        self._client: VirtualClient | None = None

    @property
    def heard(self) -> bool:
        """Whether it advertises where the host can hear it."""
        return self.free.is_set() and self.sensor.reachable.is_set()

    async def take(self, client: "VirtualClient") -> None:
        """Connect a client as soon as the sensor is free and within reach."""
        while not self.heard:
            await self.sensor.reachable.wait()
            await self.free.wait()
        self.free.clear()
        self._client = client
        self.sensor.connected(self)

    def release(self) -> None:
        """End the connection, whoever asked for it; the client hears of it."""
        client, self._client = self._client, None
        if client is None:
            return
        self.sensor.disconnected()
        self.free.set()
        client.disconnected()

    def notify(self, uuid: str, value: bytes) -> None:
        """Send a notification, cut to the MTU as every stack does."""
        if self._client is not None:
            self._soon(self._client.hear, uuid, value[: self.mtu - _ATT_HEADER])

    def drop(self) -> None:
        """Break the connection."""
        self._soon(self.release)

    @staticmethod
    def _soon(work: Callable[..., object], *given: object) -> None:
        asyncio.get_running_loop().call_soon(work, *given)


class _Reach:
    """All sensors within reach, by address."""

    def __init__(self, peripherals: dict[str, _Peripheral]) -> None:
        self.peripherals = peripherals

    def hang_up(self) -> None:
        """End all connections."""
        for each in self.peripherals.values():
            each.release()


class VirtualScanner(BaseBleakScanner):
    """Hears the sensors within reach; `virtual_adapter` binds it to them."""

    reach: _Reach

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        _scanning_mode: str,
        **_: Any,
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._listening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start scanning."""
        self.seen_devices = {}
        self._listening = asyncio.create_task(self._listen(), name="virtual scan")

    async def stop(self) -> None:
        """Stop scanning."""
        task, self._listening = self._listening, None
        if task is not None:
            await _end(task)

    async def _listen(self) -> None:
        while True:
            for peripheral in self.reach.peripherals.values():
                if peripheral.heard:
                    self._hear(peripheral.sensor)
            await asyncio.sleep(_ADVERTISING_S)

    def _hear(self, sensor: VirtualSensor) -> None:
        uuids = [full_uuid(uuid) for uuid in sensor.service_uuids]
        if not self.is_allowed_uuid(uuids):
            return
        advertised = AdvertisementData(
            local_name=sensor.name,
            manufacturer_data=sensor.manufacturer_data,
            service_data={},
            service_uuids=uuids,
            tx_power=None,
            rssi=sensor.rssi,
            platform_data=(),
        )
        address = sensor.address
        device = self.create_or_update_device(address, address, sensor.name, None, advertised)
        self.call_detection_callbacks(device, advertised)


class VirtualClient(BaseBleakClient):
    """Talks to one sensor; `virtual_adapter` binds it to those within reach."""

    reach: _Reach

    def __init__(self, address_or_ble_device: BLEDevice | str, **kwargs: Any) -> None:
        super().__init__(
            address_or_ble_device,
            disconnected_callback=kwargs["disconnected_callback"],
            timeout=kwargs["timeout"],
        )
        self._wanted_services: set[str] | None = kwargs.get("services")
        self._peripheral: _Peripheral | None = None
        self._subscribers: dict[str, NotifyCallback] = {}

    @property
    def name(self) -> str:
        """Name of the sensor."""
        peripheral = self.reach.peripherals.get(self.address)
        return self.address if peripheral is None else peripheral.sensor.name

    @property
    def mtu_size(self) -> int:
        """Bytes of the largest ATT packet."""
        return self._connected().mtu

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection."""
        return self._peripheral is not None

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        """Connect as soon as the sensor is free and within reach, and read its services."""
        del pair  # virtual sensors ask for none
        if self._peripheral is not None:
            raise BleakError("Client is already connected")
        peripheral = self.reach.peripherals.get(self.address)
        if peripheral is None:
            raise BleakDeviceNotFoundError(self.address, f"no device at {self.address}")
        async with asyncio.timeout(kwargs.get("timeout", self._timeout)):
            await asyncio.sleep(_CONNECTING_S)
            await peripheral.take(self)
        self._peripheral = peripheral
        self.services = self._services_of(peripheral)

    async def disconnect(self) -> None:
        """End the connection."""
        if self._peripheral is not None:
            self._peripheral.release()

    def disconnected(self) -> None:
        """Forget the connection, which has ended, and tell whoever asked for that."""
        if self._peripheral is None:
            return
        self._peripheral = None
        self._subscribers.clear()
        self.services = None
        if self._disconnected_callback is not None:
            self._disconnected_callback()

    def hear(self, uuid: str, value: bytes) -> None:
        """Hand a notification over, if it is still asked for."""
        subscriber = self._subscribers.get(uuid)
        if subscriber is not None:
            subscriber(bytearray(value))

    async def pair(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: virtual sensors ask for no pairing."""

    async def unpair(self) -> None:
        """Do nothing: virtual sensors ask for no pairing."""

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, *, use_cached: bool = False, **_: Any
    ) -> bytearray:
        """Read a characteristic."""
        del use_cached
        if "read" not in characteristic.properties:
            raise BleakGATTProtocolError(_READ_NOT_PERMITTED)
        return bytearray((await self._asked()).read(characteristic.uuid))

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **_: Any
    ) -> bytearray:
        """Read whether a characteristic notifies."""
        del use_cached
        await self._asked()
        return bytearray([descriptor.characteristic_uuid in self._subscribers, 0])

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool
    ) -> None:
        """Write a characteristic."""
        sensor = await self._asked()
        try:
            sensor.write(characteristic.uuid, bytes(data))
        except WriteRefusedError as refused:
            if response:
                raise BleakGATTProtocolError(refused.code) from refused

    async def write_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, data: SizedBuffer
    ) -> None:
        """Refuse: `start_notify` is the way to ask for notifications."""
        del descriptor, data
        await self._asked()
        raise BleakGATTProtocolError(_WRITE_NOT_PERMITTED)

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_: Any
    ) -> None:
        """Subscribe."""
        if "notify" not in characteristic.properties:
            raise BleakError(f"{characteristic.uuid} does not notify")
        sensor = await self._asked()
        self._subscribers[characteristic.uuid] = callback
        sensor.subscribe(characteristic.uuid, on=True)

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Unsubscribe."""
        sensor = await self._asked()
        self._subscribers.pop(characteristic.uuid, None)
        sensor.subscribe(characteristic.uuid, on=False)

    def _connected(self) -> _Peripheral:
        if self._peripheral is None:
            raise BleakError("Not connected")
        return self._peripheral

    async def _asked(self) -> VirtualSensor:
        """The sensor, after a turn of the event loop, in which the connection may have ended."""
        self._connected()
        await asyncio.sleep(0)
        return self._connected().sensor

    def _services_of(self, peripheral: _Peripheral) -> BleakGATTServiceCollection:
        """What the sensor offers."""
        services = BleakGATTServiceCollection()
        handle = 0
        for found in peripheral.sensor.services:
            handle += 1
            if self._wanted_services is not None and found.uuid not in self._wanted_services:
                continue
            service = BleakGATTService(found, handle, found.uuid)
            services.add_service(service)
            for inside in found.characteristics:
                handle += 3  # declaration, value, configuration
                properties: list[CharacteristicPropertyName] = list(inside.properties)
                characteristic = BleakGATTCharacteristic(
                    inside,
                    handle - 1,
                    inside.uuid,
                    properties,
                    lambda: peripheral.mtu - _ATT_HEADER,
                    service,
                )
                services.add_characteristic(characteristic)
                if "notify" in properties:
                    services.add_descriptor(
                        BleakGATTDescriptor(None, handle, _CONFIGURATION, characteristic)
                    )
        return services


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end; what failed in it is raised now."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

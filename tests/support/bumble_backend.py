"""A bleak backend over a central of bumble."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from bleak.args import SizedBuffer
from bleak.assigned_numbers import gatt_char_props_to_strs
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
from bumble.att import ATT_Error
from bumble.core import UUID, AdvertisingData, BaseBumbleError
from bumble.core import TimeoutError as BumbleTimeoutError
from bumble.device import Advertisement, Connection, Device, Peer
from bumble.gatt_client import CharacteristicProxy
from bumble.hci import Address
from bumble.link import LocalLink
from support.bumble_peripheral import virtual_device

from imuhip.virtual.sensor import VirtualSensor

_CENTRAL = "C4:19:D0:00:00:00"


class Radio:
    """The host's virtual adapter, and the air around it.

    Parameters
    ----------
    sensors
        Those within reach: their scan responses, which bumble does not carry.
    mtu
        What is asked for on connecting.
    """

    def __init__(self, sensors: Sequence[VirtualSensor], mtu: int) -> None:
        self.link = LocalLink()  # type: ignore[no-untyped-call]  # bumble leaves it untyped
        self.mtu = mtu
        self.sensors = {sensor.address: sensor for sensor in sensors}
        self.connecting = asyncio.Lock()
        self._controller, self.device = virtual_device("host", _CENTRAL, self.link)
        self._scanners = 0

    async def start(self) -> None:
        """Switch the adapter on."""
        await self.device.power_on()

    async def hang_up(self) -> None:
        """End all connections; while the sensors' controllers are there to answer."""
        for connection in list(self.device.connections.values()):
            await connection.disconnect()

    async def close(self) -> None:
        """Switch the adapter off."""
        await self.device.power_off()
        self.link.remove_controller(self._controller)

    async def listen(self, hear: Callable[[Advertisement], None]) -> None:
        """Scan, and tell `hear` of every advertisement."""
        self.device.on(Device.EVENT_ADVERTISEMENT, hear)
        self._scanners += 1
        if self._scanners == 1:
            await self.device.start_scanning()

    async def ignore(self, hear: Callable[[Advertisement], None]) -> None:
        """End what `listen` began."""
        self.device.remove_listener(Device.EVENT_ADVERTISEMENT, hear)
        self._scanners -= 1
        if self._scanners == 0:
            await self.device.stop_scanning()


class BumbleScanner(BaseBleakScanner):
    """Scans with a virtual adapter; `backends` binds it to one."""

    radio: Radio

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        _scanning_mode: str,
        **_: Any,
    ) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        """Start scanning."""
        self.seen_devices = {}
        await self.radio.listen(self._on_advertisement)

    async def stop(self) -> None:
        """Stop scanning."""
        await self.radio.ignore(self._on_advertisement)

    def _on_advertisement(self, advertisement: Advertisement) -> None:
        address = advertisement.address.to_string(with_type_qualifier=False)
        sensor = self.radio.sensors.get(address)
        if sensor is None or not sensor.reachable.is_set():
            return
        uuids = _service_uuids(advertisement.data)
        if not self.is_allowed_uuid(uuids):
            return
        advertised = AdvertisementData(
            local_name=sensor.name,
            manufacturer_data=sensor.manufacturer_data,
            service_data={},
            service_uuids=uuids,
            tx_power=None,
            rssi=sensor.rssi,
            platform_data=(advertisement,),
        )
        device = self.create_or_update_device(address, address, sensor.name, None, advertised)
        self.call_detection_callbacks(device, advertised)


class BumbleClient(BaseBleakClient):
    """Talks to one sensor through a virtual adapter; `backends` binds it to one."""

    radio: Radio

    def __init__(self, address_or_ble_device: BLEDevice | str, **kwargs: Any) -> None:
        super().__init__(
            address_or_ble_device,
            disconnected_callback=kwargs["disconnected_callback"],
            timeout=kwargs["timeout"],
        )
        self._wanted_services: set[str] | None = kwargs.get("services")
        self._connection: Connection | None = None
        self._subscribers: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        """Name of the sensor."""
        sensor = self.radio.sensors.get(self.address)
        return self.address if sensor is None else sensor.name

    @property
    def mtu_size(self) -> int:
        """Bytes of the largest ATT packet."""
        return int(self._connected().att_mtu)

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        """Connect as soon as the sensor is within reach, agree on the MTU, read the services."""
        del pair  # virtual sensors ask for none
        if self._connection is not None:
            raise BleakError("Client is already connected")
        sensor = self.radio.sensors.get(self.address)
        if sensor is None:
            raise BleakDeviceNotFoundError(self.address, f"no device at {self.address}")
        seconds = kwargs.get("timeout", self._timeout)
        async with asyncio.timeout(seconds):
            await sensor.reachable.wait()
        async with self.radio.connecting:
            # bumble's own timeout: it takes the attempt back, which a cancelled task does not
            asked = self.radio.device.connect(Address(self.address), timeout=seconds)
            connection: Connection = await _asked(asked)
        self._connection = connection
        connection.on(Connection.EVENT_DISCONNECTION, self._on_disconnection)
        try:
            await _asked(self._get_services(connection))
        except (BleakError, asyncio.CancelledError):
            await self.disconnect()
            raise

    async def disconnect(self) -> None:
        """End the connection."""
        connection = self._connection
        if connection is None:
            return
        try:
            await connection.disconnect()
        except BaseBumbleError:
            self._on_disconnection(0)

    async def pair(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: virtual sensors ask for no pairing."""

    async def unpair(self) -> None:
        """Do nothing: virtual sensors ask for no pairing."""

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, *, use_cached: bool = False, **_: Any
    ) -> bytearray:
        """Read a characteristic."""
        del use_cached
        if "read" not in characteristic.properties:  # bumble would let us
            raise BleakGATTProtocolError(_READ_NOT_PERMITTED)
        self._connected()
        return bytearray(await _asked(characteristic.obj.read_value()))

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **_: Any
    ) -> bytearray:
        """Read a descriptor."""
        del use_cached
        self._connected()
        return bytearray(await _asked(descriptor.obj.read_value()))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool
    ) -> None:
        """Write a characteristic."""
        self._connected()
        await _asked(characteristic.obj.write_value(bytes(data), with_response=response))

    async def write_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, data: SizedBuffer
    ) -> None:
        """Write a descriptor."""
        self._connected()
        await _asked(descriptor.obj.write_value(bytes(data), with_response=True))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_: Any
    ) -> None:
        """Subscribe."""
        self._connected()
        if "notify" not in characteristic.properties:
            raise BleakError(f"{characteristic.uuid} does not notify")

        def tell(value: bytes) -> None:
            callback(bytearray(value))

        self._subscribers[characteristic.handle] = tell
        await _asked(characteristic.obj.subscribe(tell))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Unsubscribe."""
        self._connected()
        tell = self._subscribers.pop(characteristic.handle, None)
        await _asked(characteristic.obj.unsubscribe(tell))

    def _connected(self) -> Connection:
        if self._connection is None:
            raise BleakError("Not connected")
        return self._connection

    async def _get_services(self, connection: Connection) -> None:
        """Agree on the MTU and read what the sensor offers."""
        peer = Peer(connection)
        await peer.request_mtu(self.radio.mtu)
        services = BleakGATTServiceCollection()
        for found in await peer.discover_services():
            uuid = _uuid_text(found.uuid)
            if self._wanted_services is not None and uuid not in self._wanted_services:
                continue
            service = BleakGATTService(found, found.handle, uuid)
            services.add_service(service)
            for proxy in await found.discover_characteristics():
                characteristic = self._characteristic(proxy, service, connection)
                services.add_characteristic(characteristic)
                for inside in await proxy.discover_descriptors():
                    kind = _uuid_text(inside.type)
                    services.add_descriptor(
                        BleakGATTDescriptor(inside, inside.handle, kind, characteristic)
                    )
        self.services = services

    def _characteristic(
        self, proxy: CharacteristicProxy[Any], service: BleakGATTService, connection: Connection
    ) -> BleakGATTCharacteristic:
        return BleakGATTCharacteristic(
            proxy,
            proxy.handle,
            _uuid_text(proxy.uuid),
            sorted(gatt_char_props_to_strs(int(proxy.properties))),
            lambda: int(connection.att_mtu) - 3,
            service,
        )

    def _on_disconnection(self, _reason: int) -> None:
        if self._connection is None:
            return
        self._connection = None
        self._subscribers.clear()
        self.services = None
        if self._disconnected_callback is not None:
            self._disconnected_callback()


def backends(radio: Radio) -> tuple[type[BaseBleakScanner], type[BaseBleakClient]]:
    """Return the scanner and the client of one adapter."""
    bound = {"radio": radio}
    return (
        type("VirtualScanner", (BumbleScanner,), bound),
        type("VirtualClient", (BumbleClient,), bound),
    )


async def _asked(request: Any) -> Any:
    """Wait for an answer; what bumble raises becomes what bleak's users expect."""
    try:
        return await request
    except ATT_Error as error:
        raise BleakGATTProtocolError(int(error.error_code)) from error
    except asyncio.CancelledError as error:
        # bumble cancels the pending request of a connection that breaks
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise BleakError("Not connected") from error
    except BumbleTimeoutError as error:
        raise TimeoutError(str(error)) from error
    except BaseBumbleError as error:
        raise BleakError(str(error)) from error


def _service_uuids(data: AdvertisingData) -> list[str]:
    """Services of an advertisement."""
    kind = AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS
    packed = b"".join(value for key, value in data.ad_structures if key == kind)
    parts = [packed[i : i + _UUID_BYTES] for i in range(0, len(packed), _UUID_BYTES)]
    return list(dict.fromkeys(_uuid_text(UUID.from_bytes(part)) for part in parts))


def _uuid_text(uuid: UUID) -> str:
    """128 bits, lower case, with hyphens."""
    text = uuid.to_hex_str("-").lower()
    return text if len(text) > _SHORT else f"{text:0>8}-0000-1000-8000-00805f9b34fb"


_UUID_BYTES = 16
_SHORT = 8
_READ_NOT_PERMITTED = 0x02

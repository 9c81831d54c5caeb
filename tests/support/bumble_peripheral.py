"""One virtual sensor as a peripheral of bumble."""

import asyncio
from functools import partial
from typing import Any

from bumble.att import ATT_Error, ATT_Handle_Value_Notification, Attribute
from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData, InvalidStateError
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address, HCI_Error
from bumble.host import Host
from bumble.link import LocalLink

from imuhip.virtual.gatt import VirtualCharacteristic
from imuhip.virtual.sensor import VirtualSensor, WriteRefusedError

ACL_LENGTH = 251
"""Bytes a link-layer packet holds; with bumble's own 27, 200 Hz is out of reach."""

_ADVERTISING_MS = 60.0
_PROPERTIES = {
    "read": Characteristic.Properties.READ,
    "write": Characteristic.Properties.WRITE,
    "write-without-response": Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
    "notify": Characteristic.Properties.NOTIFY,
}


def virtual_device(name: str, address: str, link: LocalLink) -> tuple[Controller, Device]:
    """Return a controller on the link, and the Bluetooth stack above it."""
    controller = Controller(name, link=link)
    controller.le_acl_data_packet_length = ACL_LENGTH
    host = Host(controller, controller)
    return controller, Device(name=name, address=Address(address), host=host)


class Peripheral:
    """Advertises a sensor, and is its bearer while it is connected.

    Parameters
    ----------
    sensor
        The sensor.
    link
        The air.
    """

    def __init__(self, sensor: VirtualSensor, link: LocalLink) -> None:
        self._sensor = sensor
        self._link = link
        self._controller, self._device = virtual_device(sensor.name, sensor.address, link)
        self._connection: Connection | None = None
        self._handles: dict[str, Characteristic[bytes]] = {}
        self._wanted = asyncio.Event()
        self._closing = False
        self._dropping: asyncio.Task[None] | None = None
        self._advertiser: asyncio.Task[None] | None = None
        for service in sensor.services:
            inside = [self._characteristic(c) for c in service.characteristics]
            self._device.add_service(Service(UUID(service.uuid), inside))
        self._device.on(Device.EVENT_CONNECTION, self._on_connection)

    async def start(self) -> None:
        """Switch the device on; it advertises whenever it is free and within reach."""
        await self._device.power_on()
        self._wanted.set()
        self._advertiser = asyncio.create_task(self._advertise(), name="advertise")

    async def close(self) -> None:
        """Switch the device off."""
        await self._sensor.close()
        self._closing = True  # no cancelling: bumble swallows it in the middle of a command
        self._wanted.set()
        self._sensor.reachable.set()
        for task in (self._advertiser, self._dropping):
            if task is not None:
                await task
        await self._device.power_off()
        self._controller.le_legacy_advertiser.stop()
        for advertising in self._controller.advertising_sets.values():
            advertising.stop()
        self._link.remove_controller(self._controller)

    def notify(self, uuid: str, value: bytes) -> None:
        """Send a notification, cut to the MTU as every stack does."""
        if self._connection is None:
            return
        room = self._connection.att_mtu - 3
        notification = ATT_Handle_Value_Notification(
            attribute_handle=self._handles[uuid].handle, attribute_value=value[:room]
        )
        self._device.gatt_server.send_gatt_pdu(self._connection, bytes(notification))

    def drop(self) -> None:
        """Break the connection."""
        if self._connection is not None:
            self._dropping = asyncio.create_task(self._break(self._connection))

    async def _break(self, connection: Connection) -> None:
        try:
            await connection.disconnect()
        except (HCI_Error, InvalidStateError):
            return  # it was gone already

    async def _advertise(self) -> None:
        """Advertise whenever nobody is connected and the sensor is within reach."""
        data = bytes(AdvertisingData(_advertisement(self._sensor)))
        while True:
            await self._wanted.wait()
            await self._sensor.reachable.wait()
            if self._closing:
                return
            self._wanted.clear()
            await self._device.start_advertising(
                advertising_data=data,
                advertising_interval_min=_ADVERTISING_MS,
                advertising_interval_max=_ADVERTISING_MS,
            )

    def _on_connection(self, connection: Connection) -> None:
        self._connection = connection
        connection.on(Connection.EVENT_DISCONNECTION, self._on_disconnection)
        self._sensor.connected(self)

    def _on_disconnection(self, _reason: int) -> None:
        self._connection = None
        self._sensor.disconnected()
        self._wanted.set()

    def _characteristic(self, described: VirtualCharacteristic) -> Characteristic[bytes]:
        properties = Characteristic.Properties(0)
        for name in described.properties:
            properties |= _PROPERTIES[name]
        made: Characteristic[bytes] = Characteristic(
            UUID(described.uuid),
            properties,
            Attribute.READABLE | Attribute.WRITEABLE,
            CharacteristicValue(
                read=partial(self._read, described.uuid), write=partial(self._write, described.uuid)
            ),
        )
        made.on(Characteristic.EVENT_SUBSCRIPTION, partial(self._on_subscription, described.uuid))
        self._handles[described.uuid] = made
        return made

    def _read(self, uuid: str, _connection: Connection) -> bytes:
        return self._sensor.read(uuid)

    def _write(self, uuid: str, _connection: Connection, value: bytes) -> None:
        try:
            self._sensor.write(uuid, value)
        except WriteRefusedError as refused:
            raise ATT_Error(error_code=refused.code) from refused

    def _on_subscription(self, uuid: str, _bearer: Any, notify: bool, _indicate: bool) -> None:
        self._sensor.subscribe(uuid, on=notify)


def _advertisement(sensor: VirtualSensor) -> list[tuple[int, bytes]]:
    """What fits into an advertisement; the name and the maker's data are its scan response."""
    services = [UUID(uuid).to_bytes() for uuid in sensor.service_uuids]
    data = [(int(AdvertisingData.FLAGS), bytes([0x06]))]
    if services:
        kind = AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS
        data.append((int(kind), b"".join(services)))
    return data

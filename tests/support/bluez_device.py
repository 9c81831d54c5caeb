"""One virtual sensor as BlueZ shows it on the bus, and its bearer; imports dbus_fast."""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Final, TypeAlias

from dbus_fast import Message, Variant

from imuhip.virtual.sensor import VirtualSensor, WriteRefusedError

_log = logging.getLogger(__name__)

Properties: TypeAlias = dict[str, Variant]
Objects: TypeAlias = dict[str, dict[str, Properties]]


class BluezError(Exception):
    """What a call is answered with when it fails."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name
        self.text = text


class Device:
    """One sensor under one adapter.

    Parameters
    ----------
    sensor
        The sensor.
    adapter
        Path of the adapter.
    mtu
        Of its connections.
    send
        Puts a signal on the bus.
    """

    def __init__(
        self, sensor: VirtualSensor, adapter: str, mtu: int, send: Callable[[Message], None]
    ) -> None:
        self.sensor = sensor
        self.adapter = adapter
        self.mtu = mtu
        self.path = f"{adapter}/dev_{sensor.address.replace(':', '_')}"
        self.known = False
        self.connected = False
        self.characteristics: dict[str, str] = {}
        self._send = send
        self._services: Objects = {}
        self._paths: dict[str, str] = {}
        self._subscribers: dict[str, str] = {}
        self._sockets: dict[str, socket.socket] = {}
        self._connecting: asyncio.Task[bool] | None = None
        self._lay_out()

    @property
    def free(self) -> bool:
        """Whether it advertises."""
        return self.sensor.reachable.is_set() and not self.sensor.occupied

    def objects(self) -> Objects:
        """What is to be seen of it now."""
        if not self.known:
            return {}
        mine: Objects = {self.path: {_DEVICE: self._properties()}}
        return mine | (self._services if self.connected else {})

    # --- scanning and connecting -----------------------------------------------------------------

    def advertise(self) -> None:
        """Be heard by the adapter."""
        if self.known:
            self._changed(self.path, _DEVICE, {"RSSI": Variant("n", self.sensor.rssi)})
            return
        self.known = True
        self._added(self.path, {_DEVICE: self._properties()})

    def forget(self) -> None:
        """Be removed from the adapter's list."""
        self.drop()
        self.known = False
        self._removed(self.path, [_DEVICE])

    async def connect(self) -> None:
        """Connect as soon as the sensor is within reach, and show its services."""
        if self.connected:
            return
        if self._connecting is not None:
            raise BluezError("org.bluez.Error.InProgress", "In Progress")
        self._connecting = asyncio.create_task(self.sensor.reachable.wait())
        try:
            await asyncio.wait([self._connecting])
            if self._connecting.cancelled():
                raise BluezError("org.bluez.Error.Failed", "Operation already cancelled")
        finally:
            self._connecting.cancel()
            self._connecting = None
        if self.sensor.occupied:
            raise BluezError("org.bluez.Error.Failed", "connected to another adapter")
        self.connected = True
        self.sensor.connected(self)
        self._changed(self.path, _DEVICE, {"Connected": Variant("b", True)})
        for path, interfaces in self._services.items():
            self._added(path, interfaces)
        self._changed(self.path, _DEVICE, {"ServicesResolved": Variant("b", True)})

    def drop(self) -> None:
        """Break the connection, or the attempt at one."""
        if self._connecting is not None:
            self._connecting.cancel()
        if not self.connected:
            return
        self.connected = False
        self.sensor.disconnected()
        for uuid in list(self._subscribers):
            self._close(uuid)
        gone = {"ServicesResolved": Variant("b", False), "Connected": Variant("b", False)}
        self._changed(self.path, _DEVICE, gone)
        for path, interfaces in reversed(self._services.items()):
            self._removed(path, list(interfaces))

    # --- values ----------------------------------------------------------------------------------

    def write(self, uuid: str, value: bytes, *, request: bool) -> None:
        """Hand a write to the sensor; a command is never answered."""
        try:
            self.sensor.write(uuid, value)
        except WriteRefusedError as refused:
            if request:
                text = f"Operation failed with ATT error: 0x{refused.code:02x}"
                raise BluezError("org.bluez.Error.Failed", text) from refused

    def notify(self, uuid: str, value: bytes) -> None:
        """Send a notification, cut to the MTU as every stack does."""
        value = value[: self.mtu - 3]
        held = self._sockets.get(uuid)
        if held is None:
            self._changed(self._paths[uuid], _CHARACTERISTIC, {"Value": Variant("ay", value)})
            return
        try:
            held.send(value)
        except BlockingIOError:  # a client that does not read loses what its socket cannot hold
            _log.warning("%s: the client does not read; a notification is lost", self.path)
        except ConnectionError:  # the client has closed its end: that is how it unsubscribes
            self.unsubscribe(uuid)

    def subscribe(self, uuid: str, client: str) -> None:
        """Notify by signals."""
        self._subscribers[uuid] = client
        self.sensor.subscribe(uuid, on=True)

    def acquire(self, uuid: str, client: str) -> socket.socket:
        """Notify through a socket; return the client's end."""
        # BlueZ is Linux's; Windows has no such family to name.
        family = getattr(socket, "AF_UNIX", socket.AF_INET)
        mine, theirs = socket.socketpair(family, socket.SOCK_SEQPACKET)
        mine.setblocking(False)
        self._sockets[uuid] = mine
        self.subscribe(uuid, client)
        return theirs

    def unsubscribe(self, uuid: str) -> None:
        """Notify no more."""
        self._close(uuid)
        self.sensor.subscribe(uuid, on=False)

    def left(self, client: str) -> None:
        """Forget what a client had subscribed; the connection stays, as with BlueZ."""
        for uuid in [uuid for uuid, name in self._subscribers.items() if name == client]:
            self.unsubscribe(uuid)

    def _close(self, uuid: str) -> None:
        self._subscribers.pop(uuid, None)
        held = self._sockets.pop(uuid, None)
        if held is not None:
            held.close()

    # --- what is shown ---------------------------------------------------------------------------

    def _properties(self) -> Properties:
        sensor = self.sensor
        maker = {k: Variant("ay", v) for k, v in sensor.manufacturer_data.items()}
        shown = {
            "Address": Variant("s", sensor.address),
            "AddressType": Variant("s", "random"),
            "Name": Variant("s", sensor.name),
            "Alias": Variant("s", sensor.name),
            "Adapter": Variant("o", self.adapter),
            "Paired": Variant("b", False),
            "Trusted": Variant("b", False),
            "Connected": Variant("b", self.connected),
            "ServicesResolved": Variant("b", self.connected),
            "UUIDs": Variant("as", list(sensor.service_uuids)),
            "RSSI": Variant("n", sensor.rssi),
        }
        return shown | ({"ManufacturerData": Variant("a{qv}", maker)} if maker else {})

    def _lay_out(self) -> None:
        """Give every service and characteristic its handle, and with it its path."""
        handle = _FIRST_HANDLE
        for service in self.sensor.services:
            home = f"{self.path}/service{handle:04x}"
            handle += 1
            self._services[home] = {
                "org.bluez.GattService1": {
                    "UUID": Variant("s", service.uuid),
                    "Device": Variant("o", self.path),
                    "Primary": Variant("b", True),
                }
            }
            for described in service.characteristics:
                path = f"{home}/char{handle:04x}"
                handle += _HANDLES
                self.characteristics[path] = described.uuid
                self._paths[described.uuid] = path
                shown = {
                    "UUID": Variant("s", described.uuid),
                    "Service": Variant("o", home),
                    "Flags": Variant("as", list(described.properties)),
                    "MTU": Variant("q", self.mtu),
                }
                if "notify" in described.properties:
                    shown["NotifyAcquired"] = Variant("b", False)
                self._services[path] = {_CHARACTERISTIC: shown}

    def _changed(self, path: str, interface: str, properties: Properties) -> None:
        body = [interface, properties, []]
        self._send(Message.new_signal(path, _PROPERTIES, "PropertiesChanged", "sa{sv}as", body))

    def _added(self, path: str, interfaces: dict[str, Properties]) -> None:
        body = [path, interfaces]
        self._send(Message.new_signal("/", _OBJECTS, "InterfacesAdded", "oa{sa{sv}}", body))

    def _removed(self, path: str, interfaces: list[str]) -> None:
        body = [path, interfaces]
        self._send(Message.new_signal("/", _OBJECTS, "InterfacesRemoved", "oas", body))


_DEVICE: Final = "org.bluez.Device1"
_CHARACTERISTIC: Final = "org.bluez.GattCharacteristic1"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_OBJECTS: Final = "org.freedesktop.DBus.ObjectManager"
_FIRST_HANDLE: Final = 0x10
_HANDLES: Final = 3
"""Handles of a characteristic: declaration, value, subscription."""

"""A small ``org.bluez``: adapters, devices, services and characteristics as bleak asks for them.

Imports dbus_fast, so import it lazily. Follows BlueZ where bleak looks: devices appear when
scanning begins, services when a device is connected, and a client that goes away leaves the device
connected but no longer subscribed.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeAlias

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from support.bluez_device import BluezError, Device, Objects

from imuhip.virtual.sensor import VirtualSensor

Handler: TypeAlias = Callable[[Message], Message | bool | None]


class _PatientSocket:
    """A socket that writes nothing while it is full; dbus_fast would leave the bus for good."""

    def __init__(self, own: socket.socket) -> None:
        self._own = own

    def send(self, data: memoryview) -> int:
        """Send what there is room for; dbus_fast goes on when the socket can be written again."""
        with suppress(BlockingIOError):
            return self._own.send(data)
        return 0

    def sendmsg(self, buffers: list[memoryview], control: list[Any]) -> int:
        """As `send`, with file descriptors; these are few and never refused."""
        return self._own.sendmsg(buffers, control)


class BluezService:
    """Owns the name ``org.bluez`` on a bus.

    Parameters
    ----------
    sensors
        Within reach of every adapter.
    adapters
        Names, such as ``hci0``.
    mtu
        Of every connection.
    """

    def __init__(
        self, sensors: Sequence[VirtualSensor], adapters: tuple[str, ...], mtu: int
    ) -> None:
        self._sensors = tuple(sensors)
        self._adapters = {f"/org/bluez/{name}": number for number, name in enumerate(adapters)}
        self._discovering: dict[str, set[str]] = {path: set() for path in self._adapters}
        self._bus: MessageBus | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._devices = {
            device.path: device
            for adapter in self._adapters
            for device in (Device(sensor, adapter, mtu, self.send) for sensor in sensors)
        }

    async def start(self, address: str) -> None:
        """Come onto the bus at `address`."""
        bus = MessageBus(bus_address=address, negotiate_unix_fd=True)
        self._bus = bus
        await bus.connect()
        bus._writer.sock = _PatientSocket(bus._sock)  # type: ignore[assignment]
        bus.add_message_handler(self._on_message)
        await bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="AddMatch",
                signature="s",
                body=["type='signal',member='NameOwnerChanged',arg2=''"],
            )
        )
        await bus.request_name("org.bluez")
        self._begin(self._beacon())
        for sensor in self._sensors:
            self._begin(sensor.run())

    async def close(self) -> None:
        """Leave the bus; sensors go silent."""
        for device in self._devices.values():
            device.drop()
        for sensor in self._sensors:
            await sensor.close()
        for task in tuple(self._tasks):
            task.cancel()
        for done in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(done, Exception):
                raise done
        if self._bus is not None:
            self._bus.disconnect()
            with suppress(EOFError, ConnectionError):
                await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    def send(self, message: Message) -> None:
        """Put a signal on the bus."""
        if self._bus is not None and self._bus.connected:
            self._bus.send(message)

    def _begin(self, work: Any) -> None:
        """Run something until it ends or the bed closes."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._tasks.discard(task)  # what failed is kept until `close` raises it

    async def _beacon(self) -> None:
        """Let free sensors within reach be heard by adapters that scan."""
        while True:
            for device in self._devices.values():
                if self._discovering[device.adapter] and device.free:
                    device.advertise()
            await asyncio.sleep(_ADVERTISING_S)

    # --- calls -----------------------------------------------------------------------------------

    def _on_message(self, message: Message) -> Message | bool | None:
        if message.message_type is MessageType.SIGNAL:
            if message.member == "NameOwnerChanged":
                self._gone(message.body[0])
            return None
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        handlers: Mapping[str, Handler] = {
            "GetManagedObjects": self._managed,
            "SetDiscoveryFilter": Message.new_method_return,
            "StartDiscovery": self._start_discovery,
            "StopDiscovery": self._stop_discovery,
            "RemoveDevice": self._remove,
            "Connect": self._connect,
            "Disconnect": self._disconnect,
            "ReadValue": self._read,
            "WriteValue": self._write,
            "StartNotify": self._start_notify,
            "StopNotify": self._stop_notify,
            "AcquireNotify": self._acquire_notify,
            "Set": Message.new_method_return,
        }
        handler = handlers.get(message.member or "")
        if handler is None:
            return None
        try:
            return handler(message)
        except BluezError as error:
            return Message.new_error(message, error.name, error.text)

    def _managed(self, message: Message) -> Message:
        found: Objects = {path: self._adapter(path) for path in self._adapters}
        for device in self._devices.values():
            found.update(device.objects())
        return Message.new_method_return(message, "a{oa{sa{sv}}}", [found])

    def _start_discovery(self, message: Message) -> Message:
        self._discovering[message.path or ""].add(message.sender or "")
        for device in self._devices.values():
            if device.adapter == message.path and device.free:
                device.advertise()
        return Message.new_method_return(message)

    def _stop_discovery(self, message: Message) -> Message:
        self._discovering[message.path or ""].discard(message.sender or "")
        return Message.new_method_return(message)

    def _remove(self, message: Message) -> Message:
        self._devices[message.body[0]].forget()
        return Message.new_method_return(message)

    def _connect(self, message: Message) -> bool:
        device = self._device(message)

        async def connect() -> None:
            try:
                await device.connect()
                reply = Message.new_method_return(message)
            except BluezError as error:
                reply = Message.new_error(message, error.name, error.text)
            self.send(reply)

        self._begin(connect())
        return True

    def _disconnect(self, message: Message) -> Message:
        self._device(message).drop()
        return Message.new_method_return(message)

    def _read(self, message: Message) -> Message:
        device, uuid = self._characteristic(message)
        return Message.new_method_return(message, "ay", [device.sensor.read(uuid)])

    def _write(self, message: Message) -> Message:
        device, uuid = self._characteristic(message)
        kind = message.body[1].get("type")
        device.write(uuid, bytes(message.body[0]), request=kind is None or kind.value == "request")
        return Message.new_method_return(message)

    def _start_notify(self, message: Message) -> bool:
        device, uuid = self._characteristic(message)
        # The reply first: what the subscription sets off must not overtake it.
        self.send(Message.new_method_return(message))
        device.subscribe(uuid, message.sender or "")
        return True

    def _stop_notify(self, message: Message) -> Message:
        device, uuid = self._characteristic(message)
        device.unsubscribe(uuid)
        return Message.new_method_return(message)

    def _acquire_notify(self, message: Message) -> bool:
        device, uuid = self._characteristic(message)
        theirs = device.acquire(uuid, message.sender or "")
        reply = Message.new_method_return(message, "hq", [0, device.mtu], [theirs.fileno()])
        if self._bus is not None:
            self._bus.send(reply).add_done_callback(lambda _: theirs.close())
        return True

    # --- finding ---------------------------------------------------------------------------------

    def _device(self, message: Message) -> Device:
        device = self._devices.get(message.path or "")
        if device is None or not device.known:
            raise BluezError("org.freedesktop.DBus.Error.UnknownObject", f"no {message.path}")
        return device

    def _characteristic(self, message: Message) -> tuple[Device, str]:
        path = message.path or ""
        for device in self._devices.values():
            uuid = device.characteristics.get(path)
            if uuid is not None and device.connected:
                return device, uuid
        raise BluezError("org.freedesktop.DBus.Error.UnknownObject", f"no {path}")

    def _gone(self, name: str) -> None:
        """A client has left the bus: it no longer scans, and nothing is subscribed for it."""
        for scanning in self._discovering.values():
            scanning.discard(name)
        for device in self._devices.values():
            device.left(name)

    def _adapter(self, path: str) -> dict[str, dict[str, Variant]]:
        number = self._adapters[path]
        return {"org.bluez.Adapter1": dict(_adapter_properties(path, number))}


def _adapter_properties(path: str, number: int) -> Iterator[tuple[str, Variant]]:
    yield "Address", Variant("s", f"C4:19:D0:00:00:{number:02X}")
    yield "Name", Variant("s", path.rsplit("/", 1)[-1])
    yield "Alias", Variant("s", "virtual")
    yield "Powered", Variant("b", True)
    yield "Discovering", Variant("b", False)
    yield "Roles", Variant("as", ["central"])
    yield "UUIDs", Variant("as", [])


_ADVERTISING_S: Final = 0.1

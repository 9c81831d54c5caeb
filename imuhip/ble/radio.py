"""Bluetooth Low Energy, as the collector needs it: the one place that talks to `bleak`.

A `Radio` is an adapter: it scans, and it connects one sensor at a time. A `Connection` reads,
writes and subscribes. Whatever goes wrong in the air becomes a `DeviceError` that says what was
being done; nothing of bleak leaves this file.

Another backend (a virtual bed, a fake) is a class that is passed in; without one it is the
system's own.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from imuhip.core.errors import DeviceError
from imuhip.devices.profile_nouns import Profile


class NoBluetoothError(DeviceError):
    """There is no Bluetooth to work with, whatever the sensor."""

    def __init__(self) -> None:
        super().__init__(NO_BLUETOOTH)


Receive = Callable[[int, bytes], None]
"""Takes a notification: host monotonic nanoseconds of its arrival, and its bytes."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A device that was heard advertising.

    Parameters
    ----------
    name, address
        As the system tells them; macOS gives a UUID for the address. The name may be empty.
    rssi
        Signal in dBm.
    service_uuids, manufacturer_ids
        What it advertised of itself.
    battery
        Percent, where it is advertised.
    device
        The system's own handle, to connect to.
    """

    name: str
    address: str
    rssi: int
    service_uuids: tuple[str, ...] = ()
    manufacturer_ids: tuple[int, ...] = ()
    battery: int | None = None
    device: Any = field(default=None, repr=False, compare=False)


Find = Callable[[Mapping[str, Sighting]], Sighting | None]
"""Picks a device among those that are heard."""


class Radio:
    """One Bluetooth adapter; whoever scans or connects holds `lock`, so it is one at a time.

    Connecting several sensors at once is where Bluetooth stacks fail (bleak #1858).

    Parameters
    ----------
    adapter
        Such as ``hci1``; empty for the system's default. Linux alone has a choice.
    scanner_backend, client_backend
        Backend classes of bleak in place of the system's.
    acquire_notify
        On Linux, take notifications through a file descriptor: faster, but those sent before the
        subscription is confirmed are lost (bleak #1885).
    """

    def __init__(
        self,
        adapter: str = "",
        *,
        scanner_backend: type[Any] | None = None,
        client_backend: type[Any] | None = None,
        acquire_notify: bool = False,
    ) -> None:
        self.adapter = adapter
        self.lock = asyncio.Lock()
        self.scanner_backend = scanner_backend
        self.client_backend = client_backend
        self.acquire_notify = acquire_notify
        self._searches: list[tuple[Find, asyncio.Future[Sighting]]] = []

    async def scan(
        self, seconds: float, enough: Callable[[Mapping[str, Sighting]], bool] | None = None
    ) -> dict[str, Sighting]:
        """Listen for `seconds`, or until it is `enough`; newest sighting by address.

        Raises
        ------
        DeviceError
            When there is no Bluetooth to listen with.
        """
        from bleak import BleakScanner

        seen: dict[str, Sighting] = {}
        done = asyncio.Event()

        def heard(device: Any, advertised: Any) -> None:
            sighting = _sighting(device, advertised, seen.get(device.address))
            seen[sighting.address] = sighting
            if enough is not None and enough(seen):
                done.set()

        with _errors_in_words("scanning for sensors"):
            async with BleakScanner(heard, backend=self.scanner_backend, **self._bluez()):
                with suppress(TimeoutError):
                    await asyncio.wait_for(done.wait(), seconds)
        return seen

    async def search(self, find: Find, seconds: float) -> Sighting | None:
        """Listen until `find` picks a device, in turns that others may have in between.

        Whoever searches at the same time hears it too: a sensor that is switched off keeps nobody
        else waiting.

        Parameters
        ----------
        seconds
            How long to listen; waiting for the adapter does not count.
        """
        mine: asyncio.Future[Sighting] = asyncio.get_running_loop().create_future()
        search = (find, mine)
        self._searches.append(search)
        try:
            while seconds > SHORTEST_SCAN_S and not mine.done():
                async with self.lock:
                    if mine.done():
                        break
                    started = time.monotonic()
                    await self.scan(min(seconds, SEARCH_TURN_S), self._heard_by_any)
                    seconds -= time.monotonic() - started
            return mine.result() if mine.done() else None
        finally:
            self._searches.remove(search)

    def _heard_by_any(self, seen: Mapping[str, Sighting]) -> bool:
        """Hand what was heard to those who search; whether any of them has found its device."""
        for find, result in self._searches:
            found = None if result.done() else find(seen)
            if found is not None:
                result.set_result(found)
        return any(result.done() for _, result in self._searches)

    def _bluez(self) -> dict[str, Any]:
        return {"bluez": {"adapter": self.adapter}} if self.adapter else {}


class Connection:
    """A connection to one sensor; characteristics go by the names its profile uses.

    Parameters
    ----------
    radio
        The adapter to use.
    sighting
        The device.
    profile
        Says which of a device's UUIDs is which.
    lost
        Called once when the link ends and nobody here ended it.
    """

    def __init__(
        self, radio: Radio, sighting: Sighting, profile: Profile, lost: Callable[[], None]
    ) -> None:
        self._radio = radio
        self._sighting = sighting
        self._profile = profile
        self._lost = lost
        self._client: Any = None
        self._found: dict[str, Any] = {}
        self._closing = False

    async def open(self, timeout: float) -> None:
        """Connect and learn what the device has; DeviceError if that fails."""
        from bleak import BleakClient

        target = self._sighting.device or self._sighting.address
        self._client = BleakClient(
            target,
            disconnected_callback=self._ended,
            timeout=timeout,
            backend=self._radio.client_backend,
            **self._radio._bluez(),  # noqa: SLF001 - of this file
        )
        with _errors_in_words(f"connecting to {self._sighting.name or self._sighting.address}"):
            async with asyncio.timeout(timeout):
                await self._client.connect()
            for found in self._client.services.characteristics.values():
                self._found.setdefault(self._profile.canonical(found.uuid), found)

    async def close(self) -> None:
        """Disconnect; a link that is gone already is no error."""
        self._closing = True
        if self._client is None:
            return
        with suppress(DeviceError), _errors_in_words("disconnecting"):
            async with asyncio.timeout(DISCONNECT_S):
                await self._client.disconnect()

    @property
    def mtu(self) -> int:
        """Bytes of an ATT packet, as well as it can be known without asking the device again."""
        return max((self._size(found) for found in self._found.values()), default=20) + 3

    @property
    def notify_mode(self) -> str:
        """How notifications are taken from the system."""
        return "acquire" if self._radio.acquire_notify else "start"

    def has(self, uuid: str) -> bool:
        """Whether the device has the characteristic."""
        return uuid in self._found

    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        """Write to a characteristic."""
        found = self._of(uuid)
        with _errors_in_words(f"writing {data.hex(' ')} to {uuid}"):
            async with asyncio.timeout(ANSWER_S):
                await self._client.write_gatt_char(found, data, response=response)

    async def read(self, uuid: str) -> bytes:
        """Read a characteristic."""
        found = self._of(uuid)
        with _errors_in_words(f"reading {uuid}"):
            async with asyncio.timeout(ANSWER_S):
                return bytes(await self._client.read_gatt_char(found))

    async def subscribe(self, uuid: str, receive: Receive) -> None:
        """Hand each notification of a characteristic to `receive`, stamped first of all."""

        def notified(_: object, data: bytearray) -> None:
            stamp_ns = time.monotonic_ns()
            receive(stamp_ns, bytes(data))

        found = self._of(uuid)
        with _errors_in_words(f"subscribing to {uuid}"):
            async with asyncio.timeout(ANSWER_S):
                await self._client.start_notify(
                    found, notified, bluez={"use_start_notify": not self._radio.acquire_notify}
                )

    def _of(self, uuid: str) -> Any:
        if uuid not in self._found:
            known = ", ".join(sorted(self._found)) or "none"
            raise DeviceError(
                f"The device has no characteristic {uuid}, which profile {self._profile.id} names; "
                f"it has {known}. Check that the profile fits the device and its firmware."
            )
        return self._found[uuid]

    def _size(self, found: Any) -> int:
        return int(found.max_write_without_response_size)

    def _ended(self, _: object) -> None:
        if not self._closing:
            self._closing = True
            self._lost()


def _sighting(device: Any, advertised: Any, before: Sighting | None) -> Sighting:
    """What is known after another advertisement; a scan response brings only a part of it."""
    name = advertised.local_name or device.name or (before.name if before else "")
    uuids = {uuid.lower() for uuid in advertised.service_uuids}
    makers = set(advertised.manufacturer_data)
    battery = next(iter(advertised.service_data.get(_BATTERY_SERVICE, b"")), None)
    if before is not None:
        uuids |= set(before.service_uuids)
        makers |= set(before.manufacturer_ids)
        battery = before.battery if battery is None else battery
    return Sighting(
        name=name,
        address=device.address,
        rssi=int(advertised.rssi),
        service_uuids=tuple(sorted(uuids)),
        manufacturer_ids=tuple(sorted(makers)),
        battery=battery,
        device=device,
    )


@contextmanager
def _errors_in_words(doing: str) -> Iterator[None]:
    """Turn what bleak and the system raise into a sentence."""
    from bleak.exc import BleakBluetoothNotAvailableError, BleakDBusError, BleakError

    try:
        yield
    except (BleakBluetoothNotAvailableError, FileNotFoundError, ConnectionRefusedError) as error:
        raise NoBluetoothError from error
    except BleakDBusError as error:
        if error.dbus_error in _SERVICE_GONE:
            raise NoBluetoothError from error
        raise DeviceError(f"{doing} failed: {error}") from error
    except TimeoutError as error:
        raise DeviceError(
            f"{doing}: no answer in time; bring the sensor nearer, check its battery"
        ) from error
    except (BleakError, OSError, EOFError) as error:
        why = str(error) or type(error).__name__
        raise DeviceError(f"{doing} failed: {why}") from error


NO_BLUETOOTH: Final = (
    "Bluetooth is off or not available. Switch it on and allow this program to use it."
)

_SERVICE_GONE: Final = frozenset(
    {
        "org.bluez.Error.NotReady",
        "org.freedesktop.DBus.Error.NameHasNoOwner",
        "org.freedesktop.DBus.Error.ServiceUnknown",
    }
)
"""What BlueZ says when its service is not running or its adapter is off."""

SEARCH_TURN_S: Final = 1.0
"""So long a search keeps the adapter from those who have found their sensor."""

SHORTEST_SCAN_S: Final = 0.01
"""Less than that is left over by rounding, and nothing is heard in it."""

DISCONNECT_S: Final = 5.0
"""A dead link may never confirm its end."""

ANSWER_S: Final = 10.0
"""Longer than the longest supervision timeout that sensors use (6 s), so that a link that dies
under a request is reported as lost and not as slow."""

_BATTERY_SERVICE: Final = "0000180f-0000-1000-8000-00805f9b34fb"

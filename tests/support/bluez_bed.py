"""Bed B: virtual sensors below bleak's own Linux backend, with a bus and an ``org.bluez`` of ours.

Linux only; needs the program ``dbus-daemon``. The bus is private: no Bluetooth service of the
system is asked or disturbed.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from imuhip.core.errors import DeviceError
from imuhip.virtual.sensor import VirtualSensor

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class BluezBed:
    """What leads bleak to the bed.

    Parameters
    ----------
    sensors
        The sensors in it.
    environment
        For a process of its own: to be added to its environment.
    adapters
        Names of its adapters, for ``bluez={"adapter": …}``.
    scanner_backend, client_backend
        None: bleak takes its own. Here so that both beds are used alike.
    """

    sensors: tuple[VirtualSensor, ...]
    environment: Mapping[str, str]
    adapters: tuple[str, ...]
    scanner_backend: None = None
    client_backend: None = None


@asynccontextmanager
async def bluez_bed(
    sensors: Sequence[VirtualSensor],
    *,
    mtu: int = 247,
    adapters: Sequence[str] = ("hci0",),
    here: bool = True,
) -> AsyncIterator[BluezBed]:
    """Put sensors within reach of virtual adapters of BlueZ.

    Parameters
    ----------
    sensors
        Each with an address of its own; every adapter can reach all of them.
    mtu
        What the adapters agree on with a sensor.
    adapters
        Their names.
    here
        Let this process use the bed, too: sets its ``DBUS_SYSTEM_BUS_ADDRESS`` meanwhile.

    Raises
    ------
    DeviceError
        When this is no Linux, or ``dbus-daemon`` or the package dbus-fast is missing.
    """
    try:
        from support.bluez_service import BluezService
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "dbus_fast":
            raise
        raise DeviceError(
            f"Virtual BlueZ needs Linux and the package dbus-fast, which bleak installs there; "
            f"this is {sys.platform} without it."
        ) from error
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(_private_bus())
        if here:
            stack.enter_context(_environment(address))
        service = BluezService(sensors, tuple(adapters), mtu)
        stack.push_async_callback(service.close)
        await service.start(address)
        yield BluezBed(tuple(sensors), {_ADDRESS: address}, tuple(adapters))


@asynccontextmanager
async def _private_bus() -> AsyncIterator[str]:
    """A bus of our own; gives its address."""
    with tempfile.TemporaryDirectory(prefix="imuhip-bus-") as folder:
        config = Path(folder) / "bus.conf"
        config.write_text(_CONFIG.format(folder=folder), encoding="utf-8")
        complaints = Path(folder) / "stderr"
        try:
            with complaints.open("wb") as stderr:
                daemon = await asyncio.create_subprocess_exec(
                    "dbus-daemon",
                    f"--config-file={config}",
                    "--nofork",
                    "--print-address=1",
                    stdout=asyncio.subprocess.PIPE,
                    stderr=stderr,
                )
        except FileNotFoundError as error:
            raise DeviceError(
                "The program dbus-daemon is not installed. Install the system's package dbus, or "
                "use the bumble bed."
            ) from error
        try:
            line = b"" if daemon.stdout is None else await daemon.stdout.readline()
            if not line:
                why = complaints.read_text(errors="replace").strip()
                raise DeviceError(f"dbus-daemon did not start: {why}.")
            yield line.decode().strip()
        finally:
            with suppress(ProcessLookupError):
                daemon.terminate()
            await daemon.wait()


@contextmanager
def _environment(address: str) -> "Iterator[None]":
    """Let this process take our bus for the system's."""
    before = os.environ.get(_ADDRESS)
    os.environ[_ADDRESS] = address
    try:
        yield
    finally:
        if before is None:
            del os.environ[_ADDRESS]
        else:
            os.environ[_ADDRESS] = before


_ADDRESS: Final = "DBUS_SYSTEM_BUS_ADDRESS"
_CONFIG: Final = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:dir={folder}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"""

"""Bed A: virtual sensors on virtual controllers of `bumble`, all in this process.

The host's side is a bleak backend over one more virtual controller: ATT, GATT, MTU and the
simulated link layer are real, the radio is not.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from support.bumble_backend import Radio, backends
from support.bumble_peripheral import Peripheral

from imuhip.virtual.adapter import Adapter
from imuhip.virtual.sensor import VirtualSensor


@asynccontextmanager
async def bumble_bed(sensors: Sequence[VirtualSensor], *, mtu: int = 247) -> AsyncIterator[Adapter]:
    """Put sensors within reach of a virtual Bluetooth adapter.

    Parameters
    ----------
    sensors
        Each with an address of its own.
    mtu
        What the adapter asks for on connecting.
    """
    async with AsyncExitStack() as stack:
        radio = Radio(sensors, mtu)
        await radio.start()
        stack.push_async_callback(radio.close)
        for sensor in sensors:
            peripheral = Peripheral(sensor, radio.link)
            await peripheral.start()
            stack.push_async_callback(peripheral.close)
            faults = asyncio.create_task(sensor.run(), name=f"faults {sensor.name}")
            stack.push_async_callback(_end, faults)
        stack.push_async_callback(radio.hang_up)
        scanner, client = backends(radio)
        yield Adapter(tuple(sensors), scanner, client)


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end; what failed in it is raised now."""
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return

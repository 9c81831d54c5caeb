"""How late notifications arrive through the beds of virtual sensors, and what that costs.

    python tests/benchmarks/bench_virtual.py [--seconds 10]

Three sensors at 200 Hz. Latency is from the moment a sensor lets go of a notification to bleak's
callback. CPU is in percent of a core: of the whole process for the adapter and for bumble, where
sensors and host are one; for the BlueZ bed of the host alone, which is a process of its own, and of
the bed. The last two lines say how punctual the sensors are: leaving late against the schedule.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import time
from pathlib import Path

import numpy as np
from bleak import BleakClient, BleakScanner

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.bluez_bed import bluez_bed
from support.bumble_bed import bumble_bed

from imuhip.virtual.adapter import virtual_adapter
from imuhip.virtual.athlete import rocking_sensors

PLACES = ("pelvis", "thigh_left", "thigh_right")
RATE_HZ = 200.0
WARM_UP_S = 1.0


async def listen(profile, seconds, scanner_backend=None, client_backend=None):
    """Connect to all three and count for a while: arrivals by address (ns), CPU share."""
    found = {}
    async with BleakScanner(backend=scanner_backend) as scanner:
        async for device, _ in scanner.advertisement_data():
            found[device.address] = device
            if len(found) == len(PLACES):
                break
    came = {address: [] for address in found}
    clients = []
    for address, device in found.items():
        client = BleakClient(device, backend=client_backend)
        await client.connect()
        stamps = came[address]
        await client.start_notify(
            profile.streams[0].characteristic,
            lambda _, value, to=stamps: to.append((time.monotonic_ns(), value[:4])),
        )
        (step,) = profile.start
        await client.write_gatt_char(
            step.characteristic, step.payload(profile.rates[RATE_HZ]), response=True
        )
        clients.append(client)
    await asyncio.sleep(WARM_UP_S)
    cpu, wall = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    share = (time.process_time() - cpu) / (time.monotonic() - wall)
    for client in clients:
        await client.disconnect()
    return {a: [(t, int.from_bytes(v, "little")) for t, v in c] for a, c in came.items()}, share


def watched(sensors):
    """When each sensor sent each counter (ns)."""
    sent = {sensor.address: {} for sensor in sensors}
    for sensor in sensors:
        sensor.on_sent = lambda _, value, to=sent[sensor.address]: to.__setitem__(
            int.from_bytes(value[:4], "little"), time.monotonic_ns()
        )
    return sent


def show(name, sent, came, **shares):
    """One line of the table."""
    late = [
        (arrived - sent[address][counter]) * 1e-6
        for address, arrivals in came.items()
        for arrived, counter in arrivals
        if counter in sent[address]
    ]
    heard = sum(len(arrivals) for arrivals in came.values())
    p50, p99, worst = np.percentile(late, (50, 99, 100))
    costs = "  ".join(f"{who} {100 * share:.0f} %" for who, share in shares.items())
    print(f"{name:8} p50 {p50:.2f}  p99 {p99:.2f}  max {worst:.1f} ms  n {heard}  cpu: {costs}")
    for address, stamps in sent.items():
        steps = np.diff(np.array(sorted(stamps.values()))) * 1e-6
        p1, p99 = np.percentile(steps, (1, 99))
        print(f"{'':8} {address} leaves every {steps.mean():.3f} ms, p1 {p1:.2f}, p99 {p99:.2f}")


async def measure_here(name, bed_of, seconds):
    """All in this process."""
    sensors = rocking_sensors(PLACES, rate_hz=RATE_HZ)
    sent = watched(sensors)
    async with bed_of(sensors) as bed:
        came, share = await listen(
            sensors[0].profile, seconds, bed.scanner_backend, bed.client_backend
        )
    show(name, sent, came, all=share)


async def measure_bluez(seconds):
    """The host in a process of its own."""
    sensors = rocking_sensors(PLACES, rate_hz=RATE_HZ)
    sent = watched(sensors)
    async with bluez_bed(sensors, here=False) as bed:
        cpu, wall = time.process_time(), time.monotonic()
        host = await asyncio.create_subprocess_exec(
            sys.executable,
            __file__,
            "--host",
            "--seconds",
            str(seconds),
            env={**os.environ, **bed.environment},
            stdout=asyncio.subprocess.PIPE,
        )
        reported, _ = await host.communicate()
        bed_share = (time.process_time() - cpu) / (time.monotonic() - wall)
    came, share = json.loads(reported)
    show("bluez", sent, came, host=share, bed=bed_share)


def main():
    """Measure what this machine can."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--host", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.host:
        profile = rocking_sensors(PLACES, rate_hz=RATE_HZ)[0].profile
        print(json.dumps(asyncio.run(listen(profile, asked.seconds))))
        return
    for name, bed_of in (("adapter", virtual_adapter), ("bumble", bumble_bed)):
        asyncio.run(measure_here(name, bed_of, asked.seconds))
    if shutil.which("dbus-daemon"):
        asyncio.run(measure_bluez(asked.seconds))


if __name__ == "__main__":
    main()

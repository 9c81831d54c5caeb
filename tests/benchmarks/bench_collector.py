"""The collector at full load: packets lost, delay from arrival to pipeline output, processor use.

    python tests/benchmarks/bench_collector.py [SECONDS]

Three sensors at 200 Hz over virtual controllers in this process, then at 100 Hz over a private
D-Bus with the sensors in a process of their own, so that the processor time is the collector's.
"""

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

from beds.collect import PLACES, Workshop, kit_of, radio_of, until  # noqa: E402
from support.bumble_bed import bumble_bed  # noqa: E402

from imuhip.ble.radio import Radio  # noqa: E402
from imuhip.core.records import Packet  # noqa: E402
from imuhip.live.collector import collecting  # noqa: E402
from imuhip.live.start import Options  # noqa: E402
from imuhip.recording.reader import RecordingReader  # noqa: E402
from imuhip.virtual.athlete import rocking_sensors  # noqa: E402


def delays_ms(workshop: Workshop) -> np.ndarray:
    """From each notification's stamp to the return of the push that held it."""
    parts = [
        (returned - record.host_ns) / 1e6
        for returned, records in workshop.made[-1].pushes
        for record in records
        if isinstance(record, Packet)
    ]
    return np.concatenate(parts)


def lost(path: Path) -> tuple[int, int]:
    """Notifications recorded, and gaps of the counters."""
    got = gaps = 0
    counters: dict[str, list[int]] = {}
    for batch in RecordingReader(path).batches():
        for record in batch:
            if isinstance(record, Packet):
                numbers = [record.notification(k) for k in range(len(record))]
                counters.setdefault(record.sensor, []).extend(
                    int.from_bytes(data[:4], "little") for data in numbers if len(data) >= 20
                )
    for numbers in counters.values():
        got += len(numbers)
        gaps += int(np.sum(np.diff(numbers) - 1))
    return got, gaps


async def measured(session, workshop: Workshop, seconds: float, title: str) -> None:
    """Record for a while, and print the figures."""
    await until(lambda: session.state == "recording", 60.0)
    await asyncio.sleep(1.0)
    workshop.made[-1].pushes.clear()
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.monotonic()
    await asyncio.sleep(seconds)
    after = resource.getrusage(resource.RUSAGE_SELF)
    length = time.monotonic() - started
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    delays = delays_ms(workshop)
    path = await session.stop()
    got, gaps = lost(path)
    p50, p99 = np.percentile(delays, (50, 99))
    print(
        f"{title}: {got} notifications, {gaps} lost; arrival to output p50 {p50:.1f} ms, "
        f"p99 {p99:.1f} ms, most {delays.max():.1f} ms; {100 * used / length:.1f} % of a core"
    )


async def in_one_process(seconds: float) -> None:
    """Virtual controllers, 3 x 200 Hz; the processor time holds the sensors too."""
    workshop = Workshop()
    sensors = rocking_sensors(PLACES, rate_hz=200.0)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bed = await stack.enter_async_context(bumble_bed(sensors))
        options = Options(folder, start_when_ready=True, make_stages=workshop)
        kit = kit_of(sensors, rate_hz=200.0)
        (session,) = await stack.enter_async_context(
            collecting([kit], [radio_of(bed)], options, say=lambda _: None)
        )
        await measured(session, workshop, seconds, "bumble bed, 3 x 200 Hz, sensors included")


async def sensors_alone(rate_hz: float) -> None:
    """The sensors' process: serve them on a private bus until the input ends."""
    from support.bluez_bed import bluez_bed

    async with bluez_bed(rocking_sensors(PLACES, rate_hz=rate_hz)):
        print(os.environ["DBUS_SYSTEM_BUS_ADDRESS"], flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def in_two_processes(seconds: float, rate_hz: float) -> None:
    """On the Linux backend of bleak itself; the processor time is the collector's alone."""
    workshop = Workshop()
    kit = kit_of(rocking_sensors(PLACES, rate_hz=rate_hz), rate_hz=rate_hz)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        options = Options(folder, start_when_ready=True, make_stages=workshop)
        (session,) = await stack.enter_async_context(
            collecting([kit], [Radio()], options, say=lambda _: None)
        )
        await measured(
            session, workshop, seconds, f"D-Bus bed, 3 x {rate_hz:g} Hz, collector alone"
        )


def main() -> None:
    """Measure both ways."""
    if sys.argv[1:2] == ["sensors"]:
        asyncio.run(sensors_alone(float(sys.argv[2])))
        return
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    asyncio.run(in_one_process(seconds))
    for rate_hz in (100.0, 200.0):
        sensors = subprocess.Popen(
            [sys.executable, __file__, "sensors", str(rate_hz)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = sensors.stdout.readline().strip()
        try:
            asyncio.run(in_two_processes(seconds, rate_hz))
        finally:
            sensors.stdin.close()
            sensors.wait(10)


if __name__ == "__main__":
    main()

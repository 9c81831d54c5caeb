"""A collector as a process of its own, with virtual sensors: to be killed, or to fill a disk.

    collect_process.py FOLDER [LIMIT_BYTES]

Prints what the collector says.
"""

import asyncio
import resource
import sys
from pathlib import Path

from beds.collect import PLACES, kit_of, radio_of

from imuhip.live.collector import collect_until_signal
from imuhip.live.start import Options
from imuhip.virtual.adapter import virtual_adapter
from imuhip.virtual.athlete import rocking_sensors


def say(sentence: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


async def main(folder: Path) -> None:
    """Record until killed."""
    sensors = rocking_sensors(PLACES, rate_hz=100.0)
    options = Options(folder, start_when_ready=True)
    async with virtual_adapter(sensors) as bed:
        kits, radios = [kit_of(sensors)], [radio_of(bed)]
        await collect_until_signal(kits, radios, options, port=0, say=say)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        limit = int(sys.argv[2])
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    asyncio.run(main(Path(sys.argv[1])))

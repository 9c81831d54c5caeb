"""An athlete for a whole visit, as a program: virtual sensors that do what the coach's marks say.

    visit_athlete.py FOLDER HUB

Puts three sensors on a private Bluetooth service, writes the kit `default` into ``FOLDER/imuhip``,
and prints a line for everything the coach can see: ``bus ADDRESS``, then ``ready STEP`` when the
athlete waits for the word and ``did STEP`` when it is done. The word is the coach's mark
``begin:STEP`` as every viewer of the hub hears it; until then the athlete stands still.
"""

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from beds.collect import kit_of
from support.bluez_bed import bluez_bed
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from imuhip.ble.kit import save_kit
from imuhip.core.conventions import CALIBRATION_STEPS
from imuhip.simulate.performance import Compensation, Performance
from imuhip.simulate.radio import RADIOS, Radio
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup
from imuhip.virtual.athlete import virtual_athlete
from imuhip.virtual.play import Play
from imuhip.virtual.reel import marks_of
from imuhip.virtual.sensor import LinkFaults

SQUATS: Final = 4
STEPS: Final = (*CALIBRATION_STEPS, "squat")


def tell(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def steps_begun(hub: str) -> Any:
    """Give each step that the coach begins, from one viewer's connection after the other."""
    while True:
        with suppress(OSError, WebSocketException):
            async with connect(hub, proxy=None, max_size=None) as viewer:
                async for message in viewer:
                    if isinstance(message, bytes):
                        continue
                    edge, _, step = json.loads(message).get("label", "").partition(":")
                    if edge == "begin":
                        yield step
        await asyncio.sleep(0.1)


async def perform(play: Play, times: dict[str, float], hub: str) -> None:
    """Do step after step, each at the coach's word."""
    words = steps_begun(hub)
    for step in STEPS:
        if step != STEPS[0]:
            await play.until(times[f"begin:{step}"])
        tell(f"ready {step}")
        while await anext(words) != step:
            pass
        if step == STEPS[0]:
            play.begin()
        else:
            play.go_on()
        await play.until(times[f"end:{step}"])
        tell(f"did {step}")


async def main(folder: Path, hub: str) -> None:
    """Be there until interrupted; the bus goes with the athlete."""
    knee_in = Compensation("knee_in", 14.0, side="right")
    performance = Performance(compensations=(knee_in,), repetitions=SQUATS)
    setup = Setup(mounting="usual", radio=Radio(), performance=performance)
    athlete = simulate("showcase", seed=7, grade="good", setup=setup)
    times = {label: t for t, label in marks_of(athlete)}
    waits = [t for t, label in marks_of(athlete) if label.startswith("begin:")][1:]
    faults = LinkFaults(radio=RADIOS["good"])
    sensors = virtual_athlete(athlete, faults=faults, wait=False, waits=waits)
    save_kit(kit_of(sensors, "default"), folder / "imuhip" / "kits")
    async with bluez_bed(sensors, here=False) as bed:
        tell(f"bus {json.dumps(dict(bed.environment))}")
        await perform(sensors[0].play, times, hub)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))

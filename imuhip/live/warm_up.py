"""Has every kernel compiled and every library loaded before the first real record comes.

On a machine that never ran a pipeline, compiling takes half a minute; later kernels are read from
disk. What is played is a whole simulated session, so that every stage meets all it ever acts on:
declared mounts, each calibration step, squats and pivots, missing notifications, a lost link. A
stage that is added to the pipeline is warmed without a word here.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from imuhip.core.kernels import compilations
from imuhip.core.records import Record
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.recording.batches import join_records

if TYPE_CHECKING:
    from imuhip.simulate.nouns import SimulatedSession


async def warmed(say: Callable[[str], None]) -> None:
    """Warm up, once a process; where kernels must be compiled, say so.

    Parameters
    ----------
    say
        Called with a sentence for people.
    """
    enough = threading.Event()
    work = asyncio.create_task(asyncio.to_thread(warm, enough.is_set))
    try:
        said = False
        while not (await asyncio.wait([work], timeout=LOOK_S))[0]:
            if not said and compilations():
                said = True
                say(PREPARING)
        await work
    finally:
        enough.set()  # whoever is cancelled need not wait for the rest


def warm(enough: Callable[[], bool] = lambda: False) -> None:
    """Push a simulated session, and an import, through pipelines that are thrown away.

    Parameters
    ----------
    enough
        Asked between pushes; once true, the rest is left out.
    """
    if _WARM.is_set() or find_spec("scipy") is None:
        return  # without the simulator there is no hub either, and nobody waits
    from imuhip.simulate.radio import RADIOS
    from imuhip.simulate.session import simulate
    from imuhip.simulate.setup import Setup

    link = Setup(mounting="usual", radio=RADIOS["poor"], radio_gaps=(("thigh_left", 60.0, 1.0),))
    for scenario, profile_id in (("showcase", "reference"), ("calibration", "imported")):
        session = simulate(scenario, seed=1, profile_id=profile_id, setup=link)
        pipeline = Pipeline(session.header)
        for batch in _pieces(session):
            if enough():
                return
            pipeline.push(batch)
        pipeline.finish()
    _WARM.set()


def _pieces(session: "SimulatedSession") -> Iterator[list[Record]]:
    """The records in short pieces around marks, as they come live, and else in long ones.

    Arrays of one row have another memory layout than parts of longer ones: both are compiled.
    """
    waiting: list[Record] = []
    for number, batch in enumerate(session.batches(SHORT_S)):
        waiting += batch
        near = any(abs(number * SHORT_S - t) < NEAR_S for t, _ in session.marks)
        if waiting and (near or number % LONG == 0):
            yield join_records(waiting)
            waiting = []
    if waiting:
        yield join_records(waiting)


_WARM: Final = threading.Event()
"""Set once this process is warm."""

PREPARING: Final = (
    "preparing the numeric kernels – up to a minute, once on this machine and after each update"
)

LOOK_S: Final = 1.0
SHORT_S: Final = 0.02
LONG: Final = 25
"""Short pieces that make a long one."""
NEAR_S: Final = 0.4
"""Of a mark, s."""

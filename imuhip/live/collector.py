"""The collector: kits on adapters, a session each, all links kept up, everything closed at the end.

::

    async with collecting(kits, [Radio()], Options(folder), say=print) as sessions:
        ...                                # sensors connect, hubs are served
    # every recording is closed, every sensor was asked to stop
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import Any, Final

from imuhip.ble.kit import Kit, missing
from imuhip.ble.link import Link
from imuhip.ble.radio import Radio
from imuhip.ble.scan import known_profiles
from imuhip.core.errors import DeviceError
from imuhip.live.control import ControlRefusedError
from imuhip.live.hub import serving
from imuhip.live.session import Session
from imuhip.live.start import Options
from imuhip.live.warm_up import warmed

Say = Callable[[str], None]


@asynccontextmanager
async def collecting(
    kits: Sequence[Kit],
    radios: Sequence[Radio],
    options: Options,
    *,
    port: int = 0,
    say: Say,
) -> AsyncIterator[tuple[Session, ...]]:
    """Collect from kits while the block runs; gives a session for each.

    Parameters
    ----------
    kits
        One an athlete.
    radios
        Adapters; kits are spread over them.
    options
        How to collect.
    port
        Of the first kit's hub, the next kits' follow; 0 takes free ones.
    say
        Called with sentences for people; each begins with its kit where there are several.

    Raises
    ------
    DeviceError
        When the kits have more sensors than the adapters can hold, or there is no Bluetooth.
    """
    places = spread(kits, radios)
    await warmed(say)
    sessions = tuple(
        Session(kit, radio, options, _prefixed(say, kit, several=len(kits) > 1))
        for kit, radio in zip(kits, places, strict=True)
    )
    async with AsyncExitStack() as hubs:
        for number, session in enumerate(sessions):
            own_port = port + number if port else 0
            session.address = await hubs.enter_async_context(serving(session.hub, port=own_port))
        for radio in radios:
            await _check(radio, [s for s in sessions if s.radio is radio])
        async with _at_work(sessions):
            yield sessions


@asynccontextmanager
async def _at_work(sessions: Sequence[Session]) -> AsyncIterator[None]:
    """Keep links up and sessions going while the block runs; close everything after it.

    What the block raises comes out as it is; should the work itself fail, the block is ended.
    """
    owner = asyncio.current_task()
    work = asyncio.create_task(_work(sessions))
    failed = False

    def ended(_: object) -> None:
        nonlocal failed
        failed = True
        if owner is not None:
            owner.cancel()

    work.add_done_callback(ended)
    try:
        yield
    finally:
        work.remove_done_callback(ended)
        async with AsyncExitStack() as ends:  # all of them, whatever one of them raises
            links = [link for session in sessions for link in session.links.values()]
            ends.push_async_callback(_let_go, work, links)
            for session in reversed(sessions):
                ends.push_async_callback(_stopped, session)
        if failed and owner is not None:
            owner.uncancel()
            await asyncio.wait([work])
            work.result()  # raises what the work raised


async def _stopped(session: Session) -> None:
    """End the session's recording, if there is one."""
    with suppress(ControlRefusedError):
        await session.stop()


async def _let_go(work: asyncio.Task[None], links: Sequence[Link]) -> None:
    """End the work, tell all sensors to stop, then disconnect; all of them at once, in `END_S`.

    A link that is gone may never answer; the system's service ends it later.
    """
    work.cancel()
    await _within(STOP_S, [asyncio.create_task(link.ask_to_stop()) for link in links])
    await _within(END_S - STOP_S, [work, *(asyncio.create_task(link.close()) for link in links)])


async def _within(seconds: float, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for tasks and give up those that take longer."""
    for task in (await asyncio.wait(tasks, timeout=seconds))[1]:
        task.cancel()


async def _work(sessions: Sequence[Session]) -> None:
    """Run every session and every link, until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        for session in sessions:
            tasks.create_task(session.run())
            for link in session.links.values():
                tasks.create_task(link.run())


async def _check(radio: Radio, sessions: Sequence[Session]) -> None:
    """Listen for every sensor of the kits, say which are missing, and hand on those found."""
    if not sessions:
        return
    async with radio.lock:
        seen = await radio.scan(
            CHECK_S, lambda heard: not any(missing(s.kit, heard) for s in sessions)
        )
    for session in sessions:
        absent = missing(session.kit, seen)
        for sensor, link in session.links.items():
            link.hint(session.kit.finder(sensor)(seen))
        if absent:
            words = ", ".join(f"{s} ({session.kit.sensors[s].words})" for s in absent)
            session.say(
                f"kit {session.kit.name}: not found: {words}. Switch on, charge, bring near; the "
                "search goes on"
            )
        else:
            session.say(f"kit {session.kit.name}: all {len(session.links)} sensors found")


def spread(kits: Sequence[Kit], radios: Sequence[Radio]) -> list[Radio]:
    """Return the adapter of each kit, so that none holds more sensors than its profiles allow.

    Raises
    ------
    DeviceError
        When they do not fit, or a sensor is in two kits.
    """
    _refuse_shared(kits)
    held: dict[int, list[str]] = {place: [] for place in range(len(radios))}
    chosen = []
    for kit in kits:
        new = [bound.profile for bound in kit.sensors.values()]
        fits = [n for n in held if len(held[n] + new) <= _room(held[n] + new)]
        if not fits:
            raise DeviceError(
                f"There is no room for the {len(new)} sensors of kit {kit.name}: {len(radios)} "
                f"adapter{'s' * (len(radios) > 1)} with {_room(new)} places each, "
                f"{sum(map(len, held.values()))} of them taken. Add an adapter (--adapter may be "
                "given several times) or leave a kit out."
            )
        place = min(fits, key=lambda n: len(held[n]))
        held[place] += new
        chosen.append(radios[place])
    return chosen


def _refuse_shared(kits: Sequence[Kit]) -> None:
    owners: dict[str, str] = {}
    for kit in kits:
        for sensor, bound in kit.sensors.items():
            key = (bound.address or bound.serial or bound.name).lower()
            mine = f"{sensor} of kit {kit.name}"
            if key in owners:
                raise DeviceError(
                    f"{bound.words} is both {owners[key]} and {mine}. Bind one of the kits again."
                )
            owners[key] = mine


def _room(profiles: Sequence[str]) -> int:
    """How many sensors of these profiles an adapter holds: as many as the pickiest allows."""
    return min(known_profiles()[name].link.max_sensors for name in profiles)


def _prefixed(say: Say, kit: Kit, *, several: bool) -> Say:
    return (lambda sentence: say(f"{kit.name}: {sentence}")) if several else say


def collect(
    kits: Sequence[Kit], radios: Sequence[Radio], options: Options, *, port: int, say: Say
) -> None:
    """Collect until Ctrl-C or SIGTERM, then stop without losing anything; see `collecting`."""
    asyncio.run(collect_until_signal(kits, radios, options, port=port, say=say))


async def collect_until_signal(
    kits: Sequence[Kit], radios: Sequence[Radio], options: Options, *, port: int, say: Say
) -> None:
    """Do the same inside an event loop, which must be the main thread's."""
    enough, owner = asyncio.Event(), asyncio.current_task()
    ready = False

    def end() -> None:
        enough.set()
        if not ready and owner is not None:
            owner.cancel()  # nobody waits for what is still being prepared or listened for

    with _ended_by_signals(end):
        try:
            async with collecting(kits, radios, options, port=port, say=say) as sessions:
                ready = True
                for session in sessions:
                    session.say(f"hub on ws://{session.address}/live – Ctrl-C ends the session")
                await enough.wait()
        except asyncio.CancelledError:
            if ready or owner is None or not enough.is_set():
                raise
            owner.uncancel()
        say("collector ended")


@contextmanager
def _ended_by_signals(end: Callable[[], None]) -> Iterator[None]:
    """Call `end` at the first Ctrl-C or SIGTERM; a second one interrupts as usual."""
    loop = asyncio.get_running_loop()
    before: dict[int, Any] = {}

    def ended(number: int, _: object) -> None:
        signal.signal(number, before[number])
        loop.call_soon_threadsafe(end)

    for number in (int(signal.SIGINT), int(signal.SIGTERM)):
        before[number] = signal.signal(number, ended)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


STOP_S: Final = 1.5
"""At the end, sensors have so long to take the word to stop …"""

END_S: Final = 4.5
"""… and the whole may take so long, whatever the links do."""

CHECK_S: Final = 8.0
"""Sensors advertise at least every two seconds, and a scan hears about two in three."""

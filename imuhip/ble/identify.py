"""Finds out which sensor is where: "shake the one on the pelvis".

All candidates are connected; the one whose gyroscope clearly turns more than the others for half a
second is the one that was meant.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from imuhip.ble.inbox import Inbox
from imuhip.ble.kit import Binding
from imuhip.ble.link import Link
from imuhip.ble.radio import Radio, Sighting
from imuhip.ble.scan import Found, known_profiles, scan
from imuhip.ble.set_up import chosen_rate
from imuhip.core.errors import DeviceError
from imuhip.core.records import Packet
from imuhip.devices.decode import decoder_of

Say = Callable[[str], None]


def stands_out(energies: Mapping[str, float]) -> str | None:
    """Return the key whose energy, (rad/s)², is well above the others'; None when none is."""
    ranked = sorted(energies, key=lambda key: energies[key], reverse=True)
    if not ranked or energies[ranked[0]] < LEAST_ENERGY:
        return None
    second = energies[ranked[1]] if len(ranked) > 1 else 0.0
    return ranked[0] if energies[ranked[0]] >= FACTOR * second else None


class Shaker:
    """Candidates that stream; `which` says which one is shaken.

    Parameters
    ----------
    links
        Address to link; each link's `sensor` is its address.
    inbox
        What they all fill.
    """

    def __init__(self, links: Mapping[str, Link], inbox: Inbox) -> None:
        self.links = links
        self._inbox = inbox
        self._decoders = {a: decoder_of(x.profile, x.rate_hz) for a, x in links.items()}
        self._recent: dict[str, deque[tuple[float, float, int]]] = {a: deque() for a in links}

    async def ready(self, timeout: float) -> None:
        """Wait until all candidates stream; DeviceError naming those that do not."""
        end = time.monotonic() + timeout
        while not all(link.flows for link in self.links.values()):
            if time.monotonic() > end:
                late = [link for link in self.links.values() if not link.flows]
                why = "; ".join(f"{x.info.get('name', x.sensor)}: {x.trouble}" for x in late)
                raise DeviceError(f"Not all sensors send data. {why}")
            await asyncio.sleep(LOOK_S)
            self._inbox.take()

    async def which(self, among: Collection[str], timeout: float) -> str:
        """Return the address of the one that is shaken; DeviceError when none is in time."""
        end = time.monotonic() + timeout
        streak, latest = 0, None
        for recent in self._recent.values():
            recent.clear()
        while streak < STREAK:
            if time.monotonic() > end:
                raise DeviceError(
                    f"No sensor moved {FACTOR:g} times as much as the others within {timeout:g} s. "
                    "Keep the others still and shake one again."
                )
            await asyncio.sleep(LOOK_S)
            energies = self._energies()
            found = stands_out({a: e for a, e in energies.items() if a in among})
            streak = streak + 1 if found is not None and found == latest else 0
            latest = found
        return latest or ""

    def _energies(self) -> dict[str, float]:
        """Mean square of the angular rate over the last second, (rad/s)²."""
        now = time.monotonic()
        for record in self._inbox.take():
            if isinstance(record, Packet):
                gyr = self._decoders[record.sensor].push(record).gyr
                self._recent[record.sensor].append((now, float((gyr * gyr).sum()), len(gyr)))
        energies = {}
        for address, recent in self._recent.items():
            while recent and recent[0][0] < now - WINDOW_S:
                recent.popleft()
            count = sum(n for _, _, n in recent)
            energies[address] = sum(e for _, e, _ in recent) / max(count, 1)
        return energies


@asynccontextmanager
async def shaking(
    radio: Radio, candidates: Mapping[str, tuple[Sighting, str]], say: Say
) -> AsyncIterator[Shaker]:
    """Connect all candidates (address to sighting and profile id) while the block runs."""
    inbox = Inbox()
    links = {}
    for address, (sighting, profile_id) in candidates.items():
        profile = known_profiles()[profile_id]
        find = partial(_at, address)
        rate_hz = chosen_rate(profile, None)
        links[address] = Link(
            address, profile, rate_hz, radio, find, inbox, lambda _link, _change, text: say(text)
        )
        links[address].hint(sighting)
    # No task group: it would wrap what the block raises, which is meant for people.
    running = [asyncio.create_task(link.run()) for link in links.values()]
    try:
        yield Shaker(links, inbox)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for link in links.values():
            await link.close()


async def bind_by_shaking(
    radio: Radio, places: Sequence[str], choose: Callable[[Found], str], say: Say
) -> dict[str, Binding]:
    """Ask for one place after the other to be shaken; the sensors by place.

    Parameters
    ----------
    choose
        Gives the profile to use for a device; see `scan.chosen_profile`.

    Raises
    ------
    DeviceError
        When there are too few sensors, nobody shakes one, or no profile can be chosen.
    """
    heard = [found for found in await scan(radio, SCAN_S) if found.profiles]
    candidates = {f.sighting.address: (f.sighting, choose(f)) for f in heard}
    if len(candidates) < len(places):
        names = ", ".join(seen.name or address for address, (seen, _) in candidates.items())
        raise DeviceError(
            f"{len(places)} sensors are needed and {len(candidates)} were found "
            f"({names or 'none'}). Switch them on and bring them near."
        )
    bound: dict[str, Binding] = {}
    async with shaking(radio, candidates, say) as shaker:
        await shaker.ready(READY_S)
        free = set(candidates)
        for place in places:
            say(f"shake the one on the {place.replace('_', ' ')}, and keep the others still")
            address = await shaker.which(free, SHAKE_S)
            free.discard(address)
            sighting, profile_id = candidates[address]
            serial = shaker.links[address].info.get("serial", "")
            bound[place] = Binding(profile_id, sighting.name, address, serial)
            say(f"{place}: {bound[place].words}")
    return bound


def bind_by_shaking_now(
    radio: Radio, places: Sequence[str], choose: Callable[[Found], str], say: Say
) -> dict[str, Binding]:
    """Do the same outside an event loop."""
    return asyncio.run(bind_by_shaking(radio, places, choose, say))


def _at(address: str, seen: Mapping[str, Sighting]) -> Sighting | None:
    return seen.get(address)


FACTOR: Final = 3.0
"""Carried sensors sway alike; one in the hand turns with many times their energy."""

LEAST_ENERGY: Final = 1.0
"""(rad/s)²: a shake is above 3, breathing and swaying below 0.1."""

WINDOW_S: Final = 1.0
LOOK_S: Final = 0.1

STREAK: Final = 5
"""Looks in a row that must agree: half a second."""

SCAN_S: Final = 6.0
READY_S: Final = 60.0
SHAKE_S: Final = 60.0
"""Time to find the sensor, and to shake it."""

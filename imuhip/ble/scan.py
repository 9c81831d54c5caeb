"""Which sensors are there, and which profiles know them."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from imuhip.ble.radio import Radio, Sighting
from imuhip.core.errors import DeviceError
from imuhip.core.resources import profile_ids, profile_text
from imuhip.devices.profile_nouns import Profile
from imuhip.devices.profiles import parse_profile


@dataclass(frozen=True, slots=True)
class Found:
    """A device that was heard, and the profiles that recognise it; none for an unknown one."""

    sighting: Sighting
    profiles: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """The same for JSON."""
        seen = self.sighting
        return {
            "name": seen.name,
            "address": seen.address,
            "rssi_dbm": seen.rssi,
            "battery_percent": seen.battery,
            "profiles": list(self.profiles),
        }


@cache
def known_profiles() -> Mapping[str, Profile]:
    """Return the shipped profiles by their ids."""
    return {name: parse_profile(profile_text(name)) for name in profile_ids()}


async def scan(radio: Radio, seconds: float) -> list[Found]:
    """Listen for `seconds`; what was heard, known sensors first, strongest first.

    Raises
    ------
    DeviceError
        When there is no Bluetooth to listen with.
    """
    async with radio.lock:
        return found_among(await radio.scan(seconds))


def scan_now(radio: Radio, seconds: float) -> list[Found]:
    """Do the same outside an event loop."""
    return asyncio.run(scan(radio, seconds))


def found_among(seen: Mapping[str, Sighting]) -> list[Found]:
    """Say which profiles know each of those heard."""
    found = [Found(sighting, recognised(sighting)) for sighting in seen.values()]
    return sorted(found, key=lambda each: (not each.profiles, -each.sighting.rssi))


def recognised(sighting: Sighting, profiles: Iterable[Profile] | None = None) -> tuple[str, ...]:
    """Return the ids of the profiles that recognise an advertisement."""
    candidates = known_profiles().values() if profiles is None else profiles
    return tuple(
        profile.id
        for profile in candidates
        if profile.recognises(sighting.name, sighting.service_uuids, sighting.manufacturer_ids)
    )


def chosen_profile(found: Found, wanted: str = "") -> str:
    """Return the profile to use for a device.

    Parameters
    ----------
    wanted
        The one asked for; needed where several know the device, as the modes of a Movella DOT do.

    Raises
    ------
    DeviceError
        When none knows it, several do and none was asked for, or the wanted one does not.
    """
    names, seen = found.profiles, found.sighting
    who = seen.name or seen.address
    if wanted:
        if wanted in names:
            return wanted
        raise DeviceError(
            f"Profile {wanted} does not fit {who}; profiles that do: {', '.join(names) or 'none'}. "
            "Choose another profile or another sensor."
        )
    if len(names) == 1:
        return names[0]
    if not names:
        raise DeviceError(
            f"No profile fits {who}. Write a profile for it (docs/profiles.md), or choose another "
            "sensor."
        )
    raise DeviceError(f"Several profiles fit {who}: {', '.join(names)}. Choose one with --profile.")

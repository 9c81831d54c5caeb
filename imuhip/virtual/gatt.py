"""The GATT table of a device, as far as its profile tells it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from imuhip.devices.profile_nouns import Profile, Step

Property: TypeAlias = Literal["read", "write", "write-without-response", "notify"]


@dataclass(frozen=True, slots=True)
class VirtualCharacteristic:
    """A characteristic: its UUID (128 bits, lower case) and what may be done with it."""

    uuid: str
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class VirtualService:
    """A primary service and its characteristics, in order."""

    uuid: str
    characteristics: tuple[VirtualCharacteristic, ...]


def gatt_table(profile: Profile, *, aliased: bool = False) -> tuple[VirtualService, ...]:
    """Return the services that a device of this profile offers.

    Parameters
    ----------
    aliased
        Under the profile's alias UUIDs, as some units have them.
    """
    may: dict[str, set[Property]] = {}
    for uuid, right in _rights(profile):
        may.setdefault(full_uuid(uuid), set()).add(right)
    for uuid in DEVICE_INFORMATION:
        may[full_uuid(uuid)] = {"read"}
    names = {uuid: alias for alias, uuid in profile.match.uuid_aliases.items()} if aliased else {}
    services: dict[str, list[VirtualCharacteristic]] = {}
    for uuid, rights in may.items():
        ordered = tuple(right for right in _ORDER if right in rights)
        service = service_of(uuid, profile)
        services.setdefault(names.get(service, service), []).append(
            VirtualCharacteristic(names.get(uuid, uuid), ordered)
        )
    return tuple(VirtualService(uuid, tuple(inside)) for uuid, inside in services.items())


def full_uuid(uuid: str) -> str:
    """Return a UUID of 16, 32 or 128 bits as one of 128, lower case."""
    return uuid.lower() if len(uuid) > _SHORT else f"{uuid.lower():0>8}{_BASE}"


def service_of(uuid: str, profile: Profile) -> str:
    """Return the service a characteristic lies in.

    Known ones stand in the table; else it is the advertised service that shares the
    characteristic's base, else the group that its number falls in.
    """
    if uuid in SERVICES:
        return SERVICES[uuid]
    for advertised in profile.match.service_uuids:
        service = full_uuid(advertised)
        if service[:4] == uuid[:4] and service[8:] == uuid[8:]:
            return service
    return f"{uuid[:5]}000{uuid[8:]}"


def _rights(profile: Profile) -> Iterator[tuple[str, Property]]:
    """What the profile does with each characteristic."""
    for stream in profile.streams:
        yield stream.characteristic, "notify"
    for step in (*profile.setup, *profile.start, *profile.stop):
        yield step.characteristic, _right_of(step)
        if step.answer is not None:
            yield step.answer_from, step.answer_by
    battery = profile.battery
    if battery is not None and battery.request is not None:
        yield battery.characteristic, "notify"
        without = profile.link.write_mode == "without_response"
        yield battery.request_to, "write-without-response" if without else "write"
    elif battery is not None:
        yield battery.characteristic, "read"
        yield battery.characteristic, "notify"


def _right_of(step: Step) -> Property:
    if step.template is None:
        return "read"
    return "write" if step.response else "write-without-response"


_ORDER: Final[tuple[Property, ...]] = ("read", "write", "write-without-response", "notify")
_SHORT: Final = 8
_BASE: Final = "-0000-1000-8000-00805f9b34fb"

SERVICES: Final[Mapping[str, str]] = {
    full_uuid("2a19"): full_uuid("180f"),
    full_uuid("2a24"): full_uuid("180a"),
    full_uuid("2a25"): full_uuid("180a"),
    full_uuid("2a26"): full_uuid("180a"),
    full_uuid("2a27"): full_uuid("180a"),
    full_uuid("2a29"): full_uuid("180a"),
    "0000ffe4-0000-1000-8000-00805f9a34fb": "0000ffe5-0000-1000-8000-00805f9a34fb",
    "0000ffe9-0000-1000-8000-00805f9a34fb": "0000ffe5-0000-1000-8000-00805f9a34fb",
}
"""Characteristics whose number does not show their service."""

DEVICE_INFORMATION: Final[Mapping[str, str]] = {
    "2a29": "maker",
    "2a24": "model",
    "2a25": "serial",
    "2a26": "firmware",
    "2a27": "hardware",
}
"""The standard way in which a device says who it is."""

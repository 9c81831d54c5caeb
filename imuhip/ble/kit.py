"""A kit: which sensor sits where. Bound once, kept in the user's configuration folder as TOML.

::

    name = "default"
    athlete = "A1"                     # optional: an athlete may have a kit of their own
    rate_hz = 100                      # optional

    [sensor.pelvis]
    profile = "reference"
    name = "imuhip 1"                  # at least one of name, address and serial
    address = "C0:FF:EE:00:00:01"
    serial = "0001"

    [mount.pelvis]                     # optional: how it sits, if it always sits that way
    up = "+x"
    out = "+z"
"""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import platformdirs

from imuhip.ble.radio import Sighting
from imuhip.ble.scan import Found
from imuhip.core.conventions import PELVIS, SEGMENTS, THIGH
from imuhip.core.errors import DeviceError, ImuhipError, ProfileError
from imuhip.core.files import FILE_MODE, file_made_whole
from imuhip.core.records import Mount
from imuhip.core.resources import profile_ids
from imuhip.devices.toml_table import Table, open_toml


@dataclass(frozen=True, slots=True)
class Binding:
    """The sensor of one place: its profile, and what tells it from others; texts may be empty."""

    profile: str
    name: str = ""
    address: str = ""
    serial: str = ""

    @property
    def words(self) -> str:
        """What to call it."""
        return self.name or self.serial or self.address


@dataclass(frozen=True, slots=True)
class Kit:
    """Sensors bound to places.

    Parameters
    ----------
    name
        Of the kit, and of its file.
    sensors
        Segment to sensor; the pelvis and a thigh are needed.
    athlete
        Whom the kit belongs to; empty for anybody.
    mounts
        Segment to declared mount, where there is one.
    rate_hz
        Sample rate; None leaves it to the collector.
    """

    name: str
    sensors: Mapping[str, Binding]
    athlete: str = ""
    mounts: Mapping[str, Mount] = field(default_factory=dict)
    rate_hz: float | None = None

    def finder(self, sensor: str) -> "Finder":
        """Return what picks the sensor of a place among those that are heard."""
        return Finder(self, sensor)


class Finder:
    """Picks the sensor of a place among those that are heard.

    By its address and by nothing else where one is bound: another device of the same name is a
    stranger until somebody binds it. Without an address by its name, or the serial in its name, if
    only one device answers to that.

    Parameters
    ----------
    kit, sensor
        The kit, and the place in it.
    """

    def __init__(self, kit: Kit, sensor: str) -> None:
        self._mine = kit.sensors[sensor]
        others = [bound for place, bound in kit.sensors.items() if place != sensor]
        self._taken = {bound.address.lower() for bound in others if bound.address}
        self._shared = any(bound.name == self._mine.name for bound in others)
        self._stranger: Sighting | None = None

    def __call__(self, seen: Mapping[str, Sighting]) -> Sighting | None:
        """Return the sensor, if it is heard; whoever has its name is remembered as a stranger."""
        mine = self._mine
        free = [s for s in seen.values() if s.address.lower() not in self._taken]
        named = [s for s in free if mine.name and s.name == mine.name]
        if mine.address:
            for sighting in seen.values():
                if sighting.address.lower() == mine.address.lower():
                    return sighting
            self._stranger = next(iter(named), self._stranger)
            return None
        numbered = [s for s in free if mine.serial and mine.serial in s.name]
        for group in ([] if self._shared else named, numbered):
            if len(group) == 1:
                return group[0]
        return None

    @property
    def warning(self) -> str:
        """A sentence about a stranger that was heard under the sensor's name; empty without one."""
        if self._stranger is None:
            return ""
        return (
            f"Another sensor of the same name, {self._stranger.name} ({self._stranger.address}), "
            "is near and is not used. If it takes the place of the old one, bind the kit again: "
            "imuhip kit bind"
        )


def without(kit: Kit, left_out: Collection[str]) -> Kit:
    """Return the kit without some of its sensors.

    Raises
    ------
    DeviceError
        When the kit has no such sensor, or what is left is not the pelvis and a thigh.
    """
    strange = [sensor for sensor in left_out if sensor not in kit.sensors]
    if strange:
        raise DeviceError(
            f"Kit {kit.name} has no sensor {', '.join(strange)} to leave out. "
            f"It has {', '.join(kit.sensors)}."
        )
    kept = {sensor: bound for sensor, bound in kit.sensors.items() if sensor not in left_out}
    if PELVIS not in kept or not set(THIGH.values()) & set(kept):
        raise DeviceError(
            f"The pelvis and at least one thigh are needed. Without {', '.join(left_out)} only "
            f"{', '.join(kept) or 'none'} is left: leave out fewer sensors."
        )
    return replace(kit, sensors=kept)


def rebound(kit: Kit, places: Mapping[str, str]) -> Kit:
    """Return the kit with sensors that have changed places; mounts stay with their places.

    Parameters
    ----------
    places
        Each place that changes to the place its sensor had until now.

    Raises
    ------
    DeviceError
        When not every sensor has one place afterwards.
    """
    if not places or set(places) != set(places.values()) or not set(places) <= set(kit.sensors):
        raise DeviceError(
            f"Sensors can only swap places among {', '.join(kit.sensors)} of kit {kit.name}, not "
            f"{', '.join(f'{new} from {old}' for new, old in places.items()) or 'none at all'}."
        )
    bound = {place: kit.sensors[places.get(place, place)] for place in kit.sensors}
    return replace(kit, sensors=bound)


def missing(kit: Kit, seen: Mapping[str, Sighting]) -> list[str]:
    """Return the places of a kit whose sensors are not among those heard."""
    return [sensor for sensor in kit.sensors if kit.finder(sensor)(seen) is None]


def bind_by_words(
    words: Mapping[str, str], heard: Sequence[Found], choose: Callable[[Found], str]
) -> dict[str, Binding]:
    """Bind places to the sensors that names, addresses or serials mean.

    Parameters
    ----------
    words
        Place to a name, an address, or a serial that is part of a name.
    heard
        What a scan found.
    choose
        Gives the profile to use for a device; see `scan.chosen_profile`.

    Raises
    ------
    DeviceError
        When a word means no sensor, or several, or two words mean the same one.
    """
    bound: dict[str, Binding] = {}
    for place, word in words.items():
        exact = [f for f in heard if word.lower() in (f.sighting.address.lower(), f.sighting.name)]
        exact = exact or [f for f in heard if f.sighting.name.lower() == word.lower()]
        means = exact or [f for f in heard if word in f.sighting.name]
        if len(means) != 1:
            names = ", ".join(f"{f.sighting.name} ({f.sighting.address})" for f in means or heard)
            raise DeviceError(
                f"{word!r} is not exactly one sensor for the {place}; in reach: {names or 'none'}. "
                "Give the address, or switch the sensor on."
            )
        seen = means[0].sighting
        if any(other.address == seen.address for other in bound.values()):
            raise DeviceError(
                f"{seen.name} was named for two places. Name a sensor for each place."
            )
        bound[place] = Binding(choose(means[0]), seen.name, seen.address)
    return bound


def kit_folder() -> Path:
    """Return the folder that holds this user's kits."""
    return platformdirs.user_config_path("imuhip") / "kits"


def kit_names(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of this user's kits, in order."""
    return tuple(sorted(path.stem for path in (folder or kit_folder()).glob("*.toml")))


def load_kit(name: str, folder: Path | None = None) -> Kit:
    """Read a kit by its name.

    Raises
    ------
    ImuhipError
        When there is none of that name, or its file makes no sense.
    """
    path = _path(name, folder)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        known = ", ".join(kit_names(folder)) or "none yet"
        raise ImuhipError(
            f"There is no kit {name!r}; kits: {known}. Make one with: imuhip kit bind"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ImuhipError(f"The kit cannot be read: {error}", path=path) from error
    try:
        return _parsed(text, name)
    except ProfileError as error:
        words = f"{error.message}; correct the file or bind the kit again"
        raise ImuhipError(words, path=path) from error


def save_kit(kit: Kit, folder: Path | None = None) -> Path:
    """Write a kit, in place of one of that name; return its file."""
    path = _path(kit.name, folder)
    with file_made_whole(path, overwrite=True) as temporary:
        temporary.touch(FILE_MODE)
        temporary.write_text(_written(kit), encoding="utf-8")
    return path


def rebind_kit(name: str, places: Mapping[str, str]) -> None:
    """Keep in a kit's file that sensors have changed places; see `rebound`."""
    save_kit(rebound(load_kit(name), places))


def remove_kit(name: str, folder: Path | None = None) -> None:
    """Forget a kit; ImuhipError when there is none of that name."""
    path = _path(name, folder)
    if not path.is_file():
        known = ", ".join(kit_names(folder)) or "none"
        raise ImuhipError(f"There is no kit {name!r}; kits: {known}")
    path.unlink()


def _path(name: str, folder: Path | None) -> Path:
    if not _NAME.fullmatch(name):
        raise ImuhipError(
            f"A kit's name has only letters, digits, - and _. Choose another than {name!r}."
        )
    return (folder or kit_folder()) / f"{name}.toml"


def _parsed(text: str, name: str) -> Kit:
    top = open_toml(text, ("name", "athlete", "rate_hz", "sensor", "mount"))
    top.text("name", name)
    places = top.table("sensor", SEGMENTS)
    sensors = {
        segment: _binding(places.table(segment, ("profile", "name", "address", "serial")))
        for segment in SEGMENTS
        if places.has(segment)
    }
    if PELVIS not in sensors or not set(THIGH.values()) & set(sensors):
        raise ProfileError(
            f"the pelvis and a thigh are needed, and there is {', '.join(sensors) or 'none'}",
            key="sensor",
        )
    mounts = {}
    if top.has("mount"):
        table = top.table("mount", tuple(sensors))
        for segment in sensors:
            if table.has(segment):
                axes = table.table(segment, ("up", "out"))
                mounts[segment] = Mount(axes.choice("up", _AXES), axes.choice("out", _AXES))
                if mounts[segment].up[1] == mounts[segment].out[1]:
                    raise ProfileError("up and out must be on different axes", key=axes.key)
    return Kit(
        name=name,
        sensors=sensors,
        athlete=top.text("athlete") if top.has("athlete") else "",
        mounts=mounts,
        rate_hz=top.number("rate_hz", low=1.0) if top.has("rate_hz") else None,
    )


def _binding(table: Table) -> Binding:
    known = profile_ids()
    texts = {key: table.text(key) for key in ("name", "address", "serial") if table.has(key)}
    if not texts:
        raise ProfileError("a name, an address or a serial is needed", key=table.key)
    return Binding(table.choice("profile", known), **texts)


def _written(kit: Kit) -> str:
    # A JSON text is a TOML text, but for DEL, which TOML wants escaped.
    def text(value: str) -> str:
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

    lines = [f"name = {text(kit.name)}"]
    if kit.athlete:
        lines.append(f"athlete = {text(kit.athlete)}")
    if kit.rate_hz is not None:
        lines.append(f"rate_hz = {kit.rate_hz!r}")
    for segment, bound in kit.sensors.items():
        lines += ["", f"[sensor.{segment}]", f"profile = {text(bound.profile)}"]
        for key in ("name", "address", "serial"):
            if getattr(bound, key):
                lines.append(f"{key} = {text(getattr(bound, key))}")
    for segment, mount in kit.mounts.items():
        lines += ["", f"[mount.{segment}]", f"up = {text(mount.up)}", f"out = {text(mount.out)}"]
    return "\n".join(lines) + "\n"


_AXES: Final = ("+x", "-x", "+y", "-y", "+z", "-z")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

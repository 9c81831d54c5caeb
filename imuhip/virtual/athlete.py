"""Virtual sensors: a simulated athlete, or a rocking signal, behind real profiles and real bytes.

::

    sensors = virtual_athlete(simulate("squat", seed=3, setup=Setup(radio=Radio())))
    async with virtual_adapter(sensors) as adapter:
        async with BleakScanner(backend=adapter.scanner_backend) as scanner: ...

`adapter.virtual_adapter` carries them in this process, on every system. The tests have two beds
with more of the real thing: a Bluetooth stack, and BlueZ on a private bus below bleak's own Linux
backend.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from imuhip.core.resources import profile_text
from imuhip.devices.profiles import parse_profile
from imuhip.simulate.nouns import SimulatedSession
from imuhip.virtual.play import Play
from imuhip.virtual.reel import Reel, looped_reel, reel_from_session
from imuhip.virtual.sensor import LinkFaults, VirtualSensor


def virtual_athlete(
    session: SimulatedSession,
    *,
    speed: float = 1.0,
    faults: LinkFaults | Mapping[str, LinkFaults] | None = None,
    wait: bool = True,
    waits: Sequence[float] = (),
    first: int = 1,
) -> tuple[VirtualSensor, ...]:
    """Return the sensors of a simulated athlete, in the order of the session's header.

    Parameters
    ----------
    session
        What they play. Its own link is played too: simulate with ``Setup(radio=Radio())`` to have
        the faults of `faults` alone.
    speed
        How much faster than life.
    faults
        Of all sensors, or by the sensor's name.
    wait
        The athlete begins when all sensors stream; else with ``sensor.play.begin()``.
    waits
        Seconds of the play at which the athlete, standing still, waits for ``sensor.play.go_on()``.
    first
        Number of the first sensor, so that several athletes differ in addresses and serials.
    """
    infos = session.header.sensors
    profiles = {key: parse_profile(text) for key, text in session.header.profiles.items()}
    reels = {
        info.sensor: reel_from_session(session, info.sensor, profiles[info.profile_id])
        for info in infos
    }
    play = Play(len(infos) if wait else 0, speed, waits)
    return tuple(
        _sensor(info.sensor, reels[info.sensor], play, number, faults)
        for number, info in enumerate(infos, start=first)
    )


def rocking_sensors(
    names: Sequence[str],
    *,
    profile_id: str = "reference",
    rate_hz: float = 200.0,
    per_packet: int = 1,
    speed: float = 1.0,
    faults: LinkFaults | Mapping[str, LinkFaults] | None = None,
    aliased: bool = False,
    first: int = 1,
) -> tuple[VirtualSensor, ...]:
    """Return sensors that are rocked for ever: an endless signal at any rate up to 400 Hz.

    Parameters
    ----------
    names
        The segments they sit on.
    profile_id
        Of a profile that comes with imuhip.
    rate_hz, per_packet
        As in `reel.looped_reel`.
    speed, faults, first
        As in `virtual_athlete`; seconds of the play count from when all sensors stream.
    aliased
        They have the profile's alias UUIDs, as some units do.
    """
    reel = looped_reel(parse_profile(profile_text(profile_id)), rate_hz, per_packet)
    play = Play(len(names), speed)
    return tuple(
        _sensor(name, reel, play, number, faults, aliased=aliased)
        for number, name in enumerate(names, start=first)
    )


def _sensor(
    sensor: str,
    reel: Reel,
    play: Play,
    number: int,
    faults: LinkFaults | Mapping[str, LinkFaults] | None,
    *,
    aliased: bool = False,
) -> VirtualSensor:
    mine = faults if isinstance(faults, LinkFaults) else (faults or {}).get(sensor, LinkFaults())
    name = next((n for start, n in NAMES.items() if reel.profile.id.startswith(start)), "")
    return VirtualSensor(
        sensor=sensor,
        reel=reel,
        play=play,
        name=name.format(number=number) or f"{reel.profile.vendor} {number:04d}",
        address=f"C4:19:D1:00:{number >> 8:02X}:{number & 0xFF:02X}",
        serial=f"V{number:04d}",
        rssi=-50 - 3 * (number % 10),
        faults=mine,
        aliased=aliased,
    )


NAMES: Final[Mapping[str, str]] = {
    "reference": "imuhip {number:04d}",
    "movella_dot": "Xsens DOT",
    "witmotion": "WT901BLE68",
}
"""Beginning of a profile's id to the name such devices advertise."""

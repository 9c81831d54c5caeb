"""`simulate`: a scenario, a seed and a grade → records as they would arrive, and the truth.

Time. The simulation runs on the host's clock from 0; every device has its own. The session's clock
counts from the host stamp of the first data notification at ``t₀``. The shortest way from a sample
to the host, `Radio.delay_s` after the newest sample of a notification, is the same for all sensors
and looks like an offset, so the truth is given as a perfect fit of the clocks would have
it: what happens at time τ of the simulation stands at ``t = τ + delay_s − t₀``. Imports have no
delay, and ``t = τ``.

Chance. One seed, and from it one independent stream each for person, performance, placement,
handling, per sensor for its errors, its readings and its link, and for compensations: the same seed
moves the same way whatever the sensors, and but for a compensation with it as without.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

import imuhip
from imuhip.core.conventions import THIGH
from imuhip.core.quaternions import conjugate, multiply, quaternion_from_rotvec
from imuhip.core.records import Header, Mount, SensorInfo
from imuhip.core.resources import profile_text
from imuhip.devices.profile_nouns import Profile
from imuhip.devices.profiles import parse_profile
from imuhip.simulate.behaviours import People, Ways
from imuhip.simulate.director import Deed, Play
from imuhip.simulate.jets import draw_sines
from imuhip.simulate.nouns import SensorTrack, SimulatedSession
from imuhip.simulate.output import write, write_folder
from imuhip.simulate.performance import Compensation, Habits, Performance
from imuhip.simulate.person import Person, draw_person
from imuhip.simulate.radio import RADIOS, Radio
from imuhip.simulate.scenarios import direct, people_of
from imuhip.simulate.sensors import DEG, GRADES, PER_KELVIN, WarmUp
from imuhip.simulate.setup import Setup
from imuhip.simulate.shaking import stirring
from imuhip.simulate.skin import Skin, draw_skins
from imuhip.simulate.skin import figures as skin_figures
from imuhip.simulate.transmission import device_samples, numbered, on_session_clock, send
from imuhip.simulate.true_repetitions import true_repetitions
from imuhip.simulate.truth import truth_of
from imuhip.simulate.worn import (
    SENSORS,
    SIDE_OF,
    Placement,
    WornSensor,
    draw_handling,
    draw_placement,
)

__all__ = [
    "Compensation",
    "People",
    "Performance",
    "SensorTrack",
    "Setup",
    "SimulatedSession",
    "simulate",
    "write",
    "write_folder",
]


def simulate(
    scenario: str,
    *,
    seed: int = 0,
    grade: str = "typical",
    profile_id: str = "reference",
    rate_hz: float = 100.0,
    sets: int = 1,
    setup: Setup | None = None,
) -> SimulatedSession:
    """Simulate an athlete with three sensors.

    Parameters
    ----------
    scenario
        A key of `scenarios.SCENARIOS`, such as ``squat``, or several joined by ``+``; it begins
        with the calibration protocol.
    seed
        Of everything that is drawn.
    grade
        ``perfect``, ``good``, ``typical`` or ``poor``: the sensors and, unless `setup` has its
        own, the link.
    profile_id
        The device whose bytes are spoken; ``imported`` is the exact way: doubles on one clock.
    rate_hz
        Nominal sample rate.
    sets
        How often what follows the calibration is done; four visits take about ten minutes.
    setup
        Everything else.
    """
    setup = setup or Setup()
    _check(grade, setup)
    text = profile_text(profile_id)
    profile = parse_profile(text)
    profile.rate_code(rate_hz)  # refuses a rate that the device does not have
    person_rng, play_rng, wear_rng, hand_rng, host_rng, *sensor_rngs, habit_rng = (
        np.random.default_rng(child)
        for child in np.random.SeedSequence(seed).spawn(6 + len(SENSORS))
    )
    person = draw_person(person_rng, setup.imprecision)
    person = replace(person, stands_again_deg=setup.stands_again_deg)
    habits = Habits(setup.performance, habit_rng)
    ways = Ways(people_of(scenario, setup.people), seed)
    play = direct(scenario, person, play_rng, sets=sets, habits=habits, ways=ways)
    script = play.script
    skins = draw_skins(ways.rng("skin")) if ways.tissue else {}
    worn = _dress(person, play, setup, wear_rng, hand_rng, skins)
    imported = on_session_clock(profile)
    radio = Radio() if imported else _radio(setup, grade, ways)
    host_ns = 0 if imported else int(host_rng.integers(10**12, 10**15))
    errors = setup.errors or GRADES[grade]
    warm = _warm_ups(grade, ways)
    samples = {
        sensor: device_samples(
            worn[sensor], sensor, profile, errors, rate_hz, setup.wrap_s, rng, warm.get(sensor)
        )
        for sensor, rng in zip(SENSORS, sensor_rngs, strict=True)
    }
    losses = () if imported else play.losses
    received = [
        send(samples[sensor], profile, setup, radio, host_ns, rng, losses)
        for sensor, rng in zip(SENSORS, sensor_rngs, strict=True)
    ]
    sent = numbered(received, script.marks, host_ns)
    shift = 0.0 if imported else radio.delay_s - (sent.first_data_ns - host_ns) * 1e-9
    tracks = {
        s: SensorTrack(s, x.t + shift, x.q, x.ideal_acc, x.ideal_gyr, x.acc, x.gyr)
        for s, x in samples.items()
    }
    return SimulatedSession(
        scenario=scenario,
        seed=seed,
        grade=grade,
        header=_header(scenario, seed, grade, profile, text, rate_hz, setup, host_ns),
        truth=truth_of(script, person.skeleton, shift, [track.t for track in tracks.values()]),
        repetitions=true_repetitions(play.performed, script, person.skeleton, shift),
        injected=play.injected,
        deeds=_deeds(play.deeds, shift, warm, skins),
        mounts={s: conjugate(worn[s].placement.q_bs) for s in SENSORS},
        tracks=tracks,
        marks=tuple((t + shift - radio.delay_s, label) for t, label in script.marks),
        duration_s=script.duration,
        delay_s=radio.delay_s,
        _sent=sent,
    )


def _check(grade: str, setup: Setup) -> None:
    """Refuse what makes no sense; a caller's mistake."""
    if grade not in GRADES:
        raise ValueError(f"There is no grade {grade!r}. Choose one of {', '.join(GRADES)}.")
    named = {*setup.upside_down, *setup.quarter_turned, *(gap[0] for gap in setup.radio_gaps)}
    named |= {slip.sensor for slip in setup.slips}
    if named - set(SENSORS):
        unknown = ", ".join(sorted(named - set(SENSORS)))
        raise ValueError(f"Unknown sensors: {unknown}. There are {', '.join(SENSORS)}.")
    if (setup.upside_down or setup.quarter_turned) and setup.mounting != "usual":
        raise ValueError(
            "Turned sensors need mounting='usual': only a declared mount can be wrong."
        )


def _radio(setup: Setup, grade: str, ways: Ways) -> Radio:
    """The link: as asked for, or the grade's, which people make clean or lossy."""
    radio = setup.radio or RADIOS[grade]
    link = "grade" if ways.people is None else ways.people.link
    if setup.radio is not None or link == "grade":
        return radio
    if link == "clean":
        return replace(radio, loss_rate=0.0)
    return replace(radio, loss_rate=max(radio.loss_rate, LOSSY_RATE), loss_burst=LOSSY_BURST)


def _warm_ups(grade: str, ways: Ways) -> dict[str, WarmUp]:
    """How each sensor's gyroscope warms up."""
    if not ways.has("warms_up"):
        return {}
    warm = {}
    for sensor in SENSORS:
        kelvin, tau_s = (ways.draw("warms_up", what) for what in ("kelvin", "tau_s"))
        per_kelvin = DEG * PER_KELVIN[grade] * ways.rng("warms_up").standard_normal(3)
        warm[sensor] = WarmUp(kelvin, tau_s, per_kelvin)
    return warm


def _deeds(
    deeds: Sequence[Deed], shift: float, warm: Mapping[str, WarmUp], skins: Mapping[str, Skin]
) -> tuple[Deed, ...]:
    """What people did on the session's clock, in order, with what their sensors and skin did."""
    done = [replace(deed, t_start=deed.t_start + shift, t_end=deed.t_end + shift) for deed in deeds]
    for sensor, each in warm.items():
        x, y, z = (each.kelvin * each.per_kelvin / DEG).tolist()
        how = {"sensor": sensor, "tau_s": each.tau_s, "x_dps": x, "y_dps": y, "z_dps": z}
        done.append(Deed("warms_up", shift, shift, how))
    if skins:
        done.append(Deed("skin", shift, shift, skin_figures(skins)))
    return tuple(sorted(done, key=lambda deed: deed.t_start))


def _dress(
    person: Person,
    play: Play,
    setup: Setup,
    wear_rng: np.random.Generator,
    hand_rng: np.random.Generator,
    skins: Mapping[str, Skin],
) -> dict[str, WornSensor]:
    """Put the sensors on the athlete; the keys are the names they go by."""
    skeleton, script = person.skeleton, play.script
    handling = draw_handling(hand_rng, SENSORS, setup.imprecision)
    result = {}
    for name in SENSORS:
        place = SWAPPED[name] if setup.swapped else name
        placement = draw_placement(wear_rng, place, skeleton, setup.mounting)
        turns = 2 * (name in setup.upside_down) + (name in setup.quarter_turned)
        if turns:
            quarter = quaternion_from_rotvec(np.array((0.0, 0.0, 0.5 * np.pi * turns)))
            placement = Placement(multiply(placement.q_bs, quarter), placement.at)
        side = SIDE_OF.get(place)
        skin = skins.get(place)
        tissue = setup.soft_tissue if skin is None else skin.tissue
        result[name] = WornSensor(
            sensor=place,
            script=script,
            skeleton=skeleton,
            placement=placement,
            handling=handling[name],
            tissue=tissue,
            wobble=draw_sines(wear_rng, 1.0, 2.0, 6.0, count=4),
            slips=(*setup.slips, *play.slips),
            stirred=stirring(script, side) if tissue is not None and side is not None else None,
            skin=skin,
        )
    return result


def _header(
    scenario: str,
    seed: int,
    grade: str,
    profile: Profile,
    text: str,
    rate_hz: float,
    setup: Setup,
    host_ns: int,
) -> Header:
    mount = Mount(up="+x", out="+z") if setup.mounting == "usual" else None
    return Header(
        sensors=tuple(
            SensorInfo(sensor, profile.id, rate_hz, mount, {"name": "simulated"})
            for sensor in SENSORS
        ),
        profiles={profile.id: text},
        clock="session" if on_session_clock(profile) else "host",
        monotonic_ns=host_ns,
        utc_ns=STARTED_NS,
        athlete=f"simulated-{seed}",
        started=STARTED,
        source=f"simulated athlete: scenario {scenario}, seed {seed}, {grade} sensors",
        software={"imuhip": imuhip.__version__, "numpy": np.__version__},
    )


SWAPPED: Final = {
    "pelvis": "pelvis",
    THIGH["left"]: THIGH["right"],
    THIGH["right"]: THIGH["left"],
}

LOSSY_RATE: Final = 0.01
LOSSY_BURST: Final = 4.0
"""Share of notifications that a lossy link loses at least, and the mean length of a burst."""

STARTED: Final = "2026-03-02T10:00:00Z"
STARTED_NS: Final = 1_772_445_600_000_000_000
"""When every simulated session began: a label, fixed so that a seed gives the same bytes."""

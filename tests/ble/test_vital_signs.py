"""The figures of a sensor: loss by counter and by rate, wraps, jitter, battery."""

import struct
from itertools import pairwise

import numpy as np
import pytest

from imuhip.ble.inbox import Inbox
from imuhip.ble.link_quality import VitalSigns, battery_level, described, look_at
from imuhip.ble.scan import known_profiles
from imuhip.core.records import Packet
from imuhip.core.resources import profile_text
from imuhip.devices.decode import encode
from imuhip.devices.profiles import parse_profile
from imuhip.live.active_recording import packets_of


def seconds_of(
    profile, rate_hz: float, first: int, length: int = 3, turning: float = 0.0
) -> list[list[tuple]]:
    """(stamp, bytes) of each notification, a second at a time."""
    count = int(rate_hz * length)
    t = np.arange(count) / rate_hz
    quat = np.tile((1.0, 0.0, 0.0, 0.0), (count, 1))
    ticks = None if profile.time is None else t / profile.time.unit_s
    payload, offsets = encode(
        profile,
        profile.streams[0],
        acc=np.tile((0.0, 0.0, 9.8), (count, 1)),
        gyr=np.tile((turning, 0.0, 0.0), (count, 1)),
        quat=quat,
        ticks=ticks,
        counter=first + np.arange(count),
    )
    data = [payload[a:b].tobytes() for a, b in pairwise(offsets)]
    rows = [(int(s * 1e9) + 5_000_000, d) for s, d in zip(t, data, strict=True)]
    per = int(rate_hz)
    return [rows[k : k + per] for k in range(0, count, per)]


def packet_of(profile, rows: list[tuple], epoch: int = 0) -> Packet:
    inbox = Inbox()
    for stamp, data in rows:
        inbox.notification("pelvis", profile.streams[0].characteristic, epoch, stamp, data)
    (packet,) = inbox.take()
    return packet


def test_notifications_far_apart_have_figures() -> None:
    """Two that came a minute apart say nothing of jitter, and are counted."""
    profile = parse_profile(profile_text("reference"))
    vital = VitalSigns("pelvis", profile, 100.0)
    ((first, second, *_),) = seconds_of(profile, 100.0, 0, 1)
    vital.push(packet_of(profile, [first, (second[0] + 60_000_000_000, second[1])]))
    figures = vital.figures()
    assert (figures["samples"], figures["jitter_ms"]) == (2, 0.0)


@pytest.mark.parametrize("first", [7, 2**32 - 150])
def test_lost_notifications_are_counted_by_the_counter(first: int) -> None:
    """Gaps inside a look and between two are counted, across the counter's wrap too."""
    profile = parse_profile(profile_text("reference"))
    vital = VitalSigns("pelvis", profile, 100.0)
    one, two, three = seconds_of(profile, 100.0, first)
    for rows in (one[:40] + one[45:97], two[2:], three):
        vital.push(packet_of(profile, rows))
    figures = vital.figures()
    assert (figures["samples"], figures["missing"]) == (290, 10)
    assert figures["loss_by"] == "counter"
    assert figures["loss_percent"] == pytest.approx(100.0 * 10 / 300, abs=0.01)
    assert "10 lost" in described(figures)


def test_late_and_doubled_notifications_are_no_loss() -> None:
    """Out of order within a look or between two, or sent twice: each counts once, none as lost."""
    profile = parse_profile(profile_text("reference"))
    vital = VitalSigns("pelvis", profile, 100.0)
    one, two, three = seconds_of(profile, 100.0, 2**32 - 150)
    vital.push(packet_of(profile, one[:50] + one[53:90] + one[50:53] + one[95:]))
    assert vital.figures()["missing"] == 5
    vital.push(packet_of(profile, two[:10] + one[90:95] + two[10:] + two[40:50]))
    vital.push(packet_of(profile, three))
    figures = vital.figures()
    assert (figures["samples"], figures["missing"], figures["loss_percent"]) == (300, 0, 0.0)


def test_a_counter_that_begins_anew_on_the_same_link_is_no_loss() -> None:
    """A device that restarts its counter without a new connection loses nothing by that."""
    profile = parse_profile(profile_text("reference"))
    vital = VitalSigns("pelvis", profile, 100.0)
    (one, _, _), (again, _, _) = seconds_of(profile, 100.0, 9000), seconds_of(profile, 100.0, 0)
    vital.push(packet_of(profile, one))
    vital.push(packet_of(profile, [(s + 1_000_000_000, d) for s, d in again]))
    assert vital.figures()["missing"] == 0
    assert vital.figures()["samples"] == 200


def test_a_new_connection_is_no_loss() -> None:
    """A counter that begins anew after a reconnect counts nothing as lost."""
    profile = parse_profile(profile_text("reference"))
    vital = VitalSigns("pelvis", profile, 100.0)
    one, _, _ = seconds_of(profile, 100.0, 5000)
    again, _, _ = seconds_of(profile, 100.0, 0)
    vital.push(packet_of(profile, one))
    later = [(stamp + 9_000_000_000, data) for stamp, data in again]
    vital.push(packet_of(profile, later, epoch=1))
    assert vital.figures()["missing"] == 0
    assert vital.figures()["rate_hz"] == pytest.approx(100.0, rel=0.02)


def test_without_a_counter_loss_is_reported_by_the_rate() -> None:
    """A device without a counter loses what its rate promises and does not bring."""
    profile = known_profiles()["witmotion_wt901ble"]
    vital = VitalSigns("pelvis", profile, 100.0)
    one, two, three = seconds_of(profile, 100.0, 0)
    for rows in (one, two[:20] + two[50:], three):
        vital.push(packet_of(profile, rows))
    figures = vital.figures()
    assert figures["loss_by"] == "rate"
    assert 26 <= figures["missing"] <= 30


def test_jitter_is_the_delay_beyond_the_quickest() -> None:
    """A stall of 20 ms every tenth notification shows as such; none as about nothing."""
    profile = parse_profile(profile_text("reference"))
    still, shaky = (VitalSigns("pelvis", profile, 100.0) for _ in range(2))
    for rows in seconds_of(profile, 100.0, 0):
        still.push(packet_of(profile, rows))
        stamps = np.maximum.accumulate(
            [s + 20_000_000 * (k % 10 == 0) for k, (s, _) in enumerate(rows)]
        )
        late = [(int(s), d) for s, (_, d) in zip(stamps, rows, strict=True)]
        shaky.push(packet_of(profile, late))
    assert still.figures()["jitter_ms"] < 1.0
    assert 15.0 < shaky.figures()["jitter_ms"] < 25.0


def test_a_battery_is_read_from_its_own_answer_alone() -> None:
    """Match, offset, type and scale are the profile's; samples are no battery."""
    battery = known_profiles()["witmotion_wt901ble"].battery
    assert battery_level(battery, bytes.fromhex("55 71 64 00 9A 01")) == pytest.approx(4.1)
    assert battery_level(battery, bytes.fromhex("55 61 64 00 9A 01")) is None
    assert battery_level(battery, bytes.fromhex("55 71 64 00 9A")) is None


def test_the_energy_is_that_of_the_newest_second() -> None:
    """A sensor that turns at 4 rad/s has 16 (rad/s)² until it lies still for a second."""
    profile = parse_profile(profile_text("reference"))
    vital = VitalSigns("pelvis", profile, 100.0)
    turning = seconds_of(profile, 100.0, 0, turning=4.0)
    vital.push(packet_of(profile, turning[0]))
    assert vital.energy == pytest.approx(16.0, rel=0.01)
    vital.push(packet_of(profile, seconds_of(profile, 100.0, 0)[1]))
    assert vital.energy == pytest.approx(0.0, abs=1e-6)


def test_rubbish_is_counted_and_no_sample() -> None:
    """A look of nothing but unreadable notifications has no rate, and says how many they were."""
    vital = VitalSigns("pelvis", known_profiles()["reference"], 100.0)
    vital.push(packet_of(vital._profile, [(10**9, b"\x01"), (10**9 + 1, b"\x02\x03")]))
    figures = vital.figures()
    assert (figures["bad"], figures["samples"], figures["rate_hz"]) == (2, 0, None)
    assert described(figures).startswith("– Hz, 0 samples, 2 unreadable")


def test_a_device_that_sends_forces_and_turning_rates_apart_is_counted_by_pairs() -> None:
    """One kind alone is no sample yet and leaves the energy; the other makes it one."""
    profile = known_profiles()["mbientlab_metamotion_s"]
    values = {"gyr": 3.0, "acc": 9.8}
    halves = {
        name: stream.match + struct.pack("<9h", *3 * (round(value / field.factor), 0, 0))
        for stream in profile.streams
        for name, value in values.items()
        if (field := stream.field(name)) is not None
    }
    vital = VitalSigns("pelvis", profile, 100.0)
    vital.push(packet_of(profile, [(10**9, halves["gyr"])]))
    assert (vital.samples, vital.energy) == (0, 0.0)
    vital.push(packet_of(profile, [(10**9 + 10**7, halves["acc"])]))
    assert (vital.samples, vital.bad) == (3, 0)
    assert vital.energy == pytest.approx(9.0, rel=0.01)


def test_stamps_that_never_wrap_show_jitter_too() -> None:
    """Seconds on the session's clock have no bits to wrap by: a stall of 20 ms shows as such."""
    profile = known_profiles()["imported"]
    vital = VitalSigns("pelvis", profile, 100.0)
    for rows in seconds_of(profile, 100.0, 0):
        late = [(s + 20_000_000 * (k % 10 == 0), d) for k, (s, d) in enumerate(rows)]
        vital.push(packet_of(profile, late))
    assert 15.0 < vital.figures()["jitter_ms"] < 25.0


def test_a_level_in_a_notification_is_the_battery() -> None:
    """An answer among samples is read; the same bytes on another characteristic are not."""
    profile = known_profiles()["witmotion_wt901ble"]
    vital = VitalSigns("pelvis", profile, 100.0)
    assert profile.battery is not None
    answer = bytes.fromhex("55 71 64 00 9A 01") + bytes(14)
    for characteristic, level in (("other", None), (profile.battery.characteristic, 4.1)):
        inbox = Inbox()
        inbox.notification("pelvis", characteristic, 0, 10**9, answer)
        look_at({"pelvis": vital}, packets_of(inbox.take()))
        assert vital.battery == (level if level is None else pytest.approx(level))

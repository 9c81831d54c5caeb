"""Decoders that remember: what they marry and join, against encoders written from the formats."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imuhip.core.resources import profile_text
from imuhip.devices.decode import decode, decoder_of, encode
from imuhip.devices.profiles import parse_profile
from imuhip.devices.vectors import packet_of
from imuhip.estimate.clocks import Clock, Source

G = 9.80665
POLAR = parse_profile(profile_text("polar_verity_sense"))
MOVESENSE = parse_profile(profile_text("movesense_gsp"))
PACKED = [parse_profile(profile_text(f"mbientlab_metamotion_{x}")) for x in "rs"]
DATA = POLAR.streams[0].characteristic


# --- Polar ---------------------------------------------------------------------------------------


def pmd_frame(kind, end_ns, raw):
    """A compressed frame of raw samples (n, 3): deltas in blocks of any length and width."""
    head = bytes([{"acc": 2, "gyr": 5}[kind]]) + (int(end_ns) % 2**64).to_bytes(8, "little")
    out = head + bytes([{"acc": 0x81, "gyr": 0x80}[kind]]) + raw[0].astype("<i2").tobytes()
    deltas = np.diff(raw.astype(np.int64), axis=0)
    at = 0
    while at < len(deltas):
        block = deltas[at : at + 23]
        bits = max(int(max(block.max(), -block.min() - 1)).bit_length() + 1, 1)
        number = 0
        for place, delta in enumerate(block.reshape(-1).tolist()):
            number |= (delta % (1 << bits)) << (place * bits)
        out += bytes([bits, len(block)])
        out += number.to_bytes((bits * block.size + 7) // 8, "little")
        at += len(block)
    return out


def motion(t):
    """Raw acc in mg and raw gyr in 0.07 °/s at times t (N,), smooth enough for straight lines."""
    acc = np.stack([300 * np.sin(2 * t), 200 * np.cos(3 * t), 1000 - 100 * np.sin(t)], axis=1)
    gyr = np.stack([2000 * np.cos(2 * t), -900 * np.sin(3 * t), 400 * np.sin(5 * t)], axis=1)
    return np.rint(acc), np.rint(gyr)


def verity(rng, seconds=20.0, rate_hz=52.94, start_ns=8 * 10**17 + 123_456_789, lost=()):
    """Frames of a sensor as they are sent: (sent at, kind, end in ns, times in s, raw samples)."""
    frames = []
    for kind, phase in (("acc", rng.uniform(0, 0.019)), ("gyr", rng.uniform(0, 0.019))):
        t = phase + np.arange(int(seconds * rate_hz)) / rate_hz
        raw = motion(t)[("acc", "gyr").index(kind)]
        at = 0
        while at < len(t):
            n = int(rng.integers(30, 75))
            part = slice(at, at + n)
            frames.append(
                (t[part][-1], kind, start_ns + round(t[part][-1] * 1e9), t[part], raw[part])
            )
            at += n
    frames.sort(key=lambda frame: frame[0])
    return [frame for i, frame in enumerate(frames) if i not in lost]


def polar_packet(frames, **changes):
    packet = packet_of(DATA, *(pmd_frame(kind, end, raw) for _, kind, end, _, raw in frames))
    return replace(packet, **changes)


def seconds_of(block, start_ns=8 * 10**17 + 123_456_789):
    """Times of the samples since the sensor's start, from ticks that wrap at 2**53."""
    return ((block.ticks - start_ns % 2**53 + 2**52) % 2**53 - 2**52) / 1e9


@pytest.mark.parametrize("seed", range(5))
def test_polar_samples_get_their_own_times_and_both_halves(seed):
    """Every gyr sample with acc around it comes out once, at its time, with acc as it was then."""
    frames = verity(np.random.default_rng(seed))
    block = decoder_of(POLAR, 52.0).push(polar_packet(frames))
    assert block.faults == ()
    t = seconds_of(block)
    gyr_t = np.concatenate([frame[3] for frame in frames if frame[1] == "gyr"])
    acc_t = np.concatenate([frame[3] for frame in frames if frame[1] == "acc"])
    inside = gyr_t[(gyr_t > acc_t[0] + 1.5) & (gyr_t <= acc_t[-1])]
    # The first frames are timed at the nominal rate, which is 1.8 % off.
    settled = t > acc_t[0] + 1.5
    assert abs(int(settled.sum()) - len(inside)) <= 1
    assert np.abs(t[settled] - inside[-int(settled.sum()) :]).max() < 2e-6
    raw_acc, raw_gyr = motion(t[settled])
    assert np.abs(np.degrees(block.gyr[settled]) / 0.07 - raw_gyr).max() < 1.5
    assert np.abs(block.acc[settled] / G * 1000 - raw_acc).max() < 1.5
    assert np.all(np.diff(t) > 0)
    assert not block.saturated.any()


@given(seed=st.integers(0, 2**32 - 1), data=st.data())
@settings(max_examples=30, deadline=None)
def test_polar_cuts_do_not_show(seed, data):
    """With frames lost, doubled and swapped, any cut of the notifications gives the same bits."""
    rng = np.random.default_rng(seed)
    frames = verity(rng, seconds=9.0)
    order = data.draw(st.lists(st.integers(0, len(frames) - 1), min_size=4, max_size=40))
    order = sorted(order) if data.draw(st.booleans()) else order
    packet = polar_packet([frames[i] for i in order])
    whole = decode(POLAR, packet)
    decoder = decoder_of(POLAR)
    edges = sorted(data.draw(st.lists(st.integers(0, len(order)), max_size=6)))
    spans = list(pairwise([0, *edges, len(order)]))
    parts = [decoder.push(packet.part(a, b)) for a, b in spans]
    for name in ("ticks", "acc", "gyr", "saturated"):
        together = np.concatenate([getattr(part, name) for part in parts])
        assert together.tobytes() == getattr(whole, name).tobytes()
    starts = [a for a, _ in spans]
    rows = np.concatenate([a + part.row for a, part in zip(starts, parts, strict=True)])
    assert rows.tolist() == whole.row.tolist()
    assert np.all(np.diff(whole.row) >= 0)


def test_polar_never_makes_up_acc():
    """Where an acc frame is lost, its gyr samples are left out and counted; the others stay."""
    frames = verity(np.random.default_rng(3))
    lost = [i for i, frame in enumerate(frames) if frame[1] == "acc"][4]
    block = decode(POLAR, polar_packet([f for i, f in enumerate(frames) if i != lost]))
    t = seconds_of(block)
    gone_from, gone_to = frames[lost][3][0], frames[lost][3][-1]
    assert not np.any((t > gone_from) & (t < gone_to))
    assert {fault.kind for fault in block.faults} == {"unmatched"}
    whole = seconds_of(decode(POLAR, polar_packet(frames)))
    missing = len(whole) - len(t)
    reported = sum(int(fault.reason.split(" for ")[1].split()[0]) for fault in block.faults)
    assert reported == missing
    assert abs(missing - (gone_to - gone_from) * 52.94) < 4


def test_polar_acc_that_never_comes_is_reported():
    """With the acc stream dead, gyr samples are not kept for ever, and a fault says so."""
    frames = [frame for frame in verity(np.random.default_rng(4)) if frame[1] == "gyr"]
    block = decode(POLAR, polar_packet(frames))
    assert not len(block.row)
    assert {fault.kind for fault in block.faults} == {"unmatched"}


def test_polar_repeats_and_new_calendars():
    """A frame that comes twice is left out; a calendar set back begins anew; epochs do not mix."""
    frames = verity(np.random.default_rng(5), seconds=6.0)
    twice = [*frames[:4], frames[3], *frames[4:]]
    block = decode(POLAR, polar_packet(twice))
    assert [(fault.row, fault.kind) for fault in block.faults] == [(4, "out_of_order")]
    assert block.ticks.tolist() == decode(POLAR, polar_packet(frames)).ticks.tolist()
    back = [(s, kind, end - 10**13, t, raw) for s, kind, end, t, raw in frames]
    both = decode(POLAR, polar_packet([*frames, *back]))
    assert both.faults == ()
    once = decode(POLAR, polar_packet(frames))
    assert len(both.ticks) == 2 * len(once.ticks)
    decoder = decoder_of(POLAR)
    decoder.push(polar_packet(frames[:3]))
    again = decoder.push(polar_packet(frames, epoch=1))
    assert again.ticks.tolist() == once.ticks.tolist()


def test_polar_stamps_wrap_where_float64_ends():
    """Stamps across 2**53 ns give times that go on."""
    frames = verity(np.random.default_rng(6), seconds=8.0, start_ns=2**53 * 91 - 4 * 10**9)
    t = seconds_of(decode(POLAR, polar_packet(frames)), start_ns=2**53 * 91 - 4 * 10**9)
    assert t[0] < 4.0 < t[-1]
    assert np.abs(np.diff(t) - 1 / 52.94).max() < 4e-4


def test_polar_times_come_through_the_clock():
    """The clock keeps the measured rate: no sample is missing, and intervals are the true ones."""
    frames = verity(np.random.default_rng(8), seconds=60.0)
    packet = polar_packet(frames)
    delay = np.random.default_rng(9).uniform(0.005, 0.06, len(frames))
    host_t = np.array([frame[0] for frame in frames]) + delay
    block = decode(POLAR, packet)
    clock = Clock("pelvis", Source(POLAR.time.unit_s, POLAR.time.bits, False, 52.0))
    samples, faults = clock.push(block, np.maximum.accumulate(host_t))
    assert faults == ()
    later = samples.t > 5.0
    assert samples.missing[later].sum() == 0
    assert np.abs(samples.dt[later] * 52.94 - 1).max() < 1e-3
    true = seconds_of(block)
    error = samples.t[later] - true[later]
    assert np.ptp(error) < 0.06


REAL_ACC = """
7107F06A9E8D0A38BE5CBEBA2F96B3EE4BE5ADFB42B9EBBE4CFEBA2F92BFEE4BE4B1FB12B9ECBD3C3EBB2F8FD3DE4B
E3B5F7D2B8EDBD307E7B2F8BE3CE8BE2BAF7A2B8EEBC20BE7B2F88F3CECBE1BDEF52F8EFBC18FE3B2F8403BFCBE0C2EF
32B8F0BB044EBC2E8113AF0BE0C6EFF2F7F1B9FC7DBC2E7D279F4BDFCAEBC2F7F2B8ECCD7C2E7B378F4BDECEE392F7F3
B8E00DFD2D774B7FCBDDD2DF6237F5B7D44DBD2D745B6FCBDCD7D73237F6B5C88D7D2D716B4F4BDCDCD3F236F7B4BCDD
FD2C6F7B3F4BDBE0CFD236F8B2B02DBE2C6C8F1FCBDAE3C7A276F9
"""


def test_a_real_polar_frame_is_read_to_its_end():
    """The SDK's long acc frame has 57 samples, the second 190, -105, -85 on, none beyond 8 g."""
    head = bytes.fromhex("02 00943577 00000000 80")
    acc = packet_of(DATA, head + bytes.fromhex(REAL_ACC))
    # Gyr samples at the times of the first, second and last acc: what comes out is acc there.
    decoder = decoder_of(POLAR, 52.0)
    assert not len(decoder.push(acc).row)
    end, spacing = 2_000_000_000, 1e9 / 52
    values = []
    for place in (56, 55, 0):
        stamp = math.ceil(end - place * spacing)
        block = decoder.push(packet_of(DATA, pmd_frame("gyr", stamp, np.zeros((1, 3)))))
        values.append(block.acc[0] / G / 2.44e-4)
    first = np.array([1905.0, 27376.0, -29282.0])
    assert np.allclose(values[0], first, atol=1e-3)
    assert np.allclose(values[1], first + np.array([190, -105, -85]), atol=1e-3)
    assert np.abs(values).max() < 8 / 2.44e-4


# --- MbientLab -----------------------------------------------------------------------------------


def packed(profile, kind, raw):
    """A packed notification of three raw samples."""
    (match,) = (s.match for s in profile.streams if s.field(kind) is not None)
    return match + np.asarray(raw, dtype="<i2").tobytes()


def chip_data(rng, n):
    return {kind: rng.integers(-32000, 32000, (n, 3, 3)) for kind in ("acc", "gyr")}


@pytest.mark.parametrize("profile", PACKED, ids=lambda p: p.id)
def test_packed_halves_take_turns(profile):
    """Alternating notifications give every sample once, with its own halves and scales."""
    raw = chip_data(np.random.default_rng(1), 40)
    payloads = [packed(profile, kind, raw[kind][i]) for i in range(40) for kind in ("acc", "gyr")]
    block = decode(profile, packet_of(profile.streams[0].characteristic, *payloads))
    assert block.faults == ()
    assert block.row.tolist() == np.repeat(np.arange(1, 80, 2), 3).tolist()
    assert block.index.tolist() == [0, 1, 2] * 40
    assert np.allclose(block.acc, raw["acc"].reshape(-1, 3) * 16 / 32768 * G, rtol=1e-12)
    assert np.allclose(np.degrees(block.gyr), raw["gyr"].reshape(-1, 3) / 16.4, rtol=1e-12)


@pytest.mark.parametrize("lost", [7, 8, 20, 41])
def test_a_lost_packed_notification_costs_one_pair(lost):
    """After a loss the marriage goes on, one fault says so, and no gyr sample comes twice."""
    profile = PACKED[0]
    raw = chip_data(np.random.default_rng(2), 30)
    sent = [packed(profile, kind, raw[kind][i]) for i in range(30) for kind in ("acc", "gyr")]
    del sent[lost]
    block = decode(profile, packet_of(profile.streams[0].characteristic, *sent))
    assert [fault.kind for fault in block.faults] == ["unmatched"]
    assert len(block.row) == 29 * 3
    gyr = np.rint(np.degrees(block.gyr) * 16.4).reshape(-1, 3, 3)
    places = [int(np.flatnonzero((raw["gyr"] == rows).all(axis=(1, 2)))[0]) for rows in gyr]
    assert sorted(set(places)) == places
    acc = np.rint(block.acc / G * 2048).reshape(-1, 3, 3)
    with_acc = [int(np.flatnonzero((raw["acc"] == rows).all(axis=(1, 2)))[0]) for rows in acc]
    assert max(abs(a - b) for a, b in zip(places, with_acc, strict=True)) <= 1


def test_the_recording_says_another_range():
    """Ranges in the settings replace those of the profile: half the range, half the values."""
    profile = PACKED[1]
    raw = chip_data(np.random.default_rng(3), 1)
    packet = packet_of(
        profile.streams[0].characteristic,
        packed(profile, "acc", raw["acc"][0]),
        packed(profile, "gyr", raw["gyr"][0]),
    )
    usual = decode(profile, packet)
    ranges = {"acc_range_g": 8.0, "gyr_range_deg_s": 1000.0}
    other = decoder_of(profile, 100.0, ranges).push(packet)
    assert np.allclose(other.acc, usual.acc / 2, rtol=1e-12)
    assert np.allclose(other.gyr, usual.gyr / 2, rtol=1e-12)


def test_a_packed_half_waits_for_no_other_connection():
    """What waited for its other half is forgotten with the connection."""
    profile = PACKED[0]
    raw = chip_data(np.random.default_rng(4), 2)
    one = packet_of(DATA, packed(profile, "acc", raw["acc"][0]))
    two = packet_of(DATA, packed(profile, "gyr", raw["gyr"][1]))
    name = profile.streams[0].characteristic
    decoder = decoder_of(profile)
    decoder.push(replace(one, characteristic=name))
    assert not len(decoder.push(replace(two, characteristic=name, epoch=1)).row)


# --- Movesense -----------------------------------------------------------------------------------


@given(
    sizes=st.lists(st.integers(1, 16), min_size=1, max_size=6),
    room=st.sampled_from([20, 101, 158, 182, 244]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=50, deadline=None)
def test_movesense_packets_in_two_parts_are_whole_again(sizes, room, seed):
    """Whatever the link's room, packets of up to two parts come out as if sent in one."""
    rng = np.random.default_rng(seed)
    stream = MOVESENSE.streams[0]
    whole, parts, ends = [], [], []
    for number, n in enumerate(sizes):
        acc, gyr = rng.normal(scale=9.0, size=(2, n, 3))
        payload, _ = encode(
            MOVESENSE, stream, acc=acc, gyr=gyr, ticks=np.array([number * 77]), per_packet=n
        )
        data = payload.tobytes()
        whole.append(data)
        parts.append(data[:room])
        if len(data) > room:
            parts.append(b"\x03\x63" + data[room:])
        ends.append(len(parts) - 1)
    came = decode(MOVESENSE, packet_of(stream.characteristic, *parts))
    expected = decode(MOVESENSE, packet_of(stream.characteristic, *whole))
    assert came.faults == expected.faults == ()
    for name in ("ticks", "index", "acc", "gyr"):
        assert getattr(came, name).tobytes() == getattr(expected, name).tobytes()
    assert came.row.tolist() == [ends[row] for row in expected.row]


def test_movesense_losses_cost_their_own_packet():
    """A lost first or second part is reported once, and its neighbours are untouched."""
    stream = MOVESENSE.streams[0]
    values = np.arange(24.0).reshape(8, 3)
    data = encode(MOVESENSE, stream, acc=values, gyr=values, ticks=np.array([5]), per_packet=8)
    payload = data[0].tobytes()
    first, rest, answer = payload[:158], b"\x03\x63" + payload[158:], b"\x01\x63\xc8\x00"

    def read(*parts):
        block = decode(MOVESENSE, packet_of(stream.characteristic, *parts))
        return len(block.row), [(fault.row, fault.kind) for fault in block.faults]

    assert read(first, rest, first, rest) == (16, [])
    assert read(first, answer, rest) == (8, [])
    assert read(first, first, rest) == (8, [(1, "cut_frame")])
    assert read(rest, first, rest) == (8, [(0, "stray_bytes")])
    assert read(first, payload[:54], first, rest) == (10, [(1, "cut_frame")])
    assert read(first) == (0, [])


@pytest.mark.parametrize("profile", PACKED)
def test_packed_profiles_tell_the_ranges_that_their_steps_set(profile) -> None:
    """What the start steps write is what the profile tells, and both ways of reading agree."""
    assert profile.settings == {"acc_range_g": 16.0, "gyr_range_deg_s": 2000.0}
    plain, reported = decoder_of(profile, 100.0), decoder_of(profile, 100.0, profile.settings)
    for name in ("acc", "gyr"):
        assert reported._factor[name] == pytest.approx(plain._factor[name], rel=1e-3)

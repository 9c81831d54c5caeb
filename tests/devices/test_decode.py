from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imuhip.core.resources import profile_ids, profile_text
from imuhip.devices.decode import decode, decoder_of, encode
from imuhip.devices.framing import FAULT_KINDS
from imuhip.devices.profiles import parse_profile

PROFILES = {name: parse_profile(profile_text(name)) for name in profile_ids()}
OTHER = "0000dead-0000-1000-8000-00805f9b34fb"


def payloads_for(profile):
    """Bytes that are anything, or a vector's with some bytes changed, cut or doubled."""
    known = [p for vector in profile.vectors for p in (*vector.before, vector.payload)]
    vectors = st.sampled_from(known)
    changed = st.builds(
        lambda whole, cut, junk, twice: (whole * twice)[:cut] + junk,
        vectors,
        st.integers(0, 90),
        st.binary(max_size=6),
        st.integers(1, 2),
    )
    noisy = st.builds(
        lambda whole, at, byte: whole[: at % len(whole)] + bytes([byte]) + whole[at % len(whole) :],
        vectors,
        st.integers(0, 90),
        st.integers(0, 255),
    )
    return st.lists(st.binary(max_size=90) | vectors | changed | noisy, max_size=6)


def characteristics_of(profile):
    """Every characteristic that the profile knows, and one that it does not."""
    names = {stream.characteristic for stream in profile.streams} | profile.known
    return st.sampled_from([*sorted(names), OTHER])


@pytest.mark.parametrize("name", PROFILES)
@given(data=st.data())
def test_any_bytes_give_samples_or_faults(packet_from, name, data):
    """Whatever a device sends, decode returns: finite samples in order, and known faults."""
    profile = PROFILES[name]
    characteristic = data.draw(characteristics_of(profile))
    payloads = data.draw(payloads_for(profile))
    block = decode(profile, packet_from(characteristic, payloads))
    n = len(block.row)
    assert np.all(np.diff(block.row) >= 0)
    for column in fields(block):
        values = getattr(block, column.name)
        if isinstance(values, np.ndarray):
            assert len(values) == n
            assert np.all(np.isfinite(values))
            assert values.flags.c_contiguous
    assert {fault.kind for fault in block.faults} <= set(FAULT_KINDS)
    if block.quat is not None:
        assert np.allclose((block.quat**2).sum(axis=-1), 1.0)
    streams = profile.streams_on(characteristic)
    if streams and profile.decoder is not None:
        return  # what a notification holds may wait for another
    if streams:
        reported = set(block.row.tolist()) | {fault.row for fault in block.faults}
        silent = [payload for row, payload in enumerate(payloads) if row not in reported]
        assert all(payload.startswith(streams[0].ignore) for payload in silent)
    elif characteristic == OTHER:
        assert [fault.row for fault in block.faults] == list(range(len(payloads)))
    else:
        assert not n
        assert not block.faults


@pytest.mark.parametrize("name", PROFILES)
@given(data=st.data())
def test_how_notifications_are_packed_never_shows(packet_from, name, data):
    """Decoded whole, one by one, or cut anywhere, notifications give the same bits and faults."""
    profile = PROFILES[name]
    characteristic = data.draw(characteristics_of(profile))
    packet = packet_from(characteristic, data.draw(payloads_for(profile)))
    whole = decode(profile, packet)
    n = len(packet)
    edges = sorted(data.draw(st.lists(st.integers(0, n), max_size=3)))
    for cuts in ([*range(n + 1)], [0, *edges, n]):
        decoder = decoder_of(profile)
        spans = list(pairwise(cuts))
        parts = [decoder.push(packet.part(a, b)) for a, b in spans]
        for column in ("ticks", "index", "counter", "acc", "gyr", "mag", "quat", "saturated"):
            if parts and getattr(whole, column) is not None:
                together = np.concatenate([getattr(part, column) for part in parts])
                assert together.tobytes() == getattr(whole, column).tobytes()
        reported = [
            (first + fault.row, fault.kind, fault.reason)
            for (first, _), part in zip(spans, parts, strict=True)
            for fault in part.faults
        ]
        assert reported == [(fault.row, fault.kind, fault.reason) for fault in whole.faults]


def test_a_batch_is_stamped_where_the_profile_says(packet_from):
    """The stamp is the last sample's in the reference format: index runs up to 0."""
    profile = PROFILES["reference"]
    stream = profile.streams[0]
    zeros = np.zeros((6, 3))
    payload, offsets = encode(
        profile,
        stream,
        acc=zeros,
        gyr=zeros,
        ticks=np.array([1000, 2000]),
        counter=np.array([0, 1]),
        per_packet=3,
    )
    payloads = [payload[offsets[i] : offsets[i + 1]].tobytes() for i in range(2)]
    block = decode(profile, packet_from(stream.characteristic, payloads))
    assert block.index.tolist() == [-2, -1, 0, -2, -1, 0]
    assert block.ticks.tolist() == [1000.0] * 3 + [2000.0] * 3
    first = parse_profile(profile_text("reference").replace('"last"', '"first"'))
    block = decode(first, packet_from(stream.characteristic, payloads))
    assert block.index.tolist() == [0, 1, 2, 0, 1, 2]


def test_notifications_of_different_lengths_keep_their_order(packet_from):
    """Batches of any size may follow each other in one packet."""
    profile = PROFILES["reference"]
    stream = profile.streams[0]
    payloads = []
    for number, size in enumerate((2, 1, 3, 1)):
        acc = np.full((size, 3), 0.5 * number)
        payload, _ = encode(
            profile,
            stream,
            acc=acc,
            gyr=acc,
            ticks=np.array([number]),
            counter=np.array([number]),
            per_packet=size,
        )
        payloads.append(payload.tobytes())
    block = decode(profile, packet_from(stream.characteristic, payloads))
    assert block.row.tolist() == [0, 0, 1, 2, 2, 2, 3]
    assert block.counter.tolist() == block.row.tolist()
    assert np.abs(block.acc[:, 0] - 0.5 * block.row).max() < 0.003


def test_a_range_end_is_saturated(packet_from):
    """Values beyond the range come back as its end, and say so; others do not."""
    profile = PROFILES["reference"]
    stream = profile.streams[0]
    acc = np.array([[0.0, 0.0, 9.8], [1e6, 0.0, 0.0], [0.0, 0.0, 9.8], [156.8, 0.0, 0.0]])
    gyr = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, -1e300, 0.0], [34.9, 0.0, 0.0]])
    payload, _ = encode(
        profile, stream, acc=acc, gyr=gyr, ticks=np.arange(1), counter=np.arange(1), per_packet=4
    )
    block = decode(profile, packet_from(stream.characteristic, [payload.tobytes()]))
    assert block.saturated.tolist() == [False, True, True, False]
    assert block.acc[1, 0] == pytest.approx(16 * 9.80665, rel=1e-4)
    assert block.gyr[2, 1] == pytest.approx(-np.deg2rad(2000))


def test_samples_that_are_not_finite_are_left_out(packet_from):
    """NaN and infinity cost their own sample only, and are reported with their row."""
    profile = PROFILES["imported"]
    stream = profile.streams[0]
    acc, gyr, t = np.ones((5, 3)), np.ones((5, 3)), np.arange(5.0)
    acc[1, 2], gyr[2, 0], t[4] = np.nan, np.inf, -np.inf
    payload, offsets = encode(profile, stream, acc=acc, gyr=gyr, ticks=t)
    payloads = [payload[offsets[i] : offsets[i + 1]].tobytes() for i in range(5)]
    block = decode(profile, packet_from("samples", payloads))
    assert block.row.tolist() == [0, 3]
    assert [(fault.row, fault.kind) for fault in block.faults] == [
        (1, "not_finite"),
        (2, "not_finite"),
        (4, "not_finite"),
    ]


def test_frames_are_found_again_behind_rubbish(packet_from):
    """A lost byte costs the frame it was in; what is whole counts, and faults say what is not."""
    profile = PROFILES["witmotion_wt901ble"]
    stream = profile.streams[0]
    q = np.tile([1.0, 0.0, 0.0, 0.0], (3, 1))
    acc = np.array([[1.0, 0, 9.8], [2.0, 0, 9.8], [3.0, 0, 9.8]])
    payload, _ = encode(profile, stream, acc=acc, gyr=np.zeros((3, 3)), quat=q, per_packet=3)
    three = payload.tobytes()
    block = decode(
        profile,
        packet_from(
            stream.characteristic,
            [three, three[1:], three[:-1], b"\x55" + three + b"\x00", three[5:20], b""],
        ),
    )
    assert block.row.tolist() == [0, 0, 0, 1, 1, 2, 2, 3, 3, 3]
    assert block.index.tolist() == [0, 1, 2, 0, 1, 0, 1, 0, 1, 2]
    assert np.round(block.acc[:, 0]).tolist() == [1, 2, 3, 2, 3, 1, 2, 1, 2, 3]
    assert [(fault.row, fault.kind) for fault in block.faults] == [
        (1, "stray_bytes"),
        (2, "cut_frame"),
        (3, "stray_bytes"),
        (4, "bad_header"),
        (5, "bad_header"),
    ]


def test_a_header_inside_a_frame_is_data(packet_from):
    """Bytes of a sample that look like a header begin no frame, wherever the frame lies."""
    profile = PROFILES["witmotion_wt901ble"]
    frame = bytes.fromhex("5561 0000 5561 5561") + bytes(12)
    payloads = [frame + frame, b"\x00" + frame + frame]
    block = decode(profile, packet_from(profile.streams[0].characteristic, payloads))
    assert block.row.tolist() == [0, 0, 1, 1]
    assert np.ptp(block.acc, axis=0).tolist() == [0.0, 0.0, 0.0]
    assert [(fault.row, fault.kind) for fault in block.faults] == [(1, "stray_bytes")]


def test_the_devices_own_angles_become_its_orientation(packet_from):
    """Roll, pitch, yaw in the order Z-Y-X: yaw 90° then roll 90° takes y to earth's z."""
    profile = PROFILES["witmotion_wt901ble"]
    frame = bytes.fromhex("5561") + bytes(12) + np.array([16384, 0, 16384], "<i2").tobytes()
    block = decode(profile, packet_from(profile.streams[0].characteristic, [frame]))
    half = np.sqrt(0.5)
    # q_z(90°) q_x(90°) = (c + s k)(c + s i) = c² + cs i + s² (k i = j) + cs k
    assert np.allclose(block.quat[0], [half**2, half**2, half**2, half**2])


PLANAR = """
[time]
field = "time"
unit = "ms"
bits = 24
applies_to = "first"
"""


def test_a_planar_batch_is_read_field_after_field(packet_from, small_text):
    """All acc, then all gyr; the stamp's low bits count; big-endian types are read as such."""
    text = small_text.replace(
        'characteristic = "fff1"',
        'characteristic = "fff1"\nmatch = "02"\nframing = "batch"\nlayout = "planar"\n'
        '[[stream.field]]\nname = "time"\noffset = 1\ntype = "u32be"',
    )
    text = text.replace('"i16"', '"f32"').replace("offset = 6", "offset = 12")
    text = text.replace("[[stream]]", PLANAR + "[[stream]]").replace('"g"', '"m/s^2"')
    profile = parse_profile(text.replace('"deg/s"', '"rad/s"'))
    acc = np.arange(9.0).reshape(3, 3)
    payload = b"\x02" + b"\xff\x00\x00\x07" + acc.astype("<f4").tobytes()
    payload += (-acc).astype("<f4").tobytes()
    packet = packet_from(profile.streams[0].characteristic, [payload])
    block = decode(profile, packet)
    assert np.array_equal(block.acc, acc)
    assert np.array_equal(block.gyr, -acc)
    assert block.ticks.tolist() == [7.0] * 3
    back, _ = encode(
        profile, profile.streams[0], acc=acc, gyr=-acc, ticks=np.array([0xFF000007]), per_packet=3
    )
    assert back.tobytes() == payload.replace(b"\xff\x00\x00\x07", b"\x00\x00\x00\x07")


def test_each_sample_of_a_batch_may_have_its_own_stamp(packet_from, small_text):
    """With applies_to = each, ticks differ within a notification and every index is 0."""
    text = small_text.replace(
        'characteristic = "fff1"',
        'characteristic = "fff1"\nframing = "batch"\n'
        '[[stream.field]]\nname = "time"\noffset = 12\ntype = "u16"',
    )
    table = '[time]\nfield = "time"\nunit = "ms"\nbits = 16\napplies_to = "each"\n'
    profile = parse_profile(text.replace("[[stream]]", table + "[[stream]]"))
    stream = profile.streams[0]
    payload, _ = encode(
        profile,
        stream,
        acc=np.zeros((3, 3)),
        gyr=np.zeros((3, 3)),
        ticks=np.array([65534, 65535, 65536]),
        per_packet=3,
    )
    block = decode(profile, packet_from(stream.characteristic, [payload.tobytes()]))
    assert block.ticks.tolist() == [65534.0, 65535.0, 0.0]
    assert block.index.tolist() == [0, 0, 0]


def test_streams_are_distinguished_by_their_first_bytes(packet_from, small_text):
    """Two kinds of payload on one characteristic go each to its own stream."""
    head, vector = small_text.split("[[vector]]")
    first = head.replace("offset = 0", "offset = 1").replace("offset = 6", "offset = 7")
    first = first.replace('"fff1"', '"fff1"\nmatch = "0A"\nignore = ["0C"]')
    second = "[[stream]]" + first.split("[[stream]]")[1].replace("0A", "0B").replace('"g"', '"mg"')
    vector = vector.replace('"01 00', '"0A 01 00')
    profile = parse_profile(first + second + "[[vector]]" + vector)
    body = np.array([1, 0, 0, 0, 0, 0], "<i2").tobytes()
    payloads = [b"\x0b" + body, b"\x0a" + body, b"\x0c" + body, b"\x0d" + body, b"\x0a"]
    block = decode(profile, packet_from(profile.streams[0].characteristic, payloads))
    assert block.row.tolist() == [0, 1]
    assert block.acc[:, 0].tolist() == pytest.approx([0.00980665, 9.80665])
    assert [(fault.row, fault.kind) for fault in block.faults] == [
        (3, "bad_header"),
        (4, "too_short"),
    ]


def test_raw_axes_become_those_printed_on_the_case(packet_from, small_text):
    """A signed permutation in the profile is applied on reading, and undone on writing."""
    text = small_text.replace("[[stream]]", 'axes = ["+y", "-x", "+z"]\n[[stream]]', 1)
    profile = parse_profile(text.replace("acc = [1.0, 0.0, 0.0]", "acc = [0.0, -1.0, 0.0]"))
    raw = np.array([1, 2, 3, 4, 5, 6], "<i2").tobytes()
    block = decode(profile, packet_from(profile.streams[0].characteristic, [raw]))
    assert (block.acc[0] / 9.80665).tolist() == [2.0, -1.0, 3.0]
    assert np.rint(np.rad2deg(block.gyr[0])).tolist() == [5.0, -4.0, 6.0]
    payload, _ = encode(profile, profile.streams[0], acc=block.acc, gyr=block.gyr)
    assert payload.tobytes() == raw


def test_a_named_decoder_is_asked(packet_from, small_text, monkeypatch):
    """A format that TOML cannot say is read by the function that its profile names."""
    plain = parse_profile(small_text)

    def no_gravity(_, packet):
        block = decode(plain, packet)
        return replace(block, acc=block.acc - np.array((0.0, 0.0, 9.8)))

    class NoGravity:
        def __init__(self, _profile, rate_hz, settings):
            self.reported = (rate_hz, dict(settings))

        def push(self, packet):
            return no_gravity(self.reported, packet)

    table = {"no_gravity": NoGravity}
    monkeypatch.setattr("imuhip.devices.profiles.DECODERS", table)
    monkeypatch.setattr("imuhip.devices.decode.DECODERS", table)
    text = small_text.replace("[[stream]]", 'decoder = "no_gravity"\n[[stream]]')
    profile = parse_profile(text)
    packet = packet_from(profile.streams[0].characteristic, [bytes(12)])
    assert decode(profile, packet).acc.tolist() == [[0.0, 0.0, -9.8]]
    assert decoder_of(profile, 50.0, {"range": 2.0}).reported == (50.0, {"range": 2.0})


def test_two_halves_of_a_sample_cannot_be_written_as_one():
    """A stream that holds only acc or only gyr is refused by encode, in words."""
    profile = PROFILES["polar_verity_sense"]
    with pytest.raises(ValueError, match="read by code"):
        encode(profile, profile.streams[0], acc=np.zeros((1, 3)), gyr=np.zeros((1, 3)))


ZEROS = np.zeros((2, 3))
MISTAKES = [
    ("movella_dot_mode20", {"ticks": np.arange(2)}, "give mag"),
    ("movella_dot_mode21", {}, "give ticks"),
    ("movella_dot_mode21", {"ticks": np.arange(3)}, "shape"),
    ("movella_dot_mode21", {"ticks": np.arange(1), "per_packet": 2}, "one sample"),
    ("witmotion_wt901ble", {}, "give quat"),
    ("reference", {"ticks": np.arange(2)}, "give counter"),
    ("reference", {"ticks": np.arange(1), "per_packet": 3}, "multiple of 3"),
    ("reference", {"gyr": np.zeros((3, 3)), "ticks": np.arange(2)}, "shape"),
    ("reference", {"gyr": ZEROS * np.nan, "ticks": np.arange(2)}, "gyr must be finite"),
]


@pytest.mark.parametrize(("name", "change", "words"), MISTAKES)
def test_encode_says_what_it_misses(name, change, words):
    """A caller who leaves out what the stream needs is told which argument."""
    profile = PROFILES[name]
    if words in ("gyr must be finite", "shape") and name == "reference":
        change = {**change, "counter": np.arange(2)}
    with pytest.raises(ValueError, match=words):
        encode(profile, profile.streams[0], **{"acc": ZEROS, "gyr": ZEROS, **change})

import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imuhip.core.records import Packet
from imuhip.core.resources import profile_ids, profile_text
from imuhip.devices.decode import decode, encode
from imuhip.devices.profiles import parse_profile
from imuhip.devices.vectors import check_vectors

PROFILES = {name: parse_profile(profile_text(name)) for name in profile_ids()}
STREAMS = [
    (name, i)
    for name, profile in PROFILES.items()
    for i, stream in enumerate(profile.streams)
    if stream.field("acc") is not None and stream.field("gyr") is not None
]


def packet_with(characteristic, payload, offsets):
    """Return what `encode` gave as a packet."""
    numbers = np.arange(len(offsets) - 1)
    return Packet("pelvis", characteristic, 0, numbers, numbers, payload, offsets)


def test_the_promised_devices_are_there():
    """Every device that the README names, and imports, have a profile."""
    promised = {"reference", "movella_dot_mode20", "movella_dot_mode21", "witmotion_wt901ble"}
    promised |= {"movesense_gsp", "polar_verity_sense", "nordic_thingy52", "st_bluest"}
    promised |= {"mbientlab_metamotion_r", "mbientlab_metamotion_s", "imported"}
    assert promised <= set(PROFILES)


@pytest.mark.parametrize("name", PROFILES)
def test_vectors_come_out(name):
    """Each profile's own bytes give its own values."""
    results = check_vectors(PROFILES[name])
    assert len(results) == len(tomllib.loads(profile_text(name))["vector"])
    assert [result.problem for result in results if not result.ok] == []


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_is_called_like_its_file_and_fits_its_link(name):
    """The id is the file's name; a payload of one sample fits the smallest MTU it allows."""
    profile = PROFILES[name]
    assert profile.id == name
    if profile.time is None or profile.time.clock == "device":
        assert all(stream.min_len <= profile.link.min_mtu - 3 for stream in profile.streams)


@pytest.mark.parametrize("name", PROFILES)
def test_steps_give_bytes_for_every_rate(name):
    """Every step can be filled in for every rate that the profile offers."""
    profile = PROFILES[name]
    for step in (*profile.setup, *profile.start, *profile.stop):
        for rate in profile.rates:
            payload = step.payload(profile.rate_code(rate))
            assert payload is not None or step.answer is not None


def test_the_steps_of_known_devices_are_the_documented_bytes():
    """What is written to a DOT and to a WitMotion is what their makers say."""
    dot = PROFILES["movella_dot_mode20"]
    control = dot.setup[0].payload(dot.rate_code(60))
    assert control is not None
    assert (len(control), control[0], control[24:26]) == (32, 0x10, b"\x3c\x00")
    assert dot.start[0].payload() == bytes((1, 1, 20))
    assert dot.stop[0].payload() == bytes((1, 0, 20))
    wit = PROFILES["witmotion_wt901ble"]
    written = [step.payload(wit.rate_code(200)) for step in wit.setup]
    assert written == [bytes.fromhex("FFAA6988B5"), bytes.fromhex("FFAA030B00")]
    assert wit.stream_of("0000FFE4-0000-1000-8000-00805F9B34FB") is wit.streams[0]


@pytest.mark.parametrize(("name", "index"), STREAMS)
@given(
    seed=st.integers(0, 2**32 - 1), notifications=st.integers(0, 5), per_packet=st.integers(1, 4)
)
@settings(max_examples=25)
def test_samples_survive_their_bytes(name, index, seed, notifications, per_packet):
    """What encode writes, decode reads: every value within half a step, and again bit for bit."""
    profile = PROFILES[name]
    stream = profile.streams[index]
    per_packet = 1 if stream.framing == "single" else per_packet
    rng = np.random.default_rng(seed)
    n = notifications * per_packet
    quat = rng.normal(size=(n, 4))
    given_values = {
        "acc": rng.uniform(-150, 150, (n, 3)),
        "gyr": rng.uniform(-15, 15, (n, 3)),
        "mag": rng.uniform(-90, 90, (n, 3)),
        "quat": quat / np.linalg.norm(quat, axis=-1, keepdims=True),
    }
    ticks = np.sort(rng.integers(0, 2**33, notifications))
    counter = np.arange(notifications) + 2**32 - 2
    payload, offsets = encode(
        profile, stream, **given_values, ticks=ticks, counter=counter, per_packet=per_packet
    )
    block = decode(profile, packet_with(stream.characteristic, payload, offsets))
    assert block.faults == ()
    assert block.row.tolist() == np.repeat(np.arange(notifications), per_packet).tolist()
    for field in stream.fields:
        if field.name in ("acc", "gyr", "mag"):
            _assert_close(field, given_values[field.name], getattr(block, field.name))
    if profile.time is not None:
        bits = profile.time.bits
        stamped = ticks % 2**bits if bits else ticks
        assert block.ticks.tolist() == np.repeat(stamped, per_packet).tolist()
    if profile.counter is not None:
        assert block.counter.tolist() == np.repeat(counter % 2**32, per_packet).tolist()
    if stream.has_quat:
        turned = np.abs((block.quat * given_values["quat"]).sum(axis=-1))
        assert np.all(turned > 1.0 - 1e-6)
    _assert_stable(profile, stream, block, {"ticks": ticks, "counter": counter}, per_packet)


def _assert_stable(profile, stream, block, stamps, per_packet):
    """Raise unless what was read is read again, bit for bit, when it is written and read."""
    if stream.field("euler") is not None:
        return
    came = {name: getattr(block, name) for name in ("acc", "gyr", "mag", "quat")}
    payload, offsets = encode(profile, stream, **came, **stamps, per_packet=per_packet)
    again = decode(profile, packet_with(stream.characteristic, payload, offsets))
    for name in ("acc", "gyr", "mag"):
        if came[name] is not None:
            assert np.array_equal(getattr(again, name), came[name])


def _assert_close(field, given_values, came):
    """Raise unless `came` is `given_values` in the device's steps."""
    if field.dtype == "<f8":
        assert np.array_equal(came, given_values)
        return
    if field.dtype == "<f4":
        assert np.allclose(came, given_values, rtol=2**-23, atol=0)
        return
    assert np.all(np.abs(came - given_values) <= field.factor * 0.5000001)


def test_an_import_loses_no_bit():
    """Any finite float64 comes out of an imported sample as it went in, sign of zero included."""
    profile = PROFILES["imported"]
    stream = profile.streams[1]
    odd = np.array([-0.0, 5e-324, -1.7976931348623157e308, 0.1, 1 / 3, 2.0**-1022])
    values = np.resize(odd, (6, 3))
    payload, offsets = encode(profile, stream, acc=values, gyr=values[::-1], mag=values, ticks=odd)
    block = decode(profile, packet_with("samples_mag", payload, offsets))
    for came, went in ((block.acc, values), (block.gyr, values[::-1]), (block.ticks, odd)):
        assert came.tobytes() == np.ascontiguousarray(went).tobytes()


WRONG = [
    ("reference", "acc = [[0.0", "acc = [[9.0", "expected acc"),
    ("reference", "acc = [[0.0, 0.0, 1.0],", "acc = [", "expected 1 samples of acc, got 2"),
    ("reference", "ticks = [4", "ticks = [5", "expected ticks [5000000000.0"),
    ("reference", "counter = [4294967294", "counter = [4294967295", "expected counter"),
    ("reference", '"bad_length"', '"too_long"', "expected too_long, got bad_length"),
    ("movella_dot_mode20", "mag = [0.5", "mag = [0.6", "expected mag"),
    ("movella_dot_mode26", "quat = [0.5, -0.5", "quat = [0.5, 0.5", "expected quat"),
    ("witmotion_wt901ble", "euler = [-4.609", "euler = [4.609", "expected euler"),
    ("witmotion_wt901ble", "faults = []", 'faults = ["bad_header"]', "got none"),
]


@pytest.mark.parametrize(("name", "old", "new", "words"), WRONG)
def test_a_vector_that_does_not_come_out_is_reported(name, old, new, words):
    """A wrong value in a vector is noticed, and the message says which and what came."""
    text = profile_text(name)
    assert old in text
    problems = [r.problem for r in check_vectors(parse_profile(text.replace(old, new, 1)))]
    assert any(words in problem for problem in problems)

"""The C header for firmware authors, compiled, against the profile that reads it."""

import ctypes
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imuhip.core.resources import profile_text
from imuhip.devices.decode import decode
from imuhip.devices.profiles import parse_profile
from imuhip.devices.vectors import packet_of

ROOT = Path(__file__).parents[2]
HEADER = ROOT / "firmware_profiles" / "imuhip_reference.h"
PAGE = (ROOT / "docs" / "reference_sensor.md").read_text(encoding="utf-8")
PROFILE = parse_profile(profile_text("reference"))
STREAM = PROFILE.streams[0]
STRICT = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wconversion")

# Plain names for the inline functions, so that a shared library has them.
WRAPPED = """
#include "imuhip_reference.h"
size_t packet(uint8_t *o, size_t r, uint32_t c, uint32_t t, const imuhip_sample *s, size_t n)
{ return imuhip_encode_packet(o, r, c, t, s, n); }
size_t config(uint8_t *o, uint8_t n, uint16_t r) { return imuhip_encode_config(o, n, r); }
int control(const uint8_t *d, size_t n, uint16_t *r) { return (int)imuhip_parse_control(d, n, r); }
size_t answer(uint8_t *o, const uint8_t *d, size_t n, int k)
{ return imuhip_encode_answer(o, d, n, k); }
int16_t rescale(int16_t v, int16_t n, int16_t d) { return imuhip_rescale(v, n, d); }
int16_t from_lsm6ds(int16_t v) { return imuhip_gyr_from_lsm6ds(v); }
int16_t from_16_4(int16_t v) { return imuhip_gyr_from_16_4(v); }
uint16_t that_fit(uint16_t mtu) { return imuhip_samples_that_fit(mtu); }
static imuhip_stream stream;
void begin(uint16_t mtu) { imuhip_stream_begin(&stream, mtu); }
void skip_to(uint32_t counter) { stream.counter = counter; }
size_t add(const imuhip_sample *s, uint32_t t, uint8_t *o, size_t r)
{ return imuhip_stream_add(&stream, s, t, o, r); }
"""
U32 = ctypes.c_uint32


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The header's functions, built by a C compiler that forgives nothing."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler is on this machine")
    folder = tmp_path_factory.mktemp("reference")
    source, built = folder / "wrapped.c", folder / "wrapped.so"
    source.write_text(WRAPPED)
    command = [compiler, *STRICT, "-shared", "-fPIC", "-I", str(HEADER.parent)]
    done = subprocess.run(
        [*command, str(source), "-o", str(built)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = ctypes.CDLL(str(built))
    for name in ("packet", "config", "answer", "add"):
        getattr(loaded, name).restype = ctypes.c_size_t
    for name in ("rescale", "from_lsm6ds", "from_16_4"):
        getattr(loaded, name).restype = ctypes.c_int16
    loaded.that_fit.restype = ctypes.c_uint16
    return loaded


def encoded(library, counter, last_us, raw, room=4096):
    """A packet as the header writes it; empty where it refuses."""
    out = ctypes.create_string_buffer(room)
    samples = np.ascontiguousarray(raw, dtype="<i2").tobytes()
    length = library.packet(
        out, ctypes.c_size_t(room), U32(counter), U32(last_us), samples, ctypes.c_size_t(len(raw))
    )
    return out.raw[:length]


def random_samples(rng, n):
    """Raw samples, some at the ends of the range."""
    raw = rng.integers(-32768, 32768, (n, 6))
    raw[rng.random((n, 6)) < 0.1] = 32767
    raw[rng.random((n, 6)) < 0.1] = -32768
    return raw


U32S = st.integers(0, 2**32 - 1) | st.integers(2**32 - 3, 2**32 - 1)


@given(counter=U32S, last_us=U32S, n=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
def test_what_the_header_writes_is_read(library, counter, last_us, n, seed):
    """Any samples, counter and time come out of our decoder as they went into the header."""
    raw = random_samples(np.random.default_rng(seed), n)
    block = decode(
        PROFILE, packet_of(STREAM.characteristic, encoded(library, counter, last_us, raw))
    )
    assert block.faults == ()
    assert block.counter.tolist() == [counter] * n
    assert block.ticks.tolist() == [float(last_us)] * n
    assert block.index.tolist() == list(range(1 - n, 1))
    assert np.array_equal(np.rint(block.acc / STREAM.field("acc").factor), raw[:, :3])
    assert np.array_equal(np.rint(block.gyr / STREAM.field("gyr").factor), raw[:, 3:])
    assert block.saturated.tolist() == (np.abs(raw + 0.5) > 32767).any(axis=1).tolist()


@given(n=st.integers(0, 30), room=st.integers(0, 300))
def test_a_packet_that_does_not_fit_is_not_written(library, n, room):
    """Neither an empty packet nor one beyond the room is written, not even in part."""
    raw = np.ones((n, 6))
    out = encoded(library, 1, 2, raw, room=max(room, 1)) if room else b""
    assert len(out) == (8 + 12 * n if n and 8 + 12 * n <= room else 0)


def test_a_stream_counts_and_wraps(library):
    """Samples added one by one come out in order, in packets of what fits, over both wraps."""
    rng = np.random.default_rng(7)
    raw, period, start_us, start = random_samples(rng, 103), 5000, 2**32 - 100_000, 2**32 - 3
    library.begin(ctypes.c_uint16(247))
    library.skip_to(U32(start))
    out = ctypes.create_string_buffer(256)
    payloads = []
    for i, row in enumerate(raw):
        sample = row.astype("<i2").tobytes()
        now = U32((start_us + i * period) % 2**32)
        length = library.add(sample, now, out, ctypes.c_size_t(256))
        if length:
            payloads.append(out.raw[:length])
    assert {len(payload) for payload in payloads} == {8 + 12 * 8}
    block = decode(PROFILE, packet_of(STREAM.characteristic, *payloads))
    whole = 96
    assert np.array_equal(np.rint(block.acc / STREAM.field("acc").factor), raw[:whole, :3])
    assert block.counter[::8].tolist() == [(start + i) % 2**32 for i in range(12)]
    stamps = [(start_us + (8 * i + 7) * period) % 2**32 for i in range(12)]
    assert block.ticks[::8].tolist() == stamps
    assert min(stamps) < 100_000 < max(stamps)
    library.begin(ctypes.c_uint16(23))
    assert library.add(bytes(12), U32(1), out, ctypes.c_size_t(256)) == 20
    assert out.raw[:8] == bytes([0, 0, 0, 0, 1, 0, 0, 0])


def test_what_fits_is_the_links_matter(library):
    """Samples a packet follow from the MTU, as the page says: 1 at 23, 19 at 247, none below."""
    for mtu in range(600):
        fit = library.that_fit(ctypes.c_uint16(mtu))
        assert fit == max((mtu - 3 - 8) // 12, 0)
    assert library.that_fit(ctypes.c_uint16(23)) == 1


def test_commands_and_answers_are_the_profiles(library):
    """The profile's start and stop are understood at every rate, and answered as it expects."""
    rate = ctypes.c_uint16(7)
    (start,), (stop,) = PROFILE.start, PROFILE.stop
    out = ctypes.create_string_buffer(2)
    for rate_hz in PROFILE.rates:
        written = start.payload(PROFILE.rate_code(rate_hz))
        assert library.control(written, ctypes.c_size_t(len(written)), ctypes.byref(rate)) == 1
        assert rate.value == rate_hz
        assert library.answer(out, written, ctypes.c_size_t(3), 1) == 2
        assert start.accepts(out.raw)
        library.answer(out, written, ctypes.c_size_t(3), 0)
        assert not start.accepts(out.raw)
    written = stop.payload()
    assert library.control(written, ctypes.c_size_t(len(written)), ctypes.byref(rate)) == 0


@given(st.binary(max_size=6))
def test_any_bytes_are_a_command_or_none(library, written):
    """Only the two commands, whole, are commands; the answer begins with what was written."""
    rate = ctypes.c_uint16(7)
    came = library.control(written, ctypes.c_size_t(len(written)), ctypes.byref(rate))
    if len(written) == 3 and written[0] == 1:
        assert (came, rate.value) == (1, int.from_bytes(written[1:], "little"))
    else:
        assert (came, rate.value) == (0 if written == b"\x00" else 0xFF, 7)
    out = ctypes.create_string_buffer(2)
    length = library.answer(out, written, ctypes.c_size_t(len(written)), 0)
    assert out.raw[:length] == (written[:1] + b"\x01" if written else b"")


def test_its_config_is_accepted(library):
    """The config that the header writes passes the profile's own check, at any rate."""
    (setup,) = PROFILE.setup
    out = ctypes.create_string_buffer(8)
    assert library.config(out, ctypes.c_uint8(8), ctypes.c_uint16(200)) == 8
    assert setup.accepts(out.raw)
    assert out.raw == bytes([1, 8, 200, 0, 16, 0, 0xD0, 7])


def test_chips_are_rescaled_to_the_format(library):
    """Counts of common chips become counts of the format within half a count, and clip."""
    values = np.arange(-32768, 32768, 37)
    for function, factor in (
        (library.from_lsm6ds, 0.070 * 32768 / 2000),
        (library.from_16_4, 32768 / 2000 / 16.4),
    ):
        came = np.array([function(ctypes.c_int16(int(v))) for v in values])
        exact = np.clip(values * factor, -32768, 32767)
        assert np.abs(came - exact).max() <= 0.5 + 1e-6
    rescale = [library.rescale(*map(ctypes.c_int16, x)) for x in ((-32768, 32767, 1), (3, 1, 2))]
    assert rescale == [-32768, 2]


def test_it_needs_no_library():
    """The header includes the two headers of a freestanding C and nothing else."""
    included = re.findall(r"#include\s*[<\"]([^>\"]+)", HEADER.read_text(encoding="utf-8"))
    assert sorted(included) == ["stddef.h", "stdint.h"]


def test_the_page_and_the_header_say_the_same():
    """UUIDs of header, page and profile are the same, and the page's packet is a vector."""
    text = HEADER.read_text(encoding="utf-8")
    uuids = set(re.findall("4994000[0-9]-[0-9a-f-]{27}", text))
    assert uuids == set(re.findall("4994000[0-9]-[0-9a-f-]{27}", PAGE))
    used = {STREAM.characteristic, PROFILE.start[0].characteristic, PROFILE.setup[0].characteristic}
    assert uuids == used | set(PROFILE.match.service_uuids)
    example = bytes.fromhex(PAGE.split("```\n")[1].split("```")[0])
    assert example == PROFILE.vectors[0].payload

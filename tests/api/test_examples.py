"""The gallery runs, offline, and says what it promises."""

import math
import os
import re
import socket
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import playwright
import pytest

import imuhip

EXAMPLES = Path(__file__).parents[2] / "examples"
OFFLINE = """
import socket
real = socket.socket.connect
def connect(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):
        raise AssertionError(f"a network was asked for: {address}")
    return real(self, address)
socket.socket.connect = connect
"""
"""Stands before every script: Python runs a module of this name when it starts."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Where all examples run, with a cache of their own."""
    place = tmp_path_factory.mktemp("gallery")
    (place / "offline").mkdir()
    (place / "offline" / "sitecustomize.py").write_text(OFFLINE)
    return place


def environment(place):
    paths = [str(place / "offline"), str(EXAMPLES.parent), os.environ.get("PYTHONPATH", "")]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "XDG_CACHE_HOME": str(place / "cache"),
        "MPLBACKEND": "agg",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONWARNINGS": "error::DeprecationWarning:__main__",
    }


def run(place, name):
    """What a script prints."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py"],
        check=False,
        cwd=place,
        env=environment(place),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_first_look(place):
    """Angles, repetitions and findings of the shipped recording, and a picture of its squats."""
    said = run(place, "first_look")
    assert "calibration good" in said
    assert "first_look.svg: 8 squats" in said
    assert (place / "first_look.svg").read_text(encoding="utf-8").count("<path") > 4


def test_own_sensors(place):
    """Files in milliseconds, g and degrees a second become the angles of the same session."""
    said = run(place, "own_sensors")
    assert "calibration good; 8 squats" in said
    own = imuhip.read(place / "my_session", cache=place / "own").angles.to_pandas()
    shipped = imuhip.sample().angles.to_pandas()
    for name in ("hip_flexion_left_deg", "hip_rotation_right_deg"):
        both = own.merge(shipped, on="t", suffixes=("_own", "")).dropna()
        assert (both[f"{name}_own"] - both[name]).abs().max() < 2.0, name


def test_compare_filters(place):
    """The default differs from itself by nothing, from other filters and from ahrs by something."""
    said = run(place, "compare_filters")
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines() if line}
    assert [float(x) for x in rows["vqf"]] == [0.0, 0.0, 0.0]
    assert 0.0 < float(rows["madgwick"][0]) < 5.0
    (apart,) = re.findall(r"ahrs\.Complementary: ([\d.]+)° rms", said)
    assert 0.0 < float(apart) < 10.0


def test_squat_study(place):
    """Each athlete of the season has a row of squats, and what is not known counts for nothing."""
    said = run(place, "squat_study")
    assert "0 recordings could not be analyzed" in said
    rows = [line.split("│")[1:-1] for line in said.splitlines() if "simulated-" in line]
    assert len(rows) == 6
    squats, inwards = rows[:3], rows[3:]
    assert all(int(row[1]) >= 6 and 40.0 < float(row[2]) < 130.0 for row in squats)
    assert all(float(row[1]) < 45.0 for row in inwards), "rows before the calibration are not known"


def test_judge_an_estimator(place):
    """The estimators are ranked by their error: the pipeline before gravity alone."""
    said = run(place, "judge_an_estimator")
    rms = {name: float(x) for name, x in re.findall(r"(\w[\w ]*): mean .* rms +([\d.]+)", said)}
    assert set(rms) == {"vqf", "madgwick", "offline", "gravity alone"}
    assert max(rms["vqf"], rms["offline"]) < 2.0
    assert rms["vqf"] < rms["gravity alone"] < 15.0
    (share,) = re.findall(r"standard deviations: (\d+) %", said)
    assert int(share) > 60


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def hub(place):
    """The address of a hub that replays the shipped recording again and again."""
    port = free_port()
    words = ["replay", EXAMPLES.parent / "recordings" / "squats_and_pivots.mcap", "--serve"]
    words += ["--speed", "20", "--loop", "--port", str(port)]
    with subprocess.Popen(
        [sys.executable, "-m", "imuhip", *words],
        env=environment(place),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            wait_for(port, process)
            yield f"ws://127.0.0.1:{port}/live"
        finally:
            process.terminate()


def wait_for(port, process):
    """Wait until somebody answers at a port."""
    until = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the hub did not come")


def first_lines(command, place, count=8):
    """The first lines that a program prints which does not end by itself."""
    with subprocess.Popen(
        command,
        cwd=place,
        env=environment(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            return [process.stdout.readline().strip() for _ in range(count)]
        finally:
            process.kill()


NODE = Path(playwright.__file__).parent / "driver" / ("node.exe" if os.name == "nt" else "node")
CLIENTS = {
    "python": [sys.executable, EXAMPLES / "live_angles.py"],
    "javascript": [NODE, EXAMPLES / "live_angles.mjs"],
}


@pytest.mark.parametrize("language", CLIENTS)
def test_live_angles(language, hub, place):
    """A client in thirty lines follows a session: its name, then both rotations as time goes on."""
    lines = first_lines([*CLIENTS[language], hub], place)
    assert lines[0].startswith("session ")
    assert "simulated-7" in lines[0]
    row = re.compile(r"([\d.]+) s +left +(-?[\d.]+|nan|NaN)° +right +(-?[\d.]+|nan|NaN)°")
    reported = [tuple(map(float, m.groups())) for m in map(row.fullmatch, lines[1:]) if m]
    times = [t for t, _, _ in reported]
    assert len(times) >= 5
    steps = [b - a for a, b in pairwise(times) if b > a]
    assert all(step >= 0.5 for step in steps)
    angles = imuhip.sample().angles.to_pandas().set_index("t")
    for t, *rotations in reported:
        for side, came in zip(("left", "right"), rotations, strict=True):
            expected = angles[f"hip_rotation_{side}_deg"].get(t, math.nan)
            assert came == pytest.approx(expected, abs=0.051, nan_ok=True), (t, side)


def test_every_script_is_in_the_gallery():
    """The page names each script, and each script begins with its question."""
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    scripts = [*EXAMPLES.glob("*.py"), *EXAMPLES.glob("*.mjs")]
    assert len(list(EXAMPLES.glob("*.py"))) == 6
    for path in scripts:
        assert f"({path.name})" in page
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert "?" in first, path.name

"""How often the live page changes, and how old its picture is.

    python tests/benchmarks/bench_live.py [RECORDING] [--seconds 20]

Plays a recording with ``imuhip replay --serve``, opens the dashboard in a headless Chromium and
reads what was painted when. Two latencies, both to the beginning of the browser frame that follows
the drawing, by which time it is on the screen:

``stamped``  from the stamp that the hub sends with a frame (never too late, see docs/live.md)
``exact``    from the notification that really completed the frame's grid time, found beforehand by
             pushing the recording into a pipeline one notification after the other
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from bisect import bisect_left
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from chromium import FLAGS

from dashboard.launch import dashboard_command, dashboard_url
from imuhip.archive.recording import RecordingReader
from imuhip.archive.resources import recording_path
from imuhip.collect.player import cut
from imuhip.pipeline import Pipeline
from imuhip.records import Packet

ROOT = Path(__file__).parents[2]
TARGET_HZ, TARGET_MS = 50.0, 60.0
WARM_UP_S = 3.0
CALIBRATED_MS = 180_000


def completions(path: Path) -> tuple[list[float], list[int]]:
    """Grid times, and the host stamp (ns) of the notification that completed each."""
    reader = RecordingReader(path)
    pipeline = Pipeline(reader.header)
    times: list[float] = []
    stamps: list[int] = []
    for batch in reader.batches():
        moments = []
        for record in batch:
            if isinstance(record, Packet):
                moments += zip(record.arrival.tolist(), record.host_ns.tolist(), strict=True)
            else:
                moments.append((record.arrival, record.host_ns))
        for arrival, host_ns in sorted(moments):
            grid = pipeline.push(cut(batch, arrival, arrival)).grid
            times += grid.t.tolist()
            stamps += [host_ns] * len(grid.t)
    return times, stamps


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_s(process: "subprocess.Popen[bytes]") -> float:
    """Processor seconds that a process has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def answer(url: str) -> bytes | None:
    """What a server answers; None while it is not there."""
    try:
        with urllib.request.urlopen(url, timeout=2.0) as reply:  # noqa: S310 - loopback
            return bytes(reply.read())
    except OSError:
        return None


def wait_for(url: str) -> bytes:
    """The first answer of a server that is starting."""
    for _ in range(600):
        came = answer(url)
        if came is not None:
            return came
        time.sleep(0.1)
    raise SystemExit(f"nothing answered on {url}")


def watch(url: str, seconds: float, processes: dict[str, Any]) -> dict[str, Any]:
    """Watch the page for a while; what it painted, and who worked how much meanwhile."""
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        system = None if own.exists() else shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=system, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, bypass_csp=True)
        page.goto(url)
        # Angles come once the recording's calibration has been played.
        page.wait_for_function("window.imuhip?.live?.needles.left != null", timeout=CALIBRATED_MS)
        page.wait_for_timeout(WARM_UP_S * 1000)
        before = {name: cpu_s(process) for name, process in processes.items()}
        start = page.evaluate("window.imuhip.live.latencies.length = 0, performance.now()")
        page.wait_for_timeout(seconds * 1000)
        found: dict[str, Any] = page.evaluate(
            "({painted: window.imuhip.live.latencies, now: performance.now(), "
            "missed: window.imuhip.live.missed, state: window.imuhip.live.state})"
        )
        found["seconds"] = (found["now"] - start) / 1000
        found["cpu"] = {
            name: 100 * (cpu_s(process) - before[name]) / found["seconds"]
            for name, process in processes.items()
        }
        browser.close()
    return found


def measure(recording: Path, seconds: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run collector, dashboard and browser; what the page painted, and the replay's clock."""
    hub, port = free_port(), free_port()
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "PYTHONPATH": str(ROOT)}}
    page = subprocess.Popen(dashboard_command(f"ws://127.0.0.1:{hub}/live", port), **quiet)
    try:
        wait_for(dashboard_url(port))
        command = [sys.executable, "-m", "imuhip", "replay", str(recording)]
        replay = subprocess.Popen([*command, "--serve", "--port", str(hub)], **quiet)
        try:
            wait_for(f"http://127.0.0.1:{hub}/status")
            found = watch(dashboard_url(port), seconds, {"replay": replay, "Streamlit": page})
            clock: dict[str, Any] = json.loads(wait_for(f"http://127.0.0.1:{hub}/status"))
        finally:
            replay.terminate()
            replay.wait()
    finally:
        page.terminate()
        page.wait()
    return found, clock


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("recording", type=Path, nargs="?")
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    recording = given.recording or recording_path("squats_and_pivots")
    times, stamps = completions(recording)
    found, clock = measure(recording, given.seconds)
    painted = found["painted"]
    stamped = [each["painted"] - each["stamp"] for each in painted]
    zero_ms = (clock["started_unix_ns"] - clock["first_host_ns"]) / 1e6
    exact = [
        each["painted"] - zero_ms - stamps[bisect_left(times, each["t"] - 1e-6)] / 1e6
        for each in painted
    ]
    rate = len(painted) / found["seconds"]
    print(f"{recording.name}, {found['seconds']:.0f} s, one viewer, 1280 × 800")
    print(f"{'':10}  p50 ms  p95 ms  max ms")
    for name, values in (("stamped", stamped), ("exact", exact)):
        p50, p95 = np.percentile(values, (50, 95))
        print(f"{name:10}  {p50:6.1f}  {p95:6.1f}  {max(values):6.1f}")
    print(f"updates/s   {rate:6.1f}  frames missed {found['missed']}")
    for name, share in found["cpu"].items():
        print(f"CPU %       {share:6.1f}  {name}")
    met = rate >= TARGET_HZ and np.percentile(exact, 95) <= TARGET_MS
    print(f"target ≥ {TARGET_HZ:.0f}/s and p95 ≤ {TARGET_MS:.0f} ms: {'met' if met else 'missed'}")


if __name__ == "__main__":
    main()

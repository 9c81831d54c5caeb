"""How often the live page changes, how old its picture is, and what it costs.

    python tests/benchmarks/bench_live.py [RECORDING] [--seconds 15] [--viewers 1 4]

Plays a recording with ``imuhip replay --serve``, opens the dashboard in a headless Chromium and
reads what was painted when: first while no script of the dashboard runs, then while one runs all
the time (`busy_pages`). Two latencies, both to the beginning of the browser frame that follows the
drawing, by which time it is on the screen:

``stamped``  from the stamp that the hub sends with a frame (never too late, see docs/live.md)
``exact``    from the notification that really completed the frame's grid time, found beforehand by
             pushing the recording into a pipeline one notification after the other

The page is opened while angles flow: ``first arc`` is from its navigation to the first needle on
the screen. Figures of a machine that others use too are theirs as well: their share is printed.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from bisect import bisect_left
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from busy_pages import Busy
from machine import shares, used_s
from playwright.sync_api import Browser, Page, sync_playwright
from websockets.sync.client import connect

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.chromium import FLAGS

from imuhip.core.records import Packet
from imuhip.core.resources import recording_path
from imuhip.live.dashboard import dashboard_command, dashboard_url
from imuhip.live.player import cut
from imuhip.live.protocol import COLUMNS, decode_rows
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.recording.reader import RecordingReader
from imuhip.results.analysis import analyze

ROOT = Path(__file__).parents[2]
TARGETS = {1: (50.0, 60.0), 4: (40.0, 90.0)}
FIRST_ARC_S, STREAMLIT_PERCENT = 5.0, 10.0
WARM_UP_S = 3.0
ROTATION = COLUMNS.index("hip_rotation_left_deg")
SIZE = {"width": 1280, "height": 800}


@dataclass
class Completions:
    """Grid times (s), and the host stamp (ns) of the notification that completed each."""

    times: list[float]
    stamps: list[int]

    def stamp_ms(self, t: float) -> float:
        """The stamp of the row at second `t`."""
        return self.stamps[bisect_left(self.times, t - 1e-6)] / 1e6


def completions(path: Path) -> Completions:
    """Push a recording into a pipeline one notification after the other."""
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
    return Completions(times, stamps)


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str) -> bytes:
    """The first answer of a server that is starting."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=2.0) as reply:  # noqa: S310 - loopback
                return bytes(reply.read())
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing answered on {url}")


def wait_for_angles(hub: int) -> None:
    """Return once the hub sends angles: the recording's calibration has been played."""
    with connect(f"ws://127.0.0.1:{hub}/live", max_size=None, proxy=None) as viewer:
        for message in viewer:
            if isinstance(message, bytes):
                rows = decode_rows(message)[1]
                if len(rows) and np.isfinite(rows[-1, ROTATION]):
                    return


def opened(browser: Browser, url: str) -> tuple[Page, float]:
    """A new page with a needle on it, and the seconds until that was on the screen."""
    page = browser.new_page(viewport=SIZE, bypass_csp=True)
    page.goto(url + "live")
    page.wait_for_function("window.imuhip?.live?.arc != null", timeout=60_000)
    return page, page.evaluate("window.imuhip.live.arc") / 1000.0


def watch(pages: list[Page], seconds: float, processes: dict[str, int]) -> dict[str, Any]:
    """What each page painted within some seconds, and who worked how much meanwhile."""
    for page in pages:
        page.evaluate("window.imuhip.live.latencies.length = 0, window.imuhip.live.missed")
    before, start = used_s(**processes), time.monotonic()
    pages[0].wait_for_timeout(seconds * 1000)
    lasted = time.monotonic() - start
    found = [page.evaluate("window.imuhip.live.latencies") for page in pages]
    return {"painted": found, "seconds": lasted,
            "cpu": shares(before, used_s(**processes), lasted)}  # fmt: skip


def measure(place: Path, recording: Path, viewers: int, seconds: float) -> dict[str, Any]:
    """Run collector, dashboard and browser; what the pages painted, and the replay's clock."""
    hub, port = free_port(), free_port()
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "PYTHONPATH": str(ROOT)}}
    command = dashboard_command(
        f"ws://127.0.0.1:{hub}/live", port, results=place, catalogue=str(place / "c.sqlite")
    )
    replay = [sys.executable, "-m", "imuhip", "replay", str(recording), "--serve"]
    with ExitStack() as stack:
        page = stack.enter_context(Ended(subprocess.Popen(command, **quiet)))
        wait_for(dashboard_url(port))
        player = stack.enter_context(
            Ended(subprocess.Popen([*replay, "--port", str(hub)], **quiet))
        )
        wait_for(f"http://127.0.0.1:{hub}/status")
        wait_for_angles(hub)
        processes = {"Streamlit": page.process.pid, "replay": player.process.pid}
        playwright = stack.enter_context(sync_playwright())
        own = Path(playwright.chromium.executable_path)
        system = None if own.exists() else shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=system, args=FLAGS)
        pages, arcs = zip(*(opened(browser, dashboard_url(port)) for _ in range(viewers)),
                          strict=True)  # fmt: skip
        pages[0].wait_for_timeout(WARM_UP_S * 1000)
        found: dict[str, Any] = {"arcs": arcs, "idle": watch(list(pages), seconds, processes)}
        with Busy(dashboard_url(port), "review") as busy:
            pages[0].wait_for_timeout(WARM_UP_S * 1000)
            runs = busy.runs
            found["busy"] = watch(list(pages), seconds, processes)
            found["runs"] = (busy.runs - runs) / found["busy"]["seconds"]
        browser.close()
        found["clock"] = json.loads(wait_for(f"http://127.0.0.1:{hub}/status"))
    return found


class Ended:
    """A process that is ended with the block."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


def tell(viewers: int, found: dict[str, Any], done: Completions) -> None:
    """Print the rows of one number of viewers."""
    zero_ms = (found["clock"]["started_unix_ns"] - found["clock"]["first_host_ns"]) / 1e6
    for name in ("idle", "busy"):
        watched = found[name]
        rates = [len(painted) / watched["seconds"] for painted in watched["painted"]]
        each = [one for painted in watched["painted"] for one in painted]
        stamped = np.percentile([one["painted"] - one["stamp"] for one in each], (50, 95))
        exact = [one["painted"] - zero_ms - done.stamp_ms(one["t"]) for one in each]
        p50, p95 = np.percentile(exact, (50, 95))
        least_hz, most_ms = TARGETS.get(viewers, TARGETS[4])
        cpu = watched["cpu"]
        met = min(rates) >= least_hz and p95 <= most_ms
        if name == "idle":
            met = met and cpu["Streamlit"] <= STREAMLIT_PERCENT
        scripts = f"{found['runs']:.1f}/s" if name == "busy" else "none"
        print(
            f"| {viewers} | {scripts} | {min(rates):.1f} | {p50:.0f} | {p95:.0f} | {max(exact):.0f}"
            f" | {stamped[0]:.0f} / {stamped[1]:.0f} | {cpu['Streamlit']:.0f} | {cpu['replay']:.0f}"
            f" | {cpu['own'] - cpu['Streamlit'] - cpu['replay']:.0f} | {cpu['others']:.0f}"
            f" | {'met' if met else 'missed'} |"
        )


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("recording", type=Path, nargs="?")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--viewers", type=int, nargs="+", default=[1, 4])
    given = parser.parse_args()
    recording = given.recording or recording_path("squats_and_pivots")
    done = completions(recording)
    print(f"{recording.name}, {given.seconds:.0f} s each, {SIZE['width']} × {SIZE['height']}, "
          f"{os.cpu_count()} cores; CPU in % of one core")  # fmt: skip
    print("| viewers | scripts | updates/s, least | p50 ms | p95 | most | stamped p50 / p95 "
          "| CPU Streamlit | replay | browser, rest | others | targets |")  # fmt: skip
    print("| --- " * 12 + "|")
    arcs = []
    with tempfile.TemporaryDirectory() as folder:
        analyze(recording, Path(folder) / "results")
        for viewers in given.viewers:
            found = measure(Path(folder), recording, viewers, given.seconds)
            arcs += found["arcs"]
            tell(viewers, found, done)
    met = "met" if max(arcs) <= FIRST_ARC_S else "missed"
    print(f"\nfirst arc, s: {', '.join(f'{arc:.1f}' for arc in arcs)}; within 5 s: {met}")


if __name__ == "__main__":
    main()

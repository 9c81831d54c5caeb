"""How long a session of thirty minutes takes to open in Review, part by part.

python tests/benchmarks/bench_review.py

The session is a simulated visit whose angles and repetitions are repeated until they last so long.
In the browser, seconds count from the navigation: to the player's first picture on the screen, and
until the list of repetitions is there too and no script runs.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from playwright.sync_api import Page, sync_playwright

from dashboard.views import review as view_review
from dashboard.views.review import Review, packed, read_review
from dashboard.views.review_plots import mean_figure, path_figure
from imuhip.live.dashboard import dashboard_command, dashboard_url
from imuhip.results.analysis import analyze
from imuhip.simulate.output import write
from imuhip.simulate.session import simulate

sys.path.append(str(Path(__file__).parents[1]))
from support.chromium import FLAGS

MINUTES = 30.0
TIMES = 5
SIZE = {"width": 1280, "height": 900}
COMPLETE = """() => window.imuhip?.review?.painted
  && document.querySelector("[data-testid='stDataFrame'] canvas")
  && document.querySelector("[data-testid='stApp'][data-test-script-state='notRunning']")"""


def longer(short: Path, long: Path) -> None:
    """A copy of results whose angles and repetitions repeat until they last `MINUTES`."""
    shutil.copytree(short, long)
    angles = pq.read_table(short / "angles.parquet")
    repetitions = pq.read_table(short / "repetitions.parquet")
    lasts = angles["t"][-1].as_py() + 0.01
    copies = round(MINUTES * 60.0 / lasts)
    for name, table, columns in (
        ("angles.parquet", angles, ("t",)),
        ("repetitions.parquet", repetitions, ("t_start", "t_turn", "t_end")),
    ):
        parts = []
        for k in range(copies):
            part = table
            for column in columns:
                place = part.column_names.index(column)
                moved = pa.array(part[column].to_numpy() + k * lasts)
                part = part.set_column(place, column, moved)
            if name == "repetitions.parquet":
                place = part.column_names.index("set")
                sets = pa.array(part["set"].to_numpy() + k, pa.int32())
                part = part.set_column(place, "set", sets)
            parts.append(part)
        pq.write_table(pa.concat_tables(parts), long / name, compression="zstd")


def timed(what: str, act):  # type: ignore[no-untyped-def]
    """Print the median and the longest of some runs, and return what came of the last."""
    took = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        done = act()
        took.append(time.perf_counter() - begin)
    print(f"| {what} | {sorted(took)[TIMES // 2]:.2f} | {max(took):.2f} |")
    return done


def in_browser(results: Path) -> None:
    """Open the page several times, in browsers that are new to it and in one that is not."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    empty = results.parent / "catalogue.sqlite"
    command = dashboard_command(
        "ws://127.0.0.1:1/live", port, results=results.parent, catalogue=str(empty)
    )
    with (results.parent / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        while not serves(port):
            time.sleep(0.1)
        with sync_playwright() as playwright:
            own = Path(playwright.chromium.executable_path)
            path = None if own.exists() else shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)

            fresh = []
            for _ in range(TIMES):
                context = browser.new_context(viewport=SIZE)
                fresh.append(opened(context.new_page(), dashboard_url(port) + "review"))
                context.close()
            table("first visit after the start of the server", fresh[:1])
            table("an empty browser", fresh[1:])
            page = browser.new_page(viewport=SIZE)
            opened(page, dashboard_url(port) + "review")
            table("a browser that has been here", [opened(page) for _ in range(TIMES)])
            browser.close()
    finally:
        process.terminate()
        process.wait()


def opened(page: Page, address: str = "") -> tuple[float, float]:
    """Seconds from the navigation to the player's first picture, and until all is there."""
    if address:
        page.goto(address)
    else:
        page.reload()
    page.wait_for_function(COMPLETE, timeout=60_000)
    painted, complete = page.evaluate("[window.imuhip.review.painted, performance.now()]")
    return painted / 1000.0, complete / 1000.0


def table(what: str, times: list[tuple[float, float]]) -> None:
    """Print medians and the longest, first picture and all."""
    for name, took in zip(("first picture", "complete"), zip(*times, strict=True), strict=True):
        print(f"| {what}: {name} | {sorted(took)[len(took) // 2]:.2f} | {max(took):.2f} |")


def serves(port: int) -> bool:
    """Whether the dashboard listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def read_anew(results: Path) -> Review:
    """Read a session that nobody has read before."""
    view_review._read.cache_clear()
    return read_review(results)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write(simulate("visit", seed=21), place / "visit.mcap")
        analyze(place / "visit.mcap", place / "short")
        (place / "library").mkdir()
        longer(place / "short", place / "library" / "long")
        print("| opening 30 min | median, s | longest, s |\n| --- | --- | --- |")
        review = timed("read angles, repetitions, findings", lambda: read_anew(
            place / "library" / "long"
        ))  # fmt: skip
        data = timed("pack for the player", lambda: packed(review))
        squats = [r for r in review.reps if r.key.movement == "squat" and r.counts]
        timed("paths", lambda: path_figure(review, squats))
        timed(f"mean of {len(squats)} repetitions", lambda: mean_figure(review, squats))
        in_browser(place / "library" / "long")
        print(f"\n{os.cpu_count()} cores, load over the last minute {os.getloadavg()[0]:.1f}")
        print(f"{len(data) / 1e6:.1f} MB travel to the page; {len(review.reps)} repetitions")


if __name__ == "__main__":
    main()

"""The whole thing without hardware: a shipped recording, the live path, the page, the result."""

import asyncio
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_dir

from imuhip.archive.analysis import Analysis, analyze
from imuhip.archive.resources import recording_path
from imuhip.collect.replay import served
from imuhip.errors import DeviceError

RECORDING = "squats_and_pivots"


def run_demo(
    *,
    speed: float,
    port: int,
    browser: bool,
    leave: bool,
    say: Callable[[str], None],
    show: Callable[[Analysis], None],
) -> None:
    """Play the shipped recording through the live path beside the dashboard, and show the result.

    Parameters
    ----------
    speed
        How much faster than life.
    port
        Of the page; 0 takes any free one.
    browser
        Open the page where there is a browser.
    leave
        End after the result, instead of playing again until Ctrl-C.
    say, show
        Told sentences about the work, and the result.
    """
    recording = recording_path(RECORDING)

    async def run() -> None:
        async with served(recording, speed, 0, say) as replay:
            with _dashboard(replay.address, port or _free_port(), say) as url:
                await asyncio.to_thread(_wait_for, url)
                say(f"dashboard on {url}")
                if browser and not webbrowser.open(url):
                    say("no browser was found here; open that address in one")
                say(f"playing {recording.name}, {speed:g} times as fast as life")
                await replay.player.run()
                show(await asyncio.to_thread(analyze, recording, _result_folder()))
                if leave:
                    return
                say("playing again; Ctrl-C ends the demo")
                while True:
                    await replay.player.run()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        say("demo ended")


@contextmanager
def _dashboard(hub: str, port: int, say: Callable[[str], None]) -> Iterator[str]:
    """The dashboard in a process of its own; gives its address."""
    from dashboard.launch import dashboard_command, dashboard_url

    command = dashboard_command(f"ws://{hub}/live", port)
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told)
        try:
            yield dashboard_url(port)
        finally:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.returncode not in (0, -15):
                told.seek(0)
                say(told.read().decode(errors="replace").strip())


def _result_folder() -> Path:
    """Where the demo's result stays to be looked at; the next demo replaces it."""
    folder = Path(user_cache_dir("imuhip")) / "demo"
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder


def _wait_for(url: str) -> None:
    """Wait until the page answers."""
    for _ in range(_TRIES):
        try:
            with urllib.request.urlopen(f"{url}_stcore/health", timeout=_TRY_S):  # noqa: S310 - ours
                return
        except (urllib.error.URLError, OSError):
            _pause(_TRY_S)
    raise DeviceError(f"the dashboard did not answer on {url} within {_TRIES * _TRY_S:.0f} s")


def _pause(seconds: float) -> None:
    import time

    time.sleep(seconds)


def _free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_TRY_S = 0.25
_TRIES = 240

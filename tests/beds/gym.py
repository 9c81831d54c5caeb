"""A gym before the coach comes in: sensors in reach, `imuhip collect`, the dashboard.

`imuhip collect` runs as it is, on bleak's own Linux backend; `visit_athlete.py` is the athlete, who
does each step when the coach begins it on the page.
"""

import json
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from support.dashboard_processes import environment, free_port, running

from imuhip.core.calibration_table import STEPS as STEP_WORDS
from imuhip.live.dashboard import dashboard_command, dashboard_url

NEEDED: Final = [
    pytest.mark.visit,
    pytest.mark.skipif(
        sys.platform != "linux" or shutil.which("dbus-daemon") is None,
        reason="the BlueZ bed needs Linux and the program dbus-daemon",
    ),
]
"""Marks of a module that visits it."""

TITLES: Final = {step.name: step.title for step in STEP_WORDS if step.name != "shake"}
"""Steps of the calibration that the athlete does, as the page calls them."""

ATHLETE: Final = Path(__file__).with_name("visit_athlete.py")


class Program:
    """A program, and the lines that it tells."""

    def __init__(self, command: list[str], stream: str, more: dict[str, str] | None = None) -> None:
        pipes: dict[str, Any] = {stream: subprocess.PIPE}
        self.process = subprocess.Popen(command, env=environment() | (more or {}), **pipes)
        self._lines: queue.Queue[str] = queue.Queue()
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._reader.start()

    def _read(self, stream: str) -> None:
        for line in getattr(self.process, stream):
            self._lines.put(line.decode().strip())

    def wait_for(self, beginning: str, timeout: float = 60.0) -> str:
        """The rest of the next line that begins so."""
        while True:
            try:
                line = self._lines.get(timeout=timeout)
            except queue.Empty:
                pytest.fail(f"waited in vain for {beginning!r}; said: {self.said}")
            self.said.append(line)
            if line.startswith(beginning):
                return line.removeprefix(beginning).strip()

    def end(self, number: signal.Signals) -> None:
        """Send a signal, and wait for the end."""
        self.process.send_signal(number)
        self.process.wait(60.0)
        self._reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


@dataclass
class Gym:
    """What stands ready when the coach comes in."""

    address: str
    catalogue: Path
    athlete: Program
    collector: Program


@contextmanager
def open_gym(folder: Path) -> Iterator[Gym]:
    """Sensors in reach, `imuhip collect` searching for them, the dashboard, an empty catalogue."""
    hub, port, catalogue = free_port(), free_port(), folder / "library" / "catalogue.sqlite"
    url = f"ws://127.0.0.1:{hub}/live"
    catalogue.parent.mkdir()
    athlete = Program([sys.executable, str(ATHLETE), str(folder), url], "stdout")
    bus = json.loads(athlete.wait_for("bus"))
    command = [sys.executable, "-m", "imuhip", "collect", "--port", str(hub)]
    command += ["-o", str(folder / "library" / "recordings"), "--catalogue", str(catalogue)]
    collector = Program(command, "stderr", bus | {"XDG_CONFIG_HOME": str(folder)})
    served = dashboard_command(url, port, catalogue=str(catalogue))
    try:
        with running(served, dashboard_url(port), folder) as address:
            collector.wait_for("hub on", timeout=300.0)  # kernels may have to be compiled
            yield Gym(address, catalogue, athlete, collector)
    finally:
        collector.end(signal.SIGINT)
        athlete.end(signal.SIGINT)  # which lets the athlete end the bus, too

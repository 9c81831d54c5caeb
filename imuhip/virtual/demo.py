"""The whole thing without hardware: a virtual athlete, the radio, the collector, page and result.

::

    simulated athlete ─ virtual sensors ─BLE─► collector ─► recording ─► result
                                                   └──────► hub ─► page

Where there is no virtual radio, or it is to go faster than life, the recording that ships is
replayed instead.
"""

import asyncio
import hashlib
import math
import shutil
import socket
import tempfile
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from platformdirs import user_cache_dir

from imuhip.ble.kit import Binding, Kit
from imuhip.ble.radio import Radio
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.example import example_catalogue
from imuhip.catalogue.library import RESULTS
from imuhip.core.errors import DeviceError
from imuhip.core.files import make_folder
from imuhip.core.records import Header, Record
from imuhip.core.resources import recording_path
from imuhip.live.collector import collecting
from imuhip.live.dashboard import ensure_servable
from imuhip.live.filing_state import FilingState
from imuhip.live.replay import served
from imuhip.live.session import Session
from imuhip.live.start import Options
from imuhip.pipeline.all_sensors import Output, Pipeline
from imuhip.recording.reader import RecordingReader
from imuhip.results.analysis import Analysis, analyze
from imuhip.simulate.nouns import SimulatedSession
from imuhip.simulate.radio import RADIOS
from imuhip.simulate.radio import Radio as Air
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup
from imuhip.virtual.adapter import virtual_adapter
from imuhip.virtual.athlete import virtual_athlete
from imuhip.virtual.reel import marks_of
from imuhip.virtual.sensor import LinkFaults, VirtualSensor

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the demo is to go.

    Parameters
    ----------
    speed
        How much faster than life; other than 1 it is a replay.
    port
        Of the page; 0 takes any free one.
    browser
        Open the page where there is a browser.
    leave
        End after the result, instead of playing the recording again until Ctrl-C.
    seconds
        End the athlete's session after so long.
    """

    speed: float = 1.0
    port: int = 0
    browser: bool = True
    leave: bool = False
    seconds: float = math.inf


def run_demo(wishes: Wishes, say: Say, show: Callable[[Analysis], None]) -> None:
    """Play an athlete through radio, collector and page, and show the result.

    Parameters
    ----------
    say, show
        Called with sentences about the work, and the result.
    """
    try:
        asyncio.run(_run(wishes, say, show))
    except KeyboardInterrupt:
        say("demo ended")


async def _run(wishes: Wishes, say: Say, show: Callable[[Analysis], None]) -> None:
    hub_port = _free_port()
    page_port = wishes.port or _free_port()
    ensure_servable(page_port)
    library = await asyncio.to_thread(example_catalogue)
    with _dashboard(f"127.0.0.1:{hub_port}", page_port, library, say) as url:
        opening = asyncio.create_task(_open(url, wishes.browser, say))
        filing = Filing(library, leads=not wishes.leave)
        if wishes.speed != 1.0:
            say(
                f"sensors have clocks of their own, which cannot run {wishes.speed:g} times as "
                "fast; the recording that ships is replayed instead"
            )
            recording = await _replayed(wishes, hub_port, opening, say)
            analysis = await filing.file(recording)
        else:
            recording, analysis = await _collected(wishes, hub_port, opening, filing, say)
        show(analysis)
        say(f"the session is in Review: {url}review?session={filing.state_of(recording).session}")
        if wishes.leave:
            return
        say(f"playing {recording} again; Ctrl-C ends the demo")
        async with served(recording, wishes.speed, hub_port, say) as replay:
            while True:
                await replay.player.run()


async def _replayed(wishes: Wishes, hub_port: int, opening: "asyncio.Task[None]", say: Say) -> Path:
    """Play the recording that ships into the page."""
    recording = recording_path(RECORDING)
    async with served(recording, wishes.speed, hub_port, say) as replay:
        await opening
        say(f"playing {recording.name}, {wishes.speed:g} times as fast as it was")
        length = None if math.isinf(wishes.seconds) else wishes.seconds / wishes.speed
        with suppress(TimeoutError):
            await asyncio.wait_for(replay.player.run(), length)
    return recording


async def _collected(
    wishes: Wishes, hub_port: int, opening: "asyncio.Task[None]", filing: "Filing", say: Say
) -> tuple[Path, Analysis]:
    """Collect a virtual athlete over virtual Bluetooth, file it, and compare live with it."""
    setup = Setup(mounting="usual", radio=Air())  # the virtual link adds delays and losses
    athlete = await asyncio.to_thread(simulate, SCENARIO, seed=SEED, grade=GRADE, setup=setup)
    sensors = virtual_athlete(athlete, faults=LinkFaults(radio=RADIOS[GRADE]), wait=False)
    made: list[_Sealed] = []

    def make_stages(header: Header) -> _Sealed:
        made.append(_Sealed(header))
        return made[-1]

    folder = _folder() / "recordings"
    make_folder(folder)
    options = Options(
        folder,
        start_when_ready=True,
        make_stages=make_stages,
        recorded=filing.recorded,
        filed=filing.state_of,
    )
    async with virtual_adapter(sensors) as adapter:
        radio = Radio(
            scanner_backend=adapter.scanner_backend, client_backend=adapter.client_backend
        )
        kits = [_kit(athlete, sensors)]
        async with collecting(kits, [radio], options, port=hub_port, say=say) as (session,):
            await opening
            recording = await _performed(athlete, sensors[0], session, wishes.seconds, say)
            analysis = await filing.file(recording)
            if not wishes.leave:
                await asyncio.sleep(LEAD_S)  # so long pages may hear of it
    say(await asyncio.to_thread(_compared, recording, made[-1]))
    for old in sorted(folder.glob("*.mcap"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return recording, analysis


class Filing:
    """Files the demo's sessions beside the example's athletes, and says what came of each.

    Parameters
    ----------
    library
        The example's catalogue.
    leads
        Let pages that watch go on to Review.
    """

    def __init__(self, library: Path, *, leads: bool) -> None:
        self._library, self._leads = library, leads
        self._known: dict[Path, FilingState] = {}

    def recorded(self, path: Path, _athlete: str) -> None:
        """Take a finished recording; `file` does the work."""
        self._known[path] = FilingState("working")

    def state_of(self, path: Path) -> FilingState:
        """What became of a recording so far."""
        return self._known.get(path, FilingState("unknown"))

    async def file(self, recording: Path) -> Analysis:
        """Analyze and file a recording; sessions before the last few make room."""
        results = self._library.parent / RESULTS / f"{ATHLETE}-{recording.stem}"
        analysis = await asyncio.to_thread(analyze, recording, results)
        session = await asyncio.to_thread(self._file, recording, results)
        self._known[recording] = FilingState("filed", session, leads=self._leads)
        return analysis

    def _file(self, recording: Path, results: Path) -> str:
        with Catalogue(self._library) as catalogue:
            if all(each.id != ATHLETE for each in catalogue.athletes()):
                catalogue.add_athlete(ATHLETE, NAME, "simulated, as in imuhip demo")
                catalogue.give_consent(ATHLETE, "being shown")
            session = catalogue.file(recording, results, ATHLETE).session
            for old in catalogue.sessions(ATHLETE)[KEPT:]:
                catalogue.trash(old.id)
                if old.results is not None:
                    shutil.rmtree(old.results, ignore_errors=True)
        return session


def _kit(athlete: SimulatedSession, sensors: Sequence[VirtualSensor]) -> Kit:
    """The kit that the virtual sensors are."""
    bound = {
        s.sensor: Binding(s.profile.id, name=s.name, address=s.address, serial=s.serial)
        for s in sensors
    }
    mounts = {info.sensor: info.mount for info in athlete.header.sensors if info.mount}
    return Kit("demo", bound, ATHLETE, mounts)


async def _performed(
    athlete: SimulatedSession, sensor: VirtualSensor, session: Session, seconds: float, say: Say
) -> Path:
    """Let the athlete begin once the collector records, and mark as a coach would."""
    while session.recording is None:
        if session.state == "failed":
            raise DeviceError(session.status()["failure"])
        await asyncio.sleep(_TRY_S)
    sensor.play.begin()
    for t, label in marks_of(athlete):
        if t > seconds:
            break
        await sensor.play.until(t)
        session.mark(label)
        edge, _, what = label.partition(":")
        if edge == "begin":
            say(f"the athlete: {what.replace('_', ' ')}")
    await sensor.play.until(min(seconds, athlete.duration_s))
    return await session.stop()


class _Sealed(Pipeline):
    """A pipeline that keeps a fingerprint of every number it gives, however records are cut."""

    def __init__(self, header: Header) -> None:
        super().__init__(header)
        self.rows = 0
        self._prints: dict[str, Any] = {}

    def push(self, batch: Sequence[Record]) -> Output:
        """Push, and take the fingerprint."""
        return self._seal(super().push(batch))

    def finish(self) -> Output:
        """Finish, and take the fingerprint."""
        return self._seal(super().finish())

    @property
    def seal(self) -> tuple[str, ...]:
        """The fingerprint, in parts."""
        return tuple(f"{name} {hashed.hexdigest()}" for name, hashed in self._prints.items())

    def _seal(self, output: Output) -> Output:
        self.rows += len(output.grid.t)
        for block in (output.grid, output.angles, output.segments):
            for each in fields(block):
                value = getattr(block, each.name)
                if isinstance(value, np.ndarray):
                    name = f"{type(block).__name__}.{each.name}"
                    hashed = self._prints.setdefault(name, hashlib.sha256())
                    hashed.update(np.ascontiguousarray(value).tobytes())
        return output


def _compared(recording: Path, live: _Sealed) -> str:
    """What the recording gives, against what was seen live."""
    reader = RecordingReader(recording)
    again = _Sealed(reader.header)
    for batch in reader.batches():
        again.push(batch)
    again.finish()
    if again.seal == live.seal:
        return f"the recording gives the same {live.rows} rows as were seen live, bit for bit"
    parts = {a.partition(" ")[0] for a in set(again.seal) ^ set(live.seal)}
    raise DeviceError(
        f"The recording does not give what was seen live; {', '.join(sorted(parts))} differ. "
        f"This is a bug in imuhip. Please report it with {recording}"
    )


async def _open(url: str, browser: bool, say: Say) -> None:
    """Wait for the dashboard, and show its live page."""
    await asyncio.to_thread(_wait_for, url)
    say(f"dashboard on {url}")
    if browser and not webbrowser.open(f"{url}live"):
        say("no browser was found here; open that address in one")


@contextmanager
def _dashboard(hub: str, port: int, library: Path, say: Say) -> Iterator[str]:
    """The dashboard in a process of its own; gives its address."""
    from imuhip.live.dashboard import dashboard_command, dashboard_process, dashboard_url

    command = dashboard_command(f"ws://{hub}/live", port, catalogue=str(library))
    with tempfile.TemporaryFile() as stderr:
        with dashboard_process(command, stderr) as process:
            yield dashboard_url(port)
        if process.returncode not in (0, -2, -15):
            stderr.seek(0)
            say(stderr.read().decode(errors="replace").strip())


def _folder() -> Path:
    """Where the demo's recordings stay to be looked at."""
    return Path(user_cache_dir("imuhip")) / "demo"


def _wait_for(url: str) -> None:
    """Wait until the page answers."""
    for _ in range(_TRIES):
        try:
            with urllib.request.urlopen(f"{url}_stcore/health", timeout=_TRY_S):  # noqa: S310 - ours
                return
        except (urllib.error.URLError, OSError):
            time.sleep(_TRY_S)
    raise DeviceError(f"the dashboard did not answer on {url} within {_TRIES * _TRY_S:.0f} s")


def _free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


RECORDING: Final = "squats_and_pivots"
SCENARIO: Final = "showcase"
SEED: Final = 7
GRADE: Final = "typical"
"""Of the athlete, the sensors and the link: those of the recording that ships."""

ATHLETE: Final = "demo"
NAME: Final = "The demo's athlete"

KEPT: Final = 5
"""Recordings and sessions that stay; older ones are removed."""

LEAD_S: Final = 5.0
"""Pages ask every two seconds what became of the recording."""

_TRY_S: Final = 0.25
_TRIES: Final = 240

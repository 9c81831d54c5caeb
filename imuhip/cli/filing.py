"""The command line's way into the catalogue: which one, and filing what was analyzed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

import imuhip
from imuhip.core.errors import CatalogueError
from imuhip.core.resources import CATALOGUE_VARIABLE
from imuhip.live.filing_state import FilingState

if TYPE_CHECKING:
    from imuhip.assess.screen import Before, ScreenKey
    from imuhip.catalogue.catalogue import Catalogue
    from imuhip.pipeline.all_sensors import Params

Say = Callable[[str], None]

_APART: Final = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(
    subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0
)
"""On Windows: out of this window's reach of Ctrl-C, and behind what is being recorded."""

CatalogueAt = Annotated[
    str | None,
    typer.Option(
        "--catalogue",
        metavar="PATH_OR_URL",
        envvar=CATALOGUE_VARIABLE,
        show_envvar=False,
        help="Catalogue; the settings' or your own without it. A file, or "
        "postgresql+pg8000://user@host/database.",
    ),
]


def opened(location: str | None) -> "Catalogue":
    """Open a catalogue; say so when it was an older one."""
    from imuhip.catalogue.catalogue import Catalogue

    catalogue = Catalogue(location)
    if catalogue.store.backup is not None:
        typer.echo(
            f"the catalogue was updated; a copy of the old one: {catalogue.store.backup}",
            err=True,
        )
    return catalogue


def checked_tester(text: str) -> str:
    """Return who tests, from an option; typer.BadParameter for what cannot be a name."""
    from imuhip.assess.testers import LONGEST_NAME, is_tester

    name = text.strip()
    if not is_tester(name):
        raise typer.BadParameter(
            f"--tester takes a name or initials of up to {LONGEST_NAME} characters, not {text!r}."
        )
    return name


class Filing:
    """An athlete's place in a catalogue, asked for before any work is done.

    Raises
    ------
    CatalogueError
        When the catalogue cannot be used, or the athlete has withdrawn consent.
    """

    def __init__(self, location: str | None, athlete: str, tester: str | None = None) -> None:
        self._location, self._athlete, self._tester = location, athlete, tester
        with opened(location) as catalogue:
            self.words = catalogue.may_file(athlete)
            self.library = catalogue.library

    @property
    def arc_goals(self) -> Mapping[str, Any]:
        """How far the athlete's hips are to turn, as ``assess.arc_goals``; empty without goals."""
        with opened(self._location) as catalogue:
            return arc_goals_in(catalogue, self._athlete)

    def file(self, recording: Path, results: Path, say: Say) -> None:
        """File results, and say what came of it."""
        with opened(self._location) as catalogue:
            filed = catalogue.file(recording, results, self._athlete, self._tester)
        for sentence in dict.fromkeys((*self.words, *filed.words)):
            say(sentence)
        say(f"filed under {filed.athlete} as session {filed.session[:12]}")


def arc_goals_in(catalogue: "Catalogue", athlete: str) -> Mapping[str, Any]:
    """Return an athlete's own goals in a catalogue as ``assess.arc_goals`` of a header."""
    from imuhip.assess.arc_goals import arc_goals_of, settings_of
    from imuhip.assess.goals import zones_for

    known = athlete in {each.id for each in catalogue.athletes()}
    return settings_of(arc_goals_of(catalogue.goals(athlete)), zones_for()) if known else {}


def results_of(filing: Filing | None, recording: Path, params: "Params") -> Path:
    """Return where results go in the library when nobody names a folder."""
    from imuhip.catalogue.library import results_folder
    from imuhip.catalogue.store import data_folder
    from imuhip.recording.summary import sha256_of

    library = filing.library if filing else data_folder()
    return results_folder(
        library, recording, sha256_of(recording), imuhip.__version__, asdict(params)
    )


class Filer:
    """Analyzes and files finished recordings, one after the other, and knows what came of each.

    Parameters
    ----------
    location
        Of the catalogue.
    usable
        Whether anything can be filed there.
    thread
        Where the waiting is done.
    say
        Called with sentences for people.
    """

    def __init__(
        self, location: str | None, thread: ThreadPoolExecutor, say: Say, *, usable: bool
    ) -> None:
        self._location, self._thread, self._say, self._usable = location, thread, say, usable
        self._known: dict[Path, FilingState] = {}

    def recorded(self, path: Path, athlete: str) -> None:
        """Take a finished recording of an athlete; returns at once."""
        if not athlete:
            self._known[path] = FilingState("unknown")
        elif not self._usable:
            self._known[path] = FilingState("failed", words="The catalogue cannot be used.")
        else:
            self._known[path] = FilingState("working")
            self._say(f"filing {path.name} under {athlete} …")
            self._thread.submit(self._file, path, athlete)

    def refusal(self, athlete: str) -> str:
        """Why an athlete must not be recorded; empty when consent is written down.

        Where the catalogue cannot be used nobody can say, and recording goes on.
        """
        if not self._usable:
            return ""
        try:
            with opened(self._location) as catalogue:
                known = {each.id: each.consent for each in catalogue.athletes()}
        except CatalogueError:
            return ""
        words = _NO_CONSENT.get(known.get(athlete, "none"), "")
        return words.format(athlete=athlete)

    def arc_goals(self, athlete: str) -> Mapping[str, Any]:
        """How far an athlete's hips are to turn; empty where nobody has said, or can say."""
        if not self._usable:
            return {}
        try:
            with opened(self._location) as catalogue:
                return arc_goals_in(catalogue, athlete)
        except CatalogueError:
            return {}

    def usual(self, athlete: str) -> "Mapping[ScreenKey, Before]":
        """What tests of the table screen were in the athlete's sessions; empty for a new one."""
        from imuhip.assess.screen import TEST_MEASURES
        from imuhip.catalogue.progress import before_today

        if not self._usable:
            return {}
        try:
            with opened(self._location) as catalogue:
                return before_today(catalogue.progress(athlete, names=TEST_MEASURES))
        except CatalogueError:
            return {}

    def state_of(self, path: Path) -> FilingState:
        """What became of a recording so far."""
        return self._known.get(path, FilingState("unknown"))

    def _file(self, path: Path, athlete: str) -> None:
        from imuhip.recording.summary import sha256_of

        why = _file(self._location, path, athlete, self._say)
        self._known[path] = (
            FilingState("failed", words=why) if why else FilingState("filed", sha256_of(path))
        )


@contextmanager
def filing(location: str | None, athletes: Sequence[str], say: Say) -> Iterator[Filer]:
    """Analyze and file recordings while others are made, in processes of their own.

    A catalogue that cannot be opened is reported and does not stop a recording: what was recorded
    can be filed later. At the end it waits for what is still being filed.

    Parameters
    ----------
    location
        Of the catalogue.
    athletes
        Whose recordings are expected; empty ids are skipped.
    say
        Called with sentences for people.

    Raises
    ------
    CatalogueError
        When one of them has withdrawn consent.
    """
    usable = _usable(location, athletes, say)
    with ThreadPoolExecutor(1, thread_name_prefix="imuhip-filing") as thread:
        yield Filer(location, thread, say, usable=usable)


def _usable(location: str | None, athletes: Sequence[str], say: Say) -> bool:
    """Whether recordings can be filed; CatalogueError when consent is withdrawn."""
    try:
        catalogue = opened(location)
    except CatalogueError as error:
        say(f"{error} – recording goes on, but nothing is filed until this is fixed")
        return False
    with catalogue:
        for athlete in dict.fromkeys(athletes):
            for sentence in catalogue.may_file(athlete) if athlete else ():
                say(sentence)
    return True


def _file(location: str | None, path: Path, athlete: str, say: Say) -> str:
    """Analyze and file one recording in a process that no Ctrl-C in this terminal reaches.

    Why it could not be; empty when it is filed.
    """
    words = ["analyze", str(path.absolute()), "--athlete", athlete]
    # Everybody may list the arguments of processes; a URL may hold a password.
    where = {CATALOGUE_VARIABLE: location} if location else {}
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "imuhip", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=os.environ | where,
            start_new_session=True,
            creationflags=_APART,
        )
    except OSError as error:
        say(f"{path.name} was recorded but could not be filed: {error}")
        return str(error)
    if sys.platform != "win32":  # whatever is being recorded comes first
        os.setpriority(os.PRIO_PROCESS, process.pid, 10)
    said = process.communicate()[1].decode(errors="replace").strip()
    last = said.splitlines()[-1] if said else ""
    if process.returncode:
        say(f"{path.name} was recorded but could not be filed: {said}")
        say(f"when that is fixed: imuhip analyze {path} --athlete {athlete}")
        return last or "the analysis was stopped"
    say(f"{path.name}: {last}")
    return ""


_NO_CONSENT: Final = {
    "none": "There is no consent of {athlete} on file. Save it on the page Set up first.",
    "withdrawn": (
        "{athlete} has withdrawn consent. Save a new one on the page Set up, or record somebody "
        "else."
    ),
}

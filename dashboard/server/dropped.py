"""A recording that was dropped onto a page: kept in the library, analyzed and filed.

The analysis is a process of its own (``python -m dashboard.server.dropped RECORDING FOLDER``), of a
low priority: the dashboard's process also relays the live stream, which must not wait for it.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import imuhip
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Filed
from imuhip.catalogue.facts import SessionFacts, session_facts
from imuhip.catalogue.library import RECORDING_SUFFIX, RECORDINGS, results_folder
from imuhip.core.errors import ImuhipError, RecordingError
from imuhip.core.files import file_made_whole
from imuhip.pipeline.all_sensors import Params
from imuhip.results.analysis import analyze


def file_dropped(
    catalogue: Catalogue,
    name: str,
    content: bytes,
    athlete: str,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Filed:
    """Keep a recording in the library, analyze it and file it under an athlete.

    Parameters
    ----------
    catalogue
        Whose library it goes to.
    name, content
        Of the file that was dropped.
    athlete
        Whose it is; added if new.
    on_progress
        Called with the share of the analysis that is done, 0 to 1.

    Raises
    ------
    CatalogueError
        When consent is withdrawn; nothing has been kept then.
    RecordingError
        When it is no recording, which is then not kept, or cannot be analyzed.
    """
    words = catalogue.may_file(athlete)
    recording, about = keep(catalogue.library / RECORDINGS, name, content)
    target = results_folder(
        catalogue.library, recording, about.id, imuhip.__version__, asdict(Params())
    )
    _analyzed(recording, target, about.duration_s, on_progress)
    filed = catalogue.file(recording, target, athlete)
    return Filed(
        filed.session,
        filed.athlete,
        filed.shown,
        filed.others,
        tuple(dict.fromkeys((*words, *filed.words))),
    )


def keep(folder: Path, name: str, content: bytes) -> tuple[Path, SessionFacts]:
    """Write a recording into a folder, whole or not at all; one that is there already stays.

    Raises
    ------
    RecordingError
        When it is no recording, or the disk refuses.
    """
    plain = Path(name.replace("\\", "/")).name
    if Path(plain).suffix != RECORDING_SUFFIX or plain.startswith("."):
        raise RecordingError(
            f"{plain!r} is no recording: its name does not end in {RECORDING_SUFFIX}. "
            "imuhip import makes one of other files"
        )
    path = folder / plain
    if path.exists() and path.read_bytes() != content:
        path = folder / f"{path.stem}-{sha256(content).hexdigest()[:8]}{path.suffix}"
    if path.exists():
        return path, session_facts(path)
    folder.mkdir(parents=True, exist_ok=True)
    with file_made_whole(path, overwrite=False) as temporary:
        temporary.write_bytes(content)
        about = session_facts(temporary)
    return path, about


def _analyzed(
    recording: Path, target: Path, duration_s: float, on_progress: Callable[[float], None]
) -> None:
    """Analyze in another process, and say how far it is."""
    command = [sys.executable, "-m", "dashboard.server.dropped", str(recording), str(target)]
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join((root, *filter(None, (os.environ.get("PYTHONPATH"),))))
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    ) as process:
        said = ""
        for line in process.stdout or ():
            said = line.strip()
            if said.startswith(_DONE):
                on_progress(min(float(said.removeprefix(_DONE)) / max(duration_s, 1.0), 1.0))
    if process.returncode:
        why = said.removeprefix(_WRONG) if said.startswith(_WRONG) else "the analysis was stopped"
        raise RecordingError(f"{recording.name} is kept but could not be analyzed: {why}")


def main(recording: str, target: str) -> int:
    """Analyze, and print how many seconds are done; the last line says what is wrong, if so."""
    if hasattr(os, "nice"):
        os.nice(10)
    try:
        analyze(Path(recording), Path(target), on_progress=lambda s: _say(f"{_DONE}{s:.1f}"))
    except ImuhipError as error:
        _say(f"{_WRONG}{error}")
        return 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


_DONE, _WRONG = "done ", "wrong "

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

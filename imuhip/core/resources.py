"""Where profiles, shipped recordings and the dashboard lie, in a checkout and in a wheel.

A wheel carries the three folders inside the package, as ``imuhip/_shipped/…``, so that a name as
common as ``dashboard`` never lies open in site-packages; a checkout has them beside the package.
"""

from pathlib import Path
from typing import Final

from imuhip.core.errors import ImuhipError, ProfileError, RecordingError

_PACKAGE: Final = Path(__file__).resolve().parent.parent
_RECORDING: Final = ".mcap"

CATALOGUE_VARIABLE: Final = "IMUHIP_CATALOGUE"
"""Holds the catalogue's path or URL where no option names it: arguments are seen by everybody."""


def profile_ids() -> tuple[str, ...]:
    """Ids of the profiles that come with imuhip, in order; each is its file's name."""
    return tuple(sorted(path.stem for path in _folder("firmware_profiles").glob("*.toml")))


def profile_text(profile_id: str) -> str:
    """Return the TOML of the profile `profile_id`.

    Raises
    ------
    ProfileError
        When there is none of that id.
    """
    known = profile_ids()
    if profile_id not in known:
        raise ProfileError(f"There is no profile {profile_id!r}. Known: {', '.join(known)}")
    return (_folder("firmware_profiles") / f"{profile_id}.toml").read_text(encoding="utf-8")


def recordings() -> tuple[Path, ...]:
    """Return the recordings that come with imuhip, in order of their names."""
    return tuple(sorted(_folder("recordings").glob(f"*{_RECORDING}")))


def recording_path(name: str) -> Path:
    """Return where the shipped recording `name` lies; the suffix may be left out.

    Raises
    ------
    RecordingError
        When there is none of that name.
    """
    known = recordings()
    for path in known:
        if name in (path.name, path.stem):
            return path
    names = ", ".join(path.stem for path in known) or "none at all"
    raise RecordingError(f"No recording {name!r} ships with imuhip. There are: {names}")


def shipped_file(name: str) -> Path:
    """Return where a file lies that comes along with the shipped recordings.

    Raises
    ------
    RecordingError
        When there is none of that name.
    """
    path = _folder("recordings") / name
    if not path.is_file():
        raise RecordingError(
            f"{name} is missing from this installation; install imuhip again", path=path
        )
    return path


def dashboard_folder() -> Path:
    """Return the folder of the dashboard's code; its parent is what Python must find it in."""
    return _folder("dashboard")


def _folder(name: str) -> Path:
    """The folder `name`: of the wheel where there is one, else of the checkout."""
    for folder in (_PACKAGE / "_shipped" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise ImuhipError(
        f"The folder {name} is missing in {_PACKAGE} and beside it. Install imuhip again."
    )

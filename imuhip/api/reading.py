"""From a path to a session."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from imuhip.api.cache import Cache, Settings, user_cache
from imuhip.api.session import Session, Source
from imuhip.core.conventions import SIDES
from imuhip.core.errors import RecordingError
from imuhip.core.resources import recording_path
from imuhip.estimate.orientation_engines import FILTERS
from imuhip.estimate.soft_tissue import SoftTissue, given
from imuhip.pipeline.all_sensors import Params
from imuhip.recording.reader import RecordingReader
from imuhip.results.extra_columns import COLUMNS
from imuhip.results.schemas import ANGLES_FILE, FINDINGS_FILE, SESSION_FILE

NOTHING: Final[Mapping[str, float]] = MappingProxyType({})
ENDING: Final = ".mcap"
"""Of recordings; other files and folders are imported."""


def read(source: str | PathLike[str], cache: bool | str | PathLike[str] = True) -> Session:
    """Open a session; see `imuhip.read`."""
    path = Path(source).expanduser()
    kept = _cache(cache)
    if not path.exists():
        raise RecordingError("there is no such file or folder", path=path)
    if path.is_file() and path.suffix.lower() == ENDING:
        RecordingReader(path)  # fails at once where it is no recording
        return Session(Source(path, recording=path), Settings(), kept)
    if (path / SESSION_FILE).is_file():
        return Session(Source(path, results=path), Settings(), kept)
    if (path / ANGLES_FILE).is_file() and (path / FINDINGS_FILE).is_file():
        raise RecordingError(
            f"These results are not whole: {SESSION_FILE} is missing. Analyze the recording again.",
            path=path,
        )
    recording, warnings = kept.imported(path)
    return Session(Source(path, recording=recording, warnings=warnings), Settings(), kept)


def analyze(
    source: Session | str | PathLike[str],
    params: Params | None = None,
    filter_name: str | None = None,
    axes: int | None = None,
    columns: Sequence[str] = (),
    soft_tissue: Mapping[str, float] = NOTHING,
) -> Session:
    """Analyze a session; see `imuhip.analyze`."""
    session = source if isinstance(source, Session) else read(source)
    params = _with_filter(params or Params(), filter_name, axes)
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown:
        raise ValueError(f"No such column: {', '.join(unknown)}. Choose from {', '.join(COLUMNS)}.")
    settings = Settings(params, tuple(columns), _stated(soft_tissue))
    analyzed = session.with_settings(settings)
    analyzed.results  # noqa: B018 - the work is done now
    return analyzed


def sample(name: str) -> Session:
    """Open a recording that ships; see `imuhip.sample`."""
    return read(recording_path(name))


def _with_filter(params: Params, name: str | None, axes: int | None) -> Params:
    """The parameters with another filter, or other axes."""
    name = name or params.orientation.filter
    if name not in FILTERS:
        raise ValueError(f"There is no filter {name!r}. Choose one of {', '.join(FILTERS)}.")
    count = axes or params.orientation.axes
    if count not in FILTERS[name].axes:
        known = " or ".join(str(n) for n in FILTERS[name].axes)
        raise ValueError(f"{name} works with {known} axes, not with {count}.")
    chosen: Literal[6, 9] = 9 if count == 9 else 6
    return replace(params, orientation=replace(params.orientation, filter=name, axes=chosen))


def _stated(shares: Mapping[str, float]) -> tuple[SoftTissue, ...]:
    """Soft-tissue factors that the user states."""
    unknown = [name for name in shares if name not in SIDES]
    if unknown:
        raise ValueError(
            f"No such side: {', '.join(unknown)}. The sides are {' and '.join(SIDES)}."
        )
    return tuple(given(side, shares[side]) for side in SIDES if side in shares)


def _cache(cache: bool | str | PathLike[str]) -> Cache:
    if isinstance(cache, bool):
        return Cache(user_cache() if cache else None)
    return Cache(Path(cache).expanduser())

"""Femoral rotation relative to the pelvis, live and replayed, from three inertial sensors.

::

    import imuhip

    session = imuhip.read("visit.mcap")      # or a folder of sensor files, or of results
    session.angles.to_pandas()               # also to_xarray, to_arrow
    session.reps("squat").resample(101)      # repetitions over their phase
    session.export("visit.c3d")

`docs/python.md` is the page for those who write scripts. Nothing heavy is imported before it is
used: neither radio nor web, nor a compiler.

Those who work on the program read `core.conventions` (frames and signs), `core.records` (the nouns
that travel) and `pipeline.all_sensors` (the order of the stages), in that order.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imuhip.api.session import Session
    from imuhip.core.errors import ImuhipError
    from imuhip.pipeline.all_sensors import Params

__version__ = "0.1.0"

__all__ = ["ImuhipError", "Params", "Session", "__version__", "analyze", "read", "sample"]


def read(source: str | PathLike[str], *, cache: bool | str | PathLike[str] = True) -> "Session":
    """Open a recording, a folder of sensor files, or a folder of results.

    Nothing is calculated before it is asked for. A folder of sensor files is imported at once.

    Parameters
    ----------
    source
        A recording (``.mcap``), a folder that `imuhip import` takes, or one that `imuhip analyze`
        wrote.
    cache
        Where analyses are kept, so that the same recording with the same parameters and versions is
        calculated once: in the user's cache (True), in a folder, or nowhere (False).

    Raises
    ------
    ImuhipError
        When it is none of these, or cannot be read.
    """
    from imuhip.api.reading import read as run

    return run(source, cache)


def analyze(
    source: "Session | str | PathLike[str]",
    params: "Params | None" = None,
    *,
    filter: str | None = None,  # noqa: A002 - the name it has on the command line
    axes: int | None = None,
    columns: Sequence[str] = (),
    soft_tissue: Mapping[str, float] | None = None,
) -> "Session":
    """Analyze a session, with parameters of one's own; the session given stays as it is.

    The same recording and parameters give the same bits.

    Parameters
    ----------
    source
        A session, or what `read` takes.
    params
        Settings of all stages; the defaults when not given.
    filter, axes
        Orientation filter (``vqf``, ``madgwick`` …) and 6 or 9 axes, in place of those in `params`.
    columns
        Further angles: ``swing``, ``projected``, ``scaled``, ``offline``.
    soft_tissue
        Share of a turn that the skin misses, 0 to 0.6, by side: ``{"left": 0.3}``; for ``scaled``.

    Raises
    ------
    ImuhipError
        When the recording cannot be analyzed, or there are only results.
    ValueError
        When a filter, a column or a side is not known, or a share is out of range.
    """
    from imuhip.api.reading import analyze as run

    return run(source, params, filter, axes, columns, soft_tissue or {})


def sample(name: str = "squats_and_pivots") -> "Session":
    """Open a recording that comes with imuhip; no network is used.

    Raises
    ------
    ImuhipError
        When there is none of that name; the message lists them.
    """
    from imuhip.api.reading import sample as run

    return run(name)


def __getattr__(name: str) -> Any:
    """Import a name of `_HOMES` when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'imuhip' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """All names, also those that are not imported yet."""
    return sorted({*globals(), *__all__})


_HOMES = {
    "ImuhipError": "imuhip.core.errors",
    "Params": "imuhip.pipeline.all_sensors",
    "Session": "imuhip.api.session",
}

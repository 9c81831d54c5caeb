"""Libraries that come with an extra: which brings what, and what is said where it is missing."""

from importlib import import_module
from typing import Any, Final

from imuhip.core.errors import ImuhipError


def need(library: str) -> Any:
    """Return a module.

    Raises
    ------
    ImuhipError
        When it, or what it needs, is not installed; the message says how to get it.
    """
    try:
        return import_module(library)
    except ImportError as error:
        said = words_of(error.name or library) or words_of(library) or str(error)
        raise ImuhipError(said) from error


def words_of(library: str) -> str | None:
    """Return which extra brings a library that is missing; None for one that no extra brings."""
    name = library.partition(".")[0]
    extra = EXTRA_OF.get(name)
    return extra and (
        f"This needs {name}, which is not installed. Install it with: pip install 'imuhip[{extra}]'"
    )


EXTRA_OF: Final = {
    "bleak": "radio",
    "dask": "cluster",
    "distributed": "cluster",
    "ezc3d": "lab",
    "h5netcdf": "lab",
    "h5py": "lab",
    "matplotlib": "reports",
    "openpyxl": "lab",
    "numba": "jit",
    "pandas": "lab",
    "pg8000": "postgres",
    "plotly": "dashboard",
    "pylsl": "lab",
    "pythonosc": "lab",
    "pyxdf": "lab",
    "reportlab": "reports",
    "scipy": "simulate",
    "segno": "dashboard",
    "starlette": "dashboard",
    "streamlit": "dashboard",
    "uvicorn": "dashboard",
    "websockets": "dashboard",
    "xarray": "lab",
}
"""The extra of `pyproject.toml` that brings a library."""

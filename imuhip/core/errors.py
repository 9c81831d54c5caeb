"""The errors of imuhip, and how they derive from each other.

::

    ImuhipError                what a user can act on; the command line prints it and exits with 1
    ├── ProfileError           a device profile is wrong           (the user's file)
    ├── RecordingError         a recording or an import is wrong   (the user's file)
    ├── CatalogueError         the catalogue cannot be used, or says no
    ├── CalibrationError       a calibration cannot be used
    ├── DecodeError            a notification makes no sense       (the device's fault)
    └── DeviceError            a sensor or the radio failed        (the device's fault)

Each says what was expected, what came and what to do, and carries the place. A caller's mistake is
a plain `ValueError`; anything else that escapes is a bug.
"""

from pathlib import Path


class ImuhipError(Exception):
    """The root: something a user can act on, in one sentence that says what to do.

    Parameters
    ----------
    message
        What was expected, what came, what to do.
    path
        The file concerned, if any.
    line
        The line in it, from 1.
    sensor
        The sensor concerned, by its segment.
    """

    def __init__(
        self,
        message: str,
        *,
        path: Path | None = None,
        line: int | None = None,
        sensor: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.sensor = sensor

    def __str__(self) -> str:
        place = "" if self.path is None else str(self.path)
        if self.line is not None:
            place += f":{self.line}"
        return f"{place}: {self.message}" if place else self.message


class ProfileError(ImuhipError):
    """A device profile is not usable; `key` names the entry.

    Parameters
    ----------
    key
        Dotted name of the entry in the TOML, such as ``stream[0].field[1].type``.
    """

    def __init__(self, message: str, *, key: str = "", path: Path | None = None) -> None:
        super().__init__(f"{key}: {message}" if key else message, path=path)
        self.key = key


class RecordingError(ImuhipError):
    """A recording, or a folder to be imported, is not usable."""


class CatalogueError(ImuhipError):
    """The catalogue cannot be opened, or refuses what was asked of it."""


class CalibrationError(ImuhipError):
    """A calibration cannot be used."""


class DecodeError(ImuhipError):
    """A notification makes no sense under its profile."""


class DeviceError(ImuhipError):
    """A sensor or the radio failed."""

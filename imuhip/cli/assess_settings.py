"""An athlete's settings from a file of the command line."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imuhip.assess.params import Params
from imuhip.cli.filing import Filing
from imuhip.core.errors import RecordingError


def assess_from(path: Path | None) -> Mapping[str, Any]:
    """Read the table ``[assess]`` of a TOML file; empty without a file.

    Raises
    ------
    RecordingError
        When the file cannot be read, has no such table, or a setting in it is wrong.
    """
    if path is None:
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get("assess")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecordingError(f"{path}: cannot read the settings: {error}") from error
    if not isinstance(found, dict):
        raise RecordingError(f"{path}: no table [assess]. Put goal, limits or arc_goals under it.")
    Params.from_settings(found)
    return found


def assess_of(filing: Filing | None, path: Path | None) -> Mapping[str, Any]:
    """The athlete's own goals in the catalogue, and over them what a file says."""
    own = filing.arc_goals if filing is not None else {}
    return ({"arc_goals": own} if own else {}) | dict(assess_from(path))

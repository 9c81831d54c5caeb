"""An athlete's settings from a file of the command line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imuhip.assess.params import AssessParams
from imuhip.cli.filing import Filing
from imuhip.core.errors import RecordingError
from imuhip.core.files import read_file
from imuhip.core.toml_text import parse_toml


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
        found = parse_toml(read_file(path).decode()).get("assess")
    except ValueError as error:
        raise RecordingError(f"cannot read the settings: {error}", path=path) from error
    if not isinstance(found, dict):
        raise RecordingError(
            "no table [assess]. Put goal, limits or arc_goals under it.", path=path
        )
    AssessParams.from_settings(found)
    return found


def assess_of(filing: Filing | None, path: Path | None) -> Mapping[str, Any]:
    """The athlete's own goals in the catalogue, and over them what a file says."""
    own = filing.arc_goals if filing is not None else {}
    return ({"arc_goals": own} if own else {}) | dict(assess_from(path))

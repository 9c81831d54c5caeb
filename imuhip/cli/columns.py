"""Reads the options of ``imuhip analyze`` that name further columns."""

import typer

from imuhip.core.conventions import SIDES
from imuhip.estimate.soft_tissue import SoftTissue, given
from imuhip.results.extra_columns import COLUMNS


def columns_from(text: str) -> tuple[str, ...]:
    """Names of columns out of ``swing,projected``, or wrong usage."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise typer.BadParameter(
            f"No such column: {', '.join(unknown)}. Choose from {', '.join(COLUMNS)}."
        )
    return names


def soft_tissue_from(text: str) -> list[SoftTissue]:
    """Stated factors out of ``left=0.3,right=0.35``, or wrong usage."""
    stated: dict[str, SoftTissue] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = part.partition("=")
        sides = [side for side in SIDES if side == name]
        try:
            factors = [given(side, float(number)) for side in sides]
        except ValueError as error:
            raise typer.BadParameter(f"{error} (in {part!r})") from error
        if not factors or name in stated:
            raise typer.BadParameter(f"Write left=0.3,right=0.3, each side once; not {part!r}.")
        stated[name] = factors[0]
    return list(stated.values())

"""Whether the files of pelvis and thigh were exchanged, by who moves most in the knee lifts."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from imuhip.core.conventions import PELVIS, SIDES, THIGH
from imuhip.core.quaternions import conjugate, multiply
from imuhip.importers.mirror import Moved, marked_steps
from imuhip.importers.notes import FolderMark
from imuhip.importers.sources import SensorFile


def exchanged(files: Sequence[SensorFile], marks: Sequence[FolderMark]) -> list[str]:
    """Return a sentence for each thigh whose file looks exchanged with the pelvis's.

    Whoever lifts a knee turns that thigh far and the pelvis little, however badly it is done.
    """
    sensors = {file.sensor: file for file in files}
    steps = marked_steps(marks)
    found = []
    for side in SIDES:
        thigh = THIGH[side]
        if not {PELVIS, thigh} <= sensors.keys() or not {"stand", f"knee_lift_{side}"} <= set(
            steps
        ):
            continue
        pelvis_turned, thigh_turned = (
            _farthest(sensors[name], steps, f"knee_lift_{side}") for name in (PELVIS, thigh)
        )
        if pelvis_turned > _FAR and thigh_turned < _LITTLE * pelvis_turned:
            found.append(
                f"{sensors[PELVIS].shown} and {sensors[thigh].shown}: in the {side} knee lift the "
                f"pelvis turned by {np.degrees(pelvis_turned):.0f}° and the thigh by "
                f"{np.degrees(thigh_turned):.0f}°. The two files look exchanged"
            )
    return found


def _farthest(file: SensorFile, steps: Mapping[str, tuple[float, float]], step: str) -> float:
    """Return how far a sensor turned at most since a step began, radians; 0.0 if not known."""
    q = Moved(file, steps["stand"], steps[step]).q
    if not len(q):
        return 0.0
    turn = multiply(conjugate(q[:1]), q)
    return float(2.0 * np.arccos(np.min(np.clip(np.abs(turn[:, 0]), 0.0, 1.0))))


_FAR: Final = np.radians(40.0)
_LITTLE: Final = 0.5

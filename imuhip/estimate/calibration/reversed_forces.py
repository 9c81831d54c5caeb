"""Accelerometers of a whole kit that read with the other sign, as the mounts show it.

A reversed accelerometer is the mirror image of the movement, so a sensor's own values never tell.
But nobody wears every sensor upside down: where all that were declared are, their sign is wrong.
"""

from collections.abc import Iterable
from typing import Final

from imuhip.core.evidence import CalibrationStep


class ReversedForces:
    """Hears calibration steps: `push` them in order, and ask what they came to."""

    def __init__(self, mounted: Iterable[str]) -> None:
        """Begin with the sensors whose mounts were declared."""
        self._mounted = frozenset(mounted)
        self._upside_down: set[str] = set()
        self._reported = False

    def push(self, step: CalibrationStep) -> bool:
        """Return True with the step that shows it, once."""
        self._upside_down |= {m.sensor for m in step.misplaced if m.kind == "upside_down"}
        every = len(self._mounted) > 1 and self._mounted <= self._upside_down
        shown = every and not self._reported
        self._reported |= shown
        return shown


REVERSED: Final = (
    "every sensor is upside down against its mount: their accelerometers are reversed – check "
    "their signs and axes, or the mounts, then import or record again"
)

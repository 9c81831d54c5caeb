"""What is sent live beside the numbers: steps, repetitions, findings, notes and faults."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, Protocol

import numpy as np

from imuhip.assess.assessor import Assessed
from imuhip.core.evidence import CalibrationStep
from imuhip.core.records import Fault


class Events(Assessed, Protocol):
    """What happened in a push: `Output` keeps this promise."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Faults that became known, in pieces."""

    @property
    def steps(self) -> tuple[CalibrationStep, ...]:
        """Calibration steps that ended."""


def events_from_output(output: Events) -> Iterator[tuple[str, dict[str, object]]]:
    """What happened in a push, faults aside: the kind of each event, and its fields."""
    for step in output.steps:
        yield "step", {"step": step}
    for repetition in output.repetitions:
        yield "repetition", {"repetition": repetition}
    for finding in output.findings:
        yield "finding", {"finding": finding}
    for note in output.notes:
        yield "note", {"note": note}


class FaultEvents:
    """Faults as they are sent live: at once, then no more than once a second while they last.

    The pipeline gives a fault in pieces, perhaps one with every push.
    """

    def __init__(self) -> None:
        self._latest: dict[tuple[str, str], Fault] = {}
        self._reported: dict[tuple[str, str], float] = {}

    def push(self, pieces: Sequence[Fault]) -> list[Fault]:
        """Return the faults to send now; one that lasts comes again, longer, with its start."""
        faults: dict[tuple[str, str], Fault] = {}
        for piece in pieces:
            key = (piece.sensor, piece.kind)
            before = self._latest.get(key)
            if before is not None and piece.t_start - before.t_end <= _FAULT_EVERY_S:
                end = max(before.t_end, piece.t_end)
                fault = replace(before, t_end=end, count=before.count + piece.count)
            else:
                fault = piece
                self._reported.pop(key, None)
            self._latest[key] = fault
            if fault.t_end - self._reported.get(key, -np.inf) >= _FAULT_EVERY_S:
                self._reported[key] = fault.t_end
                faults[key] = fault
        return list(faults.values())


_FAULT_EVERY_S: Final = 1.0

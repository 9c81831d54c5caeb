"""What a simulation gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from imuhip.core.records import Array, Header, Record
from imuhip.simulate.director import Deed
from imuhip.simulate.performance import Injected
from imuhip.simulate.transmission import Sent, records_in_batches
from imuhip.simulate.true_repetitions import TrueRepetition
from imuhip.simulate.truth import Truth


@dataclass(frozen=True, slots=True, eq=False)
class SensorTrack:
    """One sensor's own story.

    Parameters
    ----------
    t
        ``(N,)`` true times of its samples on the session's clock.
    q
        ``(N, 4)`` true ``q_es``, one earth for all sensors.
    ideal_acc, ideal_gyr
        ``(N, 3)`` what an ideal sensor reads, frame ``s``.
    acc, gyr
        ``(N, 3)`` what this one reads, before its encoding.
    """

    sensor: str
    t: Array
    q: Array
    ideal_acc: Array
    ideal_gyr: Array
    acc: Array
    gyr: Array


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedSession:
    """A session that never happened: its records and its truth.

    Parameters
    ----------
    scenario, seed, grade
        What was asked for.
    header
        What a recording of it says of itself.
    truth
        True angles and segment orientations on the grid.
    repetitions
        Every repetition as it really was.
    injected
        Every compensation that was put in.
    deeds
        What people did besides what they were asked for, to their straps and sensors too.
    mounts
        Sensor, by its name in the header, to ``q_sb (4,)`` of the segment it rides on.
    tracks
        Sensor to what it felt and read.
    marks
        ``(t, label)`` on the session's clock.
    duration_s
        Length of the simulation.
    delay_s
        The constant way to the host that the session's clock contains.
    """

    scenario: str
    seed: int
    grade: str
    header: Header
    truth: Truth
    repetitions: tuple[TrueRepetition, ...]
    injected: tuple[Injected, ...]
    deeds: tuple[Deed, ...]
    mounts: Mapping[str, Array]
    tracks: Mapping[str, SensorTrack]
    marks: tuple[tuple[float, str], ...]
    duration_s: float
    delay_s: float
    _sent: Sent = field(repr=False)

    def batches(self, seconds: float = 1.0) -> Iterator[list[Record]]:
        """Give the records, `seconds` of host time at once, in the order of arrival."""
        return records_in_batches(self._sent, seconds)

"""MVNX (Xsens MVN): orientation and free acceleration of each sensor, without turning rates.

MVN user manual (Xsens), section on MVNX: time in ms, ``sensorOrientation`` scalar first, sensor to
earth, ``sensorFreeAcceleration`` in the earth's frame, sensors in the order of their list.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.records import Array
from imuhip.importers.columns import from_vectors
from imuhip.importers.number_tables import NumberTable
from imuhip.importers.orientations import (
    ORIENTATION_NOTE,
    force_from_free,
    rates_from_orientation,
)
from imuhip.importers.sources import Options, Reading, Source


def is_mvnx(source: Source) -> bool:
    """Whether a file is an MVNX, by its name or its first element."""
    return source.path.suffix.lower() == ".mvnx" or b"<mvnx" in source.head[:4096]


def read_mvnx(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read all sensors of a take.

    Raises
    ------
    RecordingError
        If there are too few frames, or frames without orientation.
    """
    (source,) = sources
    sensors, frames, rate = _parts(source)
    if len(frames) < _FEWEST:
        raise RecordingError(f"{_ABOUT}. This take has fewer than two frames: {len(frames)}.")
    t = np.array([float(frame.get("time", "nan")) for frame in frames]) * 1e-3
    if not np.isfinite(t).all() or np.any(np.diff(t) <= 0.0):
        if not (options.rate_hz or rate):
            raise RecordingError(
                "The frames have no rising times. Say the rate, for example --rate 60"
            )
        t = np.arange(len(frames)) / (options.rate_hz or rate)
    q = _values(frames, "sensorOrientation", 4 * len(sensors)).reshape(len(frames), -1, 4)
    free = _values(frames, "sensorFreeAcceleration", 3 * len(sensors)).reshape(len(frames), -1, 3)
    line = np.arange(1, len(frames) + 1)
    empty = NumberTable(source.path, {}, line, 0, (f"{_ABOUT}. Here {ORIENTATION_NOTE}",))
    readings: list[Reading] = []
    for i, label in enumerate(sensors):
        gyr = rates_from_orientation(t, q[:, i])
        table = from_vectors(empty, t, force_from_free(q[:, i], free[:, i]), gyr)
        readings.append(
            Reading(table if not readings else replace(table, notes=()), label, group="MVN")
        )
    return readings


def _parts(source: Source) -> tuple[list[str], list[ET.Element], float]:
    """Return the sensors' labels, the frames of the movement, and the rate.

    Raises
    ------
    RecordingError
        If it is no XML, declares entities, or names no sensors.
    """
    if b"<!DOCTYPE" in source.text or b"<!ENTITY" in source.text:
        raise RecordingError(
            "The file declares a document type, which no MVNX does, so it is not read."
        )
    try:
        root = ET.fromstring(source.text)  # noqa: S314 - entities are refused above
    except ET.ParseError as error:
        raise RecordingError(f"The file is not complete XML: {error}. Export it again.") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    sensors = [sensor.get("label", "") for sensor in root.iterfind(".//sensors/sensor")]
    if not sensors:
        raise RecordingError(f"{_ABOUT}. This one has no sensors, only a model.")
    frames = [f for f in root.iterfind(".//frame") if f.get("type", "normal") == "normal"]
    subject = root.find(".//subject")
    rate = float(subject.get("frameRate", "0")) if subject is not None else 0.0
    return sensors, frames, rate


def _values(frames: Sequence[ET.Element], tag: str, count: int) -> Array:
    rows = []
    for frame in frames:
        numbers = (frame.findtext(tag) or "").split()
        if len(numbers) != count:
            raise RecordingError(
                f"{_ABOUT}. A frame has {len(numbers)} numbers of {tag} instead of {count}."
            )
        rows.append([float(number) for number in numbers])
    values = np.array(rows)
    if not np.isfinite(values).all():
        raise RecordingError(f"{tag} holds NaN or infinity. Export the take again.")
    return values


_FEWEST: Final = 2
_ABOUT: Final = (
    "An .mvnx holds orientation and free acceleration, but no turning rates; the sensor data of "
    "MVN or Awinda, exported as text from MT Manager, is better"
)

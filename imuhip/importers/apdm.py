"""APDM Opal: CSV of format 7 (Motion Studio), and HDF5 of versions 4 and 5.

Motion Studio and Mobility Lab user guides (APDM): one file holds all sensors; labels say where;
m/s², rad/s, µT; time is s or µs since 1970 in CSV, µs in HDF5.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.extras import need
from imuhip.core.records import Array
from imuhip.importers.channels import Channel, table_of
from imuhip.importers.columns import from_vectors
from imuhip.importers.hdf5_numbers import hdf5_numbers
from imuhip.importers.mapped_hdf5 import read_mapped_hdf5
from imuhip.importers.number_tables import NumberTable, read_text_table, separator_of, split_line
from imuhip.importers.sources import ACC, AXES, GYR, MAG, Options, Reading, Source
from imuhip.importers.times import seconds_since_1970


def is_apdm_csv(source: Source) -> bool:
    """Whether a file begins as Motion Studio's CSV does."""
    return source.head.startswith((b"Format=", b'"Format='))


def read_apdm_csv(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read all sensors of a file.

    Raises
    ------
    RecordingError
        If the format is another, or a sensor has no accelerations or turning rates.
    """
    (source,) = sources
    lines = source.text.split(b"\n", 3)
    if len(lines) < 4:
        raise RecordingError("The file ends within its three lines of names. Export it again.")
    separator = separator_of(lines[1])
    places, kinds, axes = (split_line(line, separator) for line in lines[:3])
    version = places[0].partition("=")[2]
    if version != "7":
        raise RecordingError(
            f"This CSV has APDM's format {version}. Format 7 and HDF5 are read: export one of them."
        )
    sensors = _columns_of_sensors(places, kinds, axes)
    wanted = {at for columns in sensors.values() for at in columns.values()} | {0}
    count = max(len(places), len(kinds), len(axes))
    names = [f"column {at}" for at in range(count)]
    blank = [name for at, name in enumerate(names) if at not in wanted]
    table = read_text_table(
        source.path,
        lambda _: None,
        drop_invalid=options.drop_invalid,
        text=lines[3],
        lines_before=3,
        blank_columns=[*blank, ""],
        names=names,
        separator=separator,
    )
    return [_sensor(table, label, columns) for label, columns in sensors.items()]


def _columns_of_sensors(
    places: Sequence[str], kinds: Sequence[str], axes: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Return label to our name to place in a row; a name stands above the first of its columns."""
    starts = [at for at in range(1, len(places)) if places[at].isdigit()]
    sensors: dict[str, dict[str, int]] = {}
    for start, stop in zip(starts, [*starts[1:], len(axes)], strict=True):
        label = next((p for p in places[start + 1 : stop] if p), places[start])
        kind = ""
        columns: dict[str, int] = {}
        for at in range(start, min(stop, len(axes))):
            kind = (kinds[at] if at < len(kinds) else "") or kind
            if kind in _KINDS and axes[at].lower() in ("x", "y", "z"):
                columns[f"{_KINDS[kind]}_{axes[at].lower()}"] = at
        sensors[label] = columns
    return sensors


def _sensor(table: NumberTable, label: str, columns: dict[str, int]) -> Reading:
    if missing := [name for name in (*ACC, *GYR) if name not in columns]:
        raise RecordingError(
            f"Sensor {label} has no {', '.join(missing)}. Export accelerations and turning rates "
            "as well.",
            line=2,
        )

    def vectors(names: Sequence[str]) -> Array:
        return np.column_stack([table.columns[f"column {columns[name]}"] for name in names])

    mag = vectors(MAG) if all(name in columns for name in MAG) else None
    t, _ = seconds_since_1970(table.columns["column 0"])
    return Reading(from_vectors(table, t, vectors(ACC), vectors(GYR), mag), label, group="APDM")


def is_hdf5(source: Source) -> bool:
    """Whether a file is HDF5, by its name."""
    return source.path.suffix.lower() in (".h5", ".hdf5")


def read_apdm_hdf5(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read all sensors of an HDF5 file, of APDM or by its names; needs h5py, the extra ``lab``.

    Raises
    ------
    RecordingError
        If h5py is not installed, or the file holds no sensor.
    """
    (source,) = sources
    h5py = need("h5py")
    try:
        with h5py.File(source.path, "r") as file:
            if "Sensors" in file:
                groups = [
                    (sensor, sensor.get("Configuration", sensor))
                    for sensor in file["Sensors"].values()
                ]
            else:
                groups = [
                    (sensor["Calibrated"], sensor)
                    for sensor in file.values()
                    if hasattr(sensor, "keys") and "Calibrated" in sensor
                ]
            if not groups:
                return read_mapped_hdf5(source.path, file, options)
            return [_hdf5_sensor(source.path, data, about, options) for data, about in groups]
    except OSError as error:
        raise RecordingError(f"The file cannot be read as HDF5: {error}") from error


def _hdf5_sensor(path: Path, data: Any, about: Any, options: Options) -> Reading:
    """Return the samples of one group; `about` carries the label."""
    label = _label(about) or str(data.name).rsplit("/", 1)[-1]
    if missing := [name for name in ("Accelerometer", "Gyroscope") if _found(data, name) is None]:
        raise RecordingError(f"Sensor {label} has no {' and no '.join(missing)}. Export both.")
    kinds = ["Accelerometer", "Gyroscope"]
    if (
        _found(data, "Magnetometer") is not None
        and np.isfinite(_vectors(path, data, "Magnetometer")).all()
    ):
        kinds.append("Magnetometer")
    sensor = {
        f"{_KINDS[kind]}_{axis}": Channel(kind, _UNITS[kind], _vectors(path, data, kind)[:, i])
        for kind in kinds
        for i, axis in enumerate(AXES)
    }
    times = data["Time"] if "Time" in data else about.get("Time")
    if times is not None:
        t = hdf5_numbers(path, times).ravel() * 1e-6
    elif options.rate_hz:
        t = np.arange(len(sensor["acc_x"].values)) / options.rate_hz
    else:
        raise RecordingError(f"Sensor {label} has no times. Say the rate, for example --rate 128")
    return Reading(table_of(path, t, sensor, options), label, group="APDM")


def _found(data: Any, name: str) -> Any:
    return next((data[key] for key in (name, f"{name}s") if key in data), None)


def _vectors(path: Path, data: Any, name: str) -> Array:
    values = hdf5_numbers(path, _found(data, name))
    return values if values.shape[-1] == 3 else values.T


def _label(about: Any) -> str:
    """Return the label, which is padded with zero bytes."""
    for key in ("Label 0", "MonitorLabel", "Label"):
        if key in about.attrs:
            value = about.attrs[key]
            value = value.tobytes() if hasattr(value, "tobytes") else value
            text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
            return text.replace("\0", "").strip()
    return ""


_UNITS: Final = {"Accelerometer": "m/s2", "Gyroscope": "rad/s", "Magnetometer": "uT"}
_KINDS: Final = {"Accelerometer": "acc", "Gyroscope": "gyr", "Magnetometer": "mag"}

"""MCAP with decoded samples, angles and events, for Foxglove and PlotJuggler to plot.

Protobuf messages whose schemas lie in the file, a channel each:

=====================  =========================================================
channel                message
=====================  =========================================================
``/hip/left, /right``  ``imuhip.HipAngles``: degrees, deviations, valid
``/pelvis``            ``imuhip.PelvisAngles``: degrees
``/imu/<sensor>``      ``imuhip.Imu``: m/s², rad/s, µT; where there is a recording
``/events``            ``imuhip.Event``: marks, and edges of repetitions
=====================  =========================================================

Times are UTC where it is known, else seconds of the session since 1970.
"""

import heapq
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from mcap.well_known import MessageEncoding, SchemaEncoding
from mcap.writer import CompressionType, Writer

from imuhip.core.conventions import HIP_ANGLES, PELVIS_ANGLES, SIDES, Side
from imuhip.core.records import Array
from imuhip.recording.format import EXPORT_METADATA
from imuhip.results.exporters.material import Format, Material, events, named_files
from imuhip.results.samples import SensorSamples
from imuhip.results.schemas import Results, hip_column


class _Channel(NamedTuple):
    """A channel: its topic, and the message of the table below."""

    topic: str
    message: str


Message = tuple[int, int, tuple[Any, ...]]
"""Log time, number of the channel, and fields."""


def write_mcap(material: Material, path: Path) -> None:
    """Write one file, messages in order of time."""
    zero_ns = int(material.results.session.get("zero_utc_ns") or 0)
    channels = [*_ANGLES]
    streams = [_angles(material, zero_ns)]
    for sensor, samples in material.samples.items():
        streams.append(_samples(samples, len(channels), zero_ns))
        channels.append(_Channel(f"/imu/{sensor}", "ImuMag" if samples.has_mag else "Imu"))
    streams.append(_events(material.results, len(channels), zero_ns))
    channels.append(_Channel("/events", "Event"))
    with path.open("wb") as file:
        writer: Any = Writer(file, compression=CompressionType.ZSTD)
        writer.start(profile="", library="imuhip")
        _add_origin(writer, material.results)
        ids = _registered(writer, channels)
        for log_ns, k, fields in heapq.merge(*streams):
            name = channels[k].message
            message = _CLASSES[name](**dict(zip(_FIELDS[name], fields, strict=True)))
            writer.add_message(ids[k], log_ns, message.SerializeToString(), log_ns)
        writer.finish()


def _angles(material: Material, zero_ns: int) -> Iterator[Message]:
    """Both hips and the pelvis at each time, in the order of `_ANGLES`."""
    for piece in material.pieces("angles"):
        columns = [
            zip(*(piece[name].to_numpy().tolist() for name in names), strict=True)
            for names in _ANGLE_COLUMNS
        ]
        for log_ns, *rows in zip(_log_ns(piece["t"].to_numpy(), zero_ns), *columns, strict=True):
            yield from ((log_ns, k, row) for k, row in enumerate(rows))


def _samples(samples: SensorSamples, k: int, zero_ns: int) -> Iterator[Message]:
    for piece in samples.pieces():
        kinds = [each for each in (piece.acc, piece.gyr, piece.mag) if each is not None]
        axes = [values[:, axis].tolist() for values in kinds for axis in range(3)]
        rows = zip(piece.t.tolist(), *axes, strict=True)
        yield from zip(_log_ns(piece.t, zero_ns), itertools.repeat(k), rows)


def _events(results: Results, k: int, zero_ns: int) -> Iterator[Message]:
    found = events(results)
    times = _log_ns(np.array([event.t for event in found], dtype=np.float64), zero_ns)
    for log_ns, event in zip(times, found, strict=True):
        yield log_ns, k, (event.t, event.label, event.side or "")


def _log_ns(t: Array, zero_ns: int) -> list[int]:
    """Log times of session times; one before 1970 cannot be said and is 0."""
    ns: list[int] = np.maximum(zero_ns + np.round(t * 1e9).astype(np.int64), 0).tolist()
    return ns


def _hip_columns(side: Side) -> list[str]:
    """The columns of a hip, in the order of the message's fields."""
    kinds = ("", "sd", "sd_total")
    return [*(hip_column(a, side, kind) for kind in kinds for a in HIP_ANGLES), f"valid_{side}"]


def _registered(writer: Any, channels: list[_Channel]) -> list[int]:
    """Ids of the channels; a schema for each message that is used."""
    schemas: dict[str, int] = {}
    ids = []
    for channel in channels:
        if channel.message not in schemas:
            schemas[channel.message] = writer.register_schema(
                f"imuhip.{channel.message}", SchemaEncoding.Protobuf, _SCHEMA
            )
        schema = schemas[channel.message]
        ids.append(writer.register_channel(channel.topic, MessageEncoding.Protobuf, schema))
    return ids


def _add_origin(writer: Any, results: Results) -> None:
    about = {key: str(results.session.get(key) or "") for key in _ORIGIN}
    writer.add_metadata(EXPORT_METADATA, about)


def _file() -> descriptor_pb2.FileDescriptorProto:
    """The messages' descriptor, from the table below."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="imuhip_export.proto", package="imuhip", syntax="proto3"
    )
    for name, fields in _FIELDS.items():
        message = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields.items(), start=1):
            message.field.add(
                name=field,
                number=number,
                type=getattr(kinds, f"TYPE_{kind.upper()}"),
                label=kinds.LABEL_OPTIONAL,
            )
    return file


def _classes(file: descriptor_pb2.FileDescriptorProto) -> dict[str, Any]:
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = {name: pool.FindMessageTypeByName(f"imuhip.{name}") for name in _FIELDS}
    return {name: message_factory.GetMessageClass(each) for name, each in found.items()}


_ORIGIN: Final = ("recording", "recording_sha256", "athlete", "tester", "started")
_SIX: Final = ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")

_FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "HipAngles": {
        "t": "double",
        **dict.fromkeys([f"{name}_deg" for name in HIP_ANGLES], "double"),
        **dict.fromkeys([f"{name}_sd_deg" for name in HIP_ANGLES], "double"),
        **dict.fromkeys([f"{name}_sd_total_deg" for name in HIP_ANGLES], "double"),
        "valid": "bool",
    },
    "PelvisAngles": {
        "t": "double",
        **dict.fromkeys([f"{name}_deg" for name in PELVIS_ANGLES], "double"),
    },
    "Imu": {"t": "double", **dict.fromkeys(_SIX, "double")},
    "ImuMag": {"t": "double", **dict.fromkeys((*_SIX, "mag_x", "mag_y", "mag_z"), "double")},
    "Event": {"t": "double", "label": "string", "side": "string"},
}
"""Message → field → kind; a field's number is its place."""

_FILE: Final = _file()
_CLASSES: Final = _classes(_FILE)
_SCHEMA: Final = descriptor_pb2.FileDescriptorSet(file=[_FILE]).SerializeToString()

_ANGLES: Final = (
    *(_Channel(f"/hip/{side}", "HipAngles") for side in SIDES),
    _Channel("/pelvis", "PelvisAngles"),
)
_ANGLE_COLUMNS: Final = (
    *(("t", *_hip_columns(side)) for side in SIDES),
    ("t", *(f"pelvis_{name}_deg" for name in PELVIS_ANGLES)),
)

MCAP: Final = Format(
    named_files({"session.mcap": write_mcap}),
    {".mcap": write_mcap},
    columns=("t",),
    sensors=False,
    takes_samples=True,
)

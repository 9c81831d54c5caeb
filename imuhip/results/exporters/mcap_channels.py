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

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from mcap.well_known import MessageEncoding, SchemaEncoding
from mcap.writer import CompressionType, Writer
from numpy.typing import NDArray

from imuhip.core.conventions import HIP_ANGLES, PELVIS_ANGLES, SIDES, Side
from imuhip.core.records import Array
from imuhip.recording.format import EXPORT_METADATA
from imuhip.results.exporters.material import Format, Material, events, named_files
from imuhip.results.schemas import Results, hip_column


class _Channel(NamedTuple):
    """A channel: its topic, the message of the table below, times, and a column for each field."""

    topic: str
    message: str
    t: Array
    columns: tuple[NDArray[Any], ...]


def write_mcap(material: Material, path: Path) -> None:
    """Write one file, messages in order of time."""
    zero_ns = int(material.results.session.get("zero_utc_ns") or 0)
    channels = [*_angle_channels(material.results), *_sample_channels(material)]
    channels.append(_event_channel(material.results))
    with path.open("wb") as file:
        writer: Any = Writer(file, compression=CompressionType.ZSTD)
        writer.start(profile="", library="imuhip")
        _add_origin(writer, material.results)
        ids = _registered(writer, channels)
        for k, log_ns, fields in _messages(channels, zero_ns):
            name = channels[k].message
            message = _CLASSES[name](**dict(zip(_FIELDS[name], fields, strict=True)))
            writer.add_message(ids[k], log_ns, message.SerializeToString(), log_ns)
        writer.finish()


def _angle_channels(results: Results) -> Iterator[_Channel]:
    def columns(names: Sequence[str]) -> list[NDArray[Any]]:
        return [results.angles[name].to_numpy() for name in names]

    (t,) = columns(["t"])
    for side in SIDES:
        yield _Channel(f"/hip/{side}", "HipAngles", t, (t, *columns(_hip_columns(side))))
    names = [f"pelvis_{name}_deg" for name in PELVIS_ANGLES]
    yield _Channel("/pelvis", "PelvisAngles", t, (t, *columns(names)))


def _hip_columns(side: Side) -> list[str]:
    """The columns of a hip, in the order of the message's fields."""
    kinds = ("", "sd", "sd_total")
    return [*(hip_column(a, side, kind) for kind in kinds for a in HIP_ANGLES), f"valid_{side}"]


def _sample_channels(material: Material) -> Iterator[_Channel]:
    for sensor, samples in material.samples.items():
        axes = [values[:, k] for values in (samples.acc, samples.gyr) for k in range(3)]
        message = "Imu"
        if samples.mag is not None:
            message = "ImuMag"
            axes += [samples.mag[:, k] for k in range(3)]
        yield _Channel(f"/imu/{sensor}", message, samples.t, (samples.t, *axes))


def _event_channel(results: Results) -> _Channel:
    found = events(results)
    t = np.array([event.t for event in found], dtype=np.float64)
    labels = np.array([event.label for event in found], dtype=object)
    sides = np.array([event.side or "" for event in found], dtype=object)
    return _Channel("/events", "Event", t, (t, labels, sides))


def _messages(channels: list[_Channel], zero_ns: int) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
    """Channel, log time and fields of each message, in order of time.

    A time before 1970 cannot be said and is 0. Numbers become Python's a block at a time: all at
    once they take four times the memory.
    """
    which = np.concatenate([np.full(len(c.t), k, dtype=np.int8) for k, c in enumerate(channels)])
    row = np.concatenate([np.arange(len(c.t), dtype=np.int32) for c in channels])
    t = np.concatenate([c.t for c in channels])
    ns = np.maximum(zero_ns + np.round(t * 1e9).astype(np.int64), 0)
    order = np.argsort(ns, kind="stable")
    for first in range(0, len(order), _BLOCK):
        block = order[first : first + _BLOCK]
        fields = []
        for k, channel in enumerate(channels):
            rows = row[block][which[block] == k]
            fields.append(zip(*(values[rows].tolist() for values in channel.columns), strict=True))
        for k, log_ns in zip(which[block].tolist(), ns[block].tolist(), strict=True):
            yield k, log_ns, next(fields[k])


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

_BLOCK: Final = 20_000
"""Messages that are made at once."""

_COLUMNS: Final = (
    "t",
    *(name for side in SIDES for name in _hip_columns(side)),
    *(f"pelvis_{name}_deg" for name in PELVIS_ANGLES),
)

MCAP: Final = Format(
    named_files({"session.mcap": write_mcap}),
    {".mcap": write_mcap},
    columns=_COLUMNS,
    sensors=False,
    takes_samples=True,
)

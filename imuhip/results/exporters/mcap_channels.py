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

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from mcap.well_known import MessageEncoding, SchemaEncoding
from mcap.writer import CompressionType, Writer

from imuhip.core.conventions import HIP_ANGLES, PELVIS_ANGLES, SIDES
from imuhip.recording.format import EXPORT_METADATA
from imuhip.results.exporters.material import Format, Material, events, named_files
from imuhip.results.schemas import Results, hip_column


class _Channel(NamedTuple):
    """A channel: its topic, the message of the table below, times, and a column for each field."""

    topic: str
    message: str
    t: Any
    columns: tuple[Any, ...]


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
        for k, row, log_ns in _in_order(channels, zero_ns):
            channel = channels[k]
            fields = (value[row] for value in channel.columns)
            message = _CLASSES[channel.message](
                **dict(zip(_FIELDS[channel.message], fields, strict=True))
            )
            writer.add_message(ids[k], log_ns, message.SerializeToString(), log_ns)
        writer.finish()


def _angle_channels(results: Results) -> Iterator[_Channel]:
    t = results.angles["t"].to_pylist()
    for side in SIDES:
        names = [hip_column(a, side, kind) for kind in ("", "sd", "sd_total") for a in HIP_ANGLES]
        columns = [results.angles[name].to_pylist() for name in (*names, f"valid_{side}")]
        yield _Channel(f"/hip/{side}", "HipAngles", t, (t, *columns))
    names = [f"pelvis_{name}_deg" for name in PELVIS_ANGLES]
    columns = [results.angles[name].to_pylist() for name in names]
    yield _Channel("/pelvis", "PelvisAngles", t, (t, *columns))


def _sample_channels(material: Material) -> Iterator[_Channel]:
    for sensor, samples in material.samples.items():
        axes = [values[:, k].tolist() for values in (samples.acc, samples.gyr) for k in range(3)]
        message = "Imu"
        if samples.mag is not None:
            message = "ImuMag"
            axes += [samples.mag[:, k].tolist() for k in range(3)]
        t = samples.t.tolist()
        yield _Channel(f"/imu/{sensor}", message, t, (t, *axes))


def _event_channel(results: Results) -> _Channel:
    found = events(results)
    t = [event.t for event in found]
    labels, sides = [event.label for event in found], [event.side or "" for event in found]
    return _Channel("/events", "Event", t, (t, labels, sides))


def _in_order(channels: list[_Channel], zero_ns: int) -> Iterator[tuple[int, int, int]]:
    """Channel, row and log time of each message; a time before 1970 cannot be said and is 0."""
    which = np.concatenate([np.full(len(c.t), k) for k, c in enumerate(channels)])
    row = np.concatenate([np.arange(len(c.t)) for c in channels])
    t = np.concatenate([np.asarray(c.t, dtype=np.float64) for c in channels])
    ns = np.maximum(zero_ns + np.round(t * 1e9).astype(np.int64), 0)
    order = np.argsort(ns, kind="stable")
    return zip(which[order].tolist(), row[order].tolist(), ns[order].tolist(), strict=True)


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


_ORIGIN: Final = ("recording", "recording_sha256", "athlete", "started")
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

MCAP: Final = Format(
    named_files({"session.mcap": write_mcap}), {".mcap": write_mcap}, takes_samples=True
)

"""What lies inside a recording: the header as JSON, and each record as a protobuf message.

`docs/recording_format.md` describes the whole file. The protobuf schemas are built here at import
and embedded in every file, so that other tools can read the messages without this package.
"""

import json
import math
import zlib
from collections.abc import Mapping
from typing import Any, Final, cast

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

from imuhip.core.conventions import SEGMENTS
from imuhip.core.errors import RecordingError
from imuhip.core.records import (
    FORMAT_VERSION,
    ByteArray,
    Header,
    IntArray,
    LinkEvent,
    Mark,
    Mount,
    Packet,
    SensorInfo,
)

MCAP_PROFILE: Final = "imuhip"
METADATA_NAME: Final = "imuhip.header"
EXPORT_METADATA: Final = "imuhip.export"
"""Metadata record of an MCAP file that holds decoded samples and angles, and is no recording."""

HEADER_TOPIC: Final = "header"
MARKS_TOPIC: Final = "marks"
EVENTS_TOPIC: Final = "events"

MAX_CHUNK_BYTES: Final = 8 << 20
"""A reader refuses larger chunks; a writer ends them long before."""

CHUNK_BYTES: Final = 1 << 20
"""A writer ends a chunk when this much is waiting."""

MAX_RECORD_BYTES: Final = 64 << 10
"""Largest notification, mark or event; Bluetooth notifications end at 512 bytes."""

MAX_HEADER_BYTES: Final = 1 << 20
MAX_RATE_HZ: Final = 1e6
_INT64: Final = 1 << 63


# --- the header ----------------------------------------------------------------------------------


def json_from_header(header: Header) -> str:
    """Return the header as JSON text; ValueError where a reader would refuse it."""
    value = {name: getattr(header, name) for name in Header.__slots__}
    value["sensors"] = [_dict_from_sensor(sensor) for sensor in header.sensors]
    if not header.tester:  # as before there were testers
        del value["tester"]
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)
    if len(text.encode()) > MAX_HEADER_BYTES:
        raise ValueError(f"The header has {len(text)} bytes; {MAX_HEADER_BYTES} are the most.")
    try:
        header_from_json(text)
    except RecordingError as error:
        raise ValueError(error.message) from error
    return text


def metadata_from_json(text: str) -> dict[str, str]:
    """Return the header's metadata record: the text, and a checksum that MCAP does not have."""
    return {"json": text, "crc32": f"{zlib.crc32(text.encode()):08x}"}


def json_from_metadata(metadata: Mapping[str, str]) -> str | None:
    """Return the header's text; None if the checksum says that it is damaged."""
    text = metadata.get("json", "")
    return text if metadata.get("crc32") == f"{zlib.crc32(text.encode()):08x}" else None


def header_from_json(text: str) -> Header:
    """Return the header that `text` holds, checked entry by entry.

    Raises
    ------
    RecordingError
        If it is newer than this version reads, or an entry is missing or of another kind.
    """
    if len(text) > MAX_HEADER_BYTES:
        raise RecordingError(f"the header has {len(text)} characters; at most {MAX_HEADER_BYTES}")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"the header is no readable JSON: {error}") from error
    if not isinstance(value, dict):
        raise RecordingError("the header should be a JSON object")
    version = _integer(value, "format_version")
    if version > FORMAT_VERSION:
        raise RecordingError(
            f"the recording has format version {version}, and this program reads up to "
            f"{FORMAT_VERSION}; update imuhip to open it"
        )
    return _header_from_dict(value, version)


def _header_from_dict(value: dict[str, Any], version: int) -> Header:
    """Build the header, each entry checked."""
    sensors = tuple(_sensor_from_dict(entry) for entry in _entry(value, "sensors", list))
    profiles = _texts(value, "profiles")
    for sensor in sensors:
        if sensor.profile_id not in profiles:
            raise RecordingError(
                f"the profile {sensor.profile_id!r} of {sensor.sensor} is not in the header"
            )
    if len({sensor.sensor for sensor in sensors}) != len(sensors):
        raise RecordingError("the header names a sensor twice")
    clock = _entry(value, "clock", str)
    if clock not in {"session", "host"}:
        raise RecordingError(f"header: clock should be 'session' or 'host', is {clock!r}")
    return Header(
        sensors=sensors,
        profiles=profiles,
        clock=clock,
        monotonic_ns=_integer(value, "monotonic_ns"),
        utc_ns=_integer(value, "utc_ns"),
        athlete=_entry(value, "athlete", str),
        started=_entry(value, "started", str),
        source=_entry(value, "source", str),
        software=_texts(value, "software"),
        parameters=_entry(value, "parameters", dict),
        format_version=version,
        tester=_entry(value, "tester", str) if "tester" in value else "",
    )


def _dict_from_sensor(info: SensorInfo) -> dict[str, Any]:
    value = {name: getattr(info, name) for name in SensorInfo.__slots__}
    value["mount"] = None if info.mount is None else {"up": info.mount.up, "out": info.mount.out}
    return value


def _sensor_from_dict(value: Any) -> SensorInfo:
    if not isinstance(value, dict):
        raise RecordingError("header: sensors should be a list of objects")
    sensor = _entry(value, "sensor", str)
    if sensor not in SEGMENTS:
        raise RecordingError(f"header: {sensor[:40]!r} is no segment; known: {', '.join(SEGMENTS)}")
    mount = value.get("mount")
    if mount is not None:
        mount = _texts(value, "mount")
        mount = Mount(up=_entry(mount, "up", str), out=_entry(mount, "out", str))
    settings = _entry(value, "settings", dict)
    return SensorInfo(
        sensor=sensor,
        profile_id=_entry(value, "profile_id", str),
        rate_hz=_number(value, "rate_hz"),
        mount=mount,
        device=_texts(value, "device"),
        settings={name: _number(settings, name) for name in settings},
    )


def _entry(value: Mapping[str, Any], key: str, kind: type) -> Any:
    """Return an entry of the header, of the kind it must have."""
    entry = value.get(key)
    if not isinstance(entry, kind):
        raise RecordingError(f"header: {key} should be {_KINDS[kind]}, is {_shown(entry)}")
    return entry


def _texts(value: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return an entry that maps text to text."""
    texts = _entry(value, key, dict)
    return {name: _entry(texts, name, str) for name in texts}


def _integer(value: Mapping[str, Any], key: str) -> int:
    """Return an entry that is a 64-bit integer."""
    entry = value.get(key)
    if not isinstance(entry, int) or isinstance(entry, bool) or not -_INT64 <= entry < _INT64:
        raise RecordingError(f"header: {key} should be an integer, is {_shown(entry)}")
    return entry


def _number(value: Mapping[str, Any], key: str) -> float:
    """Return an entry that is a finite number."""
    entry = value.get(key)
    if isinstance(entry, bool) or not isinstance(entry, int | float):
        raise RecordingError(f"header: {key} should be a number, is {_shown(entry)}")
    if not math.isfinite(entry) or (key == "rate_hz" and not 0.0 <= entry <= MAX_RATE_HZ):
        raise RecordingError(f"header: {key} is {entry}, which cannot be")
    return float(entry)


def _shown(entry: object) -> str:
    """Return what came, short: a list or an object by its kind alone, for it may be vast."""
    return repr(entry)[:40] if isinstance(entry, str | int | float) else type(entry).__name__


def _plain(value: object) -> object:
    """Turn what JSON does not know into what it knows: mappings and numpy's numbers."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise ValueError(f"A header holds plain values only, not {type(value).__name__}.")


# --- records -------------------------------------------------------------------------------------


def bytes_from_packet(packet: Packet) -> bytes:
    """Return a packet as a ``Notifications`` message."""
    fields = _new("Notifications")
    fields.sensor = packet.sensor
    fields.characteristic = packet.characteristic
    fields.epoch = packet.epoch
    fields.arrival.extend(packet.arrival.tolist())
    fields.host_ns.extend(packet.host_ns.tolist())
    fields.length.extend(np.diff(packet.offsets).tolist())
    fields.payload = packet.payload.tobytes()
    return cast("bytes", fields.SerializeToString())


def packet_from_bytes(data: bytes) -> Packet:
    """Return the packet in a ``Notifications`` message; ValueError if it contradicts itself."""
    fields = _parsed("Columns", data)
    columns = _columns(fields)
    if columns is None:
        fields = _parsed("Notifications", data)
        columns = _numbers(fields)
    arrival, host_ns, lengths = columns
    if not 0 < len(arrival) == len(host_ns) == len(lengths):
        raise ValueError("a group of notifications has columns of unequal length")
    if fields.sensor not in SEGMENTS:
        raise ValueError(f"{fields.sensor[:40]!r} is no segment")
    if len(fields.characteristic) > MAX_RECORD_BYTES:
        raise ValueError("the name of a characteristic is too long")
    payload = fields.payload
    offsets = np.zeros(len(arrival) + 1, dtype=np.int64)
    lengths.cumsum(out=offsets[1:])
    if offsets[-1] != len(payload):
        raise ValueError(f"lengths add up to {offsets[-1]} bytes, and {len(payload)} are there")
    return Packet(
        sensor=fields.sensor,
        characteristic=fields.characteristic,
        epoch=fields.epoch,
        arrival=arrival,
        host_ns=host_ns,
        payload=cast("ByteArray", np.frombuffer(payload, dtype=np.uint8)),
        offsets=offsets,
    )


def _columns(fields: Any) -> tuple[IntArray, IntArray, IntArray] | None:
    """Arrival numbers, host times and lengths out of packed columns, as they lie in the file.

    None where that is not all there is to them: a length of two bytes, numbers in pieces.
    """
    arrival, host_ns, lengths = fields.arrival, fields.host_ns, fields.length
    count = len(lengths)
    if len(arrival) != 8 * count or len(host_ns) != 8 * count or not lengths.isascii():
        return None
    # A number beyond 63 bits shows as a negative one, which no check of arrival numbers lets pass.
    return (
        np.frombuffer(arrival, dtype="<i8").astype(np.int64),
        np.frombuffer(host_ns, dtype="<i8").astype(np.int64),
        np.frombuffer(lengths, dtype=np.uint8).astype(np.int64),
    )


def _numbers(fields: Any) -> tuple[IntArray, IntArray, IntArray]:
    """The same, number by number."""
    if not len(fields.arrival):
        raise ValueError("a group of notifications is empty")
    host_ns, lengths = (np.array(each, dtype=np.int64) for each in (fields.host_ns, fields.length))
    if len(lengths) and lengths.max() > MAX_RECORD_BYTES:
        raise ValueError(f"a notification holds 0 to {MAX_RECORD_BYTES} bytes")
    return _signed(fields.arrival), host_ns, lengths


def bytes_from_mark(mark: Mark) -> bytes:
    """Return a mark as a ``Mark`` message."""
    fields = _new("Mark")
    fields.arrival, fields.host_ns, fields.label = mark.arrival, mark.host_ns, mark.label
    return cast("bytes", fields.SerializeToString())


def mark_from_bytes(data: bytes) -> Mark:
    """Return the mark in a ``Mark`` message."""
    fields = _parsed("Mark", data)
    return Mark(int(_signed([fields.arrival])[0]), fields.host_ns, fields.label)


def bytes_from_event(event: LinkEvent) -> bytes:
    """Return a link event as a ``LinkEvent`` message."""
    fields = _new("LinkEvent")
    fields.arrival, fields.host_ns = event.arrival, event.host_ns
    fields.sensor, fields.kind = event.sensor, event.kind
    for key, text in event.detail.items():
        pair = fields.detail.add()
        pair.key, pair.value = key, text
    return cast("bytes", fields.SerializeToString())


def event_from_bytes(data: bytes) -> LinkEvent:
    """Return the event in a ``LinkEvent`` message."""
    fields = _parsed("LinkEvent", data)
    return LinkEvent(
        arrival=int(_signed([fields.arrival])[0]),
        host_ns=fields.host_ns,
        sensor=fields.sensor,
        kind=fields.kind,
        detail={pair.key: pair.value for pair in fields.detail},
    )


def _signed(numbers: Any) -> IntArray:
    """Return arrival numbers as int64; ValueError beyond 63 bits."""
    unsigned = np.array(numbers, dtype=np.uint64)
    if unsigned.max() >= _INT64:
        raise ValueError("an arrival number exceeds 63 bits")
    return unsigned.astype(np.int64)


def _new(name: str) -> Any:
    """Return an empty message; its fields are attributes, which no type checker knows of."""
    return _CLASSES[name]()


def _parsed(name: str, data: bytes) -> Any:
    """Return a message parsed from wire bytes; ValueError if they are not one."""
    fields = _new(name)
    try:
        fields.MergeFromString(data)
    except (message.DecodeError, RecursionError, UnicodeError) as error:
        raise ValueError(f"not a {name} message: {error}") from error
    return fields


# --- schemas -------------------------------------------------------------------------------------


def _descriptors(
    messages: Mapping[str, tuple[tuple[str, str], ...]],
) -> descriptor_pb2.FileDescriptorSet:
    """Build the file descriptor from a table of messages."""
    kinds = descriptor_pb2.FieldDescriptorProto
    files = descriptor_pb2.FileDescriptorSet()
    file = files.file.add(name="imuhip.proto", package="imuhip", syntax="proto3")
    for name, fields in messages.items():
        described = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields, start=1):
            repeated, _, base = kind.rpartition(" ")
            label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            entry = described.field.add(name=field, number=number, label=label)
            if base in messages:
                entry.type, entry.type_name = kinds.TYPE_MESSAGE, f".imuhip.{base}"
            else:
                entry.type = getattr(kinds, f"TYPE_{base.upper()}")
    return files


def _classes(files: descriptor_pb2.FileDescriptorSet) -> dict[str, Any]:
    """Return a message class for each name, from a pool of our own."""
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    names = [described.name for file in files.file for described in file.message_type]
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"imuhip.{name}"))
        for name in names
    }


_KINDS: Final[dict[type, str]] = {dict: "an object", list: "a list", str: "text"}

# Field numbers are places in these tables: add at the end, never reorder.
_MESSAGES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "Notifications": (
        ("sensor", "string"),
        ("characteristic", "string"),
        ("epoch", "uint32"),
        ("arrival", "repeated fixed64"),
        ("host_ns", "repeated sfixed64"),
        ("length", "repeated uint32"),
        ("payload", "bytes"),
    ),
    "Mark": (("arrival", "fixed64"), ("host_ns", "sfixed64"), ("label", "string")),
    "Detail": (("key", "string"), ("value", "string")),
    "LinkEvent": (
        ("arrival", "fixed64"),
        ("host_ns", "sfixed64"),
        ("sensor", "string"),
        ("kind", "string"),
        ("detail", "repeated Detail"),
    ),
}

_COLUMNS: Final = tuple(
    (name, "bytes" if kind.startswith("repeated") else kind)
    for name, kind in _MESSAGES["Notifications"]
)
"""The same bytes on the wire, read without making a Python object of each number."""

_FILES: Final = _descriptors(_MESSAGES)
_CLASSES: Final = _classes(_FILES) | _classes(_descriptors({"Columns": _COLUMNS}))

SCHEMA_BYTES: Final[bytes] = _FILES.SerializeToString(deterministic=True)
"""The FileDescriptorSet that is embedded in every recording."""

"""The ``[[stream]]`` tables of a profile → checked `Stream`.

Where a field lies, so that the checks read easily: a ``single`` payload and a ``resync`` frame have
one region of `min_len` bytes. A ``batch`` has two: the header, `samples_at` bytes, and the sample,
`sample_len` bytes, whose fields' offsets count from the sample's own beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, get_args

from imuhip.devices.profile_nouns import Arrangement, Counter, Field, Framing, Stream, Time
from imuhip.devices.toml_table import Table, fail, nearest, shown
from imuhip.devices.units import COUNTS, NUMPY_TYPES, SI, WIDE_TYPES

MAX_BYTES: Final = 4096
"""Longest payload a profile may describe; an attribute of Bluetooth has at most 512."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a stream is read against: the profile's `[time]` and `[counter]`, and its decoder."""

    time: Time | None
    counter: Counter | None
    words: bool
    decoder: str | None

    @property
    def header_names(self) -> tuple[str, ...]:
        """Names of the fields that hold a stamp or a counter."""
        time = () if self.time is None else (self.time.field,)
        counter = () if self.counter is None else (self.counter.field,)
        return time + counter


def parse_stream(table: Table, context: Context) -> Stream:
    """Return the stream that `table` describes."""
    framing = table.choice("framing", get_args(Framing), "single")
    fields = tuple(
        _parse_field(entry, framing, context) for entry in table.tables("field", FIELD_KEYS)
    )
    match = table.hex("match", "")
    if framing == "resync" and not match:
        table.fail("match", "the bytes each frame begins with, as framing is 'resync'")
    _check_names(table, fields, context)
    samples_at, sample_len, min_len = _lengths(table, framing, fields, match)
    stream = Stream(
        characteristic=table.uuid("characteristic", words=context.words),
        match=match,
        ignore=table.hexes("ignore"),
        framing=framing,
        layout=_layout(table, framing),
        min_len=min_len,
        pad_ok=table.flag("pad_ok", default=False),
        samples_at=samples_at,
        sample_len=sample_len,
        fields=fields,
    )
    _check_places(table, stream)
    return stream


def check_streams_apart(streams: Sequence[Stream]) -> None:
    """Raise unless the streams of a characteristic are distinct and give the same quantities."""
    for i, later in enumerate(streams):
        for j, earlier in enumerate(streams[:i]):
            if later.characteristic == earlier.characteristic:
                _check_apart(i, later, j, earlier)


def _check_apart(i: int, later: Stream, j: int, earlier: Stream) -> None:
    if later.match.startswith(earlier.match) or earlier.match.startswith(later.match):
        expected = f"bytes that tell it from stream[{j}] on the same characteristic"
        fail(f"stream[{i}].match", expected, shown(later.match.hex()))
    if "resync" in (later.framing, earlier.framing):
        fail(
            f"stream[{i}].framing",
            "a characteristic with one stream only, as one of them is 'resync'",
            f"the same as stream[{j}]'s",
        )
    same = later.has_quat == earlier.has_quat
    if not same or (later.field("mag") is None) != (earlier.field("mag") is None):
        fail(
            f"stream[{i}].field",
            f"mag and quat or euler exactly if stream[{j}] on the same characteristic has them",
            "another choice",
        )


def _parse_field(table: Table, framing: Framing, context: Context) -> Field:
    """Return the field that `table` describes."""
    known = [*SI, *context.header_names]
    name = table.text("name")
    if name not in known:
        fail(table.at("name"), "a known field", shown(name) + nearest(name, known))
    type_name = table.choice("type", tuple(NUMPY_TYPES))
    scale = table.number("scale", 1.0, zero=False)
    if name not in SI:
        return _header_field(table, name, type_name, framing, context)
    if type_name in WIDE_TYPES:
        table.fail("type", f"a type that float64 can hold, as {name} is a quantity")
    count = table.integer("count", 1, 16, COUNTS[name])
    if count != COUNTS[name]:
        table.fail("count", f"{COUNTS[name]}, as {name} has that many values")
    units = SI[name]
    unit = table.choice("unit", tuple(units), "1" if name == "quat" else None)
    return Field(
        name=name,
        offset=table.integer("offset", 0, MAX_BYTES),
        dtype=NUMPY_TYPES[type_name],
        count=count,
        unit=unit,
        # A product with 1.0 keeps every bit of a scale, and 1.0 × 1.0 is left out when decoding.
        factor=scale * units[unit],
        in_sample=True,
    )


def _header_field(
    table: Table, name: str, type_name: str, framing: Framing, context: Context
) -> Field:
    """Return a stamp or a counter: whole, except the seconds of a session."""
    for entry in ("scale", "unit"):
        if table.has(entry):
            table.fail(entry, f"no {entry} here; [time] unit and tick say what a stamp means")
    time = context.time
    is_time = time is not None and name == time.field
    seconds = is_time and time is not None and time.clock == "session"
    if seconds and type_name != "f64":
        table.fail("type", "f64, as [time] clock is 'session'")
    if not seconds and NUMPY_TYPES[type_name][1] != "u":
        table.fail("type", "an unsigned integer type such as u32")
    bits = 0
    if not seconds:
        bits = time.bits if is_time and time is not None else 0
        bits = bits or (0 if context.counter is None else context.counter.bits)
    width = 8 * int(NUMPY_TYPES[type_name][2:])
    if bits > width:
        table.fail("type", f"a type of at least {bits} bits, as the table of {name!r} says")
    each = is_time and time is not None and time.applies_to == "each"
    return Field(
        name=name,
        offset=table.integer("offset", 0, MAX_BYTES),
        dtype=NUMPY_TYPES[type_name],
        count=table.integer("count", 1, 1, 1),
        unit="",
        factor=1.0,
        in_sample=framing != "batch" or each,
    )


def _check_names(table: Table, fields: Sequence[Field], context: Context) -> None:
    """Raise unless every field is there once, and all that must be there are."""
    names = [field.name for field in fields]
    for index, name in enumerate(names):
        if name in names[:index]:
            fail(f"{table.at('field')}[{index}].name", "each field once", shown(name) + " again")
    if context.decoder is not None:
        return
    for name in ("acc", "gyr", *context.header_names):
        if name not in names:
            fail(table.at("field"), f"a field {name!r}", ", ".join(names) or "none")
    if "quat" in names and "euler" in names:
        fail(table.at("field"), "quat or euler", "both")


def _lengths(
    table: Table, framing: Framing, fields: Sequence[Field], match: bytes
) -> tuple[int, int, int]:
    """Return `samples_at`, `sample_len` and `min_len`, as said or as the fields need."""
    in_sample = max((f.offset + f.size for f in fields if f.in_sample), default=1)
    in_header = max((f.offset + f.size for f in fields if not f.in_sample), default=0)
    if framing == "batch":
        samples_at = table.integer("samples_at", 0, MAX_BYTES, max(in_header, len(match)))
        sample_len = table.integer("sample_len", 1, MAX_BYTES, in_sample)
        least = samples_at + sample_len
        return samples_at, sample_len, table.integer("min_len", least, MAX_BYTES, least)
    for name in ("samples_at", "sample_len", "layout"):
        if table.has(name):
            table.fail(name, f"no such key, as framing is {framing!r} and not 'batch'")
    min_len = table.integer("min_len", 1, MAX_BYTES, max(in_sample, len(match)))
    return 0, min_len, min_len


def _layout(table: Table, framing: Framing) -> Arrangement:
    """How the samples of a batch lie; a single sample is laid out like a batch of one."""
    if framing != "batch":
        return "planar"
    return table.choice("layout", get_args(Arrangement), "interleaved")


def _check_places(table: Table, stream: Stream) -> None:
    """Raise where fields overlap each other or the match, or lie beyond their region."""
    batch = stream.framing == "batch"
    for in_sample in (True, False):
        region = stream.sample_len if in_sample else stream.samples_at
        fields = [(f, i) for i, f in enumerate(stream.fields) if f.in_sample == in_sample]
        fields.sort(key=lambda entry: entry[0].offset)
        for field, index in fields:
            at = f"{table.at('field')}[{index}].offset"
            if field.offset + field.size > region:
                end = field.offset + field.size
                fail(at, f"a field within {region} bytes", f"{field.name} up to byte {end}")
            if field.offset < len(stream.match) and not (batch and in_sample):
                fail(at, "a field behind the match bytes", f"{field.name} at {field.offset}")
        for (first, _), (second, index) in pairwise(fields):
            if second.offset < first.offset + first.size:
                at = f"{table.at('field')}[{index}].offset"
                came = f"{second.name} at {second.offset}, which overlaps {first.name}"
                fail(at, f"{first.offset + first.size} or more", came)
        if in_sample and batch and stream.layout == "planar":
            _check_tiled(table, stream, [f for f, _ in fields])
    if batch and stream.samples_at < len(stream.match):
        table.fail("samples_at", "a first sample behind the match bytes")


def _check_tiled(table: Table, stream: Stream, fields: Sequence[Field]) -> None:
    """Raise unless the fields of a planar batch fill the sample: gaps have no place there."""
    if sum(field.size for field in fields) != stream.sample_len:
        table.fail("sample_len", "fields without gaps, as layout is 'planar'")


STREAM_KEYS: Final = (
    "characteristic",
    "match",
    "ignore",
    "framing",
    "layout",
    "min_len",
    "pad_ok",
    "samples_at",
    "sample_len",
    "field",
)

FIELD_KEYS: Final = ("name", "offset", "type", "count", "scale", "unit")

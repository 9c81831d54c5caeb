"""TOML text → checked, frozen `Profile`.

A profile says what a device advertises, how it is set up and how its bytes become samples;
docs/profiles.md is the page for those who write one. Everything is checked here, once: what
`parse_profile` returns can be decoded with, and a mistake is a `ProfileError` that names the key.
"""

import re
from collections.abc import Sequence
from typing import Final, get_args

from imuhip.devices.decoders import DECODERS
from imuhip.devices.framing import FAULT_KINDS
from imuhip.devices.profile_nouns import (
    RATE_CODE,
    AnswerBy,
    AppliesTo,
    Battery,
    ClockOf,
    Counter,
    Link,
    Match,
    Profile,
    Step,
    Stream,
    Time,
    Vector,
)
from imuhip.devices.stream_parsing import (
    MAX_BYTES,
    STREAM_KEYS,
    Context,
    check_streams_apart,
    parse_stream,
)
from imuhip.devices.toml_table import Table, as_number, as_uuid, fail, nearest, open_toml, shown
from imuhip.devices.units import COUNTS, NUMPY_TYPES, SECONDS

__all__ = ["Profile", "parse_profile"]

_EXACT_BITS: Final = 53
_MAX_S: Final = 60.0


def parse_profile(text: str) -> Profile:
    """Return the profile that a TOML text describes.

    Raises
    ------
    ProfileError
        When the text is no TOML or no usable profile; `key` names the entry.
    """
    top = open_toml(text, TOP_KEYS)
    head = top.table("profile", PROFILE_KEYS)
    time = _parse_time(top)
    counter = _parse_counter(top)
    if time is not None and counter is not None and time.field == counter.field:
        fail("counter.field", "another field than time.field", shown(counter.field))
    decoder = _parse_decoder(head)
    context = Context(time, counter, time is not None and time.clock == "session", decoder)
    streams = tuple(parse_stream(table, context) for table in top.tables("stream", STREAM_KEYS))
    if not streams:
        top.fail("stream", "at least one table [[stream]]")
    check_streams_apart(streams)
    link = _parse_link(top)
    steps = {
        part: tuple(_parse_step(table, link) for table in top.tables(part, STEP_KEYS))
        for part in ("setup", "start", "stop")
    }
    done = [*steps["setup"], *steps["start"], *steps["stop"]]
    rates = _parse_rates(top, any(RATE_CODE in (step.template or "") for step in done))
    battery = _parse_battery(top)
    axes = _parse_axes(head, any(stream.has_quat for stream in streams))
    vectors = tuple(_parse_vector(table, streams) for table in top.tables("vector", VECTOR_KEYS))
    if not vectors:
        top.fail("vector", "at least one table [[vector]], the profile's own test")
    return Profile(
        id=_identifier(head),
        version=head.text("version"),
        vendor=head.text("vendor"),
        sources=_at_least_one(head, "sources"),
        notes=head.texts("notes"),
        axes=axes,
        match=_parse_match(top),
        link=link,
        setup=steps["setup"],
        start=steps["start"],
        stop=steps["stop"],
        rates=rates,
        settings=_parse_settings(top),
        streams=streams,
        time=time,
        counter=counter,
        battery=battery,
        vectors=vectors,
        decoder=decoder,
        known=_known(done, battery),
    )


def _identifier(head: Table) -> str:
    """The id: what a recording and a file name can carry."""
    value = head.text("id")
    if not re.fullmatch("[a-z][a-z0-9_]*", value):
        head.fail("id", "lower-case letters, digits and underscores")
    return value


def _at_least_one(table: Table, name: str) -> tuple[str, ...]:
    texts = table.texts(name)
    if not texts:
        table.fail(name, "at least one text")
    return texts


def _parse_decoder(head: Table) -> str | None:
    if not head.has("decoder"):
        return None
    name = head.text("decoder")
    if name not in DECODERS:
        came = shown(name) + nearest(name, DECODERS)
        fail(head.at("decoder"), "a decoder in imuhip/devices/decoders", came)
    return name


def _parse_axes(
    head: Table, turned_too: bool
) -> tuple[tuple[int, float], tuple[int, float], tuple[int, float]]:
    """For each axis printed on the case, which raw axis it is and its sign."""
    names = head.texts("axes") or ("+x", "+y", "+z")
    if len(names) != 3 or any(not re.fullmatch("[+-][xyz]", name) for name in names):
        head.fail("axes", 'three of +x -x +y -y +z -z, such as ["+y", "-x", "+z"]')
    axes = [("xyz".index(name[1]), 1.0 if name[0] == "+" else -1.0) for name in names]
    (i, a), (j, b), (k, c) = axes
    # The sign of the permutation (i, j, k): zero where an axis comes twice.
    sign = (j - i) * (k - j) * (k - i) / 2
    if sign * a * b * c != 1.0:
        head.fail("axes", "a right-handed frame, each axis once")
    if turned_too and names != ("+x", "+y", "+z"):
        head.fail("axes", "+x +y +z, as a stream has quat or euler in the printed axes")
    return axes[0], axes[1], axes[2]


def _parse_match(top: Table) -> Match:
    table = top.table("match", MATCH_KEYS)
    name = None
    if table.has("name_regex"):
        try:
            name = re.compile(table.text("name_regex"))
        except (re.error, OverflowError, RecursionError) as error:
            came = f"{shown(table.text('name_regex'))} ({error})"
            fail(table.at("name_regex"), "a regular expression", came)
    aliases = {}
    for alias, uuid in table.pairs("uuid_aliases").items():
        full_alias, full_uuid = as_uuid(alias), as_uuid(uuid)
        if full_alias is None or full_uuid is None:
            fail(f"{table.at('uuid_aliases')}.{alias}", "a UUID = a UUID", shown(uuid))
        aliases[full_alias] = full_uuid
    maker = table.integer("manufacturer_id", 0, 0xFFFF) if table.has("manufacturer_id") else None
    return Match(name, table.uuids("service_uuids"), maker, aliases)


def _parse_link(top: Table) -> Link:
    table = top.table("link", LINK_KEYS)
    return Link(
        min_mtu=table.integer("min_mtu", 23, 517, 23),
        write_mode=table.choice(
            "write_mode", ("with_response", "without_response"), "with_response"
        ),
        max_sensors=table.integer("max_sensors", 1, 32, 7),
        latency_s=table.number("latency_s", 0.0, low=0.0),
        reorders=table.flag("reorders", default=False),
    )


def _parse_step(table: Table, link: Link) -> Step:
    template = _parse_template(table) if table.has("hex") else None
    answer = table.hex("answer") if table.has("answer") else None
    if template is None and answer is None:
        table.fail("hex", "bytes to write, or an answer to read")
    if answer is None:
        for name in ("mask", "answer_from", "answer_by", "timeout"):
            if table.has(name):
                fail(table.at("answer"), f"bytes, as {name} is given", "nothing")
    mask = table.hex("mask", "ff" * len(answer or b""))
    if len(mask) != len(answer or b""):
        table.fail("mask", f"{len(answer or b'')} bytes, as many as answer has")
    by = table.choice("answer_by", get_args(AnswerBy), "notify" if template else "read")
    characteristic = table.uuid("characteristic", words=False)
    return Step(
        characteristic=characteristic,
        template=template,
        response=table.flag("response", default=link.write_mode == "with_response"),
        delay=table.number("delay", 0.0, low=0.0),
        answer=answer,
        mask=mask,
        answer_from=table.uuid("answer_from", words=False, default=characteristic),
        answer_by=by,
        timeout=table.number("timeout", 2.0, low=0.0, zero=False),
        order=table.choice("order", ("before_subscribe", "after_subscribe"), "after_subscribe"),
    )


def _parse_template(table: Table) -> str:
    """Hex digits with placeholders, spaces taken out."""
    template = table.text("hex")
    for name in re.findall(r"{([^{}]*)}", template):
        if f"{{{name}}}" != RATE_CODE:
            fail(table.at("hex"), f"the placeholder {RATE_CODE}", shown(f"{{{name}}}"))
    bare = template.replace(RATE_CODE, " ")
    if not re.fullmatch(r"(\s*[0-9a-fA-F]{2})*\s*", bare, re.ASCII):
        table.fail("hex", f"pairs of hex digits and {RATE_CODE}, such as 'FF AA 03 {RATE_CODE} 00'")
    return "".join(template.split())


def _parse_rates(top: Table, asked_for: bool) -> dict[float, bytes]:
    """Hz → the bytes that ask for them."""
    rates: dict[float, bytes] = {}
    names = top.pairs("rates")
    table = top.table("rates", names)
    for name in names:
        rate = _rate(name)
        if rate is None:
            fail(table.at(name), "samples a second, above 0, as the key", shown(name))
        rates[rate] = table.hex(name)
    if asked_for and not rates:
        top.fail("rates", f"a table [rates], as a step holds {RATE_CODE}")
    return rates


def _rate(name: str) -> float | None:
    """The rate that a key names; None where it is none."""
    try:
        rate = as_number(float(name))
    except ValueError:
        return None
    return rate if rate is not None and rate > 0.0 else None


def _parse_settings(top: Table) -> dict[str, float]:
    table = top.table("settings", SETTINGS)
    given = [name for name in SETTINGS if table.has(name)]
    return {name: table.number(name, low=0.0, zero=False) for name in given}


def _parse_time(top: Table) -> Time | None:
    if not top.has("time"):
        return None
    table = top.table("time", TIME_KEYS)
    clock = table.choice("clock", get_args(ClockOf), "device")
    session = clock == "session"
    unit_s = SECONDS[table.choice("unit", tuple(SECONDS), "s" if session else None)]
    tick = table.number("tick", 1.0, low=0.0, zero=False)
    if session and (unit_s != 1.0 or tick != 1.0 or table.has("bits")):
        fail(table.at("clock"), "unit s, tick 1 and no bits with 'session'", "another choice")
    return Time(
        field=_field_name(table),
        unit_s=unit_s * tick,
        bits=0 if session else table.integer("bits", 1, _EXACT_BITS),
        epoch=table.choice("epoch", EPOCHS, "session" if session else "boot"),
        applies_to=table.choice("applies_to", get_args(AppliesTo), "first"),
        clock=clock,
    )


def _parse_counter(top: Table) -> Counter | None:
    if not top.has("counter"):
        return None
    table = top.table("counter", COUNTER_KEYS)
    return Counter(field=_field_name(table), bits=table.integer("bits", 1, _EXACT_BITS))


def _field_name(table: Table) -> str:
    """Name of the field of a stamp or a counter; a quantity cannot be one."""
    name = table.text("field")
    if name in COUNTS or not re.fullmatch("[a-z][a-z0-9_]*", name):
        table.fail("field", "the name of a field that is no quantity, such as 'time'")
    return name


def _parse_battery(top: Table) -> Battery | None:
    if not top.has("battery"):
        return None
    table = top.table("battery", BATTERY_KEYS)
    characteristic = table.uuid("characteristic", words=False)
    if table.has("request_to") and not table.has("request"):
        table.fail("request", "bytes, as request_to is given")
    return Battery(
        characteristic=characteristic,
        match=table.hex("match", ""),
        offset=table.integer("offset", 0, MAX_BYTES, 0),
        dtype=NUMPY_TYPES[table.choice("type", tuple(NUMPY_TYPES), "u8")],
        scale=table.number("scale", 1.0, zero=False),
        unit=table.choice("unit", ("percent", "V"), "percent"),
        request=table.hex("request") if table.has("request") else None,
        request_to=table.uuid("request_to", words=False, default=characteristic),
    )


def _parse_vector(table: Table, streams: Sequence[Stream]) -> Vector:
    first = streams[0].characteristic
    characteristic = table.uuid("characteristic", words=True, default=first)
    here = [stream for stream in streams if stream.characteristic == characteristic]
    if not here:
        table.fail("characteristic", "one that a [[stream]] has")
    expect = {}
    for name, count in COUNTS.items():
        if table.has(name):
            if all(stream.field(name) is None for stream in here) and here[0].fields:
                fail(table.at(name), "a field of its stream", shown(name))
            expect[name] = table.rows(name, count)
    if not expect and not table.has("faults"):
        fail(table.key, "values or faults that must come out", "none")
    return Vector(
        source=table.text("source"),
        characteristic=characteristic,
        payload=table.hex("bytes"),
        before=table.hexes("before"),
        expect=expect,
        ticks=table.numbers("ticks") if table.has("ticks") else None,
        counter=table.numbers("counter") if table.has("counter") else None,
        faults=_parse_faults(table),
        tolerance=table.number("tolerance", 1e-9, low=0.0),
    )


def _parse_faults(table: Table) -> tuple[str, ...]:
    kinds = table.texts("faults")
    for index, kind in enumerate(kinds):
        if kind not in FAULT_KINDS:
            came = shown(kind) + nearest(kind, FAULT_KINDS)
            fail(f"{table.at('faults')}[{index}]", "a kind of fault", came)
    return kinds


def _known(steps: Sequence[Step], battery: Battery | None) -> frozenset[str]:
    """UUIDs that steps and the battery use."""
    names = {step.characteristic for step in steps} | {step.answer_from for step in steps}
    if battery is not None:
        names |= {battery.characteristic, battery.request_to}
    return frozenset(names)


TOP_KEYS: Final = (
    "profile",
    "match",
    "link",
    "setup",
    "start",
    "stop",
    "rates",
    "settings",
    "stream",
    "time",
    "counter",
    "battery",
    "vector",
)
PROFILE_KEYS: Final = ("id", "version", "vendor", "sources", "notes", "axes", "decoder")
MATCH_KEYS: Final = ("name_regex", "service_uuids", "manufacturer_id", "uuid_aliases")
LINK_KEYS: Final = ("min_mtu", "write_mode", "max_sensors", "latency_s", "reorders")
STEP_KEYS: Final = (
    "characteristic",
    "hex",
    "response",
    "delay",
    "answer",
    "mask",
    "answer_from",
    "answer_by",
    "timeout",
    "order",
)
TIME_KEYS: Final = ("field", "unit", "tick", "bits", "epoch", "applies_to", "clock")
COUNTER_KEYS: Final = ("field", "bits")
BATTERY_KEYS: Final = (
    "characteristic",
    "match",
    "offset",
    "type",
    "scale",
    "unit",
    "request",
    "request_to",
)
VECTOR_KEYS: Final = (
    "source",
    "characteristic",
    "bytes",
    "before",
    *COUNTS,
    "ticks",
    "counter",
    "faults",
    "tolerance",
)
SETTINGS: Final = ("acc_range_g", "gyr_range_deg_s", "acc_factor", "gyr_factor")
"""What decoders ask a recording for; see their pages."""
EPOCHS: Final = ("boot", "unix", "2000-01-01", "session")

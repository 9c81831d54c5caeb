import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imuhip.core.errors import ProfileError
from imuhip.devices.profiles import parse_profile

STEP = '[[start]]\ncharacteristic = "fff2"\n'
TIME = '[time]\nfield = "time"\nunit = "us"\nbits = 32\n'
COUNTER = '[counter]\nfield = "counter"\nbits = 16\n'
SECOND_STREAM = """
[[stream]]
characteristic = "fff1"
match = "01"
[[stream.field]]
name = "acc"
offset = 1
type = "i16"
unit = "g"
[[stream.field]]
name = "gyr"
offset = 7
type = "i16"
unit = "deg/s"
"""
BATCH = 'characteristic = "fff1"\nframing = "batch"\n'


def replaced(old: str, new: str):
    """Return a change of the small profile: `old`, which it must hold, becomes `new`."""

    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


def added(extra: str):
    """Return a change of the small profile: `extra` stands before its stream."""
    return replaced("[[stream]]\n", extra + "\n[[stream]]\n")


def in_stream(extra: str):
    """Return a change of the small profile: `extra` stands in its stream."""
    return replaced('characteristic = "fff1"\n', f'characteristic = "fff1"\n{extra}\n')


# What is changed → the key that must be named, and words that the message must hold.
BAD = [
    (lambda _: "[profile", "", "not valid TOML"),
    (lambda _: "a = " + "[" * 5000, "", "not valid TOML"),
    (lambda _: "a = " + "9" * 5000, "", "not valid TOML"),
    (added("[streams]"), "streams", "did you mean 'stream'?"),
    (lambda text: "colour = 3\n" + text, "colour", "unknown key"),
    (replaced('id = "small"', ""), "profile.id", "got nothing"),
    (replaced('"small"', '"Small one"'), "profile.id", "lower-case letters"),
    (replaced('version = "1.0"', "version = 1.0"), "profile.version", "expected a text, got 1.0"),
    (replaced('["this test"]', "[]"), "profile.sources", "at least one text"),
    (replaced('vendor = "nobody"', 'vendor = "x"\nvendors = 3'), "profile.vendors", "'vendor'"),
    (replaced("[[stream]]", 'decoder = "polar"\n[[stream]]'), "profile.decoder", "got 'polar'"),
    (replaced("[[stream]]", 'axes = ["+x", "+y"]\n[[stream]]'), "profile.axes", "three of"),
    (
        replaced("[[stream]]", 'axes = ["+x", "+y", "-z"]\n[[stream]]'),
        "profile.axes",
        "right-handed",
    ),
    (
        replaced("[[stream]]", 'axes = ["+x", "+x", "+z"]\n[[stream]]'),
        "profile.axes",
        "each axis once",
    ),
    (added('[match]\nname_regex = "("'), "match.name_regex", "a regular expression, got '('"),
    (added('[match]\nname_regex = "a{99999999999}"'), "match.name_regex", "regular expression"),
    (added("[match]\nmanufacturer_id = 70000"), "match.manufacturer_id", "from 0 to 65535"),
    (added('[match]\nservice_uuids = ["fff0", "x"]'), "match.service_uuids[1]", "got 'x'"),
    (added('[match.uuid_aliases]\nfff9 = "zzz"'), "match.uuid_aliases.fff9", "a UUID"),
    (added("[match.uuid_aliases]\nfff9 = 3"), "match.uuid_aliases.fff9", "a text, got 3"),
    (added("[match]\nuuid_aliases = 3"), "match.uuid_aliases", "a table"),
    (added("[link]\nmin_mtu = 5"), "link.min_mtu", "from 23 to 517, got 5"),
    (added("[link]\nmin_mtu = true"), "link.min_mtu", "got true"),
    (added('[link]\nwrite_mode = "with_respons"'), "link.write_mode", "'with_response'?"),
    (lambda text: "link = 3\n" + text, "link", "a table [link], got 3"),
    (added(STEP), "start[0].hex", "bytes to write, or an answer"),
    (added(STEP + 'hex = "0"'), "start[0].hex", "pairs of hex digits"),
    (added(STEP + 'hex = "00\u00a000"'), "start[0].hex", "pairs of hex digits"),
    (added(STEP + 'hex = "0{rate_code}0"'), "start[0].hex", "pairs of hex digits"),
    (added(STEP + 'hex = "{rate}"'), "start[0].hex", "the placeholder {rate_code}, got '{rate}'"),
    (added(STEP + 'hex = "{rate_code}"'), "rates", "a table [rates]"),
    (added(STEP + 'hex = "00"\nmask = "FF"'), "start[0].answer", "as mask is given"),
    (added(STEP + 'answer = "0011"\nmask = "FF"'), "start[0].mask", "2 bytes"),
    (added(STEP + 'hex = "00"\ndelay = -1'), "start[0].delay", "0 or more, got -1"),
    (added(STEP + 'hex = "00"\ndelay = nan'), "start[0].delay", "got nan"),
    (
        added(STEP + 'hex = "00"\norder = "after"'),
        "start[0].order",
        "before_subscribe, after_subscribe",
    ),
    (added(STEP + 'hex = "00"\nresponse = 1'), "start[0].response", "true or false, got 1"),
    (added('[[stop]]\nhex = "00"'), "stop[0].characteristic", "a UUID"),
    (added("[start]"), "start", "[[start]]"),
    (added('[rates]\n0 = "06"'), "rates.0", "above 0"),
    (added('[rates]\n-50 = "06"'), "rates.-50", "above 0"),
    (added('[rates]\nnan = "06"'), "rates.nan", "samples a second"),
    (added('[rates]\nfast = "06"'), "rates.fast", "samples a second"),
    (added("[rates]\n50 = 6"), "rates.50", "a text, got 6"),
    (added('[rates]\n50 = "6"'), "rates.50", "pairs of hex digits"),
    (added('[time]\nunit = "us"\nbits = 32'), "time.field", "got nothing"),
    (added('[time]\nfield = "acc"\nunit = "us"\nbits = 32'), "time.field", "no quantity"),
    (added('[time]\nfield = "time"\nunit = "usec"\nbits = 32'), "time.unit", "did you mean 'us'?"),
    (added('[time]\nfield = "time"\nunit = "us"\nbits = 64'), "time.bits", "from 1 to 53"),
    (added(TIME + "tick = 0"), "time.tick", "other than 0"),
    (added(TIME + 'epoch = "1970"'), "time.epoch", "boot"),
    (added(TIME + 'applies_to = "middle"'), "time.applies_to", "first, last, each"),
    (added(TIME + 'clock = "session"'), "time.clock", "unit s, tick 1 and no bits"),
    (added(TIME), "stream[0].field", "a field 'time', got acc, gyr"),
    (added(COUNTER), "stream[0].field", "a field 'counter'"),
    (added(TIME + COUNTER.replace('"counter"', '"time"')), "counter.field", "another field"),
    (added('[battery]\ntype = "u8"'), "battery.characteristic", "a UUID"),
    (
        added('[battery]\ncharacteristic = "2a19"\ntype = "u9"'),
        "battery.type",
        "one of i8, u8, i16",
    ),
    (added('[battery]\ncharacteristic = "2a19"\nunit = "%"'), "battery.unit", "percent, V"),
    (
        added('[battery]\ncharacteristic = "2a19"\nrequest_to = "fff2"'),
        "battery.request",
        "as request_to is given",
    ),
    (lambda text: text.split("[[stream]]")[0], "stream", "[[stream]]"),
    (lambda text: text.split("[[vector]]")[0], "vector", "[[vector]]"),
    (replaced('characteristic = "fff1"', ""), "stream[0].characteristic", "got nothing"),
    (replaced('"fff1"', '"samples"'), "stream[0].characteristic", "a UUID"),
    (in_stream('framing = "batches"'), "stream[0].framing", "did you mean 'batch'?"),
    (in_stream('framing = "resync"'), "stream[0].match", "as framing is 'resync'"),
    (in_stream('layout = "planar"'), "stream[0].layout", "not 'batch'"),
    (in_stream("samples_at = 3"), "stream[0].samples_at", "not 'batch'"),
    (in_stream('match = "5"'), "stream[0].match", "pairs of hex digits"),
    (in_stream('match = "55"'), "stream[0].field[0].offset", "behind the match bytes"),
    (in_stream('ignore = [""]'), "stream[0].ignore[0]", "at least one pair"),
    (in_stream('ignore = ["5"]'), "stream[0].ignore[0]", "pair of hex digits"),
    (in_stream("min_len = 11"), "stream[0].field[1].offset", "within 11 bytes"),
    (in_stream("min_len = 99999"), "stream[0].min_len", "from 1 to 4096"),
    (in_stream("pad_ok = 1"), "stream[0].pad_ok", "true or false"),
    (replaced('"fff1"\n', '"fff1"\nfield = 3\n'), "", "not valid TOML"),
    (replaced('"acc"', '"accel"'), "stream[0].field[0].name", "did you mean 'acc'?"),
    (
        replaced(
            '"gyr"\noffset = 6\ntype = "i16"\nunit = "deg/s"',
            '"acc"\noffset = 6\ntype = "i16"\nunit = "g"',
        ),
        "stream[0].field[1].name",
        "each field once",
    ),
    (replaced('"acc"', '"mag"'), "stream[0].field[0].unit", "uT"),
    (replaced('"i16"', '"int16"'), "stream[0].field[0].type", "did you mean 'i16'?"),
    (replaced('"i16"', "16"), "stream[0].field[0].type", "got 16"),
    (replaced('"i16"', '"i64"'), "stream[0].field[0].type", "float64 can hold"),
    (replaced('"g"', '"grams"'), "stream[0].field[0].unit", "expected one of m/s^2, g, mg"),
    (replaced('unit = "g"', ""), "stream[0].field[0].unit", "got nothing"),
    (replaced('"g"', '"g"\nscale = 0'), "stream[0].field[0].scale", "other than 0"),
    (replaced('"g"', '"g"\nscale = inf'), "stream[0].field[0].scale", "finite"),
    (replaced('"g"', f'"g"\nscale = 1{"0" * 400}'), "stream[0].field[0].scale", "finite"),
    (replaced('"g"', '"g"\ncount = 2'), "stream[0].field[0].count", "3, as acc has"),
    (replaced("offset = 6", "offset = 5"), "stream[0].field[1].offset", "overlaps acc"),
    (replaced("offset = 6", "offset = -6"), "stream[0].field[1].offset", "from 0"),
    (replaced("offset = 6", "ofset = 6"), "stream[0].field[1].ofset", "did you mean 'offset'?"),
    (replaced("[[vector]]", SECOND_STREAM + "[[vector]]"), "stream[1].match", "stream[0]"),
    (replaced('bytes = "01', 'bytes = "1'), "vector[0].bytes", "pairs of hex digits"),
    (replaced("[1.0, 0.0, 0.0]", "[1.0, 0.0]"), "vector[0].acc", "rows of 3 numbers"),
    (replaced("[1.0, 0.0, 0.0]", "[[1.0, 0.0, 0.0], [1]]"), "vector[0].acc", "rows of 3"),
    (replaced("[1.0, 0.0, 0.0]", '["a", "b", "c"]'), "vector[0].acc", "rows of 3"),
    (replaced("[1.0, 0.0, 0.0]", "1.0"), "vector[0].acc", "rows of 3"),
    (replaced("acc = [1.0, 0.0, 0.0]", ""), "vector[0]", "values or faults"),
    (replaced("acc = [1.0", "mag = [1.0"), "vector[0].mag", "a field of its stream"),
    (replaced("acc = [", 'characteristic = "fff3"\nacc = ['), "vector[0].characteristic", "has"),
    (replaced("acc = [", 'faults = ["cut"]\nacc = ['), "vector[0].faults[0]", "kind of fault"),
    (replaced("acc = [", "ticks = 3\nacc = ["), "vector[0].ticks", "a list of numbers"),
    (replaced("acc = [", "tolerance = -1\nacc = ["), "vector[0].tolerance", "0 or more"),
]


@pytest.mark.parametrize(("change", "key", "words"), BAD)
def test_a_bad_profile_is_refused_by_key(small_text, change, key, words):
    """A mistake is a ProfileError that names its key and says what was expected."""
    with pytest.raises(ProfileError) as caught:
        parse_profile(change(small_text))
    assert caught.value.key == key
    assert words in str(caught.value)
    assert len(str(caught.value)) < 400


def with_fields(text: str, stream: str, *fields: tuple[str, int, str]) -> str:
    """Return the small profile with another stream: keys, and fields of name, offset, type."""
    units = {"acc": 'unit = "g"', "gyr": 'unit = "deg/s"', "mag": 'unit = "uT"'}
    tables = [
        f'[[stream.field]]\nname = "{name}"\noffset = {offset}\ntype = "{kind}"\n'
        + units.get(name, "")
        for name, offset, kind in fields
    ]
    head, tail = text.partition("[[stream]]")[0], "[[vector]]" + text.partition("[[vector]]")[2]
    return head + "[[stream]]\n" + stream + "\n" + "\n".join(tables) + "\n" + tail


ACC_GYR = (("acc", 0, "i16"), ("gyr", 6, "i16"))
BAD_STREAMS = [
    ("", BATCH + "samples_at = 2", (("time", 0, "u32"), *ACC_GYR), TIME, "[0].offset", "2 bytes"),
    ("", BATCH, (("time", 0, "i32"), *ACC_GYR), TIME, "[0].type", "unsigned"),
    ("", BATCH, (("time", 0, "u16"), *ACC_GYR), TIME, "[0].type", "at least 32 bits"),
    ("", BATCH, (("counter", 0, "u8"), *ACC_GYR), COUNTER, "[0].type", "at least 16 bits"),
    (
        "",
        BATCH + 'layout = "planar"\nsample_len = 13',
        ACC_GYR,
        "",
        "sample_len",
        "without gaps",
    ),
    ("", BATCH + "sample_len = 11", ACC_GYR, "", "[1].offset", "within 11 bytes"),
    ("", BATCH + "min_len = 11", ACC_GYR, "", "min_len", "from 12"),
    ("", BATCH + 'match = "5561"\nsamples_at = 1', ACC_GYR, "", "samples_at", "behind the match"),
    ("", BATCH, (*ACC_GYR, ("quat", 12, "i16"), ("euler", 20, "i16")), "", "", "quat or euler"),
]


@pytest.mark.parametrize(("_", "stream", "fields", "tables", "key", "words"), BAD_STREAMS)
def test_a_bad_stream_is_refused_by_key(small_text, _, stream, fields, tables, key, words):
    """Stamps, counters and batches are checked against the tables that describe them."""
    text = with_fields(small_text, stream, *fields).replace(
        'name = "euler"', 'name = "euler"\nunit = "deg"'
    )
    with pytest.raises(ProfileError) as caught:
        parse_profile(text.replace("[[stream]]", tables + "[[stream]]"))
    assert caught.value.key.startswith("stream[0]")
    assert caught.value.key.endswith(key)
    assert words in str(caught.value)


def test_a_stamp_has_no_scale_of_its_own(small_text):
    """What a tick means stands in [time], and nowhere else."""
    text = with_fields(small_text, 'characteristic = "fff1"', ("time", 12, "u32"), *ACC_GYR)
    text = text.replace("offset = 12", "offset = 12\nscale = 2.0")
    with pytest.raises(ProfileError, match=r"scale: expected no scale here"):
        parse_profile(text.replace("[[stream]]", TIME + "[[stream]]"))


@given(st.text())
def test_any_text_is_a_profile_or_a_profile_error(text):
    """No text at all makes the parser fail in any other way."""
    with pytest.raises(ProfileError):
        parse_profile(text)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(
        ["", "acc", "fff1", "55 61", "u32", "batch", "resync", "planar", "each", "g"]
    ),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


def toml_value(value: object) -> str:
    """`value` as TOML; None becomes an empty table."""
    if value is None:
        return "{}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else repr(value)


@given(st.data())
def test_any_value_anywhere_is_accepted_or_refused_by_its_key(small_text, data):
    """Whatever stands behind an equals sign, the parser returns or names a key."""
    text = small_text.replace("[[stream]]", TIME + COUNTER + STEP + 'hex = "00"\n[[stream]]')
    lines = text.splitlines()
    places = [i for i, line in enumerate(lines) if "=" in line]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places))
        name = lines[place].split("=")[0]
        lines[place] = f"{name}= {toml_value(data.draw(values))}"
    tomllib.loads("\n".join(lines))
    key = "nothing refused"
    try:
        parse_profile("\n".join(lines))
    except ProfileError as error:
        key = error.key
    assert key


def test_units_become_si(small_text):
    """A field's factor takes its raw values to m/s², rad/s and µT."""
    stream = parse_profile(small_text).streams[0]
    assert stream.field("acc").factor == 9.80665
    assert stream.field("gyr").factor == pytest.approx(0.017453292519943295)
    scaled = small_text.replace('unit = "g"', 'unit = "mg"\nscale = 0.5')
    assert parse_profile(scaled).streams[0].field("acc").factor == pytest.approx(0.004903325)


def test_lengths_follow_from_the_fields(small_text):
    """What a profile does not say of lengths is what its fields need."""
    stream = parse_profile(small_text).streams[0]
    assert (stream.min_len, stream.samples_at, stream.sample_len) == (12, 0, 12)
    text = with_fields(small_text, BATCH, ("time", 2, "u32"), *ACC_GYR)
    stream = parse_profile(text.replace("[[stream]]", TIME + "[[stream]]")).streams[0]
    assert (stream.min_len, stream.samples_at, stream.sample_len) == (18, 6, 12)


def test_uuids_are_known_by_all_their_names(small_text):
    """Short, upper-case and aliased UUIDs lead to the same stream; others to none."""
    profile = parse_profile(added('[match.uuid_aliases]\n"ABCD" = "fff1"')(small_text))
    names = (
        "0000fff1-0000-1000-8000-00805f9b34fb",
        "0000FFF1-0000-1000-8000-00805F9B34FB",
        "0000abcd-0000-1000-8000-00805f9b34fb",
    )
    assert all(profile.stream_of(name) is profile.streams[0] for name in names)
    assert profile.stream_of("0000fff2-0000-1000-8000-00805f9b34fb") is None


def test_a_step_fills_in_its_rate_and_judges_its_answer(small_text):
    """A step gives the bytes to write, and a mask says which bits of the answer count."""
    text = added(
        STEP + 'hex = "AA {rate_code} 0F"\nanswer = "10 20"\nmask = "F0 FF"\n[rates]\n50 = "32 00"'
    )(small_text)
    profile = parse_profile(text)
    (step,) = profile.start
    assert step.payload(profile.rate_code(50)) == bytes.fromhex("aa32000f")
    assert step.accepts(bytes.fromhex("1f20"))
    assert step.accepts(bytes.fromhex("102099"))
    assert not step.accepts(bytes.fromhex("2020"))
    assert not step.accepts(b"\x10")
    with pytest.raises(ProfileError, match="Choose one of 50 Hz"):
        profile.rate_code(51)


def test_a_step_without_bytes_reads(small_text):
    """A step that only has an answer writes nothing and reads it."""
    (step,) = parse_profile(added(STEP + 'answer = "01"')(small_text)).start
    assert step.payload() is None
    assert step.answer_by == "read"
    assert step.answer_from == step.characteristic


def test_a_device_is_recognised_by_name_service_or_maker(small_text):
    """Any one of the three that [match] names is enough."""
    text = added('[match]\nname_regex = "^IMU"\nservice_uuids = ["fff0"]\nmanufacturer_id = 7')
    profile = parse_profile(text(small_text))
    assert profile.recognises("IMU 12")
    assert profile.recognises(None, ["0000FFF0-0000-1000-8000-00805f9b34fb"])
    assert profile.recognises("other", [], [7])
    assert not profile.recognises("an IMU", ["180f"], [8])
    assert not parse_profile(small_text).recognises("IMU 12", ["fff0"], [7])


def test_settings_are_reported_and_only_those_that_decoders_know(small_text: str) -> None:
    """What the steps set is in the profile; another name or no number is refused with its key."""
    text = added("[settings]\nacc_range_g = 16\ngyr_range_deg_s = 2000\n")(small_text)
    assert parse_profile(text).settings == {"acc_range_g": 16.0, "gyr_range_deg_s": 2000.0}
    assert parse_profile(small_text).settings == {}
    for line, key in (("range = 4", "settings.range"), ("acc_range_g = 0", "settings.acc_range_g")):
        with pytest.raises(ProfileError) as refused:
            parse_profile(added(f"[settings]\n{line}\n")(small_text))
        assert refused.value.key == key

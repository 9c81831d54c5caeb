"""Kits: written, read, refused, matched with what is heard, and bound by a shake."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest
from faults.world import simulated
from hypothesis import given
from hypothesis import strategies as st
from support.fake_radio import FakeSensor, fake_radio

from imuhip.ble import kit as kit_module
from imuhip.ble.identify import bind_by_shaking, stands_out
from imuhip.ble.kit import (
    Binding,
    Kit,
    bind_by_words,
    kit_names,
    load_kit,
    missing,
    rebind_kit,
    remove_kit,
    save_kit,
    without,
)
from imuhip.ble.radio import Sighting
from imuhip.ble.scan import Found, chosen_profile, found_among
from imuhip.cli import collect as cli_collect
from imuhip.core.errors import DeviceError, ImuhipError
from imuhip.core.records import Mount

PLACES = ("pelvis", "thigh_left", "thigh_right")
TWO = """
[sensor.pelvis]
profile = 'reference'
name = 'a'
[sensor.thigh_left]
profile = 'reference'
name = 'b'
"""


def sighting(name: str, address: str) -> Sighting:
    return Sighting(name, address, -50)


def heard(*devices: tuple[str, str]) -> dict[str, Sighting]:
    return {address: sighting(name, address) for name, address in devices}


def a_kit(name: str = "default") -> Kit:
    bound = {p: Binding("reference", f"imuhip {k}", f"AA:{k}") for k, p in enumerate(PLACES)}
    return Kit(name, bound, "A1", {"pelvis": Mount("+x", "-z")}, 100.0)


texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(str.strip)


@given(names=st.lists(texts, min_size=3, max_size=3), athlete=texts)
def test_what_is_written_is_read(tmp_path_factory, names: list[str], athlete: str) -> None:
    """Any names at all come back as they were."""
    folder = tmp_path_factory.mktemp("kits")
    bound = {p: Binding("reference", n, serial=n) for p, n in zip(PLACES, names, strict=True)}
    kit = Kit("one", bound, athlete, {"thigh_left": Mount("-y", "+x")}, 52.5)
    save_kit(kit, folder)
    assert load_kit("one", folder) == kit


def test_kits_are_private_listed_replaced_and_removed(tmp_path: Path) -> None:
    """A kit's file belongs to its owner; a kit of the same name takes its place."""
    path = save_kit(a_kit(), tmp_path)
    assert path.stat().st_mode & 0o077 == 0
    save_kit(a_kit("b"), tmp_path)
    save_kit(Kit("b", a_kit().sensors), tmp_path)
    assert kit_names(tmp_path) == ("b", "default")
    assert load_kit("b", tmp_path).athlete == ""
    remove_kit("b", tmp_path)
    with pytest.raises(ImuhipError, match="There is no kit 'b'; kits: default"):
        load_kit("b", tmp_path)
    with pytest.raises(ImuhipError, match="There is no kit 'b'"):
        remove_kit("b", tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sensor = 3", "sensor"),
        ("[sensor.pelvis]\nprofile = 'reference'\nname = 'a'", "pelvis and a thigh"),
        ("[sensor.pelvis]\nprofile = 'referenc'\nname = 'a'", "did you mean 'reference'"),
        ("[sensor.pelvis]\nprofile = 'reference'", "a name, an address or a serial"),
        ("[sensor.hip]\nprofile = 'reference'", "unknown key"),
        ("not toml", "not valid TOML"),
        (
            TWO + "[mount.pelvis]\nup = '+x'\nout = '-x'",
            "different axes",
        ),
    ],
)
def test_a_kit_that_makes_no_sense_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """The message names the file and the entry, and says what was expected."""
    (tmp_path / "k.toml").write_text(text)
    with pytest.raises(ImuhipError, match=words) as refused:
        load_kit("k", tmp_path)
    assert str(refused.value).startswith(str(tmp_path / "k.toml"))


@pytest.mark.parametrize("name", ["", "../evil", "a/b", ".hidden", "x" * 65])
def test_a_kits_name_is_no_path(tmp_path: Path, name: str) -> None:
    """Names that could leave the folder are refused."""
    with pytest.raises(ImuhipError, match="kit's name"):
        load_kit(name, tmp_path)


def test_a_bound_address_is_all_that_finds_a_sensor() -> None:
    """A stranger with the sensor's name is not the sensor, and is reported with its address."""
    kit = a_kit()
    find = kit.finder("pelvis")
    assert find(heard(("other", "aa:0"))).address == "aa:0"
    assert find(heard(("imuhip 0", "AA:1"))) is None  # that is the left thigh's
    assert find.warning == ""
    assert find(heard(("imuhip 0", "BB:9"))) is None
    assert "imuhip 0 (BB:9)" in find.warning
    assert "imuhip kit bind" in find.warning
    assert missing(kit, heard(("imuhip 1", "AA:1"))) == ["pelvis", "thigh_right"]


def test_without_an_address_a_name_serves_that_one_device_alone_has() -> None:
    """A name, or a serial in it, finds a sensor where no other device and no other place has it."""
    bound = {p: Binding("reference", f"imuhip {k}") for k, p in enumerate(PLACES)}
    find = Kit("named", bound | {"thigh_left": Binding("reference", "left", "AA:1")}).finder(
        "pelvis"
    )
    assert find(heard(("imuhip 0", "BB:9"))).address == "BB:9"
    assert find(heard(("imuhip 0", "BB:9"), ("imuhip 0", "BB:8"))) is None
    assert find(heard(("imuhip 0", "AA:1"))) is None  # that is the left thigh's
    same = Kit("dots", {p: Binding("movella_dot_mode20", "Xsens DOT") for p in PLACES})
    assert same.finder("pelvis")(heard(("Xsens DOT", "CC:1"))) is None
    numbered = Kit("m", {p: Binding("reference", serial=f"17{k}") for k, p in enumerate(PLACES)})
    assert numbered.finder("pelvis")(heard(("Movesense 170", "DD:1"))).address == "DD:1"


def test_words_bind_sensors_once_and_say_what_is_unclear() -> None:
    """A name, an address or a part of a name binds; none, several or one twice is refused."""
    found = found_among(
        {
            "AA:1": sighting("imuhip 17", "AA:1"),
            "AA:2": sighting("imuhip 18", "AA:2"),
            "AA:3": sighting("Xsens DOT", "AA:3"),
        }
    )
    bound = bind_by_words({"pelvis": "17", "thigh_left": "aa:2"}, found, chosen_profile)
    assert bound["pelvis"] == Binding("reference", "imuhip 17", "AA:1")
    assert bound["thigh_left"].address == "AA:2"
    for words, message in (
        ({"pelvis": "imuhip"}, "'imuhip' is not exactly one sensor"),
        ({"pelvis": "99"}, "'99' is not exactly one sensor"),
        ({"pelvis": "17", "thigh_left": "AA:1"}, "two places"),
        ({"pelvis": "AA:3"}, "Choose one with --profile"),
    ):
        with pytest.raises(DeviceError, match=message):
            bind_by_words(words, found, chosen_profile)
    for wanted, message in (
        ("movella_dot_mode99", "does not fit Xsens DOT; profiles that do: movella_dot_mode20"),
        ("reference", "Choose another profile or another sensor"),
    ):
        with pytest.raises(DeviceError, match=message):
            chosen_profile(found[2], wanted)
    assert chosen_profile(found[2], "movella_dot_mode26") == "movella_dot_mode26"
    chosen = bind_by_words({"pelvis": "AA:3"}, found, lambda _: "movella_dot_mode21")
    assert chosen["pelvis"].profile == "movella_dot_mode21"
    with pytest.raises(DeviceError, match="No profile fits"):
        bind_by_words({"pelvis": "fridge"}, [Found(sighting("fridge", "F"), ())], chosen_profile)


def test_a_shake_stands_out_by_a_factor_of_three() -> None:
    """Neither stillness nor a tie nor less than three times the next counts."""
    assert stands_out({}) is None
    assert stands_out({"a": 0.5, "b": 0.0}) is None
    assert stands_out({"a": 9.0, "b": 3.1}) is None
    assert stands_out({"a": 9.0, "b": 3.0, "c": 0.1}) == "a"


def test_the_one_that_is_shaken_is_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for one place after the other, each shaken sensor is bound to its place."""
    monkeypatch.setattr("imuhip.ble.identify.SCAN_S", 0.2)
    monkeypatch.setattr("imuhip.ble.identify.WINDOW_S", 0.3)
    sensors = [FakeSensor(f"imuhip {k}", f"AA:{k}", serial=f"S{k}") for k in range(3)]
    order = [sensors[2], sensors[0], sensors[1]]
    said: list[str] = []

    def say(sentence: str) -> None:
        said.append(sentence)
        if sentence.startswith("shake"):
            asked = sum(s.startswith("shake") for s in said) - 1
            for sensor in sensors:
                sensor.spin = 3.0 if sensor is order[asked] else 0.2

    bound = asyncio.run(bind_by_shaking(fake_radio(*sensors), PLACES, chosen_profile, say))
    assert [bound[place].serial for place in PLACES] == ["S2", "S0", "S1"]
    assert said[said.index("pelvis: imuhip 2") - 1].startswith("shake the one on the pelvis")
    assert all(sensor.client is None for sensor in sensors)


def test_whoever_does_not_send_or_is_not_shaken_is_waited_for_in_vain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sensor that sends nothing is named; a shake that never comes says what to do."""
    monkeypatch.setattr("imuhip.ble.identify.SCAN_S", 0.2)
    sensors = [FakeSensor(f"imuhip {k}", f"AA:{k}") for k in range(3)]
    said: list[str] = []

    def bind() -> dict[str, Binding]:
        return simulated(
            lambda _: bind_by_shaking(fake_radio(*sensors), PLACES, chosen_profile, said.append)
        )

    sensors[1].answer = None
    with pytest.raises(DeviceError, match=r"^Not all sensors send data\. imuhip 1: start step"):
        bind()
    assert not any(s.startswith("shake") for s in said)
    sensors[1].answer = b"\x01\x00"
    with pytest.raises(DeviceError, match=r"within 60 s\. Keep the others still"):
        bind()
    assert sum(s.startswith("shake") for s in said) == 1
    assert all(sensor.client is None for sensor in sensors)


def test_a_link_that_breaks_while_another_sensor_is_shaken_does_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the radio reports between samples is passed over, and the shaken one is found."""
    monkeypatch.setattr("imuhip.ble.identify.SCAN_S", 0.2)
    sensors = [FakeSensor(f"imuhip {k}", f"AA:{k}") for k in range(2)]
    said: list[str] = []

    async def bind() -> dict[str, Binding]:
        def say(sentence: str) -> None:
            said.append(sentence)
            if sentence.startswith("shake the one on the pelvis"):
                sensors[0].spin = 3.0
                asyncio.get_running_loop().call_later(0.2, sensors[1].break_link)
            elif sentence.startswith("shake"):
                sensors[0].spin, sensors[1].spin = 0.0, 3.0

        return await bind_by_shaking(fake_radio(*sensors), PLACES[:2], chosen_profile, say)

    bound = simulated(lambda _: bind())
    assert [bound[place].name for place in PLACES[:2]] == ["imuhip 0", "imuhip 1"]
    assert any("the link broke" in s for s in said)


def test_too_few_sensors_to_shake_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With fewer sensors than places, one is told which were heard."""
    monkeypatch.setattr("imuhip.ble.identify.SCAN_S", 0.1)
    radio = fake_radio(FakeSensor("imuhip 1", "AA:1"))
    with pytest.raises(DeviceError, match=r"3 sensors are needed and 1 were found \(imuhip 1\)"):
        asyncio.run(bind_by_shaking(radio, PLACES, chosen_profile, lambda _: None))


def test_a_kit_may_lack_a_sensor_but_not_the_pelvis() -> None:
    """What is left must be the pelvis and a thigh; a strange name is told with the kit's own."""
    kit = a_kit()
    assert set(without(kit, ["thigh_left"]).sensors) == {"pelvis", "thigh_right"}
    assert without(kit, []) == kit
    for left_out, words in (
        (["pelvis"], "pelvis and at least one thigh"),
        (["thigh_left", "thigh_right"], "leave out fewer"),
        (["knee"], "no sensor knee to leave out"),
    ):
        with pytest.raises(DeviceError, match=words):
            without(kit, left_out)


def test_where_several_profiles_know_a_device_a_person_is_asked_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At a terminal the ways are listed and one is asked for; elsewhere --profile is asked for."""
    found = found_among({a: sighting("Xsens DOT", a) for a in ("AA:1", "AA:2")})
    with pytest.raises(DeviceError, match="Choose one with --profile"):
        cli_collect._chooser("")(found[0])
    assert cli_collect._chooser("movella_dot_mode26")(found[0]) == "movella_dot_mode26"
    said, asked = [], []

    def prompt(*words: object, **_: object) -> int:
        asked.append(words)
        return 2

    monkeypatch.setattr(
        cli_collect, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    )
    monkeypatch.setattr(cli_collect, "_say", said.append)
    monkeypatch.setattr("typer.prompt", prompt)
    choose = cli_collect._chooser("")
    assert [choose(each) for each in found] == [found[0].profiles[1]] * 2
    assert len(asked) == 1
    assert any(found[0].profiles[1] in sentence for sentence in said)


def test_sensors_change_places_in_the_kits_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changes places changes them in the file, all else stays; nonsense is refused."""
    monkeypatch.setattr(kit_module, "kit_folder", lambda: tmp_path)
    bound = {place: Binding("reference", name=place[::-1]) for place in PLACES}
    mounts = {"pelvis": Mount(up="+x", out="+z")}
    save_kit(Kit("gym", bound, athlete="A1", mounts=mounts))
    rebind_kit("gym", {"pelvis": "thigh_left", "thigh_left": "pelvis"})
    kit = load_kit("gym")
    assert [kit.sensors[place].name for place in PLACES] == [
        "tfel_hgiht", "sivlep", "thgir_hgiht",
    ]  # fmt: skip
    assert (kit.athlete, kit.mounts) == ("A1", mounts)
    for places in ({}, {"pelvis": "trunk", "trunk": "pelvis"}, {"pelvis": "thigh_left"}):
        with pytest.raises(DeviceError, match="swap places among"):
            rebind_kit("gym", places)
    assert load_kit("gym") == kit

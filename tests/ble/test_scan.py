"""Scanning: what is known, in which order, and how the commands tell it."""

import asyncio
import json
from pathlib import Path

import pytest
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
)
from support.fake_radio import FakeSensor, fake_radio
from typer import Typer
from typer.testing import CliRunner

from imuhip.ble.radio import Radio, Sighting
from imuhip.ble.scan import found_among, scan
from imuhip.cli import collect as cli_collect
from imuhip.core.errors import DeviceError
from imuhip.virtual.adapter import virtual_adapter
from imuhip.virtual.athlete import rocking_sensors


def test_known_sensors_come_first_then_the_strongest() -> None:
    """Profiles are listed for each; the unknown are last."""
    found = found_among(
        {
            a: Sighting(name, a, rssi)
            for name, a, rssi in (
                ("fridge", "1", -30),
                ("imuhip 1", "2", -70),
                ("Xsens DOT", "3", -60),
                ("", "4", -20),
            )
        }
    )
    assert [f.sighting.address for f in found] == ["3", "2", "4", "1"]
    assert found[1].profiles == ("reference",)
    assert len(found[0].profiles) > 1


def test_a_scan_tells_name_signal_and_battery() -> None:
    """What is advertised arrives, the battery too."""
    radio = fake_radio(FakeSensor("imuhip 1", "AA:1", battery=55), FakeSensor("tv", "AA:2"))
    found = asyncio.run(scan(radio, 0.1))
    assert found[0].plain() == {
        "name": "imuhip 1",
        "address": "AA:1",
        "rssi_dbm": -60,
        "battery_percent": 55,
        "profiles": ["reference"],
    }
    assert found[1].profiles == ()


def test_virtual_sensors_are_heard_over_virtual_bluetooth() -> None:
    """Through a real scan of the virtual bed each sensor is recognised by its profile."""

    async def heard() -> list[tuple[str, tuple[str, ...]]]:
        sensors = rocking_sensors(("pelvis", "thigh_left"), rate_hz=100.0)
        async with virtual_adapter(sensors) as bed:
            radio = Radio(scanner_backend=bed.scanner_backend)
            found = await scan(radio, 1.0)
            return sorted((f.sighting.name, f.profiles) for f in found)

    assert asyncio.run(heard()) == [
        ("imuhip 0001", ("reference",)),
        ("imuhip 0002", ("reference",)),
    ]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """The commands, with a configuration folder of their own and two sensors in reach."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("imuhip.ble.kit.kit_folder", lambda: tmp_path / "kits")
    monkeypatch.setattr("imuhip.ble.identify.SCAN_S", 0.1)
    sensors = [FakeSensor("imuhip 1", "AA:1"), FakeSensor("imuhip 2", "AA:2")]
    radio = fake_radio(*sensors, FakeSensor("tv", "AA:3"))
    monkeypatch.setattr("imuhip.ble.radio.Radio", lambda *_, **__: radio)
    app = Typer()
    app.command()(cli_collect.scan)
    app.command()(cli_collect.collect)
    app.add_typer(cli_collect.kit_app, name="kit")
    return lambda *words: CliRunner().invoke(app, words)


def test_the_scan_command_lists_known_sensors_and_others_on_request(command) -> None:
    """A table for people, JSON for programs, the unknown only with --all."""
    table = command("scan", "--seconds", "0.1")
    assert table.exit_code == 0
    assert "imuhip 1" in table.stdout
    assert "tv" not in table.stdout
    rows = json.loads(command("scan", "--seconds", "0.1", "--json", "--all").stdout)
    assert [row["name"] for row in rows][-1] == "tv"
    assert len(rows) == 3


def test_a_kit_is_bound_listed_and_removed_by_commands(command) -> None:
    """What was bound is listed; wrong words are wrong usage."""
    words = ("kit", "bind", "team", "--pelvis", "imuhip 1", "--thigh-left", "AA:2")
    made = command(*words, "--athlete", "A7", "--mount", "pelvis:+x,+z")
    assert made.exit_code == 0, made.output
    (kit,) = json.loads(command("kit", "list", "--json").stdout)
    assert kit == {
        "name": "team",
        "athlete": "A7",
        "sensors": {"pelvis": "imuhip 1", "thigh_left": "imuhip 2"},
    }
    assert "team (A7): pelvis imuhip 1" in command("kit", "list").stdout
    assert command(*words, "--mount", "pelvis:+x,-x").exit_code == 2
    assert command(*words, "--mount", "elbow:+x,+z").exit_code == 2
    assert command(*words, "--profile", "nothing").exit_code == 2
    assert command("kit", "bind", "--pelvis", "imuhip 1").exit_code == 2
    assert command("kit", "remove", "team").exit_code == 0
    assert json.loads(command("kit", "list", "--json").stdout) == []


def test_collecting_without_a_kit_says_how_to_make_one(command) -> None:
    """The error names what there is and the command that makes a kit."""
    failed = command("collect")
    assert "imuhip kit bind" in str(failed.exception)


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (
            BleakBluetoothNotAvailableError(
                "the radio is off", BleakBluetoothNotAvailableReason.POWERED_OFF
            ),
            "^Bluetooth is off or not available. Switch it on and allow this program to use it.$",
        ),
        (FileNotFoundError(2, "No such file"), "^Bluetooth is off or not available"),
        (BleakDBusError("org.bluez.Error.NotReady", []), "^Bluetooth is off or not available"),
        (BleakDBusError("org.bluez.Error.Failed", ["no"]), "scanning for sensors failed:.* no"),
        (EOFError(), "scanning for sensors failed: EOFError"),
    ],
)
def test_without_bluetooth_the_message_says_what_to_do(raised: Exception, words: str) -> None:
    """A scanner that cannot start is one sentence, whatever was raised."""

    class Dead(fake_radio().scanner_backend):
        async def start(self) -> None:
            raise raised

    with pytest.raises(DeviceError, match=words):
        asyncio.run(scan(Radio(scanner_backend=Dead), 0.1))

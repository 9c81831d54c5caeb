"""The collector on bleak's own Linux backend, and the command line in a process of its own."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from beds.collect import PLACES, kit_of, until

from imuhip.ble.kit import save_kit
from imuhip.ble.radio import Radio
from imuhip.catalogue.catalogue import Catalogue
from imuhip.live.collector import collecting
from imuhip.live.start import Options
from imuhip.recording.summary import describe
from imuhip.virtual.athlete import rocking_sensors
from imuhip.virtual.sensor import LinkFaults

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("dbus-daemon") is None,
    reason="the BlueZ bed needs Linux and the program dbus-daemon",
)

COMMAND = "import typer; from imuhip.cli.collect import *; a = typer.Typer(); " + "".join(
    f"a.command()({name}); " for name in ("scan", "collect")
)


@pytest.mark.filterwarnings("ignore:Could not determine BlueZ version")
def test_unpatched_bleak_records_and_reconnects(tmp_path: Path) -> None:
    """Through the system's own backend a broken link is made again and nothing else is lost."""
    from support.bluez_bed import bluez_bed

    faults = {"pelvis": LinkFaults(link_losses=((1.0, 0.5),))}
    sensors = rocking_sensors(PLACES, rate_hz=100.0, faults=faults)

    async def play() -> Path:
        async with bluez_bed(sensors) as bed:
            radio = Radio(bed.adapters[0])
            options = Options(tmp_path, start_when_ready=True)
            async with collecting([kit_of(sensors)], [radio], options, say=lambda _: None) as (
                session,
            ):
                await until(lambda: session.state == "recording")
                pelvis = session.links["pelvis"]
                await until(lambda: pelvis.epoch == 1 and pelvis.flows)
                assert session.links["thigh_left"].epoch == 0
                return await session.stop()

    summary = describe(asyncio.run(play()))
    epochs = {s.sensor: s.epochs for s in summary.sensors}
    assert epochs == {"pelvis": 2, "thigh_left": 1, "thigh_right": 1}
    assert summary.whole
    assert not summary.faults


def test_the_collect_command_records_until_ctrl_c(tmp_path: Path) -> None:
    """With a kit in the configuration folder it records, and Ctrl-C ends it with 0.

    What came over the radio stands in the catalogue then, under the athlete.
    """
    from support.bluez_bed import bluez_bed

    sensors = rocking_sensors(PLACES, rate_hz=100.0)
    save_kit(kit_of(sensors, "default"), tmp_path / "imuhip" / "kits")
    with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
        catalogue.add_athlete("A1")
        catalogue.give_consent("A1", "recording")

    async def play() -> tuple[int, str]:
        async with bluez_bed(sensors, here=False) as bed:
            environment = {**os.environ, **bed.environment, "XDG_CONFIG_HOME": str(tmp_path)}
            words = ("collect", "--start", "--port", "0", "-o", str(tmp_path / "out"))
            words += ("--athlete", "A1", "--catalogue", str(tmp_path / "catalogue.sqlite"))
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", COMMAND + "a()", *words),
                env=environment,
                stderr=subprocess.PIPE,
            )
            said = ""
            while "recording" not in said:
                line = await asyncio.wait_for(process.stderr.readline(), 60.0)
                assert line, said
                said += line.decode()
            process.send_signal(signal.SIGINT)
            rest = (await process.stderr.read()).decode()
            return await process.wait(), said + rest

    code, said = asyncio.run(play())
    assert code == 0, said
    assert "kit default: all 3 sensors found" in said
    assert "collector ended" in said
    (path,) = (tmp_path / "out").glob("*.mcap")
    assert describe(path).whole
    with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
        (session,) = catalogue.sessions("A1")
    assert session.recording == path
    assert session.results is not None

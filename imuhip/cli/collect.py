"""The commands that need a radio: `scan`, `kit` and `collect`."""

import json
import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from imuhip.cli.filing import CatalogueAt, checked_tester, filing
from imuhip.cli.terminal import Terminal
from imuhip.core.conventions import PELVIS, SEGMENTS, THIGH

if TYPE_CHECKING:
    from imuhip.ble.scan import Found
    from imuhip.core.records import Mount

kit_app = typer.Typer(help="Kits: which sensor sits where.", no_args_is_help=True)

err = Terminal(stderr=True)

Adapter = Annotated[str, typer.Option("--adapter", help="Bluetooth adapter, such as hci1.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
KitName = Annotated[str, typer.Argument(metavar="[NAME]", help="Name of the kit.")]


def scan(
    seconds: Annotated[float, typer.Option(min=0.1, help="How long to listen.")] = 5.0,
    everything: Annotated[bool, typer.Option("--all", help="Unknown devices too.")] = False,
    adapter: Adapter = "",
    as_json: AsJson = False,
) -> None:
    """List the sensors within reach that a profile knows.

    Example: imuhip scan --all
    """
    from imuhip.ble.radio import Radio
    from imuhip.ble.scan import scan_now

    heard = scan_now(Radio(adapter), seconds)
    shown = [found for found in heard if found.profiles or everything]
    if as_json:
        typer.echo(json.dumps([found.plain() for found in shown]))
        return
    table = Table(box=None)
    for column in ("name", "address", "signal", "battery", "profile"):
        table.add_column(column, justify="right" if column in ("signal", "battery") else "left")
    for found in shown:
        seen = found.sighting
        battery = "–" if seen.battery is None else f"{seen.battery} %"
        profiles = " or ".join(found.profiles) or "unknown"
        name, address = escape(seen.name or "–"), escape(seen.address)
        table.add_row(name, address, f"{seen.rssi} dBm", battery, profiles)
    if shown:
        Terminal().print(table)
    unknown = len(heard) - sum(bool(found.profiles) for found in heard)
    if not any(found.profiles for found in heard):
        _say(
            f"no known sensor found, and {unknown} other "
            f"devices{'' if everything else ' (--all lists them)'}; switch the sensors on and "
            "bring them near"
        )


def collect(
    kit: Annotated[
        list[str] | None, typer.Option("--kit", help="Kit; several for several athletes.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for recordings.")
    ] = None,
    athlete: Annotated[str, typer.Option(help="Pseudonymous id; the kit's without it.")] = "",
    tester: Annotated[str, typer.Option(help="Who tests: a name or initials.")] = "",
    catalogue: CatalogueAt = None,
    rate: Annotated[float | None, typer.Option(help="Samples a second.")] = None,
    profile: Annotated[
        str, typer.Option(help="Profile for all sensors, such as movella_dot_mode20.")
    ] = "",
    start: Annotated[
        bool, typer.Option("--start", help="Record as soon as all sensors stream.")
    ] = False,
    without: Annotated[
        list[str] | None, typer.Option("--without", help="Leave out a sensor, such as thigh_left.")
    ] = None,
    port: Annotated[int, typer.Option(help="The first hub's port; 0 takes any free one.")] = 8765,
    adapter: Annotated[
        list[str] | None, typer.Option("--adapter", help="Bluetooth adapter; may be repeated.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Log each sensor's figures once a minute.")
    ] = False,
    lsl: Annotated[bool, typer.Option("--lsl", help="Send it by Lab Streaming Layer too.")] = False,
    osc: Annotated[
        str, typer.Option("--osc", help="HOST:PORT to send angles to by OSC, such as 9000.")
    ] = "",
) -> None:
    """Collect from sensors: record, analyze live, serve the hub. Ctrl-C ends it, losing nothing.

    Recordings of an athlete are analyzed and filed in the catalogue when they are finished.

    Example: imuhip collect --athlete A1 --tester KM --start
    """
    import platformdirs

    from imuhip.ble.kit import load_kit, rebind_kit
    from imuhip.ble.kit import without as left_out_of
    from imuhip.ble.radio import Radio
    from imuhip.cli.assessment_output import session_words
    from imuhip.live.collector import collect as run
    from imuhip.live.osc import OscTarget
    from imuhip.live.sending import Sending
    from imuhip.live.start import Options

    if verbose:
        logging.getLogger("imuhip").setLevel(logging.INFO)
    kits = [left_out_of(load_kit(name), without or []) for name in kit or ["default"]]
    if athlete and len(kits) > 1:
        raise typer.BadParameter("--athlete is for one kit; name athletes in their kits")
    if profile:
        kits = [
            replace(k, sensors={s: replace(b, profile=profile) for s, b in k.sensors.items()})
            for k in kits
        ]
    sending = Sending(lsl, OscTarget.from_text(osc) if osc else None)
    with filing(catalogue, [athlete or k.athlete for k in kits], _say) as filer:
        options = Options(
            folder=output or platformdirs.user_data_path("imuhip") / "recordings",
            athlete=athlete,
            tester=checked_tester(tester),
            rate_hz=rate,
            start_when_ready=start,
            refusal=filer.refusal,
            arc_goals=filer.arc_goals,
            usual=filer.usual,
            recorded=filer.recorded,
            filed=filer.state_of,
            rebound=rebind_kit,
            show=lambda assessed: session_words(Terminal(), assessed),
            make_stages=sending.stages(live=True),
        )
        run(kits, [Radio(name) for name in adapter or [""]], options, port=port, say=_say)


@kit_app.command("bind")
def bind(
    name: KitName = "default",
    pelvis: Annotated[str, typer.Option(help="Name, address or serial of the sensor.")] = "",
    thigh_left: Annotated[str, typer.Option(help="The same.")] = "",
    thigh_right: Annotated[str, typer.Option(help="The same.")] = "",
    profile: Annotated[str, typer.Option(help="Profile to use where several fit a device.")] = "",
    athlete: Annotated[str, typer.Option(help="The athlete whom the kit belongs to.")] = "",
    rate: Annotated[float | None, typer.Option(help="Samples a second.")] = None,
    mount: Annotated[
        list[str] | None,
        typer.Option(help="Mount of a sensor, such as pelvis:+x,+z (axis up, axis out)."),
    ] = None,
    adapter: Adapter = "",
) -> None:
    """Bind sensors to places: by name, address or serial, or by shaking one after the other.

    Example: imuhip kit bind --pelvis "imuhip 1" --thigh-left "imuhip 2" --thigh-right "imuhip 3"
    """
    from imuhip.ble.identify import SCAN_S, bind_by_shaking_now
    from imuhip.ble.kit import Kit, bind_by_words, save_kit
    from imuhip.ble.radio import Radio
    from imuhip.ble.scan import chosen_profile, known_profiles, scan_now

    if profile and profile not in known_profiles():
        known = ", ".join(known_profiles())
        raise typer.BadParameter(f"There is no profile {profile!r}. Choose one of {known}.")
    places = (PELVIS, THIGH["left"], THIGH["right"])
    named = dict(zip(places, (pelvis, thigh_left, thigh_right), strict=True))
    words = {place: word for place, word in named.items() if word}
    if words and (PELVIS not in words or len(words) < 2):
        raise typer.BadParameter(
            "name the sensors of the pelvis and of a thigh, or none, and shake them"
        )
    radio = Radio(adapter)
    mounts = dict(_mount(text) for text in mount or [])
    if words:
        strict = partial(chosen_profile, wanted=profile) if profile else _chooser("")
        sensors = bind_by_words(words, scan_now(radio, SCAN_S), strict)
    else:
        sensors = bind_by_shaking_now(radio, places, _chooser(profile), _say)
    kit = Kit(name, sensors, athlete, mounts, rate)
    typer.echo(f"kit {name}: {save_kit(kit)}")


@kit_app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the kits and their sensors.

    Example: imuhip kit list
    """
    from imuhip.ble.kit import kit_names, load_kit

    kits = [load_kit(name) for name in kit_names()]
    if as_json:
        plain = [
            {
                "name": kit.name,
                "athlete": kit.athlete,
                "sensors": {place: bound.words for place, bound in kit.sensors.items()},
            }
            for kit in kits
        ]
        typer.echo(json.dumps(plain))
        return
    for kit in kits:
        sensors = ", ".join(f"{place} {bound.words}" for place, bound in kit.sensors.items())
        typer.echo(f"{kit.name}{f' ({kit.athlete})' * bool(kit.athlete)}: {sensors}")
    if not kits:
        _say("no kits yet; make one with: imuhip kit bind")


@kit_app.command("remove")
def remove(name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the kit.")]) -> None:
    """Forget a kit.

    Example: imuhip kit remove default
    """
    from imuhip.ble.kit import remove_kit

    remove_kit(name)


def _chooser(wanted: str) -> "Callable[[Found], str]":
    """What says which profile to use: the one wanted, the only one, or the answer of a person.

    A person is asked once for all devices that the same profiles know; without one at the terminal
    `chosen_profile` says what to choose from, and how.
    """
    import click

    from imuhip.ble.scan import chosen_profile

    answers: dict[tuple[str, ...], str] = {}

    def choose(found: "Found") -> str:
        names = found.profiles
        if wanted in names:
            return wanted
        if len(names) < 2 or not sys.stdin.isatty():
            return chosen_profile(found)
        if names not in answers:
            _say(f"{found.sighting.name or found.sighting.address} can be read in several ways:")
            for number, name in enumerate(names, 1):
                _say(f"  {number}  {name}")
            number = typer.prompt("which", type=click.IntRange(1, len(names)), err=True)
            answers[names] = names[number - 1]
        return answers[names]

    return choose


def _mount(text: str) -> tuple[str, "Mount"]:
    """A mount as it is written on the command line."""
    from imuhip.core.records import Mount

    place, _, axes = text.partition(":")
    up, _, out = axes.partition(",")
    if place not in SEGMENTS or not {up, out} <= _AXES or up[1] == out[1]:
        raise typer.BadParameter(f"Write a place and two axes, as in pelvis:+x,+z; not {text!r}.")
    return place, Mount(up, out)


def _say(sentence: str) -> None:
    err.print(sentence, highlight=False, soft_wrap=True, markup=False)


_AXES = {"+x", "-x", "+y", "-y", "+z", "-z"}

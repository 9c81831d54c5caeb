"""What a recording begins with: options, its name, its header."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imuhip.assess.assessor import Assessment
from imuhip.assess.screen import Before, ScreenKey
from imuhip.ble.kit import Kit
from imuhip.ble.link import Link
from imuhip.core.records import Header, SensorInfo
from imuhip.core.resources import profile_text
from imuhip.live.active_recording import LiveStages
from imuhip.live.filing_state import FilingState
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.recording.summary import software_versions


@dataclass(frozen=True, slots=True)
class Options:
    """How to collect.

    Parameters
    ----------
    folder
        Where recordings go.
    athlete
        Pseudonymous id; empty takes the kit's.
    tester
        Name or initials of who tests, until a page says otherwise; may be empty.
    rate_hz
        Samples a second; None takes the kit's, else the one nearest to 100 Hz that a sensor has.
    start_when_ready
        Begin recording, once, as soon as all sensors stream.
    make_stages
        Makes a fresh pipeline for a header.
    refusal
        Says why an athlete must not be recorded, such as a consent that is not there; empty when
        nothing is against it.
    arc_goals
        Says how far an athlete's hips are to turn: ``assess.arc_goals`` of the recording's header.
    usual
        Says what an athlete's tests of the table screen were in the sessions before.
    recorded
        Called with each recording that is finished, and whose it is (empty when not said); returns
        at once.
    filed
        Says what has become of a recording that was given to `recorded`.
    rebound
        Called when sensors have changed places: the kit's name, and each place with the place its
        sensor had until now. What it raises as ImuhipError refuses the change.
    show
        Called with what a recording has shown, once it is over.
    """

    folder: Path
    athlete: str = ""
    tester: str = ""
    rate_hz: float | None = None
    start_when_ready: bool = False
    make_stages: Callable[[Header], LiveStages] = Pipeline
    refusal: Callable[[str], str] = lambda _: ""
    arc_goals: Callable[[str], Mapping[str, Any]] = lambda _: {}
    usual: Callable[[str], Mapping[ScreenKey, Before]] = lambda _: {}
    recorded: Callable[[Path, str], None] = lambda _, __: None
    filed: Callable[[Path], FilingState] = lambda _: FilingState("unknown")
    rebound: Callable[[str, Mapping[str, str]], None] = lambda _, __: None
    show: Callable[[Assessment], None] = lambda _: None


def live_header(
    kit: Kit,
    links: Mapping[str, Link],
    athlete: str,
    assess: Mapping[str, Any] | None = None,
    tester: str = "",
) -> Header:
    """Return the header of a recording that begins now, with the athlete's settings."""
    return Header(
        sensors=tuple(
            SensorInfo(
                sensor,
                link.profile.id,
                link.rate_hz,
                kit.mounts.get(sensor),
                {**link.info, "battery": "" if link.battery is None else f"{link.battery:g}"},
                dict(link.profile.settings),
            )
            for sensor, link in links.items()
        ),
        profiles={
            name: profile_text(name) for name in sorted({x.profile.id for x in links.values()})
        },
        clock="host",
        monotonic_ns=time.monotonic_ns(),
        utc_ns=time.time_ns(),
        athlete=athlete,
        parameters={"assess": dict(assess)} if assess else {},
        started=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        source=f"imuhip collect, kit {kit.name}",
        software=software_versions(),
        tester=tester,
    )


def spoken_label(header: Header, kit: Kit) -> str:
    """Whose recording it is, and since when: what a page calls it."""
    return f"{header.athlete or kit.name} · {datetime.now().astimezone():%H:%M}"


def free_path(folder: Path, label: str) -> Path:
    """A file name of the present time and a label that nobody uses."""
    clean = re.sub(r"[^A-Za-z0-9_-]+", "-", label) or "session"
    stem = f"{datetime.now().astimezone():%Y-%m-%d_%H%M%S}_{clean}"
    path, number = folder / f"{stem}.mcap", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}_{number}.mcap"
    return path

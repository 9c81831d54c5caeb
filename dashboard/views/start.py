"""What the first page says of sensors, athlete and calibration; no Streamlit in here."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboard.server.settings import Settings
from dashboard.views.sessions import athlete_title
from imuhip.catalogue.entities import Athlete


@dataclass(frozen=True, slots=True)
class Card:
    """One thing that has to be right before training.

    Parameters
    ----------
    done
        Whether it is.
    words
        How it stands, a line each; the first is the short one.
    """

    done: bool
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Start:
    """The page: three cards, and where the big button leads."""

    sensors: Card
    athlete: Card
    calibrate: Card
    button: str
    page: str


def start_of(status: Mapping[str, Any] | None, athletes: Sequence[Athlete]) -> Start:
    """Work out what is ready and what comes next.

    Parameters
    ----------
    status
        Of the collector; None when none answers.
    athletes
        Of the catalogue.
    """
    course: Mapping[str, Any] = (status or {}).get("course") or {}
    sensors = _sensors(status)
    athlete = _athlete(status, course, athletes)
    recording = (status or {}).get("state") == "recording"
    if (status or {}).get("source") == "replay":
        return Start(sensors, athlete, Card(True, ("A recording is being played.",)), *_TO_LIVE)
    if recording and not course.get("calibrating"):
        return Start(sensors, athlete, Card(True, ("Training goes on.",)), *_TO_LIVE)
    if recording:
        return Start(sensors, athlete, Card(False, ("The calibration goes on.",)), *_GO_ON)
    calibrate = Card(False, ("About a minute, hands-free, with the sensors on.",))
    return Start(sensors, athlete, calibrate, *_SET_UP)


def shown_of(status: Mapping[str, Any] | None) -> str:
    """What the page shows of the collector's status, as `start/main.js` writes it."""
    if status is None:
        return ""
    course: Mapping[str, Any] = status.get("course") or {}
    plan: Mapping[str, Any] = course.get("plan") or {}
    sensors = []
    for each in status.get("sensors") or ():
        battery = each.get("battery")
        left = -1 if battery is None else math.floor(battery)
        sensors.append([each.get("sensor"), each.get("state"), left])
    shown = [
        *(status.get(name) for name in ("source", "state", "athlete")),
        course.get("calibrating"), plan.get("athlete"), plan.get("queue"), sensors,
    ]  # fmt: skip
    return json.dumps(shown, separators=(",", ":"), ensure_ascii=False)


def remote_address(settings: Settings, kit: int = 1) -> str | None:
    """Where a phone in the network finds a kit's page, token and all; None where it cannot come in.

    An address comes before a name: phones do not always find names.
    """
    token = settings.token()
    if token is None or not settings.hosts:
        return None
    host = min(settings.hosts, key=lambda name: (not name[0].isdigit(), name))
    which = f"&kit={kit}" if len(settings.hubs) > 1 else ""
    return f"http://{host}:{settings.page_port}/remote?token={token}{which}"


def _sensors(status: Mapping[str, Any] | None) -> Card:
    if status is None:
        return Card(False, ("No collector is running.", NO_COLLECTOR))
    if status.get("source") == "replay":
        return Card(True, ("A replay needs none.",))
    listed = [each for each in status.get("sensors") or () if isinstance(each, Mapping)]
    streaming = sum(each.get("state") == "streaming" for each in listed)
    head = f"{streaming} of {len(listed)} send data"
    lines = tuple(_sensor(each) for each in listed)
    return Card(bool(listed) and streaming == len(listed), (head, *lines))


def _sensor(sensor: Mapping[str, Any]) -> str:
    """A sensor in a line: where it sits, how it does, its battery."""
    place, _, side = str(sensor.get("sensor", "")).partition("_")
    name = f"{side} {place}".strip().capitalize()
    streams = sensor.get("state") == "streaming"
    battery = sensor.get("battery") if sensor.get("battery_unit") == "percent" else None
    left = (
        "" if battery is None else f" {battery:.0f} %" if streams else f", battery {battery:.0f} %"
    )
    low = ": charge it" if battery is not None and battery < LOW_BATTERY_PERCENT else ""
    state = "✓" if streams else f"– {sensor.get('state')}"
    return f"{name} {state}{left}{low}"


def _athlete(
    status: Mapping[str, Any] | None, course: Mapping[str, Any], athletes: Sequence[Athlete]
) -> Card:
    known = {each.id: each for each in athletes}
    plan: Mapping[str, Any] = course.get("plan") or {}
    wanted = (status or {}).get("athlete") or plan.get("athlete") or ""
    titles = [athlete_title(known[id_]) if id_ in known else id_ for id_ in plan.get("queue") or ()]
    queue = (f"Then {', '.join(titles)}",) if titles else ()
    if wanted in known:
        consent = CONSENT[known[wanted].consent]
        words = (athlete_title(known[wanted]), consent, *queue)
        return Card(known[wanted].consent == "given", words)
    if wanted:
        return Card(False, (wanted, CONSENT["none"], *queue))
    if not athletes:
        return Card(
            False, ("There are no athletes yet.", "Add the first one on the page Athletes.")
        )
    return Card(False, ("No athlete is chosen yet.",))


LOW_BATTERY_PERCENT: Final = 15.0
"""As on Live and Set up (`LOW_BATTERY` of `collector.js`)."""

NO_COLLECTOR: Final = "Start `imuhip collect` on this computer; run `imuhip kit bind` once before."

CONSENT: Final[Mapping[str, str]] = {
    "given": "✓ consent given",
    "none": "no consent yet",
    "withdrawn": "✗ consent withdrawn",
}

_SET_UP: Final = ("Set up and calibrate", "setup")
_GO_ON: Final = ("Go on with the calibration", "setup")
_TO_LIVE: Final = ("Go to Live", "live")

"""What the hub says, as bytes and text: ``hello``, rows of numbers, and events.

Rows travel as little-endian float64, so that a browser reads them as a ``Float64Array`` without
parsing: four numbers of head (`HEAD`), then the rows, `COLUMNS` each. Everything else is JSON with
a ``type``. Angles leave in degrees, in names that end in ``_deg``; NaN is NaN in a row and null in
JSON. docs/live.md is the page for those who write a client.
"""

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np

from imuhip.assess.goals import OWN_SOURCE
from imuhip.assess.movements import MOVEMENTS, Movement
from imuhip.assess.params import AssessParams
from imuhip.core.certainty import MOST_ERROR_DEG, REMEDY, Z95, certain_rows
from imuhip.core.colours import SIDE_COLOURS, SIDE_COLOURS_ON_DARK
from imuhip.core.conventions import GRID_HZ, HIP_ANGLES, PELVIS, PELVIS_ANGLES, SIDES
from imuhip.core.evidence import CalibrationStep
from imuhip.core.records import AngleBlock, Array, GridBlock, Header

LIVE_FORMAT: Final = 1
"""Version of the messages; a client refuses a newer one."""

FRAME_HZ: Final = 60
"""Frames leave the hub at most this often."""

BACKFILL_S: Final = 10.0
"""Seconds of data that a new viewer gets at once."""

KIND_BACKFILL, KIND_FRAME = 0, 1

HEAD: Final = ("kind", "sequence", "stamp_unix_ms", "sent_unix_ms")
"""Numbers ahead of the rows in a binary message."""

COLUMNS: Final = (
    "t",
    *(f"hip_{angle}_{side}_deg" for side in SIDES for angle in HIP_ANGLES),
    *(f"hip_{angle}_{side}_sd_deg" for side in SIDES for angle in HIP_ANGLES),
    *(f"pelvis_{angle}_deg" for angle in PELVIS_ANGLES),
    "pelvis_speed_deg_s",
)
"""Numbers of a row, in their order."""

_HIP_WIDTH: Final = len(SIDES) * len(HIP_ANGLES)


class Frames(Protocol):
    """What a row is made from: the pipeline's output."""

    @property
    def grid(self) -> GridBlock:
        """Sensors on the grid."""

    @property
    def angles(self) -> AngleBlock:
        """Angles at the same grid times."""


def rows_from_output(output: Frames) -> Array:
    """Rows ``(N, len(COLUMNS))`` in seconds, degrees and degrees per second.

    A hip angle whose error leaves nothing of it is NaN; its error stays, and says why.
    """
    angles, count = output.angles, len(output.angles.t)
    hip = np.degrees(angles.hip.reshape(count, _HIP_WIDTH))
    sd = np.degrees(angles.hip_sd.reshape(count, _HIP_WIDTH))
    return np.concatenate(
        (
            angles.t[:, None],
            np.where(certain_rows(sd), hip, np.nan),
            sd,
            np.degrees(angles.pelvis),
            np.degrees(_pelvis_speed(output.grid))[:, None],
        ),
        axis=1,
    )


def _pelvis_speed(grid: GridBlock) -> Array:
    """How fast the pelvis turns, about any axis: ``(N,)`` rad/s; NaN without a pelvis sensor."""
    if PELVIS not in grid.sensors:
        return np.full(len(grid.t), np.nan)
    gyr = grid.gyr[:, grid.sensors.index(PELVIS)]
    x, y, z = gyr[:, 0], gyr[:, 1], gyr[:, 2]
    return np.sqrt(x * x + y * y + z * z)


def encode_rows(
    kind: int, sequence: int, rows: Array, *, stamp_unix_ns: float, sent_unix_ns: float
) -> bytes:
    """Return one binary message.

    Parameters
    ----------
    kind
        `KIND_BACKFILL` or `KIND_FRAME`.
    sequence
        Counts the frames of a session, so that a viewer knows of dropped ones.
    rows
        ``(N, len(COLUMNS))``.
    stamp_unix_ns
        When the notification that completed the newest row reached the host, in UTC ns since
        1970; NaN if nobody knows.
    sent_unix_ns
        When the hub sent it, on the same clock.
    """
    head = (kind, sequence, stamp_unix_ns / 1e6, sent_unix_ns / 1e6)
    return np.concatenate((np.array(head, dtype="<f8"), rows.ravel())).astype("<f8").tobytes()


def decode_rows(message: bytes) -> tuple[dict[str, float], Array]:
    """Return head and rows of a binary message: the inverse of `encode_rows`."""
    numbers = np.frombuffer(message, dtype="<f8").astype(np.float64)
    head = dict(zip(HEAD, numbers[: len(HEAD)].tolist(), strict=True))
    return head, numbers[len(HEAD) :].reshape(-1, len(COLUMNS))


def hello(
    stream: str,
    session: str,
    source: str,
    assess: Mapping[str, Any] | None = None,
    athlete: str = "",
) -> dict[str, Any]:
    """Return the first message of a session: all a viewer needs to draw what follows.

    Parameters
    ----------
    stream
        Names this run of this session; a viewer that meets another one begins anew.
    session
        A label for people.
    source
        ``live`` or ``replay``.
    assess
        The athlete's settings, as `settings_of` finds them: they say which arcs to aim at.
    athlete
        Pseudonymous id, for whoever knows more of the athlete; may be empty.
    """
    params = AssessParams.from_settings(assess or {})
    zones = _zones(params)
    return {
        "type": "hello",
        "format": LIVE_FORMAT,
        "stream": stream,
        "session": session,
        "source": source,
        "athlete": athlete,
        "sides": list(SIDES),
        "angles": [f"hip_{angle}" for angle in HIP_ANGLES],
        "columns": list(COLUMNS),
        "head": list(HEAD),
        "units": {name: _unit(name) for name in COLUMNS},
        "grid_hz": GRID_HZ,
        "frame_hz": FRAME_HZ,
        "backfill_s": BACKFILL_S,
        "signs": SIGNS,
        "gauge": {
            **GAUGE,
            "goal": params.goal,
            "zones": zones,
            "movements": {name: _gauge_of(movement, zones) for name, movement in MOVEMENTS.items()},
        },
        "certainty": {"z95": Z95, "most_error_deg": MOST_ERROR_DEG, "remedy": REMEDY},
        "stillness": STILLNESS,
        "colours": COLOURS,
        "notice": NOTICE,
    }


def settings_of(header: Header) -> Mapping[str, Any]:
    """Return the athlete's settings that a recording carries; empty where there are none."""
    assess = header.parameters.get("assess", {})
    return assess if isinstance(assess, Mapping) else {}


def _gauge_of(movement: Movement, zones: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Arc and zones while a movement is done: goals are those of a turn to the end range."""
    if "table" in movement.traits:
        return {"from_deg": GAUGE["from_deg"], "to_deg": GAUGE["to_deg"], "zones": zones}
    if movement.primary == "inclination":
        return {**BENDING_ARC, "zones": []}
    return {"from_deg": GAUGE["from_deg"], "to_deg": GAUGE["to_deg"], "zones": []}


def _zones(params: AssessParams) -> list[dict[str, Any]]:
    """Where the athlete's goals, or the profile's, lie on the gauges of both sides."""
    found = []
    for side in SIDES:
        goals = {zone.name: zone for zone in params.zones_of(side) if zone.kind == "goal"}
        for name, arc in (("in", goals["internal_deg"]), ("out", goals["external_deg"])):
            ends = (arc.low, arc.high) if name == "in" else (-arc.high, -arc.low)
            found.append({
                "name": name, "side": side, "own": arc.source == OWN_SOURCE,
                "from_deg": ends[0], "to_deg": ends[1],
            })  # fmt: skip
    return found


def event_json(kind: str, payload: Mapping[str, Any]) -> str:
    """Return an event as one line of JSON with its ``type``."""
    return to_json({"type": kind, **payload})


def to_json(value: object) -> str:
    """Compact JSON; NaN and infinities become null, records their fields, arrays lists."""
    return json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _plain(value: object) -> object:
    """The same value in JSON's own types."""
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        unsaid = _UNSAID.get(type(value), frozenset())
        names = [each.name for each in dataclasses.fields(value) if each.name not in unsaid]
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value


def _unit(name: str) -> str:
    """Unit of a column, from its name."""
    if name.endswith("_deg_s"):
        return "deg/s"
    return "deg" if name.endswith("_deg") else "s"


_UNSAID: Final[dict[type, frozenset[str]]] = {CalibrationStep: frozenset({"up", "axis", "q"})}
"""Fields that stay here: orientations by the thousand, which no viewer draws."""

SIGNS: Final = {
    "hip_flexion": "bent forward +",
    "hip_adduction": "towards the other leg +",
    "hip_rotation": "in +, out −",
    "pelvis_tilt": "forward +",
    "pelvis_obliquity": "right side lower +",
    "pelvis_rotation": "turned to the left +",
}

GAUGE: Final[Mapping[str, Any]] = {"angle": "hip_rotation", "from_deg": -90.0, "to_deg": 60.0}
"""The arc of the gauges."""

BENDING_ARC: Final[Mapping[str, float]] = {"from_deg": -45.0, "to_deg": 45.0}
"""The same while the hips bend: a squat turns the thighs by 5 to 30 degrees."""

STILLNESS: Final = {"column": "pelvis_speed_deg_s", "still_below": 6.0, "moving_above": 25.0}
"""Pelvis speeds, in degrees per second, below which it counts as still and above as moving."""

COLOURS: Final = {
    side: {
        "meaning": f"{side} thigh",
        "light": SIDE_COLOURS[side],
        "dark": SIDE_COLOURS_ON_DARK[side],
    }
    for side in SIDES
}

NOTICE: Final = "Not a medical device. It informs a coach; it diagnoses and treats nothing."

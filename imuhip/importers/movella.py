"""Movella DOT (before: Xsens DOT): logs of the app and the PC SDK, exports of recordings.

DOT user manual (Movella, XD0502P), sections on measurement modes and on the log file:
SampleTimeFine counts µs from power-on; synchronised sensors share it. Quantities are m/s² and °/s,
fields in units of the earth's; ``dq`` and ``dv`` are increments over one output sample; free
acceleration is in the earth's frame.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.records import Array
from imuhip.importers.columns import Picked, from_vectors, head_line, in_si, pick, xyz
from imuhip.importers.number_tables import NumberTable
from imuhip.importers.orientations import (
    ORIENTATION_NOTE,
    force_from_free,
    rates_from_increments,
    rates_from_orientation,
)
from imuhip.importers.sources import ACC, AXES, GYR, Options, Reading, Source
from imuhip.importers.times import unwrapped


def is_movella_dot(source: Source) -> bool:
    """Whether a file begins as the logs and exports of a DOT do."""
    line = _head_line(source)
    return line >= 0 and b"\n//" not in b"\n" + source.head  # MT Manager's comments


def read_movella_dot(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read a file in whichever mode it was measured."""
    (source,) = sources
    line = _head_line(source)
    names = {"t": "SampleTimeFine", **_RATES, **_INCREMENTS, **_FUSION, **xyz("mag", _MAG)}
    picked = pick(source, line, names, options, needed=("t",))
    step = _clock_step(picked.table.columns["t"], _entry(source, b"OutputRate"))
    t = unwrapped(picked.table.columns["t"], 2.0**32) * step
    table = _table(picked, t, source, options)
    sync = _entry(source, b"SyncStatus")
    synchronised = None if not sync else sync.lower() in _IN_SYNC
    notes = table.notes
    if line == 0 and "gyr" not in options.units:
        notes += (_HEADLESS,)
    if synchronised is False:
        notes += ("the sensor was not synchronised, so its clock is not that of the others",)
    return [
        Reading(
            replace(table, notes=notes, texts={}),
            _entry(source, b"DeviceTag") or _entry(source, b"Address"),
            wraps_s=2.0**32 * step if synchronised else 0.0,
            group=f"Movella DOT, {step:g}" if synchronised else "",
            started=_entry(source, b"StartTime"),
            synchronised=synchronised,
        )
    ]


def _table(picked: Picked, t: Array, source: Source, options: Options) -> NumberTable:
    """Return accelerations and turning rates, from what the mode gives.

    Raises
    ------
    RecordingError
        If the mode gives too little, with the mode to choose.
    """
    columns = picked.table.columns
    if all(name in columns for name in (*ACC, *GYR)):
        return in_si(picked.table, t, {"acc": "m/s2", "gyr": "deg/s", "mag": "a.u."}, options)
    if all(name in columns for name in _INCREMENTS):
        dt = _interval(t, _entry(source, b"OutputRate"), options)
        dq, dv = _stacked(columns, "dq_", "wxyz"), _stacked(columns, "dv_", AXES)
        return from_vectors(picked.table, t, dv / dt, rates_from_increments(dq, dt))
    if all(name in columns for name in _FUSION):
        rising = np.diff(t, prepend=-np.inf) > 0.0
        table = picked.table.taken(rising)
        q = _stacked(table.columns, "q_", "wxyz")
        acc = force_from_free(q, _stacked(table.columns, "free_", AXES))
        if len(q) < 2:
            raise RecordingError(_TOO_FEW)
        table = from_vectors(table, t[rising], acc, rates_from_orientation(t[rising], q))
        return replace(table, notes=(*table.notes, f"{_mode(source, picked)}: {ORIENTATION_NOTE}"))
    missing = [name for name in (*_ACC_GYR_COLUMNS,) if name not in picked.names]
    raise RecordingError(
        f"Columns {', '.join(missing)} are missing: the mode was {_mode(source, picked)}. Measure "
        "in Custom mode 5 or Rate quantities, or record on the sensor and export accelerations "
        "and turning rates as well."
    )


def _mode(source: Source, picked: Picked) -> str:
    """Return the measurement mode as the app calls it, by its columns where the file is silent."""
    names = set(picked.names)
    if "FreeAcc_X" in names:
        return "Sensor fusion - Extended" + ("" if "Quat_W" in names else " (Euler)")
    if "Quat_W" in names or "Euler_X" in names:
        return "Sensor fusion - Complete or Orientation"
    return _entry(source, b"Measurement Mode") or "of these columns"


def _interval(t: Array, rate: str, options: Options) -> float:
    """Return seconds between samples: of the stated rate, or the median of the times."""
    if options.rate_hz:
        return 1.0 / options.rate_hz
    if found := re.match(r"[\d.]+", rate):
        return 1.0 / float(found.group())
    if len(t) < 2:
        raise RecordingError(_TOO_FEW)
    return float(np.median(np.diff(t)))


def _clock_step(stamps: Array, rate: str) -> float:
    """Return seconds of one step of SampleTimeFine: 1 µs, or 0.1 ms in logs of the PC SDK.

    No DOT sends above 120 Hz: steps of which more than that would come in a second of µs are of
    0.1 ms. A stated output rate decides.
    """
    if len(stamps) < 2:
        return 1e-6
    step = float(np.median(np.abs(np.diff(stamps))))
    if found := re.match(r"[\d.]+", rate):
        per_sample = step * float(found.group())
        return 1e-6 if abs(per_sample - 1e6) < abs(per_sample - 1e4) else 1e-4
    return 1e-6 if step > _LEAST_STEP_US else 1e-4


def _stacked(columns: dict[str, Array], prefix: str, parts: str) -> Array:
    return np.column_stack([columns[f"{prefix}{part}"] for part in parts])


def _head_line(source: Source) -> int:
    line = head_line(source.head, b"SampleTimeFine", b"PacketCounter")
    return line if line >= 0 else head_line(source.head, b"SampleTimeFine", b"_X,")


def _entry(source: Source, key: bytes) -> str:
    """Return an entry of the lines above the names; empty where there is none."""
    found = re.search(rb"^" + key + rb" *: *[,;\t]? *([^\n,;\t]+)", source.head, re.MULTILINE)
    return found.group(1).strip().decode() if found else ""


_HEADLESS: Final = (
    "nothing stands above the names, so the file is taken for a Movella DOT's, with turning rates "
    "in °/s; if MT Manager wrote it, import with --units gyr=rad/s"
)
_IN_SYNC: Final = ("synced", "synchronized", "synchronised", "yes", "true", "1")
_TOO_FEW: Final = "There are fewer than two rows of samples; at least two are needed."
_MAG: Final = "Mag_{axis}"
_RATES: Final = xyz("acc", "Acc_{axis}") | xyz("gyr", "Gyr_{axis}")
_INCREMENTS: Final = {f"dq_{part}": rf"dq_?(?:{part}|\[{i}\])" for i, part in enumerate("wxyz")} | {
    f"dv_{axis}": rf"dv(?:_?{axis}|_?{i}|\[{i}\])" for i, axis in enumerate(AXES, start=1)
}
_FUSION: Final = {f"q_{part}": f"Quat_{part}" for part in "wxyz"} | xyz("free", "FreeAcc_{axis}")
_ACC_GYR_COLUMNS: Final = tuple(f"{kind}_{axis}" for kind in ("Acc", "Gyr") for axis in "XYZ")
_LEAST_STEP_US: Final = 1e6 / 125.0

"""Xsens MT Manager: text exports of MTi, MTw and Awinda, in all separators and ages.

MT Manager user manual (Xsens, MT0216P) and MTi family reference manual: SampleTimeFine has steps
of 0.1 ms, the packet counter wraps at 16 bits; the sensors of an Awinda station share it.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.records import Array
from imuhip.importers.columns import Picked, from_vectors, in_si, pick, xyz
from imuhip.importers.number_tables import NumberTable, separator_of, split_line
from imuhip.importers.orientations import rates_from_increments
from imuhip.importers.sources import ACC, AXES, GYR, Options, Reading, Source
from imuhip.importers.times import unwrapped


def is_xsens_mt(source: Source) -> bool:
    """Whether a file begins as the text exports of MT Manager do, which put tabs between cells."""
    line = _head_line(source.head)
    if source.head.lstrip().startswith(b"//"):
        return line >= 0
    first = source.head.partition(b"\n")[0]  # of a file whose comments were taken off
    return line == 0 and b"\tAcc_X\t" in first and b"\tGyr_X\t" in first


def read_xsens_mt(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read a text export: m/s², rad/s, or increments of velocity and rotation.

    Where the export leaves SampleTimeFine empty or NaN (Awinda), the counter and the update rate
    give the time.
    """
    (source,) = sources
    line = _head_line(source.head)
    stamped = _is_stamped(source.head, line)
    increments = re.search(rb"VelInc_X", source.head) and not re.search(rb"\bAcc_X", source.head)
    names = {"t": "SampleTimeFine" if stamped else _COUNTER} | (
        _INCREMENTS if increments else _NAMES
    )
    needed = ("t", *(_INCREMENT_NAMES if increments else (*ACC, *GYR)))
    without_comments = replace(source, text=re.sub(rb"(?m)^//.*$", b"", source.text))
    names |= xyz("mag", "Mag_{axis}")
    picked = pick(without_comments, line, names, options, needed=needed)
    wraps, step = (2.0**32, 1e-4) if stamped else (2.0**16, 1.0 / _rate(source.head, options))
    t = unwrapped(picked.table.columns["t"], wraps) * step
    if increments:
        table = _from_increments(picked, t, stamped=stamped, step=step)
    else:
        table = in_si(picked.table, t, {"acc": "m/s2", "gyr": "rad/s", "mag": "a.u."}, options)
    said = _said_rate(source.head)
    if not stamped and options.rate_hz and said and abs(said / options.rate_hz - 1.0) > _OTHER:
        note = f"the file says {said:g} Hz; the {options.rate_hz:g} Hz that were said are taken"
        table = replace(table, notes=(*table.notes, note))
    device = re.search(rb"// *DeviceId: *(\w+)", source.head, re.IGNORECASE)
    label = device.group(1).decode() if device else ""
    return [Reading(table, label, wraps * step, f"Xsens station, {step:g}")]


def _from_increments(picked: Picked, t: Array, *, stamped: bool, step: float) -> NumberTable:
    """Return accelerations and turning rates from increments over one sample."""
    columns = picked.table.columns
    dt = float(np.median(np.diff(t))) if stamped and len(t) > 1 else step
    dq = np.column_stack([columns[f"dq_{part}"] for part in "wxyz"])
    dv = np.column_stack([columns[f"dv_{axis}"] for axis in AXES])
    table = replace(picked.table, texts={})
    return from_vectors(table, t, dv / dt, rates_from_increments(dq, dt))


def _head_line(head: bytes) -> int:
    """Return the line of names, which begins below the comments with a counter."""
    for number, line in enumerate(head.split(b"\n")):
        if line.startswith(b"//") or not line.strip():
            continue
        cells = split_line(line, separator_of(line))
        return number if any(re.fullmatch(_CLOCKS, cell, re.IGNORECASE) for cell in cells) else -1
    return -1


def _is_stamped(head: bytes, line: int) -> bool:
    """Whether the first sample has a time of its own."""
    lines = head.split(b"\n")
    separator = separator_of(lines[line])
    names = [name.lower() for name in split_line(lines[line], separator)]
    rows = (row for row in lines[line + 1 :] if row.strip() and not row.startswith(b"//"))
    row = next(rows, b"")
    if separator == " " and row.count(b" ") == len(names) - 1:
        cells = row.decode().split(" ")
    else:
        cells = split_line(row, separator)
    if "sampletimefine" not in names or (row and len(cells) < len(names)):
        return False
    if not row:
        return True
    cell = cells[names.index("sampletimefine")].strip().lower()
    return cell not in ("", "nan", "n/a", "-")


def _said_rate(head: bytes) -> float:
    """Return samples a second as the file's head says; 0.0 where it does not."""
    found = re.search(
        rb"// *(?:Update|Output|Sample|Sampling) ?Rate: *([0-9.,]+)", head, re.IGNORECASE
    )
    return float(found.group(1).strip(b".,").replace(b",", b".")) if found else 0.0


def _rate(head: bytes, options: Options) -> float:
    """Return samples a second, as the user or the file's head says.

    Raises
    ------
    RecordingError
        If neither says it.
    """
    if options.rate_hz:
        return options.rate_hz
    rate = _said_rate(head)
    if not rate:
        raise RecordingError(
            "The file has a counter, but neither sample times nor an update rate. Say at which "
            "rate it was recorded, for example --rate 100, or rate_hz = 100 in session.toml"
        )
    return rate


_COUNTER: Final = r"(?:Packet)?Counter"
_CLOCKS: Final = rf"{_COUNTER}|SampleTimeFine"
_NAMES: Final = xyz("acc", "Acc_{axis}") | xyz("gyr", "Gyr_{axis}")
_INCREMENT_NAMES: Final = (
    *(f"dv_{axis}" for axis in AXES),
    *(f"dq_{part}" for part in "wxyz"),
)
_INCREMENTS: Final = xyz("dv", "VelInc_{axis}") | {
    f"dq_{part}": f"OriInc_(?:q{i}|{part})" for i, part in enumerate("wxyz")
}
_OTHER: Final = 0.02  # of a rate

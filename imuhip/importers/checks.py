"""What is wrong or odd about imported files: each finding is a sentence for people.

What no use can be made of is refused: times that do not rise or are no seconds, acceleration
without gravity, the same samples under two names. The rest is reported, and imported as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from imuhip.core.conventions import GRAVITY
from imuhip.core.errors import RecordingError
from imuhip.core.records import Array, Mount
from imuhip.importers.agreement import agreement
from imuhip.importers.common_time import lags
from imuhip.importers.mirror import mirrored, upside_down
from imuhip.importers.notes import FolderMark
from imuhip.importers.number_tables import NumberTable
from imuhip.importers.sources import ACC, GYR, SensorFile
from imuhip.importers.times import refuse_no_seconds


def without_repeated_rows(table: NumberTable) -> NumberTable:
    """Return the table without rows that repeat the one before in every number, and a note."""
    if len(table.line) < 2:
        return table
    values = np.column_stack(list(table.columns.values()))
    new = np.concatenate(([True], np.any(values[1:] != values[:-1], axis=1)))
    if new.all():
        return table
    count = int(np.count_nonzero(~new))
    which = "rows that repeat the row before" if count > 1 else "row that repeats the row before"
    note = f"left out {count} {which}"
    return replace(table.taken(new), notes=(*table.notes, note))


def check_times(table: NumberTable) -> None:
    """Raise RecordingError unless all is finite, and two or more times in seconds rise."""
    t = table.columns["t"]
    whole = np.logical_and.reduce([np.isfinite(values) for values in table.columns.values()])
    if not np.all(whole):
        raise RecordingError(
            "A number is too large to be converted to SI units. Remove the row.",
            line=int(table.line[int(np.argmin(whole))]),
        )
    if len(t) < 2:
        left = f" ({table.dropped} were left out)" if table.dropped else ""
        count = "only one row" if len(t) else "no row"
        raise RecordingError(f"The file has {count} of samples{left}; at least two are needed.")
    falling = np.flatnonzero(t[1:] <= t[:-1])
    if len(falling):
        row = int(falling[0]) + 1
        what = "repeats" if t[row] == t[row - 1] else "runs backwards"
        raise RecordingError(
            f"Time {what}: {t[row].item()!r} follows {t[row - 1].item()!r}. Put the rows in order "
            "of time, each time once.",
            line=int(table.line[row]),
        )
    refuse_no_seconds(t)
    late = np.flatnonzero(np.abs(t) > _MAX_T)
    if len(late):
        row = int(late[0])
        raise RecordingError(
            f"Time {t[row].item()!r} cannot be seconds. Say its unit, for example --units t=us",
            line=int(table.line[row]),
        )
    _check_lone_times(table)


def _check_lone_times(table: NumberTable) -> None:
    """Raise RecordingError where a few rows lie hours from all others."""
    t = table.columns["t"]
    jumps = np.flatnonzero(np.diff(t) > _HOURS_S) + 1
    pieces = np.split(np.arange(len(t)), jumps)
    for piece in pieces if len(pieces) > 1 else ():
        if len(piece) < min(_FEWEST_BESIDE, len(t) / 2):
            row = int(piece[0])
            raise RecordingError(
                f"Time {t[row].item()!r} lies hours away from the rows beside it. Correct it, or "
                "remove the row.",
                line=int(table.line[row]),
            )


def refuse_without_gravity(file: SensorFile) -> None:
    """Raise RecordingError where gravity has been taken out of the accelerations.

    Whoever wears a sensor feels gravity nearly all the time. What feels a third of it at most, and
    close to nothing for a tenth of the time, is linear acceleration. A reading of exactly zero is a
    dead sensor, and another matter.
    """
    lengths = _lengths(file.acc)
    if 0.0 < float(np.median(lengths)) < GRAVITY / 3.0 and _felt(lengths):
        raise RecordingError(
            "Gravity has been taken out of these accelerations (linear, user or free "
            f"acceleration): their median is {np.median(lengths):.2g} m/s² instead of about "
            f"{GRAVITY}. Take the columns with gravity."
        )


def _felt(lengths: Array) -> bool:
    """Whether small lengths vary as movement does, and not little as gravity in another unit."""
    low, middle, high = np.quantile(lengths, (0.1, 0.5, 0.9))
    return bool(low < 0.6 * middle or high > 2.0 * middle)


def refuse_same_samples(files: Sequence[SensorFile]) -> None:
    """Raise RecordingError where two sensors' files hold the same samples.

    Two sensors never feel the same to the last digit; a hundred different rows that both have are
    one recording under two names. So are values that differ by what rounding does.
    """
    rows = [_rows_of(file) for file in files]
    for i, file in enumerate(files):
        for j in range(i):
            both = len(rows[i] & rows[j])
            shared = both >= _SAME_ROWS and both > 0.9 * min(len(rows[i]), len(rows[j]))
            if shared or _alike(files[j], file):
                raise RecordingError(
                    f"{files[j].shown} and {file.shown} hold the same samples. Each sensor needs "
                    "a file of its own.",
                    path=file.path,
                    sensor=file.sensor,
                )


def _alike(one: SensorFile, other: SensorFile) -> bool:
    """Whether all that two sensors felt, at the same times, differs by a hundredth of itself."""
    inside = (other.t >= one.t[0]) & (other.t <= one.t[-1])
    t = other.t[inside]
    if len(t) < _SAME_ROWS:
        return False
    for a, b in ((one.acc, other.acc[inside]), (one.gyr, other.gyr[inside])):
        with np.errstate(over="ignore", invalid="ignore"):  # absurd numbers are not alike
            there = np.column_stack([np.interp(t, one.t, a[:, k]) for k in range(3)])
            spread = float(np.sqrt(np.mean((b - b.mean(axis=0)) ** 2)))
            apart = float(np.sqrt(np.mean((there - b) ** 2)))
        if not 0.0 < spread < np.inf or not apart <= _SAME_SHARE * spread:
            return False
    return True


def _rows_of(file: SensorFile) -> set[bytes]:
    """Return the different rows of acceleration and turning rate."""
    values = np.ascontiguousarray(np.hstack((file.acc, file.gyr)))
    return {row.tobytes() for row in values}


def sensor_warnings(files: Sequence[SensorFile]) -> list[str]:
    """Sentences on each file; what is true of several is said once."""
    of_sentence: dict[str, list[str]] = {}
    for file in files:
        for sentence in _of_one(file):
            of_sentence.setdefault(sentence, []).append(file.shown)
    return [
        f"{', '.join(dict.fromkeys(names))}: {sentence}" for sentence, names in of_sentence.items()
    ]


def _of_one(file: SensorFile) -> list[str]:
    """Sentences on units, rates and axes that cannot be right, and on rows left out."""
    warnings = list(file.notes)
    acc = float(np.median(_lengths(file.acc)))
    if not _ACC_RANGE[0] < acc < _ACC_RANGE[1]:
        g = "; if it is in g, import with --units acc=g" if 0.8 < acc < 1.2 else ""
        warnings.append(f"the median acceleration is {acc:.3g} m/s² instead of about {GRAVITY}{g}")
    gyr = float(np.quantile(_lengths(file.gyr), 0.99))
    if gyr > _FAST_RAD_S:
        warnings.append(
            f"turning rates reach {gyr:.3g} rad/s, faster than anybody moves; if they are in "
            "degrees per second, import with --units gyr=deg/s"
        )
    elif _ACC_RANGE[0] < acc < _ACC_RANGE[1]:
        warnings += _axes_warnings(file)
    warnings += _constant_warnings(file)
    if not _RATE_RANGE[0] <= file.rate_hz <= _RATE_RANGE[1]:
        warnings.append(f"the rate would be {file.rate_hz:.3g} Hz; is t in seconds?")
    if file.dropped:
        warnings.append(
            f"left out {file.dropped} rows that hold NaN, text or nothing; they are gaps"
        )
    return warnings


def _constant_warnings(file: SensorFile) -> list[str]:
    """A sentence where a column holds one number throughout while another varies."""
    if len(file.t) < _FEWEST_CONSTANT:
        return []
    if np.ptp(file.gyr) == 0.0 and not file.gyr.any():
        off = "its turning rates are 0 throughout: the gyroscope was off, and angles are wrong"
        return [off]
    with np.errstate(over="ignore"):  # an absurd range is a range
        still = [
            name
            for names, values in ((ACC, file.acc), (GYR, file.gyr))
            for name, column in zip(names, values.T, strict=True)
            if np.ptp(column) == 0.0 and np.ptp(values, axis=0).max() > 1.0
        ]
    if not still:
        return []
    said = (
        f"{', '.join(still)} never {'change' if len(still) > 1 else 'changes'}: is the axis "
        "missing or the column another one? If so, angles are wrong"
    )
    return [said]


def _axes_warnings(file: SensorFile) -> list[str]:
    """A sentence where acceleration does not turn as the turning rates and times say."""
    found = agreement(file.t, file.acc, file.gyr)
    if found is None:
        return []
    off, best, scaled = np.degrees((found.off, found.best, found.scaled))
    if found.axes_wrong:
        sentence = (
            "the acceleration does not turn as the turning rates say "
            f"({off:.0f}° off, {best:.0f}° with other axes). Are the axes x, y, z in this order, "
            "and right-handed? If not, angles are wrong: correct the columns, or use --map"
        )
    elif found.rate_wrong:
        sentence = (
            "the acceleration turns as if turning rates, or times, were "
            f"{found.scale:.2g} times as large ({off:.0f}° off, {scaled:.0f}° then). Was it "
            f"recorded at {file.rate_hz / found.scale:.3g} Hz instead of {file.rate_hz:.3g} Hz, or "
            "are turning rates in another unit? If so, angles are wrong"
        )
    else:
        return []
    return [sentence]


def _lengths(vectors: Array) -> Array:
    """Return the lengths of vectors ``(N, 3)``; of impossible ones that they are large."""
    clipped = np.clip(vectors, -1e6, 1e6)
    lengths: Array = np.sqrt((clipped * clipped).sum(axis=1))
    return lengths


def span_warnings(
    files: Sequence[SensorFile], marks: Sequence[FolderMark], marks_file: str
) -> list[str]:
    """Sentences on sensors and marks that lie outside the pelvis's time."""
    pelvis = files[0]
    first, last = pelvis.t[0], pelvis.t[-1]
    span = f"the {pelvis.sensor}'s {first:.3f} to {last:.3f} s"
    warnings = [
        f"{file.shown}: its times, {file.t[0]:.3f} to {file.t[-1]:.3f} s, do not overlap {span}. "
        "All sensors need to be on one clock"
        for file in files[1:]
        if file.t[0] > last or file.t[-1] < first
    ]
    outside = [mark for mark in marks if not first <= mark.t <= last]
    units = (unit for unit, size in _UNITS_OF_MARKS.items() if _within(marks, size, first, last))
    unit = next(units, "")
    if len(outside) == len(marks) and unit:
        sentence = (
            f"{marks_file}: all marks lie outside {span}, and would lie within it if their times "
            f"were in {unit}. If so, write them in seconds"
        )
        return [*warnings, sentence]
    warnings += [
        f"{marks_file}:{mark.line}: the mark at {mark.t:.3f} s lies outside {span}"
        for mark in outside[:_MAX_MARK_WARNINGS]
    ]
    return warnings


def _within(marks: Sequence[FolderMark], size: float, first: float, last: float) -> bool:
    """Whether the marks lie within a time, if their times are in a unit of that size, s."""
    return bool(marks) and all(first <= size * mark.t <= last for mark in marks)


def lag_warnings(files: Sequence[SensorFile]) -> list[str]:
    """Sentences on sensors whose clocks are apart."""
    return [
        f"{file.shown}: {file.sensor} moves {abs(lag):.2f} s "
        f"{'after' if lag > 0 else 'before'} the pelvis, so their clocks are apart. Put the times "
        "on one clock; next time begin with all sensors held together and shaken"
        for file, lag in lags(files)
    ]


def refuse_mirrored(
    files: Sequence[SensorFile], marks: Sequence[FolderMark], mounts: Mapping[str, Mount]
) -> None:
    """Raise RecordingError where all that tells left from right says that signs are reversed.

    Whoever has looked, and says the unit of acceleration with or without a minus, is believed.
    """
    if reversed_by := upside_down(files, mounts) or mirrored(files, marks):
        raise RecordingError(
            "The signs of acceleration seem to be reversed, as iPhone programs write them: "
            f"{reversed_by}. Left and right, inward and outward would be exchanged. Import with "
            "--units acc=-m/s2 to turn them round. If they are right, check which thigh is which "
            "and import with --units acc=m/s2"
        )


_MAX_T: Final = 9.2e9  # host times are 64-bit nanoseconds
_HOURS_S, _FEWEST_BESIDE = 3600.0, 100
_ACC_RANGE: Final = (7.0, 13.0)  # a median over a session is close to gravity
_FAST_RAD_S: Final = 20.0  # no hip turns so fast for a hundredth of a session
_RATE_RANGE: Final = (5.0, 5000.0)
_UNITS_OF_MARKS: Final = {"ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
_MAX_MARK_WARNINGS: Final = 5
_SAME_ROWS: Final = 100
_SAME_SHARE: Final = 0.01
_FEWEST_CONSTANT: Final = 100  # of fewer rows, those of a coarse sensor may be alike

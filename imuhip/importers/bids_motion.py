"""BIDS-Motion: ``_motion.tsv`` without a header; the names are in ``_channels.tsv``.

Brain Imaging Data Structure 1.9, section Motion: one row a channel, in the order of the columns,
with type, component, tracked point, unit and rate; ``_motion.json`` has the rate as well.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.importers.columns import in_si
from imuhip.importers.number_tables import NumberTable, read_text_table
from imuhip.importers.sources import ACC, GYR, Options, Reading, Source
from imuhip.importers.text_files import read_text


def is_bids_motion(source: Source) -> bool:
    """Whether a file is the table of a BIDS motion recording."""
    return source.path.name.endswith("_motion.tsv")


def read_bids_motion(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read all tracked points that have accelerations and turning rates.

    Raises
    ------
    RecordingError
        If the channels' file is missing, or no point has both.
    """
    (source,) = sources
    channels = _channels(_beside(source.path, "_channels.tsv"))
    names = [f"{i} {channel.get('name', '')}" for i, channel in enumerate(channels)]
    points: dict[str, dict[str, int]] = {}
    latency = ""
    for i, channel in enumerate(channels):
        kind = _KINDS.get(channel.get("type", "").upper(), "")
        axis = channel.get("component", "").lower()
        if channel.get("type", "").upper() == "LATENCY":
            latency = names[i]
        elif kind and axis in ("x", "y", "z"):
            points.setdefault(channel.get("tracked_point", ""), {})[f"{kind}_{axis}"] = i
    whole = {p: at for p, at in points.items() if all(name in at for name in (*ACC, *GYR))}
    if not whole:
        raise RecordingError(
            "No tracked point has both ACCEL and GYRO channels of x, y and z. The channels are "
            f"{', '.join(sorted({c.get('type', '') for c in channels})) or 'none'}."
        )
    wanted = {names[i] for at in whole.values() for i in at.values()} | {latency}
    table = read_text_table(
        source.path,
        lambda _: None,
        drop_invalid=options.drop_invalid,
        text=source.text,
        blank_columns=[*(name for name in names if name not in wanted), ""],
        names=names,
        separator="\t",
    )
    readings = []
    for point, at in whole.items():
        units = {name: channels[i].get("units", "") for name, i in at.items()}
        columns = {name: table.columns[names[i]] for name, i in at.items()}
        if latency:
            t = table.columns[latency]
        else:
            t = np.arange(len(table.line)) / _rate(source, channels[at[ACC[0]]], options)
        own = NumberTable(source.path, columns, table.line, table.dropped, table.notes)
        readings.append(Reading(in_si(own, t, units, options), point, group="BIDS"))
    return readings


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name.removesuffix("_motion.tsv") + ending)


def _channels(path: Path) -> list[Mapping[str, str]]:
    """Return the rows of the channels' file."""
    if not path.exists():
        raise RecordingError(
            f"{path.name} is missing, which names the columns. Put it beside the _motion.tsv."
        )
    rows = csv.DictReader(io.StringIO(read_text(path).decode()), delimiter="\t")
    return [
        {name.strip(): (cell or "").strip() for name, cell in row.items() if name} for row in rows
    ]


def _rate(source: Source, channel: Mapping[str, str], options: Options) -> float:
    """Return samples a second: the user's, the channel's, or that of the JSON beside it."""
    if options.rate_hz:
        return options.rate_hz
    try:
        return _above_zero(channel.get("sampling_frequency", ""))
    except ValueError:
        path = _beside(source.path, "_motion.json")
    try:
        return _above_zero(json.loads(read_text(path))["SamplingFrequency"])
    except (RecordingError, KeyError, TypeError, ValueError) as error:
        raise RecordingError(
            "Neither the channels nor _motion.json give the rate. Say it, for example --rate 100, "
            "or rate_hz = 100 in session.toml"
        ) from error


def _above_zero(value: object) -> float:
    rate = float(str(value))
    if not 0.0 < rate < _MAX_RATE:
        raise ValueError(value)
    return rate


_KINDS: Final = {"ACCEL": "acc", "GYRO": "gyr", "MAGN": "mag"}
_MAX_RATE: Final = 1e5

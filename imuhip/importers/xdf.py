"""XDF, the recordings of Lab Streaming Layer: a stream a sensor, or one for each quantity.

Read with pyxdf, which brings all streams onto one clock. A stream's ``channels`` name label and
unit of each column; where labels name no place, the stream's name does.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.extras import need
from imuhip.importers.channels import Channel, sensors_in, table_of
from imuhip.importers.joined import join
from imuhip.importers.number_tables import NumberTable
from imuhip.importers.sources import ACC, GYR, MAG, Options, Reading, Source


def is_xdf(source: Source) -> bool:
    """Whether a file is XDF, by its name."""
    return source.path.suffix.lower() == ".xdf"


def read_xdf(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read every sensor of a recording; needs pyxdf, the extra ``lab``.

    Raises
    ------
    RecordingError
        If the file is no XDF, or no sensor has accelerations and turning rates.
    """
    (source,) = sources
    with source.path.open("rb") as file:
        begins = file.read(4)
    if begins != b"XDF:":
        raise RecordingError("The file is not XDF: it does not begin as one.")
    try:
        streams, _ = need("pyxdf").load_xdf(str(source.path))
    except (OSError, ValueError, EOFError) as error:
        raise RecordingError(f"The file cannot be read as XDF: {error}") from error
    parts: dict[str, dict[str, NumberTable]] = {}
    for stream in streams:
        for place, tables in _tables(source.path, stream, options).items():
            parts.setdefault(place, {}).update(tables)
    readings = [
        Reading(_together(tables), place, group="LSL")
        for place, tables in parts.items()
        if "acc" in tables and "gyr" in tables
    ]
    if not readings:
        names = ", ".join(_said(stream["info"], "name") for stream in streams) or "none"
        raise RecordingError(
            "No stream has acceleration and turning rate. Channels need labels such as acc_x and "
            f"gyr_x; the streams are {names}."
        )
    return readings


def _tables(
    path: Path, stream: Mapping[str, Any], options: Options
) -> dict[str, dict[str, NumberTable]]:
    """Return place to quantity to its samples; quantities of one stream share a table."""
    values, t = stream["time_series"], np.asarray(stream["time_stamps"], dtype=np.float64)
    if not isinstance(values, np.ndarray) or values.ndim != 2 or not len(t):
        return {}
    channels = [
        Channel(label, unit, values[:, i].astype(np.float64))
        for i, (label, unit) in enumerate(_channels(stream["info"], values.shape[1]))
    ]
    found: dict[str, dict[str, NumberTable]] = {}
    for place, sensor in sensors_in(channels, _said(stream["info"], "name")).items():
        whole = [names for names in (ACC, GYR, MAG) if all(name in sensor for name in names)]
        wanted = {name: sensor[name] for names in whole for name in names}
        if wanted:
            table = table_of(path, t, wanted, options)
            found[place] = {names[0][:3]: table for names in whole}
    return found


def _together(tables: Mapping[str, NumberTable]) -> NumberTable:
    """Return one table of a sensor whose quantities are of one stream or of several."""
    acc, gyr, mag = tables["acc"], tables["gyr"], tables.get("mag")
    return acc if acc is gyr and mag in (None, acc) else join(acc, gyr, mag)


def _channels(info: Mapping[str, Any], count: int) -> list[tuple[str, str]]:
    """Return label and unit of each column; empty ones where the stream does not say."""
    desc = (info.get("desc") or [None])[0] or {}
    listed = (desc.get("channels") or [None])[0] or {}
    found = [
        (_said(channel, "label"), _said(channel, "unit")) for channel in listed.get("channel", ())
    ]
    return [*found, *[_UNNAMED] * count][:count]


def _said(info: Mapping[str, Any], key: str) -> str:
    """Return an entry of the description, each of which pyxdf gives as a list."""
    return str((info.get(key) or [""])[0] or "")


_UNNAMED: Final = ("", "")

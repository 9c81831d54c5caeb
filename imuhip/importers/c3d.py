"""C3D with IMU channels: analog channels such as ``Pelvis_ACC_X``, as motion capture saves them.

The C3D format (c3d.org): ``ANALOG:LABELS`` and ``ANALOG:UNITS`` name and measure each channel,
``ANALOG:RATE`` is their common rate; frames count from ``POINT``'s first frame.
"""

from collections.abc import Sequence

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.extras import need
from imuhip.importers.channels import Channel, is_whole, sensors_in, table_of
from imuhip.importers.sources import Options, Reading, Source


def is_c3d(source: Source) -> bool:
    """Whether a file is C3D, by its name."""
    return source.path.suffix.lower() == ".c3d"


def read_c3d(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read the IMUs among the analog channels; needs ezc3d, the extra ``lab``.

    Raises
    ------
    RecordingError
        If the file is no C3D, or no sensor has accelerations and turning rates.
    """
    (source,) = sources
    try:
        file = need("ezc3d").c3d(str(source.path))
    except OSError as error:
        raise RecordingError(f"The file cannot be read as C3D: {error}") from error
    analog = file["parameters"]["ANALOG"]
    labels = analog.get("LABELS", {"value": []})["value"]
    units = [*analog.get("UNITS", {"value": []})["value"], *[""] * len(labels)]
    values = np.asarray(file["data"]["analogs"], dtype=np.float64)[0]
    channels = [Channel(*named) for named in zip(labels, units, values, strict=False)]
    sensors = sensors_in(channels, source.sensor)
    whole = {place: sensor for place, sensor in sensors.items() if is_whole(sensor)}
    if not whole:
        raise RecordingError(
            "No sensor has acceleration and turning rate among the analog channels. Labels such "
            f"as Pelvis_ACC_X and Pelvis_GYRO_X are read; these are {', '.join(labels) or 'none'}."
        )
    rate = options.rate_hz or float(file["header"]["analogs"]["frame_rate"])
    t = np.arange(values.shape[1]) / rate
    return [
        Reading(table_of(source.path, t, sensor, options), place, group="C3D")
        for place, sensor in whole.items()
    ]

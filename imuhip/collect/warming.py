"""Runs the pipeline once on made-up packets, so that compiling delays no real one."""

from collections.abc import Callable

import numpy as np

from imuhip.archive.resources import profile_text
from imuhip.collect.player import Stages
from imuhip.conventions import PELVIS, STANDARD_GRAVITY, THIGH
from imuhip.devices.decode import encode
from imuhip.devices.profiles import parse_profile
from imuhip.records import Header, Packet, SensorInfo


def warm(make_stages: Callable[[Header], Stages]) -> None:
    """Push two seconds of three sensors at rest through stages that are thrown away."""
    text = profile_text("reference")
    profile = parse_profile(text)
    sensors = (PELVIS, *THIGH.values())
    header = Header(
        sensors=tuple(SensorInfo(sensor, profile.id, _HZ) for sensor in sensors),
        profiles={profile.id: text},
        clock="host",
    )
    stages = make_stages(header)
    acc = np.tile((0.0, 0.0, STANDARD_GRAVITY), (_COUNT, 1))
    number = np.arange(_COUNT)
    stamps = np.rint(number * (1e9 / _HZ)).astype(np.int64)
    payload, offsets = encode(
        profile,
        profile.streams[0],
        acc=acc,
        gyr=np.zeros_like(acc),
        ticks=stamps * 1e-3,
        counter=number,
    )
    uuid = profile.streams[0].characteristic
    whole = [
        Packet(sensor, uuid, 0, number * len(sensors) + place, stamps, payload, offsets)
        for place, sensor in enumerate(sensors)
    ]
    for first in range(0, _COUNT, _BLOCK):
        stages.push([packet.part(first, first + _BLOCK) for packet in whole])
    stages.finish()


_HZ = 100.0
_COUNT = 200
_BLOCK = 20

"""A drawn athlete: body, posture, sway, how far and how fast they move, and how straight.

Amplitudes are in degrees, for people read and write them here; `director` turns them into radians.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from imuhip.core.conventions import HIP_SIGNS, SIDES, Side
from imuhip.simulate.jets import Sines, draw_sines
from imuhip.simulate.motion import CHANNELS, Skeleton


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of an athlete.

    Parameters
    ----------
    stand_deg
        Flexion, adduction and internal rotation in relaxed standing.
    lift_deg, lift_skew_deg
        Knee lift: how high, and how far its axis turns towards adduction and rotation.
    squat_deg
        Flexion at the bottom.
    squat_path_deg
        Adduction at the bottom, rotation half-way down and at the bottom, against standing.
    lag_s
        How much later than the other this leg moves in a squat.
    toe_turn_deg
        Internal and external rotation of a straight leg.
    pivot_deg
        How far a pivot turns the foot.
    hip_share
        Part of a pivot that the hip gives; the pelvis follows with the rest.
    table_deg
        Internal and external end range, seated.
    """

    stand_deg: tuple[float, float, float]
    lift_deg: float
    lift_skew_deg: tuple[float, float]
    squat_deg: float
    squat_path_deg: tuple[float, float, float]
    lag_s: float
    toe_turn_deg: tuple[float, float]
    pivot_deg: float
    hip_share: float
    table_deg: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Person:
    """One athlete.

    Parameters
    ----------
    skeleton
        Lengths.
    stand_deg
        Pelvis tilt and obliquity in relaxed standing.
    heading_deg
        Which way they face.
    tempo
        Their seconds per second asked for.
    bow_deg, bow_skew_deg
        How deep they bow, and how far its axis turns towards obliquity and rotation.
    squat_tilt_deg, squat_tuck
        Pelvis at the bottom of a squat, and the degrees of the curl that ends the descent.
    legs, sway
        By side; by channel.
    repetition_sd
        How much repetitions differ, as a share of the amplitude.
    imprecision
        Factor on all human deviations from straight and upright: 1 a person, 0 a machine.
    stands_again_deg
        As in `Setup`.
    """

    skeleton: Skeleton
    stand_deg: tuple[float, float]
    heading_deg: float
    tempo: float
    bow_deg: float
    bow_skew_deg: tuple[float, float]
    squat_tilt_deg: float
    squat_tuck: float
    legs: Mapping[Side, Leg]
    sway: Mapping[str, Sines]
    repetition_sd: float
    imprecision: float
    stands_again_deg: float = 0.0


def draw_person(rng: np.random.Generator, imprecision: float) -> Person:
    """Draw an athlete.

    Parameters
    ----------
    rng
        Where chance comes from.
    imprecision
        Factor on deviations from straight and upright, and on sway.
    """
    skeleton = Skeleton(
        thigh=float(rng.normal(0.42, 0.02)),
        shank=float(rng.normal(0.41, 0.02)),
        hip_half_width=float(rng.normal(0.087, 0.004)),
    )
    pelvis = (STAND_PELVIS_SD_DEG * imprecision * rng.standard_normal(2)).tolist()
    bow_skew = (PELVIS_SKEW_SD_DEG * imprecision * rng.standard_normal(2)).tolist()
    squat = float(rng.uniform(102.0, 113.0))
    return Person(
        skeleton=skeleton,
        stand_deg=(pelvis[0], pelvis[1]),
        heading_deg=float(rng.uniform(-180.0, 180.0)),
        tempo=float(rng.uniform(0.95, 1.05)),
        bow_deg=float(rng.uniform(48.0, 65.0)),
        bow_skew_deg=(bow_skew[0], bow_skew[1]),
        squat_tilt_deg=float(rng.uniform(20.0, 30.0)),
        squat_tuck=float(rng.uniform(4.0, 16.0)),
        legs={side: _draw_leg(rng, imprecision, squat, pelvis[1], side) for side in SIDES},
        sway={name: _draw_sway(rng, name, imprecision) for name in CHANNELS if name in SWAY_RMS},
        repetition_sd=0.03,
        imprecision=imprecision,
    )


def another_standing(person: Person, rng: np.random.Generator) -> dict[str, tuple[float]]:
    """Draw how an athlete's next standing differs from the one before, degrees by channel."""
    names = ["tilt", *(f"{kind}_{side}" for kind in ("flexion", "adduction") for side in SIDES)]
    shares = dict.fromkeys(names, 0.5) | {f"rotation_{side}": 1.0 for side in SIDES}
    size = person.stands_again_deg * rng.standard_normal(len(shares))
    return {
        name: (share * float(x),) for (name, share), x in zip(shares.items(), size, strict=True)
    }


def _draw_leg(
    rng: np.random.Generator, imprecision: float, squat_deg: float, obliquity_deg: float, side: Side
) -> Leg:
    """Draw one leg; `squat_deg` is the athlete's, the leg departs a little from it.

    Over a pelvis that stands oblique on legs of two lengths both legs are as upright as under a
    level one: one hip is adducted by the obliquity, the other abducted.
    """
    stand = imprecision * STAND_HIP_SD_DEG * rng.standard_normal(2)
    stand[1] -= HIP_SIGNS[side][1] * obliquity_deg
    skew = (THIGH_SKEW_SD_DEG * imprecision * rng.standard_normal(2)).tolist()
    return Leg(
        stand_deg=(float(stand[0]), float(stand[1]), float(rng.normal(-6.0, 4.0))),
        lift_deg=float(rng.uniform(68.0, 88.0)),
        lift_skew_deg=(skew[0], skew[1]),
        squat_deg=squat_deg + float(rng.normal(0.0, 1.5)),
        squat_path_deg=(
            float(rng.normal(-16.0, 4.0)),
            float(rng.normal(-5.0, 2.0)),
            float(rng.normal(5.0, 5.0)),
        ),
        lag_s=float(abs(rng.normal(0.0, 0.015))),
        toe_turn_deg=(float(rng.uniform(14.0, 24.0)), float(rng.uniform(20.0, 32.0))),
        pivot_deg=float(rng.uniform(24.0, 36.0)),
        hip_share=float(rng.uniform(0.82, 0.97)),
        table_deg=(float(rng.normal(34.0, 4.0)), float(rng.normal(39.0, 4.0))),
    )


def _draw_sway(rng: np.random.Generator, name: str, imprecision: float) -> Sines:
    """Draw the involuntary part of a channel: slow sway and a trace of tremor."""
    rms = SWAY_RMS[name] * imprecision * rng.uniform(0.5, 1.5)
    slow = draw_sines(rng, rms, *SWAY_HZ, count=5)
    fast = draw_sines(rng, TREMOR_SHARE * rms, *TREMOR_HZ, count=2)
    return slow + fast


PELVIS_SKEW_SD_DEG: Final = 1.5
THIGH_SKEW_SD_DEG: Final = 4.0
"""Deviation of the axis of the "straight" movement from person to person."""

STAND_PELVIS_SD_DEG: Final = np.array((2.0, 2.2))
STAND_HIP_SD_DEG: Final = np.array((2.0, 1.5))

_ANGLE_SWAY: Final = float(np.radians(0.14))
SWAY_RMS: Final[dict[str, float]] = {
    "tilt": _ANGLE_SWAY,
    "obliquity": 0.6 * _ANGLE_SWAY,
    "turn": 0.5 * _ANGLE_SWAY,
    "forward": 4e-3,
    "left": 3e-3,
    **{f"flexion_{side}": _ANGLE_SWAY for side in SIDES},
    **{f"adduction_{side}": 0.6 * _ANGLE_SWAY for side in SIDES},
    **{f"rotation_{side}": 0.5 * _ANGLE_SWAY for side in SIDES},
}
"""Typical sway of a channel, rad or m."""

SWAY_HZ: Final = (0.05, 0.6)
TREMOR_HZ: Final = (6.0, 10.0)
TREMOR_SHARE: Final = 0.02

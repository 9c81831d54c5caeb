"""Virtual sensors on skin: how skin turns on the bone with the posture, the same way every time.

What is published of it: thigh clusters follow 60 % of an isolated rotation at best (Schache 2008,
doi 10.1016/j.gaitpost.2007.02.001); on real squats rotation at the bottom is off by 4 to 4.6° rms,
flexion by 2 to 6°, adduction by 3 to 6°, and the pelvis's skin tilts by 3 to 11°. All of it is
systematic within a person and a side, so repetitions do not average it away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from imuhip.core.conventions import PELVIS, SIDES, THIGH
from imuhip.core.records import Array
from imuhip.simulate.jets import Jet
from imuhip.simulate.motion import Pose, X, Y, Z


@dataclass(frozen=True, slots=True)
class SoftTissue:
    """How skin departs from bone: ``θ_meas = (1 − κ) θ_bone + c(flexion) + wobble``.

    Parameters
    ----------
    kappa
        Part of the thigh's rotation that the skin does not follow: 0 rigid; 0.3 to 0.5 published.
    per_flexion
        Rotation of the skin per flexion of the hip, internal +.
    wobble_deg
        Shaking at 2 to 6 Hz, rms at one radian of flexion in fast motion; none at rest
        (`shaking`).
    """

    kappa: float = 0.4
    per_flexion: float = 0.04
    wobble_deg: float = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """The skin under one sensor.

    Parameters
    ----------
    bends
        ``(3, 2)`` turn about the segment's X, Y, Z at `DEEP_RAD` of hip flexion, rad: the part
        that goes with flexion, and the part that goes with its square.
    tissue
        What the skin does not follow of rotation, and how it shakes; None on the pelvis.
    """

    bends: Array
    tissue: SoftTissue | None

    def under(self, pose: Pose, flexion: Jet) -> Pose:
        """Return a segment's `pose` as its skin has it at so much hip flexion since standing."""
        share = flexion.scaled(1.0 / DEEP_RAD)
        for axis, coefficients in zip((Z, X, Y), self.bends[[2, 0, 1]].tolist(), strict=True):
            pose = pose.turned(axis, share.polynomial(coefficients))
        return pose


def draw_skins(rng: np.random.Generator) -> dict[str, Skin]:
    """Draw the skin of one athlete, by sensor."""
    skins = {PELVIS: Skin(_bends(rng, _pelvis(rng)), None)}
    for side in SIDES:
        size = np.array(THIGH_SD_DEG) * rng.standard_normal(3)
        tissue = SoftTissue(float(rng.uniform(*KAPPA)), 0.0, WOBBLE_DEG)
        skins[THIGH[side]] = Skin(_bends(rng, size), tissue)
    return skins


def figures(skins: Mapping[str, Skin]) -> dict[str, float]:
    """Return what was drawn as the truth tells it: degrees at `DEEP_RAD`."""
    figures = {}
    for sensor, skin in skins.items():
        for axis, turn in zip("xyz", np.degrees(skin.bends.sum(axis=1)).tolist(), strict=True):
            figures[f"{sensor}_{axis}_deg"] = turn
        if skin.tissue is not None:
            figures[f"{sensor}_kappa"] = skin.tissue.kappa
    return figures


def _pelvis(rng: np.random.Generator) -> Array:
    """Turns of the pelvis's skin: it lags behind the tilt, or is pushed on."""
    tilt = float(rng.triangular(*PELVIS_TILT_DEG)) * (1.0 if rng.random() < 0.7 else -1.0)
    aside = PELVIS_ASIDE_SD_DEG * rng.standard_normal(2)
    return np.array((aside[0], aside[1], tilt))


def _bends(rng: np.random.Generator, size_deg: Array) -> Array:
    share = rng.uniform(0.0, 1.0, 3)
    return np.radians(np.stack((share * size_deg, (1.0 - share) * size_deg), axis=1))


DEEP_RAD: Final = float(np.radians(110.0))
KAPPA: Final = (0.3, 0.5)
WOBBLE_DEG: Final = 0.8
THIGH_SD_DEG: Final = (5.0, 4.5, 2.5)
"""About X (adduction), Y (rotation) and Z (flexion) of the thigh."""

PELVIS_TILT_DEG: Final = (3.0, 5.0, 11.0)
"""Least, likeliest, most."""

PELVIS_ASIDE_SD_DEG: Final = 1.5
"""List and rotation."""

"""Sensor orientations and rates → how the thighs and the pelvis themselves move.

Inclination is gravity's, so it does not drift; heading is the gyroscope's. Rates are those of the
gyroscope, turned into the segment or the earth: nothing is differentiated.
"""

import math

import numpy as np

from imuhip.core.conventions import HIP_SIGNS, PELVIS, SIDES, THIGH
from imuhip.core.evidence import Alignment, HeadingBlock
from imuhip.core.findings import SegmentBlock
from imuhip.core.kernels import kernel
from imuhip.core.quaternions import wrap_angle
from imuhip.core.records import Array, GridBlock


class SegmentMotion:
    """Motion of the segments on the grid; `align` when calibration is known, then `push` rows."""

    def __init__(self) -> None:
        self._alignment: Alignment | None = None
        self._facing = np.full(2, np.nan)

    def align(self, alignment: Alignment) -> None:
        """Use `alignment` from the next row on; headings count from its standing."""
        self._alignment = alignment
        self._facing = np.full(2, np.nan)
        standing = alignment.standing
        for k, i in self._thighs(alignment):
            if len(standing):
                moved = np.empty((_COLUMNS, len(standing), 1))
                still = np.zeros((len(standing), 3))
                _moved(alignment, i, standing[:, i], still, moved[:, :, 0])
                sine, cosine = np.sin(moved[_HEADING]), np.cos(moved[_HEADING])
                self._facing[k] = np.arctan2(np.nanmean(sine), np.nanmean(cosine))

    def push(self, grid: GridBlock, headings: HeadingBlock) -> SegmentBlock:
        """Return the motion at the grid's rows, the drift of the headings taken off."""
        n = len(grid.t)
        thighs = np.full((_COLUMNS, n, 2), np.nan)
        pelvis_rate = np.full(n, np.nan)
        alignment = self._alignment
        if alignment is not None:
            for k, i in self._thighs(alignment):
                _moved(alignment, i, grid.q[:, i], grid.gyr[:, i], thighs[:, :, k])
                thighs[_HEADING, :, k] -= headings.turn[:, i]
            thighs[_HEADING] = wrap_angle(thighs[_HEADING] - self._facing)
            thighs[_AXIAL_RATE] *= _INWARDS
            i = alignment.sensors.index(PELVIS)
            pelvis = np.empty((_COLUMNS, n, 1))
            _moved(alignment, i, grid.q[:, i], grid.gyr[:, i], pelvis[:, :, 0])
            pelvis_rate = pelvis[_HEADING_RATE, :, 0]
        inclination, its_rate, heading, turning, axial, speed = thighs
        return SegmentBlock(
            grid.t, inclination, its_rate, heading, turning, axial, speed, pelvis_rate
        )

    @staticmethod
    def _thighs(alignment: Alignment) -> list[tuple[int, int]]:
        """Side and place of each thigh whose mount is known."""
        place = {sensor: i for i, sensor in enumerate(alignment.sensors)}
        found = [(k, place[THIGH[side]]) for k, side in enumerate(SIDES) if THIGH[side] in place]
        return [(k, i) for k, i in found if np.isfinite(alignment.q_sb[i]).all()]


def _moved(alignment: Alignment, i: int, q_es: Array, gyr: Array, out: Array) -> None:
    """Fill the columns ``(_COLUMNS, N)`` of the segment that sensor i sits on."""
    q_es, gyr = np.ascontiguousarray(q_es), np.ascontiguousarray(gyr)
    _follow(q_es, gyr, alignment.q_sb[i], alignment.heading[i], out)


@kernel
def _follow(q_es: Array, gyr: Array, q_sb: Array, turn: float, out: Array) -> None:
    """Row by row: inclination, its rate, heading, its rate, rate about the long axis, speed."""
    w, x, y, z = q_sb[0], q_sb[1], q_sb[2], q_sb[3]
    # The segment's y and z axes in the sensor.
    yx, yy, yz = 2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + w * x)
    zx, zy, zz = 2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y)
    for i in range(len(q_es)):
        w, x, y, z = q_es[i, 0], q_es[i, 1], q_es[i, 2], q_es[i, 3]
        gx, gy, gz = gyr[i, 0], gyr[i, 1], gyr[i, 2]
        # The earth's axes in the sensor: the rows of the rotation.
        r00, r01, r02 = 1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)
        r10, r11, r12 = 2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)
        r20, r21, r22 = 2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)
        # Inclination: between the segment's y and the vertical; asin and acos lose digits.
        cx, cy, cz = yy * r22 - yz * r21, yz * r20 - yx * r22, yx * r21 - yy * r20
        across = math.sqrt(cx * cx + cy * cy + cz * cz)
        out[0, i] = math.atan2(across, yx * r20 + yy * r21 + yz * r22)
        out[1, i] = gx * zx + gy * zy + gz * zz
        # Heading: forward is up × right, and right is the z axis, which flexion leaves alone.
        right_x = zx * r00 + zy * r01 + zz * r02
        right_y = zx * r10 + zy * r11 + zz * r12
        out[2, i] = math.atan2(right_x, -right_y) + turn
        out[3, i] = gx * r20 + gy * r21 + gz * r22
        out[4, i] = gx * yx + gy * yy + gz * yz
        out[5, i] = math.sqrt(gx * gx + gy * gy + gz * gz)


_HEADING, _HEADING_RATE, _AXIAL_RATE, _COLUMNS = 2, 3, 4, 6
_INWARDS = np.array([HIP_SIGNS[side][2] for side in SIDES])

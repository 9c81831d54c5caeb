"""The order of the stages from samples to joint angles, once for live and offline.

::

    samples ─ biases ─ filter ─┐  `SensorStages`, one a sensor
                               ├─ grid ─ protocol ─ aligner ─┐  made by `Body`
                               └─────────── rows ─ heading ─ joint angles   `HipStages`

A growing session (`all_sensors`) pushes block after block. A finished one (`offline`) puts variants
of bias, filter and heading that know what comes later into the same places.
"""

from collections.abc import Collection, Sequence
from typing import Protocol as Interface

from imuhip.core.evidence import Alignment, HeadingBlock
from imuhip.core.records import AngleBlock, Fault, GridBlock, Header, OrientationBlock, SampleBlock
from imuhip.estimate.acc_bias import AccBias
from imuhip.estimate.alignment import Aligner
from imuhip.estimate.angle_errors import ErrorParams
from imuhip.estimate.calibration.protocol import Protocol
from imuhip.estimate.grid import Grid, GridParams
from imuhip.estimate.gyro_bias import BiasBlock
from imuhip.estimate.joint_angles import JointAngles
from imuhip.estimate.orientation import Filter


class BiasStage(Interface):
    """Takes the gyroscope's bias off samples."""

    def push(self, block: SampleBlock) -> BiasBlock:
        """Return the samples without it, and what is left."""


class HeadingStage(Interface):
    """Finds how the headings of the sensors drift apart."""

    def align(self, alignment: Alignment) -> None:
        """Take the next rows as of this calibration."""

    def push(self, rows: GridBlock) -> HeadingBlock:
        """Return the drift in these rows."""


class SensorStages:
    """From one sensor's samples in order to its orientation."""

    def __init__(self, bias: BiasStage, orientation: Filter) -> None:
        self._bias, self._filter = bias, orientation
        self._force = AccBias()

    def push(self, samples: SampleBlock) -> tuple[OrientationBlock, tuple[Fault, ...]]:
        """Return the orientation at each sample, and the gaps before them."""
        corrected = self._bias.push(samples)
        samples = self._force.push(corrected.samples, corrected.still)
        return self._filter.push(samples, corrected.still, corrected.sd)


class Body:
    """The stages that all sensors of a recording share up to the alignment, each made anew."""

    def __init__(self, header: Header, sensors: Sequence[str], grid: GridParams) -> None:
        self.sensors = tuple(sensors)
        self.mounts = {info.sensor: info.mount for info in header.sensors if info.mount}
        self.grid_params = grid
        self._detect = bool(header.parameters.get("detect_steps"))
        self._q_sb = header.parameters.get("q_sb")

    def grid(self, *, silent: Collection[str] = ()) -> Grid:
        """Orientations → rows of the common grid; `silent` sensors never sent anything."""
        return Grid(self.sensors, self.grid_params, silent=silent)

    def protocol(self, *, marked: bool = False) -> Protocol:
        """Rows and marks → calibration steps; `marked`: all steps have marks by now."""
        return Protocol(self.sensors, self.mounts, detect=self._detect and not marked)

    def aligner(self) -> Aligner:
        """Calibration steps → alignment of sensors to segments."""
        return Aligner(self.sensors, self.mounts, self._q_sb)


class HipStages:
    """From rows of the grid to hip and pelvis angles."""

    def __init__(self, headings: HeadingStage, errors: ErrorParams) -> None:
        self.headings = headings
        self.angles = JointAngles(errors)

    def align(self, alignment: Alignment) -> None:
        """Take the next rows as of this calibration."""
        self.headings.align(alignment)
        self.angles.align(alignment)

    def push(self, rows: GridBlock) -> tuple[HeadingBlock, AngleBlock]:
        """Return the drift of the headings, and the angles, in these rows."""
        drift = self.headings.push(rows)
        return drift, self.angles.push(rows, drift)

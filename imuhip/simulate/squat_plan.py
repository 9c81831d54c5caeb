"""The plan of a squat before it is performed: what compensations may change."""

from dataclasses import dataclass, field

from imuhip.core.conventions import SIDES, Side
from imuhip.simulate.director import Effects


@dataclass(frozen=True, slots=True)
class Extra:
    """A gesture beside that of the legs.

    Parameters
    ----------
    delay
        From the start of the repetition, s.
    rise, hold, fall, effects
        As in `motion.Gesture`; degrees.
    """

    delay: float
    rise: float
    hold: float
    fall: float
    effects: Effects


@dataclass(slots=True)
class Squat:
    """One squat on paper; u is the depth, 1 at the bottom. Degrees and seconds.

    Parameters
    ----------
    down, bottom, up
        Its phases.
    flexion, path
        By side: flexion at the bottom; adduction at the bottom, rotation half-way and at the
        bottom.
    lag
        By side, how late it moves; the share of flexion that lags is the thigh's own.
    late
        By side, how much later the thigh itself comes, at any tilt of the pelvis.
    tilt
        Coefficients of u, u², u³, u⁴.
    aside, turned
        Obliquity and rotation of the pelvis at the bottom, as chance has it.
    extras
        What compensations add.
    """

    down: float
    bottom: float
    up: float
    flexion: dict[Side, float]
    path: dict[Side, tuple[float, float, float]]
    lag: dict[Side, float]
    tilt: tuple[float, float, float, float]
    aside: float
    turned: float
    late: dict[Side, float] = field(default_factory=lambda: dict.fromkeys(SIDES, 0.0))
    extras: list[Extra] = field(default_factory=list)

    @property
    def inclination_deg(self) -> float:
        """Inclination of the thighs at the bottom, about."""
        return 0.5 * (self.flexion["left"] + self.flexion["right"]) - sum(self.tilt)

    def whole(self, effects: Effects) -> Extra:
        """Return effects that come and go with the squat itself."""
        return Extra(0.0, self.down, self.bottom, self.up, effects)

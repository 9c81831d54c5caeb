"""How much skin and muscle shake: not at all at rest, the more the faster the thigh moves.

A shaking that depends on speed needs the derivatives of that speed, which curves here do not carry.
So the share is worked out once for a whole script, on knots, and read off a spline through them,
whose own derivatives are exact.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.interpolate import BSpline, make_interp_spline
from scipy.ndimage import gaussian_filter1d

from imuhip.core.conventions import Side
from imuhip.core.records import Array
from imuhip.simulate.jets import Jet
from imuhip.simulate.motion import HIP_CHANNELS, Script


@dataclass(frozen=True, slots=True, eq=False)
class Stirring:
    """The share of its full shaking that a thigh's skin has, 0 at rest to 1, over time.

    Parameters
    ----------
    share
        Spline over time, s.
    """

    share: BSpline

    def at(self, t: Array) -> Jet:
        """Return the share at times `t (N,)`; outside the script it stays as it was."""
        first, last = self.share.t[DEGREE], self.share.t[-DEGREE - 1]
        inside = (t >= first) & (t <= last)
        held = np.clip(t, first, last)
        rate, bend = (np.where(inside, self.share(held, nu=k), 0.0) for k in (1, 2))
        return Jet(self.share(held), rate, bend)


def stirring(script: Script, side: Side) -> Stirring:
    """Return how much the skin of a thigh is stirred: ``w² / (w² + w₀²)``, w its speed in the hip.

    The speed squared is smoothed over `RINGING_S`, for soft tissue neither starts nor stops at
    once.
    """
    t = np.arange(-PAD_S, script.duration + PAD_S, SAMPLE_S)
    curves = script.channels(t, HIP_CHANNELS[side])
    squared = np.sum([curve.v**2 for curve in curves.values()], axis=0)
    smooth = gaussian_filter1d(squared, RINGING_S / SAMPLE_S, mode="nearest")[::KNOT_EVERY]
    share = smooth / (smooth + HALF_STIRRED**2)
    return Stirring(make_interp_spline(t[::KNOT_EVERY], share, k=DEGREE))


HALF_STIRRED: Final = float(np.radians(20.0))
"""Speed, rad/s, at which the skin has half its shaking: a slow squat's middle has twice that, the
sway of a quiet body a twentieth."""

RINGING_S: Final = 0.12
SAMPLE_S: Final = 0.02
KNOT_EVERY: Final = 4
PAD_S: Final = 1.0
DEGREE: Final = 5

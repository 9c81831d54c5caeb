"""The nouns of calibration: what a step measured, and the alignment that came of it."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from imuhip.core.records import Array, Mount


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing measured in a calibration step, against what is wanted of it.

    Parameters
    ----------
    name, unit
        Such as ``bow_amplitude`` and ``deg``.
    sensor
        The sensor measured; empty when several are.
    value
        What was measured, in `unit`.
    accept, again
        Limits between which the value is fair; beyond `again` the step is asked for again.
    verdict
        ``good``, ``fair`` or ``failed``.
    """

    name: str
    unit: str
    sensor: str
    value: float
    accept: float
    again: float
    verdict: Literal["good", "fair", "failed"]

    @classmethod
    def judge(
        cls, name: str, unit: str, sensor: str, value: float, accept: float, again: float
    ) -> "Gate":
        """Judge `value` by its limits; more is better where `again` is below `accept`."""
        sign = -1.0 if again < accept else 1.0
        verdict: Literal["good", "fair", "failed"] = "failed"  # and so does NaN
        if sign * value <= sign * accept:
            verdict = "good"
        elif sign * value <= sign * again:
            verdict = "fair"
        return cls(name, unit, sensor, value, accept, again, verdict)


@dataclass(frozen=True, slots=True)
class Misplacement:
    """A sensor that is not where or how it was said to be.

    Parameters
    ----------
    kind
        ``swapped``: the thigh sensors sit on each other's leg; ``as_named``: they no longer do.
        ``upside_down`` and ``turned``: against the declared mount. ``tilted``: the pelvis does not
        bow about an axis that is level in standing. ``slipped``: the strap turned.
    sensor
        By where it sits; empty for both thighs.
    t_start, t_end
        Since when at the earliest, and when it was known, seconds on the session's clock. What is
        not corrected makes values doubtful from somewhere between them on.
    angle_deg
        How far it is turned; NaN where that is no question.
    corrected
        Whether results from `t_end` on are as if it had been right.
    words
        For the coach.
    """

    kind: Literal["swapped", "as_named", "upside_down", "turned", "tilted", "slipped"]
    sensor: str
    t_start: float
    t_end: float
    angle_deg: float
    corrected: bool
    words: str


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationStep:
    """A calibration step that has ended: what it was measured to be, and what it tells.

    Parameters
    ----------
    step
        One of `conventions.CALIBRATION_STEPS`.
    t_start, t_end
        Its window, seconds on the session's clock.
    found
        ``marked`` in the recording, or ``detected`` in the data.
    accepted
        No gate failed.
    gates
        What was measured.
    words
        For the coach; empty when there is nothing to do again.
    up
        ``(S, 3)`` unit vector of the mean specific force, frame ``s``.
    axis
        ``(S, 3)`` functional axis, frame ``s``, pointing to the athlete's right; NaN where the
        step gives none.
    axis_sd
        ``(S,)`` standard error of its heading, radians, from its spread over the repetitions.
    turned
        ``(S,)`` how far each sensor has turned in all since the session began, radians.
    lost
        ``(S,)`` variance of all turns in gaps since the session began, rad².
    drifted
        ``(S,)`` what its bias may have added to its heading since the session began, radians.
    force
        ``(S,)`` mean specific force over gravity, as a share of it, less one; NaN in movements.
    q
        ``(M, S, 4)`` the orientations ``q_es`` in the window, where all sensors were valid.
    sensors, mounts
        ``S`` where each sensor sits, and how, as it was known when the step was judged: they differ
        from the recording's where a fault of placement was found. Empty where nobody looked.
    misplaced
        The faults of placement that this step showed first.
    """

    step: str
    t_start: float
    t_end: float
    found: Literal["marked", "detected"]
    accepted: bool
    gates: tuple[Gate, ...]
    words: tuple[str, ...]
    up: Array
    axis: Array
    axis_sd: Array
    turned: Array
    lost: Array
    drifted: Array
    force: Array
    q: Array
    sensors: tuple[str, ...] = ()
    mounts: tuple[Mount | None, ...] = ()
    misplaced: tuple[Misplacement, ...] = ()


Grade: TypeAlias = Literal["none", "poor", "fair", "good"]
"""Of a calibration; it travels with every result."""


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Where the segments are in the sensors, and how the sensors' headings differ.

    Parameters
    ----------
    sensors
        S names; the order of the arrays.
    q_sb
        ``(S, 4)`` sensor from segment; NaN where it is not known.
    heading
        ``(S,)`` turn about the vertical, radians, that brings a sensor's earth to the pelvis's:
        ``q_eb = q(heading) * q_es * q_sb``; NaN where it is not known.
    covariance
        ``(S, S)`` of the heading of the pelvis's medio-lateral axis (at the pelvis's place) and of
        the other sensors' `heading`, rad²; NaN where they are not known.
    standing
        ``(M, S, 4)`` ``q_es`` over the accepted stand window; M is 0 before there is one.
    grade, chain
        How far it can be trusted, and which evidence it came from.
    quality
        What its rests say of the sensors' errors: one standard deviation of an accelerometer's
        bias and scale, as a share of gravity.
    obliquity, obliquity_sd
        Of the pelvis in the standing, the right side lower +, and its standard deviation; radians.
    gates
        Evidence measured against other evidence.
    """

    sensors: tuple[str, ...]
    q_sb: Array
    heading: Array
    covariance: Array
    standing: Array
    grade: Grade
    chain: str
    quality: float
    obliquity: float
    obliquity_sd: float
    gates: tuple[Gate, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class HeadingBlock:
    """How far the sensors' headings have drifted from the alignment's, on the grid.

    Parameters
    ----------
    t
        ``(N,)`` grid times.
    turn
        ``(N, S)`` drift against the pelvis's sensor since standing, radians: what is taken off.
    variance
        ``(N, S)`` of what is left of it, rad²; at the pelvis's place of its own heading. NaN
        before there is a standing.
    tilt
        ``(N, S)`` variance of the inclination of a sensor that begins anew after a gap, rad².
    """

    t: Array
    turn: Array
    variance: Array
    tilt: Array


STAND_POSE: Final = "stand_pose"
"""The gate that fails where Stand was done otherwise than the athlete stands."""

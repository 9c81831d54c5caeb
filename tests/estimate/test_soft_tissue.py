import numpy as np
import pytest

from imuhip.core.evidence import CalibrationStep
from imuhip.core.quaternions import multiply, quaternion_from_heading, quaternion_from_rotvec
from imuhip.estimate.soft_tissue import from_toe_turns, given, scaled

SENSORS = ("pelvis", "thigh_left", "thigh_right", "shank_right")


def _toe_turns(kappa, *, turns=6, amplitude_deg=25.0, noise_deg=0.3, sensors=SENSORS):
    """A step in which the right leg turns in and out, the thigh's skin lagging by `kappa`."""
    rng = np.random.default_rng(1)
    n = 150 * turns
    leg = np.radians(amplitude_deg) * np.sin(np.pi * turns * np.arange(n) / n)
    pelvis = np.radians(4.0) * np.sin(7.0 * np.arange(n) / n)
    turned = {
        "pelvis": pelvis,
        "thigh_left": pelvis,
        "thigh_right": pelvis + (1.0 - kappa) * leg,
        "shank_right": pelvis + leg,
    }
    q = np.empty((n, len(sensors), 4))
    for i, name in enumerate(sensors):
        mount = quaternion_from_rotvec(rng.normal(size=3))
        heading = turned[name] + rng.normal() + np.radians(noise_deg) * rng.normal(size=n)
        q[:, i] = multiply(quaternion_from_heading(heading), mount)
    nothing = np.full(len(sensors), np.nan)
    return CalibrationStep(
        step="toe_turn_right", t_start=10.0, t_end=10.0 + n / 100, found="marked", accepted=True,
        gates=(), words=(), up=np.full((len(sensors), 3), np.nan),
        axis=np.full((len(sensors), 3), np.nan), axis_sd=nothing,
        turned=nothing, lost=nothing, drifted=nothing,
        force=nothing, q=q,
    )  # fmt: skip


@pytest.mark.parametrize("kappa", [0.05, 0.3, 0.5])
def test_toe_turns_show_how_much_the_skin_lags(kappa):
    """Turns of the leg give the factor within 0.02, whatever the mounts and the pelvis do."""
    factor = from_toe_turns(_toe_turns(kappa), SENSORS, "right")
    assert factor is not None
    assert factor.accepted
    assert factor.kappa == pytest.approx(kappa, abs=0.02)
    assert factor.turns >= 3
    assert "right thigh" in factor.words


@pytest.mark.parametrize(
    ("kappa", "turns", "noise_deg", "said"),
    [(0.3, 1, 0.3, "turns of the right toes"), (0.8, 6, 0.3, "not plausible"),
     (-0.3, 6, 0.3, "not plausible"), (0.3, 6, 12.0, "not plausible")],
)  # fmt: skip
def test_poor_evidence_is_not_believed(kappa, turns, noise_deg, said):
    """Too few turns, a factor beyond reason or a loose relation are reported and never used."""
    step = _toe_turns(kappa, turns=turns, noise_deg=noise_deg)
    factor = from_toe_turns(step, SENSORS, "right")
    assert factor is not None
    assert not factor.accepted
    assert said in factor.words
    assert np.isnan(scaled(np.ones(3), np.full(3, 1e3), factor)).all()


def test_without_a_shank_there_is_no_factor():
    """Three sensors cannot tell the skin from the bone."""
    sensors = SENSORS[:3]
    assert from_toe_turns(_toe_turns(0.3, sensors=sensors), sensors, "right") is None
    assert from_toe_turns(_toe_turns(0.3), SENSORS, "left") is None


def test_scaling_holds_from_the_turns_on():
    """The scaled rotation is the raw one over 1 - κ, and unknown before κ was."""
    factor = from_toe_turns(_toe_turns(0.4), SENSORS, "right")
    t = np.array((factor.t - 0.01, factor.t, factor.t + 1.0))
    out = scaled(np.radians(np.array((6.0, 6.0, -12.0))), t, factor)
    assert np.isnan(out[0])
    assert np.degrees(out[1:]) == pytest.approx(np.array((10.0, -20.0)), abs=0.3)


@pytest.mark.parametrize("kappa", [-0.1, 0.61, float("nan")])
def test_a_factor_beyond_reason_is_refused(kappa):
    """A stated factor is from 0 to 0.6."""
    with pytest.raises(ValueError, match=r"from 0 to 0\.6"):
        given("left", kappa)


def test_a_stated_factor_counts_from_the_beginning():
    """What the user states holds for the whole session."""
    out = scaled(np.array((0.35,)), np.array((-5.0,)), given("left", 0.3))
    assert out == pytest.approx(0.5)

import numpy as np
import pytest

from imuhip.estimate.robust_fit import Measurement, robust_fit

ALPHA, LEFT, RIGHT = np.eye(3)


def _evidence(rng, truth, *, broken=(), sd=(1.6, 0.8, 0.8, 3.6, 3.6)):
    """Bow, two trays and two lifts about (α, δ left, δ right); those in `broken` say anything."""
    rows = (ALPHA, LEFT, RIGHT, ALPHA - LEFT, ALPHA - RIGHT)
    chances = (0.02, 0.06, 0.06, 0.02, 0.02)
    names = ("bow", "tray left", "tray right", "lift left", "lift right")
    out = []
    for name, row, s, chance in zip(names, rows, np.radians(sd), chances, strict=True):
        value = row @ truth + s * rng.normal() + 2 * np.pi * rng.integers(-1, 2)
        if name in broken:
            value = rng.uniform(-np.pi, np.pi)
        out.append(Measurement(name, row, float(value), float(s), chance))
    return out


def test_errors_are_as_large_as_said():
    """With sound evidence 95 % of the errors lie within two stated standard deviations."""
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(300):
        truth = rng.uniform(-np.pi, np.pi, 3)
        found = robust_fit(_evidence(rng, truth), 3)
        error = (found.x - truth + np.pi) % (2 * np.pi) - np.pi
        inside.append(np.abs(error) < 1.96 * np.sqrt(np.diag(found.covariance)))
    assert 0.92 < np.mean(inside) < 0.98


def test_all_evidence_about_the_pelvis_is_used():
    """Knee lifts through the tray bring the pelvis's axis below the error of the bows alone."""
    found = robust_fit(_evidence(np.random.default_rng(1), np.zeros(3)), 3)
    assert np.degrees(np.sqrt(found.covariance[0, 0])) == pytest.approx(1.36, abs=0.05)


@pytest.mark.parametrize("broken", ["tray left", "tray right", "bow"])
def test_one_broken_piece_is_found_out(broken):
    """A piece of evidence that says anything at all is not believed, and does little harm."""
    rng = np.random.default_rng(2)
    harm, found_out = [], []
    for _ in range(100):
        truth = rng.uniform(-1, 1, 3)
        evidence = _evidence(rng, truth, broken=(broken,))
        row = next(m for m in evidence if m.name == broken)
        far = abs((row.value - row.row @ truth + np.pi) % (2 * np.pi) - np.pi) > np.radians(25)
        found = robust_fit(evidence, 3)
        if far:
            error = np.abs((found.x - truth + np.pi) % (2 * np.pi) - np.pi)
            harm.append(error.max())
            found_out.append(found.sound[evidence.index(row)] < 0.5)
    assert np.mean(found_out) > 0.95
    assert np.degrees(np.median(harm)) < 5.0


def test_doubt_shows_in_the_covariance():
    """Two pieces that contradict each other by 10° leave more doubt than two that agree."""
    agree = [
        Measurement("a", np.ones(1), 0.0, 0.02, 0.05),
        Measurement("b", np.ones(1), 0.0, 0.06, 0.05),
    ]
    differ = [agree[0], agree[1]._replace(value=np.radians(20.0))]
    assert robust_fit(differ, 1).covariance[0, 0] > 4 * robust_fit(agree, 1).covariance[0, 0]


def test_too_little_evidence_is_none():
    """What the evidence does not determine is not made up."""
    evidence = _evidence(np.random.default_rng(3), np.zeros(3))
    assert robust_fit(evidence[3:], 3) is None
    assert robust_fit([], 1) is None

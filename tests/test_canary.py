"""Facts about libraries that the code leans on, against the installed versions, without mocks.

When one of these fails, a library has changed and the place that relied on it must be looked at.
"""

import numpy as np
import pytest
from ahrs.filters import Madgwick, Mahony
from scipy.signal import butter, sosfilt, sosfilt_zi
from vqf import VQF

RNG = np.random.default_rng(0)
GYR = RNG.normal(scale=0.5, size=(400, 3))
ACC = RNG.normal(scale=0.3, size=(400, 3)) + np.array((0.0, 0.0, 9.81))


@pytest.mark.parametrize("filter_class", [Madgwick, Mahony])
def test_ahrs_single_updates_are_its_batch(filter_class):
    """A loop of updateIMU gives the bits of the batch class, which begins at the second sample."""
    batch = filter_class(gyr=GYR, acc=ACC, frequency=100.0).Q
    single = filter_class(frequency=100.0)
    q = batch[0]
    for i in range(1, len(GYR)):
        q = single.updateIMU(q, GYR[i], ACC[i])
        assert np.array_equal(q, batch[i])


@pytest.mark.parametrize("filter_class", [Madgwick, Mahony])
def test_ahrs_ignores_gravity_when_the_gyroscope_is_silent(filter_class):
    """An exactly zero rate leaves the orientation as it is: why the stage never feeds one."""
    q = np.array((0.9, 0.1, -0.2, 0.3)) / np.linalg.norm((0.9, 0.1, -0.2, 0.3))
    assert np.allclose(filter_class().updateIMU(q, np.zeros(3), ACC[0], dt=0.01), q, atol=1e-15)


def test_vqf_blocks_give_the_bits_of_the_whole():
    """VQF's batch update may be cut anywhere: state is carried in full."""
    whole = VQF(0.01).updateBatch(GYR, ACC)
    pieces = VQF(0.01)
    parts = [pieces.updateBatch(GYR[a:b], ACC[a:b]) for a, b in ((0, 1), (1, 8), (8, 400))]
    for key in ("quat6D", "bias", "restDetected"):
        assert np.array_equal(np.concatenate([p[key] for p in parts]), whole[key])


def test_scipy_filters_carry_their_state():
    """Second-order sections with zi gives the same bits for any chunking."""
    sos = butter(2, 0.1, output="sos")
    zi = np.repeat(sosfilt_zi(sos)[:, :, None], 3, axis=2)
    whole, _ = sosfilt(sos, ACC, axis=0, zi=zi)
    out = []
    for start in range(0, 400, 7):
        part, zi = sosfilt(sos, ACC[start : start + 7], axis=0, zi=zi)
        out.append(part)
    assert np.array_equal(np.concatenate(out), whole)


def test_matrix_products_over_time_do_not_keep_their_bits():
    """Elementwise sums do; products through BLAS need not, so no stage uses one over time."""
    q = RNG.normal(size=(257, 4))
    elementwise = q[:, 0] * q[:, 1] + q[:, 2] * q[:, 3]
    rows = np.array([r[0] * r[1] + r[2] * r[3] for r in q])
    assert np.array_equal(elementwise, rows)

"""Small things that several tests need."""

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from imuhip.core.quaternions import multiply, normalize, quaternion_from_rotvec
from imuhip.core.records import Array, SampleBlock


def random_quaternions(rng: np.random.Generator, n: int) -> Array:
    """Unit quaternions, uniform over all rotations, `(n, 4)`."""
    return normalize(rng.normal(size=(n, 4)))


def same_rotation(p: Array, q: Array, atol: float = 1e-9) -> bool:
    """Whether p and q are the same rotations; q and -q are one."""
    return bool(np.all(np.abs(np.abs(np.sum(p * q, axis=-1)) - 1.0) < atol))


def cuts(rng: np.random.Generator, n: int, pieces: int) -> Iterator[slice]:
    """Slices that cut n rows into pieces of any length, empty ones too."""
    edges = np.sort(rng.integers(0, n + 1, size=pieces - 1))
    ends = [0, *edges.tolist(), n]
    for first, stop in itertools.pairwise(ends):
        yield slice(first, stop)


def turning_samples(
    sensor: str, rate_hz: float, turns: Sequence[tuple[Array, float]], *, still_s: float = 2.0
) -> tuple[SampleBlock, Array]:
    """A sensor that turns about fixed axes (frame s), one after the other, with rests between.

    Returns the samples (perfect, gravity only) and the true `q_es` at each of them.
    """
    rates = []
    for axis, angle in turns:
        rates.append(np.zeros((round(still_s * rate_hz), 3)))
        moving = round(rate_hz)
        rates.append(np.broadcast_to(np.asarray(axis) * angle, (moving, 3)))
    rates.append(np.zeros((round(still_s * rate_hz), 3)))
    gyr = np.concatenate(rates)
    q = np.empty((len(gyr), 4))
    now = np.array((1.0, 0.0, 0.0, 0.0))
    for i, rate in enumerate(gyr):
        now = multiply(now, quaternion_from_rotvec(rate / rate_hz))
        q[i] = now
    return samples(sensor, rate_hz, gyr, _gravity(q)), q


def _gravity(q: Array) -> Array:
    w, x, y, z = np.moveaxis(q, -1, 0)
    up = np.stack((2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)), axis=-1)
    return 9.81 * up


def samples(sensor: str, rate_hz: float, gyr: Array, acc: Array) -> SampleBlock:
    """Evenly spaced samples, none missing."""
    n = len(gyr)
    t = np.arange(n) / rate_hz
    return SampleBlock(
        sensor=sensor,
        t=t,
        dt=np.full(n, 1 / rate_hz),
        host_t=t + 0.01,
        missing=np.zeros(n, dtype=np.int64),
        restart=np.zeros(n, dtype=np.bool_),
        acc=acc,
        gyr=gyr,
        mag=None,
        quat=None,
        saturated=np.zeros(n, dtype=np.bool_),
    )


def part(block: SampleBlock, rows: slice | Array) -> SampleBlock:
    """Some rows of a block."""
    columns = ("t", "dt", "host_t", "missing", "restart", "acc", "gyr", "mag", "quat", "saturated")
    values = [getattr(block, name) for name in columns]
    return SampleBlock(block.sensor, *(None if v is None else v[rows] for v in values))


def parquets(target: Path) -> list[str]:
    """Tables by now; a walk forgives a folder that is moved while it is looked at."""
    return [name for _, _, names in os.walk(target) for name in names if name.endswith(".parquet")]

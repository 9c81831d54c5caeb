"""How much does the orientation filter matter, ours and those of `ahrs`?

    python compare_filters.py [RECORDING]

Every filter that imuhip knows runs in the same pipeline, with the same calibration; and a filter
that it does not know, from `ahrs`, runs on the samples beside it.
"""

import sys

import ahrs
import numpy as np
import pandas as pd

import imuhip

FILTERS = ("vqf", "madgwick", "mahony")

session = imuhip.read(sys.argv[1]) if len(sys.argv) > 1 else imuhip.sample()
usual = session.angles.to_xarray().angle.sel(joint="hip")

rows = []
for name in FILTERS:
    other = imuhip.analyze(session, filter=name).angles.to_xarray().angle.sel(joint="hip")
    apart = np.sqrt(((other - usual) ** 2).mean(["time", "side"]))
    rows.append({"filter": name, **apart.to_series()})
print("root mean square against the default, °")
print(pd.DataFrame(rows).set_index("filter").round(2))

# A filter of ahrs that imuhip does not have, on one sensor's own samples: its inclination, which
# needs no heading, against that of the pipeline.
samples = session.samples["thigh_left"]
acc = samples[["acc_x", "acc_y", "acc_z"]].to_numpy()
gyr = samples[["gyr_x", "gyr_y", "gyr_z"]].to_numpy()
q = ahrs.filters.Complementary(gyr=gyr, acc=acc, frequency=100.0, gain=0.02).Q


def up(q: np.ndarray) -> np.ndarray:
    """Where up is, in the sensor's frame, of quaternions (N, 4) that map it to the earth."""
    w, x, y, z = q.T
    return np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=-1)


ours = session.orientations.query("sensor == 'thigh_left' and valid")
theirs = np.stack([np.interp(ours["t"], samples["t"], axis) for axis in up(q).T], axis=-1)
theirs /= np.linalg.norm(theirs, axis=-1, keepdims=True)
cosine = (up(ours[["qw", "qx", "qy", "qz"]].to_numpy()) * theirs).sum(axis=-1)
angle = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
print(f"inclination by ahrs.Complementary: {np.sqrt(np.mean(angle**2)):.1f}° rms from ours")

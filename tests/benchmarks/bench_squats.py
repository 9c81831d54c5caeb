"""Real squats against cameras: hip angles inside each repetition, for two ways to know the mounts.

(a) fitted: mounts of pelvis and thighs fitted to the cameras on all other exercises. No person can
calibrate so; what is left is skin, cameras and filter: the floor.
(b) gravity: vertical from Pose (1.5 s), medio-lateral axes from the angular rate in walking and
step-ups alone. There is no tray, bow or knee lift in these data; how far these axes are from the
fitted ones is printed.

Each trial and side has one heading fitted to the cameras (nothing in the data relates the sensors'
headings, and repetitions are cut apart by gaps, over which ours goes on as if nothing had turned);
in walking, where the person turns round in the gaps, each repetition has one. Beside it with one
offset a trial removed, and one offset a repetition.

Last, whether the error bar holds: Pose as the marked standing, then each exercise, in one session
with fitted mounts given; nothing else is fitted, and angles count from the standing on both sides.
`python tests/benchmarks/bench_squats.py [SQUATS]`
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares, minimize_scalar
from squats_folder import EXERCISES, Trial, read_trial, write_folder

from imuhip.core.conventions import HIP_ANGLES, HIP_SIGNS, SIDES, THIGH
from imuhip.core.quaternions import (
    conjugate,
    multiply,
    quaternion_from_heading,
    quaternion_from_matrix,
    quaternion_from_rotvec,
    rotvec_from_quaternion,
    wrap_angle,
)
from imuhip.core.records import AngleBlock, Array
from imuhip.estimate.functional_axis import principal_axis
from imuhip.estimate.joint_angles import hip_angles
from imuhip.importers.folder import import_folder
from imuhip.pipeline.all_sensors import Output, Pipeline
from imuhip.pipeline.offline import Refined, refine
from imuhip.recording.reader import RecordingReader

SQUATS = Path(__file__).parents[3] / "shared" / "data" / "squats"
SENSORS = ("pelvis", "thigh_left", "thigh_right")
JUDGED = ("SqHalfDL", "BulgSq", "Lunge", "HeelRaise", "StepUpL", "Walk")
AXES_FROM = ("Walk", "StepUpL")
TURNING = ("Walk",)
OURS = "ours, six axes"
Mounts = dict[str, Array]
Orientations = dict[str, Array]


def main() -> None:
    squats = Path(sys.argv[1]) if len(sys.argv) > 1 else SQUATS
    if not squats.is_dir():
        print(f"skipped: {squats.name} is not on this machine")
        return
    trials = {name: read_trial(squats, name) for name in EXERCISES}
    ours = {name: orientations(trial) for name, trial in trials.items()}
    own = {name: {s: trial.own[s] for s in SENSORS} for name, trial in trials.items()}
    again = {name: orientations(trial, offline=True) for name, trial in trials.items()}
    filters = {OURS: ours, "the same, offline": again, "sensors' own, nine": own}
    begins = {title: gravity_mounts(trials, q) for title, q in filters.items()}
    fits: dict[tuple[str, str], Mounts] = {}
    print("hip angles against cameras, one person; RMSE in degrees")
    print(f"{'':57} {'one heading a trial':>23} {'an offset a trial':>23} {'a repetition':>23}")
    heads = ("flex", "add", "rot") * 3
    print(f"{'exercise':10} {'side':6} {'mounts':8} {'filter':20} {'rows':>6}    ", end="")
    print(" ".join(f"{head:>7}" for head in heads))
    for exercise in JUDGED:
        for title, q in filters.items():
            others = [name for name in EXERCISES if name != exercise]
            fits[title, exercise] = fitted_mounts(trials, q, others, begins[title])
            ways = {"fitted": fits[title, exercise]}
            if exercise not in AXES_FROM:
                ways["gravity"] = begins[title]
            for way, mounts in ways.items():
                for k, side in enumerate(SIDES):
                    error = errors(trials, q, exercise, mounts, k, from_pose=way == "gravity")
                    print(f"{exercise:10} {side:6} {way:8} {title:20} {len(error):6}    ", end="")
                    print(" ".join(f"{v:7.2f}" for v in levels(error, trials[exercise])))
    _tell_mounts(trials, filters, begins)
    _tell_coverage(trials, {name: fits[OURS, name] for name in JUDGED})


def orientations(trial: Trial, *, offline: bool = False) -> Orientations:
    """`q_es` of the pipeline at the trial's samples, NaN where a grid row is not valid."""
    grids = list(refined(trial).rows) if offline else [out.grid for out in pushed(trial, ())]
    t = np.concatenate([rows.t for rows in grids])
    q = np.concatenate([rows.q for rows in grids])
    rows = np.searchsorted(t, trial.t - 1e-6)
    if not np.allclose(t[rows], trial.t, atol=1e-6):
        raise AssertionError("the samples lie on the grid, so each must have its row")
    return {s: q[rows, grids[0].sensors.index(s)] for s in SENSORS}


def refined(trial: Trial) -> Refined:
    """The same with the whole trial known."""
    with recorded(trial, ()) as reader:
        return refine(reader.header, reader.batches())


def pushed(
    trial: Trial, marks: Sequence[tuple[float, str]], mounts: Mounts | None = None
) -> Sequence[Output]:
    """Write the folder, import it, push the recording through the pipeline."""
    with recorded(trial, marks) as reader:
        header = reader.header
        if mounts is not None:
            given = {sensor: q.tolist() for sensor, q in mounts.items()}
            header = replace(header, parameters={**header.parameters, "q_sb": given})
        pipeline = Pipeline(header)
        return [*(pipeline.push(batch) for batch in reader.batches()), pipeline.finish()]


@contextmanager
def recorded(trial: Trial, marks: Sequence[tuple[float, str]]) -> Iterator[RecordingReader]:
    """The trial as an imported recording, while it is looked at."""
    with tempfile.TemporaryDirectory() as scratch:
        recording = Path(scratch) / "trial.mcap"
        write_folder(trial, Path(scratch) / "folder", SENSORS, marks)
        import_folder(Path(scratch) / "folder", recording)
        yield RecordingReader(recording)


def gravity_mounts(trials: dict[str, Trial], q: dict[str, Orientations]) -> Mounts:
    """`q_sb` from gravity in Pose and the axes of walking and step-ups; their signs by flexion."""
    mounts = {}
    for sensor in SENSORS:
        up = trials["Pose"].acc[sensor].mean(axis=0)
        up = up / np.linalg.norm(up)
        # Walking swings both thighs; a pelvis nods only when it steps up.
        source = AXES_FROM[1:] if sensor == "pelvis" else AXES_FROM
        level = [_level(trials[name].gyr[sensor], up) for name in source]
        axis = principal_axis(np.concatenate(level))
        if axis is None:
            raise AssertionError(f"the {sensor} hardly turns")
        mounts[sensor] = mount(up, axis)
    return _signed(trials, q, mounts)


def _level(gyr: Array, up: Array) -> Array:
    """The angular rate without its part about the vertical of the standing pose."""
    return gyr - (gyr @ up)[:, None] * up


def mount(up: Array, z: Array) -> Array:
    """`q_sb` of a segment with this vertical and about this medio-lateral axis, in the sensor."""
    z = z - (z @ up) * up
    z = z / np.linalg.norm(z)
    return quaternion_from_matrix(np.stack((np.cross(up, z), up, z), axis=-1))


def _signed(trials: dict[str, Trial], q: dict[str, Orientations], mounts: Mounts) -> Mounts:
    """Half turns about the vertical, so that flexion is flexion: the only use of the cameras."""
    turn = quaternion_from_rotvec(np.array((0.0, np.pi, 0.0)))
    best, smallest = mounts, np.inf
    for flips in np.ndindex(2, 2, 2):
        tried = {
            s: multiply(mounts[s], turn) if flip else mounts[s]
            for s, flip in zip(SENSORS, flips, strict=True)
        }
        found = [
            np.mean(errors(trials, q, name, tried, k, from_pose=True)[:, 0] ** 2)
            for name in AXES_FROM
            for k in range(2)
        ]
        if sum(found) < smallest:
            best, smallest = tried, sum(found)
    return best


def fitted_mounts(
    trials: dict[str, Trial], q: dict[str, Orientations], names: list[str], begin: Mounts
) -> Mounts:
    """`q_sb` that bring the hips' rotations nearest to the cameras' over some exercises."""
    parts = [(name, rows[::_EVERY]) for name in names for rows in _groups(trials[name], q[name])]
    true = [_rotations(trials[name].hip[rows]) for name, rows in parts]
    x = np.zeros(9 + 2 * len(parts))
    for i, (name, rows) in enumerate(parts):
        for k in range(2):
            x[9 + 2 * i + k] = fitted_heading(trials[name], q[name], begin, k, _NO_ZERO, rows)

    def left_over(x: Array) -> Array:
        moved = _moved(begin, x)
        out = []
        for i, (name, rows) in enumerate(parts):
            pelvis = multiply(q[name]["pelvis"][rows], moved["pelvis"])
            for k, side in enumerate(SIDES):
                thigh = multiply(q[name][THIGH[side]][rows], moved[THIGH[side]])
                thigh = multiply(quaternion_from_heading(x[9 + 2 * i + k]), thigh)
                hip = multiply(conjugate(pelvis), thigh)
                apart = rotvec_from_quaternion(multiply(conjugate(true[i][:, k]), hip))
                # Each exercise counts alike, however long it is.
                of = sum(name == other for other, _ in parts)
                out.append(apart / np.sqrt(len(apart) * of))
        return np.concatenate(out).ravel()

    return _moved(begin, least_squares(left_over, x, loss="soft_l1", f_scale=0.1).x)


def _moved(mounts: Mounts, x: Array) -> Mounts:
    return {
        s: multiply(mounts[s], quaternion_from_rotvec(x[3 * i : 3 * i + 3]))
        for i, s in enumerate(SENSORS)
    }


def _rotations(hip_deg: Array) -> Array:
    """Thigh in pelvis `(N, 2, 4)` of the cameras' angles: Rz(φ) Rx(α) Ry(ρ)."""
    sides = []
    for k, side in enumerate(SIDES):
        angles = np.radians(hip_deg[:, k]) * np.array(HIP_SIGNS[side])
        q = np.array((1.0, 0.0, 0.0, 0.0))
        for angle, axis in ((angles[:, 0], 2), (angles[:, 1], 0), (angles[:, 2], 1)):
            q = multiply(q, quaternion_from_rotvec(angle[:, None] * np.eye(3)[axis]))
        sides.append(q)
    return np.stack(sides, axis=1)


def _groups(trial: Trial, q: Orientations) -> list[Array]:
    """Rows that share a heading: a trial's, or a repetition's where the person turns between."""
    rows = _usable(trial, q)
    if trial.exercise not in TURNING:
        return [rows]
    return [rows[trial.repetition[rows] == number] for number in np.unique(trial.repetition)]


def fitted_heading(
    trial: Trial, q: Orientations, mounts: Mounts, k: int, zero: Array, rows: Array
) -> float:
    """The one heading of these rows that brings the side's angles nearest to the cameras'."""

    def cost(heading: float) -> float:
        return float(np.mean(_apart(trial, q, mounts, k, heading, zero, rows[::3]) ** 2))

    starts = np.arange(-np.pi, np.pi, np.pi / 18.0)
    first = min(starts, key=cost)
    bounds = (first - 0.2, first + 0.2)
    return float(minimize_scalar(cost, bounds=bounds, method="bounded").x)


def errors(
    trials: dict[str, Trial],
    q: dict[str, Orientations],
    exercise: str,
    mounts: Mounts,
    k: int,
    *,
    from_pose: bool,
) -> Array:
    """Ours minus the cameras', degrees, with the best headings: `(N, 3)`.

    With `from_pose` both count from the standing pose, as every zeroed angle does.
    """
    zero = _NO_ZERO
    if from_pose:
        zero = _fitted_errors(trials["Pose"], q["Pose"], mounts, k, zero).mean(axis=0)
    return np.degrees(_fitted_errors(trials[exercise], q[exercise], mounts, k, zero))


def _fitted_errors(trial: Trial, q: Orientations, mounts: Mounts, k: int, zero: Array) -> Array:
    parts = []
    for rows in _groups(trial, q):
        heading = fitted_heading(trial, q, mounts, k, zero, rows)
        parts.append(_apart(trial, q, mounts, k, heading, zero, rows))
    return np.concatenate(parts)


def _apart(
    trial: Trial, q: Orientations, mounts: Mounts, k: int, heading: float, zero: Array, rows: Array
) -> Array:
    """Ours minus the cameras', radians, at `rows`."""
    side = SIDES[k]
    pelvis = multiply(q["pelvis"][rows], mounts["pelvis"])
    thigh = multiply(q[THIGH[side]][rows], mounts[THIGH[side]])
    hip = hip_angles(pelvis, multiply(quaternion_from_heading(heading), thigh), side)
    return wrap_angle(hip - np.radians(trial.hip[rows, k]) - zero)


def _usable(trial: Trial, q: Orientations) -> Array:
    known = np.all([np.isfinite(q[s][:, 0]) for s in SENSORS], axis=0)
    return np.flatnonzero(known & np.isfinite(trial.hip).all(axis=(1, 2)))


def levels(error: Array, trial: Trial) -> list[float]:
    """RMSE of the three angles as they are, without the trial's mean, without a repetition's."""
    if len(error) != len(trial.repetition):
        raise AssertionError("every sample has its grid row")
    rep = error.copy()
    for number in np.unique(trial.repetition):
        rows = trial.repetition == number
        rep[rows] -= error[rows].mean(axis=0)
    kinds = (error, error - error.mean(axis=0), rep)
    return [float(v) for kind in kinds for v in np.sqrt(np.mean(kind**2, axis=0))]


def _tell_mounts(
    trials: dict[str, Trial],
    filters: dict[str, dict[str, Orientations]],
    begins: dict[str, Mounts],
) -> None:
    """How far the axes of walking and step-ups are from the fitted ones."""
    print("\nmounts (b) against mounts fitted on all exercises, degrees")
    print(f"{'':33} {'frontal':>7} {'axial':>7} {'tilt':>7}")
    for title, q in filters.items():
        best = fitted_mounts(trials, q, list(EXERCISES), begins[title])
        for sensor in SENSORS:
            apart = rotvec_from_quaternion(multiply(conjugate(best[sensor]), begins[title][sensor]))
            print(f"{title:20} {sensor:12}", " ".join(f"{v:7.1f}" for v in np.degrees(apart)))


def _tell_coverage(trials: dict[str, Trial], fits: dict[str, Mounts]) -> None:
    """Share of errors within 1.96 of the pipeline's own total standard deviation."""
    print("\nerror bars, fitted mounts given: RMSE, median total sd, share within 1.96 sd")
    for exercise, mounts in fits.items():
        t, angles = _session(trials["Pose"], trials[exercise], mounts)
        rows = np.searchsorted(angles.t, t - 1e-6)
        true = trials[exercise].hip - trials["Pose"].hip.mean(axis=0)
        error = np.degrees(wrap_angle(angles.hip[rows] - np.radians(true)))
        sd = np.degrees(angles.hip_sd_total[rows])
        for k, side in enumerate(SIDES):
            reported = [_covered(error[:, k, i], sd[:, k, i]) for i in range(len(HIP_ANGLES))]
            named = [f"{name} {text}" for name, text in zip(HIP_ANGLES, reported, strict=True)]
            print(f"{exercise:10} {side:6}", "   ".join(named))


def _covered(error: Array, sd: Array) -> str:
    rmse = f"{np.sqrt(np.nanmean(error**2)):5.1f}"
    known = np.isfinite(error) & np.isfinite(sd)
    if not known.any():
        return f"{rmse} (not estimated)"
    within = np.mean(np.abs(error[known]) <= 1.96 * sd[known])
    return f"{rmse} {np.median(sd[known]):5.1f} {100 * within:4.0f}%"


def with_standing(pose: Trial, trial: Trial) -> tuple[Trial, tuple[tuple[float, str], ...]]:
    """Pose as the marked standing, a pause of five seconds, the trial; and the marks."""
    shift = pose.t[-1] + 5.0 - trial.t[0]
    together = replace(
        trial,
        t=np.round(np.concatenate((pose.t, trial.t + shift)), 2),
        **{
            name: {
                s: np.concatenate((getattr(pose, name)[s], getattr(trial, name)[s]))
                for s in SENSORS
            }
            for name in ("acc", "gyr", "mag")
        },
    )
    return together, ((float(pose.t[0]), "begin:stand"), (float(pose.t[-1]), "end:stand"))


def _session(pose: Trial, trial: Trial, mounts: Mounts) -> tuple[Array, AngleBlock]:
    """The trial after the standing: its times and the angles."""
    together, marks = with_standing(pose, trial)
    outs = pushed(together, marks, mounts=mounts)
    blocks = [out.angles for out in outs]
    joined = {
        f.name: np.concatenate([getattr(b, f.name) for b in blocks]) for f in fields(AngleBlock)
    }
    return together.t[len(pose.t) :], AngleBlock(**joined)


_EVERY = 5
_NO_ZERO = np.zeros(3)

if __name__ == "__main__":
    main()

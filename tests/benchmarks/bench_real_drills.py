"""What real half squats, Bulgarian squats, lunges and step-ups, as sessions, are filed as.

The data set cuts every exercise into repetitions and leaves the standing between them out. Here a
session is the standing pose, then each repetition between two ways from and to that pose: each
sensor turns there smoothly, about one axis, in 0.6 s, and reads gravity alone meanwhile; standing
lasts 0.6 s. In place the feet stay where they are, and the ways and pauses are between the end of
a repetition and the beginning of the next one. Everything within a repetition is as it was
recorded. Mounts are those of a calibration: the vertical by gravity in the standing pose, the
medio-lateral axes fitted to the cameras on the other exercises. Which way thighs face against the
pelvis is not in the data from trial to trial, so each trial and side has one heading by the
cameras. Printed: repetitions found of those that are there, what else was listed, and each finding
beside what the cameras show by the same definition.

    python tests/benchmarks/bench_real_drills.py [SQUATS]

SQUATS is the folder of the data set; without it the environment variable IMUHIP_SQUATS, else
``../shared/data/squats`` beside the project.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from bench_squats import (
    OURS,
    SENSORS,
    Mounts,
    fitted_heading,
    fitted_mounts,
    gravity_mounts,
    mount,
    orientations,
    pushed,
)
from squats_folder import EXERCISES, Trial, read_trial

from imuhip.core.conventions import SIDES, THIGH
from imuhip.core.findings import Finding, Repetition
from imuhip.core.quaternions import (
    conjugate,
    multiply,
    quaternion_from_heading,
    quaternion_from_rotvec,
    rotate,
    rotvec_from_quaternion,
)
from imuhip.core.records import Array
from imuhip.results.assessment import latest_findings

SQUATS = Path(__file__).parents[3] / "shared" / "data" / "squats"
RATE_HZ, GRAVITY = 100.0, 9.81
WAY_S, STANDS_S, FIRST_STAND_S = 0.6, 0.6, 3.0

DONE = {
    "SqHalfDL": "squat",
    "BulgSq": "bulgarian_split_squat_right",
    "Lunge": "lunge_right",
    "StepUpL": "step_up_right",
}
"""Exercise to what the mark says; the cameras show which leg works."""

IN_PLACE = ("BulgSq", "Lunge")
"""The feet may stay where they are from one repetition to the next."""


@dataclass(frozen=True)
class Filed:
    """What a session was filed as."""

    exercise: str
    marked: bool
    in_place: bool
    there: int
    repetitions: list[Repetition]
    findings: list[Finding]

    @property
    def counted(self) -> list[Repetition]:
        """One row a repetition."""
        return [
            r for r in self.repetitions if r.counted and (r.movement, r.side) != ("squat", "right")
        ]


def main() -> None:
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("IMUHIP_SQUATS", "")
    squats = Path(given) if given else SQUATS
    if not squats.is_dir():
        print(f"skipped: there is no folder {squats.name}. Name it on the command line.")
        return
    trials = {name: read_trial(squats, name) for name in EXERCISES}
    ours = {name: orientations(trial) for name, trial in trials.items()}
    begin = gravity_mounts(trials, ours)
    print(f"{'exercise':18} {'mark':27} {'there':>5} {'filed as':34} {'else listed'}")
    for exercise in DONE:
        others = [name for name in EXERCISES if name != exercise]
        mounts = upright(fitted_mounts(trials, ours, others, begin), trials["Pose"])
        for in_place in (False, True) if exercise in IN_PLACE else (False,):
            for marked in (True, False):
                one = filed(
                    trials["Pose"], trials[exercise], mounts, marked=marked, in_place=in_place
                )
                _tell(one, trials)
    print(f"mounts: {OURS}, fitted to the cameras on the other exercises")


def filed(
    pose: Trial, trial: Trial, mounts: Mounts, *, marked: bool, in_place: bool = False
) -> Filed:
    """Join an exercise into a session and assess it."""
    session, stands, ends = joined(facing(pose, mounts), facing(trial, mounts), in_place=in_place)
    marks = [(0.1, "begin:stand"), (stands - 0.3, "end:stand")]
    if marked:
        name = DONE[trial.exercise]
        marks += [(stands - 0.1, f"begin:{name}"), (ends, f"end:{name}")]
    outs = pushed(session, marks, mounts=mounts)
    return Filed(
        trial.exercise,
        marked,
        in_place,
        len(np.unique(trial.repetition)),
        [r for out in outs for r in out.repetitions],
        latest_findings([f for out in outs for f in out.findings]),
    )


def upright(mounts: Mounts, pose: Trial) -> Mounts:
    """Mounts with these medio-lateral axes whose vertical is that of the standing pose.

    The cameras' hip angles hardly say how far pelvis and thighs lean together: fitted to them
    alone, thighs lean by 9 to 18° in the pose, where the cameras see them upright within 4°.
    """
    medio_lateral = np.array((0.0, 0.0, 1.0))
    turned = {}
    for s, q in mounts.items():
        up = pose.acc[s].mean(axis=0)
        turned[s] = mount(up / np.linalg.norm(up), rotate(q, medio_lateral))
    return turned


def facing(trial: Trial, mounts: Mounts) -> Trial:
    """A trial whose thighs' own orientations face as the cameras say, one heading a side."""
    every = np.arange(len(trial.t))
    own = dict(trial.own)
    for k, side in enumerate(SIDES):
        turn = fitted_heading(trial, trial.own, mounts, k, np.zeros(3), every)
        own[THIGH[side]] = multiply(quaternion_from_heading(turn), own[THIGH[side]])
    return replace(trial, own=own)


def joined(pose: Trial, trial: Trial, *, in_place: bool = False) -> tuple[Trial, float, float]:
    """The session, when its first standing is over, and when its last one begins.

    In place, the feet stay where they are: from a repetition's end to the next one's beginning.
    """
    stands = {s: pose.own[s][-1] for s in SENSORS}
    parts = [trial.repetition == number for number in np.unique(trial.repetition)]
    pieces = [_stand(pose, FIRST_STAND_S)]
    at = stands
    for i, rows in enumerate(parts):
        begin, end = ({s: trial.own[s][rows][k] for s in SENSORS} for k in (0, -1))
        pieces += [_way(_facing(at, begin), begin), _part(trial, rows)]
        at = end
        if in_place:
            pieces.append(_still(end, STANDS_S))
        if not in_place or i == len(parts) - 1:
            pieces += [_way(end, _facing(stands, end)), _stand(pose, STANDS_S)]
            at = stands
    pieces.append(_stand(pose, 2.0))
    acc, gyr, mag = (
        {s: np.concatenate([piece[s][i] for piece in pieces]) for s in SENSORS} for i in range(3)
    )
    n = len(acc["pelvis"])
    t = np.round(np.arange(n) / RATE_HZ, 2)
    return replace(trial, t=t, acc=acc, gyr=gyr, mag=mag), FIRST_STAND_S, float(t[-1]) - 1.5


Piece = dict[str, tuple[Array, Array, Array]]
Posture = dict[str, Array]


def _part(trial: Trial, rows: Array) -> Piece:
    return {s: (trial.acc[s][rows], trial.gyr[s][rows], trial.mag[s][rows]) for s in SENSORS}


def _stand(pose: Trial, seconds: float) -> Piece:
    """The pose as it was recorded, to and fro, for so long."""
    n = len(pose.t)
    to_and_fro = np.concatenate((np.arange(n), np.arange(n)[::-1]))
    rows = np.resize(to_and_fro, round(seconds * RATE_HZ))
    return _part(pose, rows)


def _still(posture: Posture, seconds: float) -> Piece:
    """A posture held still."""
    return _turning(posture, posture, seconds)


def _way(begin: Posture, end: Posture) -> Piece:
    """From one posture to another."""
    return _turning(begin, end, WAY_S)


def _turning(begin: Posture, end: Posture, seconds: float) -> Piece:
    """Each sensor turns smoothly about one axis and reads gravity alone."""
    n = round(seconds * RATE_HZ)
    u = (np.arange(n) + 0.5) / n
    share, rate = u**3 * (10.0 - 15.0 * u + 6.0 * u**2), 30.0 * u**2 * (1.0 - u) ** 2 / seconds
    piece: Piece = {}
    for s in SENSORS:
        turn = rotvec_from_quaternion(multiply(conjugate(begin[s]), end[s]))
        q = multiply(begin[s], quaternion_from_rotvec(share[:, None] * turn))
        up = rotate(conjugate(q), np.broadcast_to((0.0, 0.0, GRAVITY), (n, 3)))
        piece[s] = (up, rate[:, None] * turn, np.zeros((n, 3)))
    return piece


def _facing(posture: Posture, like: Posture) -> Posture:
    """The posture, turned about the vertical as a whole to face as another one does."""
    around = _heading_apart(posture["pelvis"], like["pelvis"])
    return {s: multiply(around, q) for s, q in posture.items()}


def _heading_apart(q: Array, like: Array) -> Array:
    """The turn about the vertical that brings `q` nearest to `like`."""
    apart = multiply(like, conjugate(q))
    return quaternion_from_heading(2.0 * np.arctan2(apart[3], apart[0]))


def _tell(one: Filed, trials: dict[str, Trial]) -> None:
    names: dict[str, int] = {}
    for each in one.counted:
        names[each.movement] = names.get(each.movement, 0) + 1
    found = ", ".join(f"{count} {name}" for name, count in names.items()) or "nothing"
    rest = sorted({f"{r.movement}: {r.reason}" for r in one.repetitions if not r.counted})
    mark = DONE[one.exercise] if one.marked else "none"
    name = one.exercise + (", in place" if one.in_place else "")
    print(f"{name:18} {mark:27} {one.there:5} {found:34} {'; '.join(rest)}")
    if one.marked:
        for finding in one.findings:
            if finding.grade in ("mild", "marked"):
                print(f"{'':12}{finding.words} Cameras: {seen_by_cameras(finding, trials)}")


def seen_by_cameras(finding: Finding, trials: dict[str, Trial]) -> str:
    """The same by the cameras' hip angles, where they can say it."""
    exercise = next(name for name, done in DONE.items() if done == finding.movement)
    trial = trials[exercise]
    reps = [trial.hip[trial.repetition == n] for n in np.unique(trial.repetition)]
    if finding.rule == "knee_in":
        k = SIDES.index("left" if finding.side == "left" else "right")
        return f"{np.median([_knee_in(hip[:, k]) for hip in reps]):.0f}°"
    if finding.rule == "depth_difference":
        apart = [hip[:, 1, 0].max() - hip[:, 0, 0].max() for hip in reps]
        return f"hip flexion, right minus left, {np.median(apart):+.0f}°"
    if finding.rule == "rotation_difference":
        apart = [float(np.subtract(*hip[hip[:, 0, 0].argmax(), ::-1, 2])) for hip in reps]
        return f"{np.median(apart):+.0f}°, right minus left"
    if finding.rule == "pelvic_drop":
        stands = trials["Pose"].pelvis[:, 1].mean()
        most = [trial.pelvis[trial.repetition == n, 1] for n in np.unique(trial.repetition)]
        lists = [float(each[np.abs(each - stands).argmax()] - stands) for each in most]
        return f"pelvis lists by {abs(np.median(lists)):.0f}° against the pose"
    return "they do not show it"


def _knee_in(hip: Array) -> float:
    """Adduction and rotation of the way up above those of the way down at the same flexion."""
    turn = int(hip[:, 0].argmax())
    down, up = hip[: turn + 1], hip[turn:]
    order = np.argsort(down[:, 0])
    above: Sequence[Array] = [
        up[:, i] - np.interp(up[:, 0], down[order, 0], down[order, i]) for i in (1, 2)
    ]
    level = np.minimum(*above)
    width = 16
    if len(level) < width:
        return float(level.min())
    return float(np.lib.stride_tricks.sliding_window_view(level, width).min(axis=1).max())


if __name__ == "__main__":
    main()

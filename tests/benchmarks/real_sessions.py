"""Real people's motion as sessions that can be assessed: mounts given, a standing marked.

Neither data set has a calibration of ours. The full-body data have an orientation of each segment,
which gives the mounts; the person stands still for two seconds at the beginning. The squat data
have a standing trial, and the mounts are from gravity in it and the axes of walking and step-ups.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import scipy.io
from bench_fullbody import SENSORS, fitted_mount, vqf_offline
from bench_squats import gravity_mounts, pushed, with_standing
from fullbody_folder import SEGMENTS, write_folder
from squats_folder import EXERCISES, read_trial

from imuhip.core.findings import Repetition
from imuhip.importers.folder import import_folder
from imuhip.pipeline.all_sensors import Output, Pipeline
from imuhip.recording.reader import RecordingReader

DATA = Path(__file__).parents[3] / "shared" / "data"
MAT = DATA / "fullbody" / "full_body_example_data.mat"
SQUATS = DATA / "squats"

STANDING = "t,label\n40.2,begin:stand\n41.8,end:stand\n"
SEATED = 48.0, 81.0
"""From sitting down to having stood up, in seconds of the full-body data. The rest is standing,
walking and jogging."""


def assess_fullbody(mat: Path) -> tuple[Pipeline, list[Output]]:
    """Assess the full-body data without a mark of any movement."""
    data = scipy.io.loadmat(mat, simplify_cells=True)
    given = {}
    for name in SENSORS:
        sensor = data[SEGMENTS[name]]
        given[name] = fitted_mount(vqf_offline(sensor)[::10], sensor["quat"][::10]).tolist()
    with tempfile.TemporaryDirectory() as scratch:
        folder, recording = Path(scratch) / "folder", Path(scratch) / "fullbody.mcap"
        write_folder(mat, folder)
        (folder / "marks.csv").write_text(STANDING, encoding="utf-8")
        import_folder(folder, recording)
        reader = RecordingReader(recording)
        header = replace(reader.header, parameters={**reader.header.parameters, "q_sb": given})
        pipeline = Pipeline(header)
        outs = [*(pipeline.push(batch) for batch in reader.batches()), pipeline.finish()]
    return pipeline, outs


def assess_squats(squats: Path) -> Iterator[tuple[str, int, list[Repetition]]]:
    """Exercise, how often it was done, and what is found in it without a mark of any movement."""
    trials = {name: read_trial(squats, name) for name in EXERCISES}
    own = {name: {s: trial.own[s] for s in SENSORS} for name, trial in trials.items()}
    mounts = gravity_mounts(trials, own)
    for name, trial in trials.items():
        if name != "Pose":
            together, marks = with_standing(trials["Pose"], trial)
            outs = pushed(together, marks, mounts)
            found = [each for out in outs for each in getattr(out, "repetitions", ())]
            yield name, int(trial.repetition.max()), found

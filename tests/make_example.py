"""Makes recordings/example_athletes.tar.xz: three simulated athletes, eight weeks each.

Run it after anything that result files or the catalogue hold has changed: `make example`. It takes
some minutes. Angles are kept to a tenth of a degree; the recordings themselves and the sensors' own
orientations are left out: that makes the archive fifty times smaller. Everything else is as
`imuhip analyze` wrote it.
"""

import io
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Goal
from imuhip.catalogue.example import ARCHIVE, CATALOGUE, portable
from imuhip.results.analysis import analyze
from imuhip.results.schemas import ANGLES_FILE, SENSORS_FILE
from imuhip.simulate import session as simulator
from imuhip.simulate.output import write
from imuhip.simulate.performance import Compensation, Performance
from imuhip.simulate.person import draw_person
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup

WEEKS: Final = 8
FIRST: Final = datetime.fromisoformat("2026-03-02T17:30:00+01:00")
KEPT_DEG: Final = 0.1


@dataclass(frozen=True)
class Story:
    """An athlete, and what changes from the first week to the last.

    Parameters
    ----------
    table_deg
        Side to the end range in and out of the first and of the last week.
    depth_deg
        Flexion at the bottom of squats, first and last week.
    fault
        Rule, side, and its size in the first and in the last week.
    load_kg
        Of the second squat set, first and last week.
    squads
        That the athlete is in.
    gap_week, pain_week
        When a thigh sensor drops out for twelve seconds; when something hurt; 0 for never.
    """

    id: str
    name: str
    note: str
    tags: tuple[str, ...]
    goal: str
    seed: int
    table_deg: dict[str, tuple[tuple[float, float], tuple[float, float]]]
    depth_deg: tuple[float, float]
    fault: tuple[str, str, float, float]
    load_kg: tuple[float, float]
    squads: tuple[str, ...]
    gap_week: int = 0
    pain_week: int = 0


STORIES: Final = (
    Story(
        "mara", "Mara", "weightlifter; the left hip hardly turns in", ("weightlifting",),
        "weightlifting", 11,
        {"left": ((22.0, 41.0), (34.0, 41.0)), "right": ((35.0, 42.0), (36.0, 42.0))},
        (101.0, 112.0), ("knee_in", "right", 20.0, 5.0), (40.0, 70.0), ("Strength",),
    ),
    Story(
        "tomas", "Tomas", "runner; asks whether table work is worth his time", ("running",),
        "general", 12,
        {"left": ((31.0, 40.0), (31.0, 40.0)), "right": ((33.0, 39.0), (33.0, 39.0))},
        (104.0, 104.0), ("pelvic_drop", "right", 10.0, 10.0), (20.0, 20.0), ("U19",), pain_week=5,
    ),
    Story(
        "ines", "Ines", "footballer; back after a groin strain", ("football", "return"),
        "field_sport", 13,
        {"left": ((33.0, 29.0), (33.0, 38.0)), "right": ((34.0, 40.0), (34.0, 41.0))},
        (103.0, 108.0), ("early_turn_out", "left", 22.0, 5.0), (0.0, 30.0), ("U19", "Strength"),
        gap_week=4,
    ),
)  # fmt: skip


def between(ends: tuple[float, float], week: int) -> float:
    """Where a straight way from the first week's value to the last one's is."""
    return ends[0] + (ends[1] - ends[0]) * (week - 1) / (WEEKS - 1)


@contextmanager
def performed_by(story: Story, week: int) -> Iterator[None]:
    """Let the simulator draw this athlete as they are in that week, and mark what a coach would."""

    def drawn(_rng: np.random.Generator, imprecision: float) -> Any:
        person = draw_person(np.random.default_rng(story.seed), imprecision)
        legs = {
            side: replace(
                leg,
                squat_deg=between(story.depth_deg, week),
                table_deg=(
                    between((story.table_deg[side][0][0], story.table_deg[side][1][0]), week),
                    between((story.table_deg[side][0][1], story.table_deg[side][1][1]), week),
                ),
            )
            for side, leg in person.legs.items()
        }
        return replace(person, legs=legs)

    direct = simulator.direct

    def directed(*args: Any, **more: Any) -> Any:
        play = direct(*args, **more)
        marks = list(play.script.marks)
        squats = [t for t, label in marks if label == "begin:squat"]
        tests = [t for t, label in marks if label.startswith("begin:seated")]
        load = round(between(story.load_kg, week) / 5.0) * 5.0
        said = [(squats[0] - 0.4, "note:set load 0 kg, stance medium, warm")]
        said.append((squats[1] - 0.4, f"note:set load {load:g} kg, bar back, stance medium, warm"))
        if tests[0] < squats[0]:
            said.append((tests[0] - 0.4, "note:set active, cold"))
        said.append((squats[1] + 6.0, "cue:knees out as you sit back"))
        if week == story.pain_week:
            said.append((squats[1] + 9.0, "pain"))
        script = replace(play.script, marks=tuple(sorted(marks + said)))
        return replace(play, script=script)

    with patch.object(simulator, "draw_person", drawn), patch.object(simulator, "direct", directed):
        yield


def make_session(story: Story, week: int, folder: Path) -> tuple[Path, Path]:
    """Simulate and analyze one session; return its recording and its results."""
    rule, side, *sizes = story.fault
    fault = Compensation(rule, between((sizes[0], sizes[1]), week), side=side)  # type: ignore[arg-type]
    gaps = (("thigh_left", 118.0, 12.0),) if week == story.gap_week else ()
    setup = Setup(performance=Performance((fault,), repetitions=4), radio_gaps=gaps)
    scenario = "seated+squat+squat+seated" if week == WEEKS else "squat+squat+seated"
    with performed_by(story, week):
        session = simulate(scenario, seed=100 * story.seed + week, grade="good", setup=setup)
    header = replace(
        session.header, athlete=story.id, parameters={"assess": {"goal": story.goal}},
        started=(FIRST + timedelta(weeks=week - 1)).isoformat(),
    )  # fmt: skip
    recording = folder / "recordings" / f"{story.id}-week-{week}.mcap"
    results = folder / "results" / f"{story.id}-week-{week}"
    write(replace(session, header=header), recording)
    analyze(recording, results)
    sensors = pq.read_schema(results / SENSORS_FILE).empty_table()
    pq.write_table(sensors, results / SENSORS_FILE)
    shrink(results / ANGLES_FILE)
    return recording, results


def shrink(path: Path) -> None:
    """Round the angles of a table, and leave packing to the archive."""
    table = pq.read_table(path)
    for k, field in enumerate(table.schema):
        if field.name.endswith("_deg"):
            values = np.rint(table.column(k).to_numpy() / KEPT_DEG) * KEPT_DEG
            table = table.set_column(k, field, pa.array(values, field.type))
    pq.write_table(table, path, compression="none", use_dictionary=False)


def file_all(folder: Path, made: dict[tuple[str, int], tuple[Path, Path]]) -> None:
    """File everything as a coach would."""
    with Catalogue(folder / CATALOGUE) as catalogue:
        for story in STORIES:
            catalogue.add_athlete(story.id, story.name, story.note)
            catalogue.set_squads(story.id, story.squads)
            catalogue.give_consent(
                story.id, "measuring and keeping the recordings", given=FIRST - timedelta(days=1)
            )
            for week in range(1, WEEKS + 1):
                session = catalogue.file(*made[story.id, week], story.id).session
                catalogue.edit_session(
                    session, kind="warm", tags=[*story.tags, "first" if week == 1 else "training"]
                )
            at = FIRST + timedelta(weeks=2)
            catalogue.add_note(story.id, "knees out", kind="cue", at=at)
            catalogue.add_note(story.id, "strength", kind="phase", at=FIRST + timedelta(weeks=4))
            if story.pain_week:
                hurt = FIRST + timedelta(weeks=story.pain_week - 1)
                catalogue.add_note(story.id, "right groin", kind="pain", at=hurt)
            for side in ("left", "right"):
                goal = Goal("rotation_most_in_deg", f"seated_rotation_{side}", side, low=30.0)
                catalogue.set_goal(story.id, goal)


def pack(folder: Path, archive: Path) -> None:
    """Pack catalogue and results, nothing in it that differs from run to run but the data."""

    def plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
        info.mtime, info.uid, info.gid, info.uname, info.gname = 0, 0, 0, "", ""
        info.mode = 0o700 if info.isdir() else 0o600
        return info

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz", preset=9) as tar:
        for name in (CATALOGUE, "results"):
            tar.add(folder / name, name, filter=plain)
    archive.write_bytes(packed.getvalue())


def main() -> None:
    """Make it."""
    folder = Path(tempfile.mkdtemp(prefix="imuhip-example-"))
    for name in ("recordings", "results"):
        (folder / name).mkdir()
    archive = Path(__file__).parents[1] / "recordings" / ARCHIVE
    try:
        weeks = [(story, week) for story in STORIES for week in range(1, WEEKS + 1)]
        with ProcessPoolExecutor(2) as pool:
            jobs = {(s.id, w): pool.submit(make_session, s, w, folder) for s, w in weeks}
            made = {key: job.result() for key, job in jobs.items()}
        file_all(folder, made)
        portable(folder / CATALOGUE, folder)
        pack(folder, archive)
    finally:
        shutil.rmtree(folder)
    size = archive.stat().st_size / 1e6
    sys.stdout.write(f"{archive}: {size:.1f} MB\n")


if __name__ == "__main__":
    main()

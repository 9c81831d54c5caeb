"""The whole collector in simulated worlds: a sample of seeds, the same again, and the auditor."""

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from unittest import mock

import pytest
from faults.air import Trouble
from faults.auditor import audited_seed, problems
from faults.digest import digest
from faults.disk import DiskPlan
from faults.story import Story, story_of
from faults.world import lived

from imuhip.ble.inbox import Inbox
from imuhip.live.hub import Viewer
from imuhip.live.recorder import Recorder
from imuhip.pipeline.all_sensors import Pipeline

SEEDS = range(200)
"""`make soak SEEDS=10000` goes on from there."""

TESTS = Path(__file__).parents[1]


def test_a_sample_of_seeds() -> None:
    """Nothing lost or made up, every loss reported once, replay equal to live, all filed once."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(audited_seed, SEEDS, chunksize=5))
    wrong = [(story, found) for _, story, found in outcomes if found]
    words = "\n\n".join(f"{story}\n  -> {'; '.join(found)}" for story, found in wrong[:3])
    assert not wrong, f"{len(wrong)} seeds; again with make soak FIRST=SEED SEEDS=1:\n{words}"


def test_a_seed_is_the_same_run_in_another_process() -> None:
    """Recordings to the bit, what was said and when: a failing seed can be looked at again."""
    seed = next(s for s in range(100) if story_of(s).troubles and not story_of(s).disk.fails)
    here = digest(story_of(seed))
    there = subprocess.run(
        [sys.executable, "-m", "faults.digest", str(seed)],
        cwd=TESTS,
        env={
            **os.environ,
            "PYTHONHASHSEED": "5",
            "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == here


def _forgets(add):
    def forgetful(self, records):
        add(self, records[:-1] if len(records) > 3 else records)

    return forgetful


def _doubles(take):
    def doubling(self):
        if len(self._notifications) > 5:
            row = self._notifications[3]
            self._notifications.append((*row[:4], self._next, row[5]))
            self._next += 1
        return take(self)

    return doubling


def _drifts(push):
    def drifting(self, batch):
        self.pushed = getattr(self, "pushed", 0) + 1
        return push(self, batch if self.pushed % 50 else batch[:-1])

    return drifting


def _repeats(put):
    def repeating(self, message):
        put(self, message)
        put(self, message)

    return repeating


@pytest.mark.parametrize(
    ("owner", "name", "spoil", "words"),
    [
        (Recorder, "add", _forgets, "arrival numbers are not consecutive"),
        (Inbox, "take", _doubles, "not what was delivered"),
        (Pipeline, "push", _drifts, "replay"),
        (Viewer, "put", _repeats, "rows twice"),
    ],
)
def test_the_auditor_sees_a_collector_that_is_wrong(
    tmp_path: Path, owner: type, name: str, spoil, words: str
) -> None:
    """Records forgotten, doubled, pushed otherwise, frames sent twice: each is found."""
    with mock.patch.object(owner, name, spoil(getattr(owner, name))):
        world = lived(Story(1, seconds=4.0, push_s=0.06), tmp_path)
    assert any(words in each for each in problems(world)), problems(world)


def test_the_auditor_sees_a_late_disk_and_words_that_come_twice(tmp_path: Path) -> None:
    """Flushes every three seconds are found by a kill; a loss that is told twice by its words."""
    story = Story(1, seconds=4.0, push_s=0.06, kills=(1.9,))
    with mock.patch("imuhip.live.session.FLUSH_S", 3.0):
        world = lived(story, tmp_path / "a")
    assert any("missing at the end" in each for each in problems(world))
    world = lived(
        Story(2, push_s=0.06, troubles=(Trouble("break", "pelvis", 1.0, 0.3),)), tmp_path / "b"
    )
    assert problems(world) == []
    world.said += [each for each in world.said if "lost (" in each[1]]
    assert any("losses were reported" in each for each in problems(world))
    world = lived(Story(3, push_s=0.06, disk=DiskPlan(room=20_000)), tmp_path / "c")
    assert problems(world) == []
    world.said = [(t + 1.0 * ("the disk refused" in each), each) for t, each in world.said]
    assert any("told" in each and "s later" in each for each in problems(world))

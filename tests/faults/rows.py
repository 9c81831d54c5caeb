"""The rows of the fault table: each injects a fault so many times, and says what was seen.

A row is a function of how many times; `fault_table` runs them all and prints them, the tests run a
few of each.
"""

import errno
import re
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from faults.air import Trouble
from faults.auditor import problems
from faults.disk import DiskPlan
from faults.story import PLACES, Story, story_of
from faults.world import World, lived
from support.held_up import held_up

from imuhip.core.certainty import Z95
from imuhip.core.errors import RecordingError
from imuhip.core.records import Header, Mark, Packet, Record
from imuhip.pipeline.all_sensors import Output, Pipeline
from imuhip.recording.reader import RecordingReader
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup

TESTS = Path(__file__).parents[1]
sys.path.append(str(TESTS / "benchmarks"))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table.

    Parameters
    ----------
    fault, target
        What is injected, and what must be seen.
    times
        How often it was injected.
    seen
        What was seen, in figures.
    met
        Whether that is the target.
    """

    fault: str
    times: int
    target: str
    seen: str
    met: bool


def outlived(story: Story) -> World:
    """Live a story in a folder that is gone afterwards, its problems worked out."""
    with tempfile.TemporaryDirectory() as name:
        world = lived(story, Path(name) / "recordings")
        world.found = problems(world)
        return world


def joined(outputs: Sequence[Output], block: str, name: str) -> np.ndarray:
    """A column of all outputs, end to end."""
    return np.concatenate([getattr(getattr(output, block), name) for output in outputs])


def drop_out_live(times: int) -> Row:
    """The link breaks for five seconds: how soon viewers see the gap, and nothing made up in it."""
    rng = np.random.default_rng(1)
    delays, wrong = [], 0
    for number in range(times):
        place, t = str(rng.choice(PLACES)), float(rng.uniform(2.0, 4.0))
        world = outlived(
            Story(number, seconds=t + 7.0, push_s=0.04, troubles=(Trouble("break", place, t, 5.0),))
        )
        wrong += bool(world.found)
        live = world.workshop.made[0]
        k = live.sensors.index(place)
        broken = next(w.broken[0] for w in world.ways if w.place == place)
        started = live._header.monotonic_ns / 1e9
        first = next(
            at / 1e9 - started
            for (at, _), output in zip(live.pushes, live.outputs, strict=False)
            if at / 1e9 - started > broken and (~output.grid.valid[output.grid.t > broken, k]).any()
        )
        delays.append(first - broken)
    return Row(
        "link lost for 5 s, live",
        times,
        "gap on the page within 0.5 s, no invented sample",
        f"after {max(delays):.2f} s at most; {wrong} sessions with anything made up",
        max(delays) <= _GAP_S and not wrong,
    )


def drop_out_angles(times: int) -> Row:
    """A thigh is silent for five seconds in a set of squats: the angles after it."""
    off, covered, partial, counted = [], [], 0, 0
    for seed in range(_FRESH, _FRESH + times):
        t = 90.0 + 3.0 * (seed % 10)
        gap = Setup(radio_gaps=(("thigh_left", t, 5.0),))
        with_gap = _analyzed(seed, gap)
        plain = _analyzed(seed, Setup())
        rows = {round(100 * x): k for k, x in enumerate(joined(plain, "angles", "t"))}
        again = joined(with_gap, "angles", "t")
        reps = [r for o in with_gap for r in o.repetitions if r.side == "left"]
        over = [r for r in reps if r.t_start < t + 5.0 and r.t_end > t]
        partial += len(over)
        counted += sum(r.counted for r in over)
        pick = [k for k, x in enumerate(again) if t + 5.5 < x < t + 10.0]
        at = [rows[round(100 * again[k])] for k in pick]
        one = joined(with_gap, "angles", "hip")[pick, 0, _ROTATION]
        other = joined(plain, "angles", "hip")[at, 0, _ROTATION]
        sd = joined(with_gap, "angles", "hip_sd")[pick, 0, _ROTATION]
        error = np.degrees(one - other)
        known = np.isfinite(error)
        off += np.abs(error[known]).tolist()
        covered += (np.abs(error[known]) <= np.maximum(3.0, Z95 * np.degrees(sd[known]))).tolist()
    inside = float(np.mean(covered)) if covered else 1.0
    p95 = float(np.percentile(off, 95)) if off else 0.0
    return Row(
        "thigh silent for 5 s in squats",
        times,
        "rotation after it within 3°, or the stated error says so; repetitions in it not counted",
        f"p95 {p95:.1f}° from the undisturbed session, {100 * inside:.0f} % within 3° or the "
        f"stated 95 %; {counted} of {partial} overlapping repetitions counted",
        inside >= _COVERED and not counted,
    )


def computer_pauses(times: int) -> Row:
    """The computer stands still in a set of squats: what comes afterwards is taken all the same."""
    rng = np.random.default_rng(3)
    lost, missed, reps = 0, 0, 0
    for seed in range(_FRESH, _FRESH + times):
        session = simulate("calibration+squat", seed=seed, grade="good", setup=Setup())
        records = [record for batch in session.batches(1e6) for record in batch]
        begin = next(r.host_ns for r in records if isinstance(r, Mark) and r.label == "begin:squat")
        at = begin + int(1e9 * rng.uniform(2.0, 15.0))
        heard = held_up(records, at, float(rng.uniform(0.5, 5.0)))
        plain, paused = (_pushed(session.header, [some]) for some in (records, heard))
        rows, left = (int(joined(some, "angles", "valid").sum()) for some in (plain, paused))
        lost += max(rows - left, 0)
        counted, seen = (
            sum(r.counted for output in some for r in output.repetitions)
            for some in (plain, paused)
        )
        missed += abs(counted - seen)
        reps += counted
    return Row(
        "computer stands still for 0.5 to 5 s in squats",
        times,
        "nothing lost: every row, every repetition",
        f"{lost} rows lost; {reps - missed} of {reps} repetitions counted",
        not lost and not missed,
    )


def sensor_dies(times: int) -> Row:
    """A sensor falls silent for good: known, reported once, the others go on."""
    rng = np.random.default_rng(2)
    delays, wrong, messages = [], 0, []
    for number in range(times):
        place, t = str(rng.choice(PLACES)), float(rng.uniform(1.0, 3.0))
        kind = str(rng.choice(("silence", "break")))
        trouble = Trouble(kind, place, t, 1e4)
        world = outlived(Story(number, seconds=t + 20.0, push_s=0.1, troubles=(trouble,)))
        wrong += bool(world.found)
        lost = [at for at, s in world.said if s.startswith(f"{place}: lost (")]
        started = world.taken[0].start_ns / 1e9
        delays.append(lost[0] - started - t)
        messages.append(len(lost))
        live = world.workshop.made[0]
        rest = [k for k, name in enumerate(live.sensors) if name != place]
        wrong += not joined(live.outputs, "grid", "valid")[100:, rest].all()
    return Row(
        "a sensor dies",
        times,
        "known within 1 s, one message, the others' rows go on, session saved",
        f"after {max(delays):.2f} s at most, {max(messages)} message; {wrong} sessions otherwise",
        max(delays) <= 1.0 and max(messages) == 1 and not wrong,
    )


def _twin(title: str, target: str, times: int, pair: Callable[[int], tuple[Story, Story]]) -> Row:
    """Two worlds that differ in what must not matter give the same rows to the bit."""
    same, worst = 0, 0.0
    for number in range(times):
        one, other = (outlived(story).workshop.made[0].outputs for story in pair(number))
        rows = min(sum(len(o.grid.t) for o in out) for out in (one, other))
        a, b = (joined(out, "grid", "q")[:rows] for out in (one, other))
        same += np.array_equal(a, b, equal_nan=True)
        difference = np.abs(a - b)
        worst = max(worst, float(np.nanmax(difference)) if np.isfinite(difference).any() else 0.0)
    seen = f"{same} of {times} the same to the bit" + (f", else by {worst:.0e}" if worst else "")
    return Row(title, times, target, seen, same == times)


def doubled(times: int) -> Row:
    """Every notification comes twice, of devices with and without a counter."""

    def pair(number: int) -> tuple[Story, Story]:
        profile = ("reference", "witmotion_wt901ble", "nordic_thingy52")[number % 3]
        plain = Story(number, profile, 100.0, 5.0, push_s=0.05)
        twice = tuple(Trouble("double", place, 0.0, 1e3) for place in PLACES)
        return plain, replace(plain, troubles=twice)

    return _twin("every notification doubled", "no effect, without stamps too", times, pair)


def wall_clock(times: int) -> Row:
    """Somebody sets the computer's clock by an hour, or NTP steps it."""

    def pair(number: int) -> tuple[Story, Story]:
        plain = Story(number, seconds=5.0, push_s=0.05)
        step = (3600.0, -3600.0, 7.0)[number % 3]
        return plain, replace(plain, wall=((2.0, step),))

    return _twin("host clock set by ±1 h, or 7 s", "no effect", times, pair)


def kills(times: int) -> Row:
    """The program is killed at any instant, in the middle of a write too."""
    looked, wrong, number = 0, [], 0
    while looked < times:
        story = replace(story_of(_FRESH + number), disk=DiskPlan(slow_s=0.02), pauses=())
        rng = np.random.default_rng(number)
        instants = tuple(float(t) for t in rng.uniform(0.8, story.seconds, 10))
        world = outlived(replace(story, kills=instants))
        looked += len(world.disk.photographs)
        wrong += [each for each in world.found if "killed at" in each]
        number += 1
    return Row(
        "killed while recording, simulated",
        looked,
        "≤ 1 s lost, file opens, replays to the bit, can be mended",
        f"{looked - len(wrong)} of {looked}",
        not wrong,
    )


def failing_disk(times: int) -> Row:
    """The n-th write or sync fails, for all n from the first on; or the disk is full."""
    codes = (errno.ENOSPC, errno.EIO, errno.EROFS)
    wrong: list[str] = []
    for number in range(times):
        plan = DiskPlan(fails=1 + number, code=codes[number % 3])
        if number % 4 == 3:
            plan = DiskPlan(room=700 + 900 * number)
        world = outlived(Story(number, seconds=4.0, push_s=0.06, disk=plan))
        wrong += world.found
        reported = [s for _, s in world.said if "the disk refused" in s] + world.refused
        wrong += [] if reported or not world.disk.failed else [f"{plan}: nothing told"]
    return Row(
        "n-th disk call fails; disk full",
        times,
        "stops with one sentence, data until then intact, the collector stays up",
        f"{times - len(set(wrong))} of {times}",
        not wrong,
    )


def cut_files(times: int) -> Row:
    """A ten-second file cut at every byte."""
    content = _ten_seconds()
    at = np.unique(np.linspace(0, len(content) - 1, times).astype(int))
    return _damaged(
        "file of 10 s cut at every byte", len(content), [content[:k] for k in at.tolist()]
    )


def flipped_bits(times: int) -> Row:
    """A ten-second file with one bit wrong."""
    content = _ten_seconds()
    rng = np.random.default_rng(3)

    def flipped() -> bytes:
        wrong = bytearray(content)
        wrong[int(rng.integers(len(wrong)))] ^= 1 << int(rng.integers(8))
        return bytes(wrong)

    return _damaged("one bit flipped in a file of 10 s", 0, [flipped() for _ in range(times)])


def _damaged(title: str, size: int, files: Sequence[bytes]) -> Row:
    """Read each: records or a sentence, nothing else, in CPU seconds, none of it wrong."""
    slowest, refused, wrong = 0.0, 0, 0
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "damaged.mcap"
        path.write_bytes(_ten_seconds())
        whole = _payloads(path)
        for content in files:
            path.write_bytes(content)
            started = time.process_time()
            try:
                came = _payloads(path)
                wrong += not came.items() <= whole.items()
            except RecordingError:
                refused += 1
            slowest = max(slowest, time.process_time() - started)
    every = f" (all {size} bytes)" if size == len(files) else ""
    return Row(
        title,
        len(files),
        "never a crash, ≤ 1 s, what is read is right",
        f"{len(files) - refused} opened{every}, {refused} refused with a sentence; slowest "
        f"{slowest:.2f} s; {wrong} gave anything wrong",
        slowest <= 1.0 and not wrong,
    )


def _payloads(path: Path) -> dict[tuple[str, int], bytes]:
    """Every notification of a file by its sensor and arrival number."""
    return {
        (r.sensor, int(r.arrival[k])): bytes(r.notification(k))
        for batch in RecordingReader(path).batches()
        for r in batch
        if isinstance(r, Packet)
        for k in range(len(r))
    }


def _ten_seconds() -> bytes:
    if not _CACHE:
        with tempfile.TemporaryDirectory() as name:
            world = lived(Story(9, seconds=10.0, push_s=0.1), Path(name) / "recordings")
            _CACHE.append(world.taken[0].path.read_bytes())
    return _CACHE[0]


def stuck_values(times: int) -> Row:
    """Zeros, one value over and over, random bytes: told, and no orientation is NaN where valid."""
    kinds = ("zeros", "frozen", "garbage", "flood", "long")
    sizes = {"garbage": 50.0, "flood": 8000.0}
    quiet, nan, wrong = 0, 0, 0
    for number in range(times):
        kind = kinds[number % len(kinds)]
        seconds = 0.2 if kind == "flood" else 3.0
        trouble = Trouble(kind, PLACES[number % 3], 2.0, seconds, sizes.get(kind, 0.0))
        world = outlived(Story(number, seconds=7.0, push_s=0.06, troubles=(trouble,)))
        wrong += bool(world.found)
        live = world.workshop.made[0]
        reported = {f.kind for o in live.outputs for f in o.faults if f.sensor == trouble.sensor}
        quiet += kind != "long" and not reported
        valid = joined(live.outputs, "grid", "valid")
        nan += bool(np.isnan(joined(live.outputs, "grid", "q")[valid]).any())
    return Row(
        "zeros, stuck values, random bytes, floods",
        times,
        "a fault each, orientation never NaN where valid",
        f"{quiet} unreported, {nan} with NaN, {wrong} otherwise wrong",
        not quiet and not nan and not wrong,
    )


def placement(times: int) -> Row:
    """Sensors swapped, upside down, turned by 90°: found in the calibration."""
    from bench_placement import _found, _reported, _trial

    asked = {
        "swapped": _reported("swapped", "as_named"),
        "upside down": _found("upside_down"),
        "turned by 90°": _found("turned"),
    }
    found, total = 0, 0
    for case, answer in asked.items():
        trials = [_trial((case, seed, "typical")) for seed in range(_FRESH, _FRESH + times)]
        found, total = found + sum(map(answer, trials)), total + len(trials)
    return Row(
        "sensors swapped, upside down, turned by 90°",
        total,
        "found in ≥ 99 %",
        f"{found} of {total}",
        found >= _FOUND * total,
    )


def slips(times: int) -> Row:
    """A strap slips by 10° between two standings."""
    from bench_placement import _slip_found, _trial

    cases = [f"slip about {axis}" for axis in "xyz"]
    trials = [_trial((cases[seed % 3], seed, "typical")) for seed in range(_FRESH, _FRESH + times)]
    found = sum(map(_slip_found, trials))
    return Row("a strap slips by 10°", times, "reported in ≥ 95 %", f"{found} of {times}",
               found >= _SLIPS * times)  # fmt: skip


def seeds(times: int) -> Row:
    """Everything at once, drawn from a seed."""
    from faults.auditor import audited_seed

    wrong = [seed for seed in range(_FRESH, _FRESH + times) if audited_seed(seed)[2]]
    return Row(
        "seeds of the simulated collector",
        times,
        "replay equals live to the bit, nothing lost or made up, every loss reported once",
        f"{times - len(wrong)} of {times}" + (f", not {wrong[:5]}" if wrong else ""),
        not wrong,
    )


def at_rest(times: int) -> Row:
    """What lies on the disk belongs to its owner alone."""
    readable = 0
    for number in range(times):
        with tempfile.TemporaryDirectory() as name:
            world = lived(Story(number, seconds=1.0, push_s=0.1), Path(name) / "recordings")
            paths = [world.folder, *(taken.path for taken in world.taken)]
            readable += any(stat.S_IMODE(path.stat().st_mode) & 0o077 for path in paths)
    seen = f"{readable} readable by others"
    return Row("recordings at rest", times, "files 0600, folders 0700", seen, not readable)


def soak(times: int) -> Row:
    """So many minutes of three sensors at 100 Hz: memory after minute ten, and the processor."""
    minutes = max(times, 2)
    with tempfile.TemporaryDirectory() as name:
        story = Story(0, seconds=60.0 * minutes, push_s=0.1, viewers=(0.0, 3.0, float("inf")))
        started = time.process_time()
        world = lived(story, Path(name) / "recordings", keep=False)
        cpu = (time.process_time() - started) / (60.0 * minutes)
    used = [mb for t, mb in world.memory if t >= min(600.0, 30.0 * minutes)]
    growth = used[-1] - used[0]
    return Row(
        f"{minutes} min of 3 sensors at 100 Hz, 3 viewers",
        1,
        "memory grows < 20 MB after minute 10, < 25 % of a core",
        f"{growth:+.1f} MB, {100 * cpu:.1f} % of a core",
        growth < _GROWTH_MB and cpu < _CORE,
    )


def by_tests(title: str, target: str, *files: str) -> Callable[[int], Row]:
    """A row whose cases are tests: it runs them and counts."""

    def row(_times: int) -> Row:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files],
            cwd=TESTS.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "nothing ran"
        passed = re.search(r"(\d+) passed", last)
        cases = int(passed.group(1)) if passed else 0
        return Row(title, cases, target, last.partition(" in ")[0], done.returncode == 0)

    return row


def _analyzed(seed: int, setup: Setup) -> list[Output]:
    session = simulate("calibration+squat", seed=seed, grade="good", setup=setup)
    return _pushed(session.header, session.batches(5.0))


def _pushed(header: Header, batches: Iterable[Sequence[Record]]) -> list[Output]:
    pipeline = Pipeline(header)
    outputs = [pipeline.push(batch) for batch in batches]
    return [*outputs, pipeline.finish()]


_CACHE: list[bytes] = []
_FRESH = 90_000
"""Seeds that nothing was developed on."""
_ROTATION = 2
_GAP_S = 0.5
_COVERED = 0.95
_FOUND, _SLIPS = 0.99, 0.95
_GROWTH_MB, _CORE = 20.0, 0.25

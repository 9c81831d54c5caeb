"""Knows what went into a simulated world, and says what of it came out wrong."""

import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from beds.collect import Watched
from faults.air import Way
from faults.story import PLACES, Story, story_of
from faults.world import Taken, World, lived

from imuhip.core.errors import RecordingError
from imuhip.core.records import Packet, Record
from imuhip.live.hub import KEPT_EVENTS, MAX_VIEWERS, QUEUE_MESSAGES
from imuhip.live.protocol import rows_from_output
from imuhip.live.recorder import FLUSH_S
from imuhip.pipeline.all_sensors import Output, Pipeline, joined_faults
from imuhip.recording.reader import RecordingReader
from imuhip.recording.summary import recover


def audited(story: Story) -> list[str]:
    """Live a story; what is wrong with it, in sentences."""
    with tempfile.TemporaryDirectory() as name:
        try:
            world = lived(story, Path(name) / "recordings")
            return problems(world)
        except Exception:  # noqa: BLE001 - whatever escapes is what is looked for
            return [f"an exception escaped:\n{traceback.format_exc()}"]


def audited_seed(seed: int) -> tuple[int, str, list[str]]:
    """Do the same for a seed: the seed, its story, what is wrong."""
    story = story_of(seed)
    return seed, str(story), audited(story)


def problems(world: World) -> list[str]:
    """Everything that is wrong with what came of a story."""
    found = [f"the loop met: {each}" for each in world.loop_errors]
    for taken in world.taken:
        found += [f"{taken.path.name}: {each}" for each in _recording(world, taken)]
    found += list(_photographs(world))
    found += list(_reported(world))
    found += list(_bounds(world))
    found += list(_filed(world))
    found += list(_viewers(world))
    return found


# --- recordings ----------------------------------------------------------------------------------


def _recording(world: World, taken: Taken) -> Iterator[str]:
    """One recording against what was delivered, and its replay against what was live."""
    reader = RecordingReader(taken.path)
    batches = list(reader.batches())
    failed = world.disk.failed or not reader.whole
    if not reader.whole and not world.disk.failed:
        yield "it is not closed, and the disk was good"
    if any(fault.count for fault in reader.faults):
        yield f"damaged: {reader.faults}"
    lost_ns = taken.ended_ns
    if failed:
        failure = [t for t, sentence in world.said if "the disk refused" in sentence]
        lost_ns = round(((min(failure) if failure else world.loop.now) - _grace_s(world)) * 1e9)
        lost_ns = min(lost_ns, taken.ended_ns or lost_ns)
    yield from _delivered(world.ways, taken, batches, lost_ns)
    live = _live(world, taken)
    if live is None:
        yield "no pipeline ran"
        return
    again = Pipeline(reader.header)
    outputs = [again.push(batch) for batch in batches]
    if not failed:
        outputs.append(again.finish())
        yield from _same(live.outputs, outputs)
    yield from _prefix(live.outputs, outputs)
    yield from _invented(world, live)


def _delivered(
    ways: Sequence[Way], taken: Taken, batches: Sequence[Sequence[Record]], until_ns: int
) -> Iterator[str]:
    """Whether the file holds what was delivered: all of it until then, in order, nothing else."""
    records = [record for batch in batches for record in batch]
    arrivals = [np.atleast_1d(np.asarray(record.arrival)) for record in records]
    numbers = np.sort(np.concatenate(arrivals)) if arrivals else np.empty(0)
    if not np.array_equal(numbers, np.arange(len(numbers))):
        yield "arrival numbers are not consecutive from 0"
    for way in ways:
        mine = _recorded(records, way.place)
        if way.place == taken.left_out:
            if mine:
                yield f"{way.place} was left out and is there"
            continue
        names = {u: way.sensor.profile.canonical(u) for u in {d[1] for d in way.delivered}}
        came = [(ns, names[u], data) for ns, u, data in way.delivered if ns >= taken.start_ns]
        edge = sum(ns == taken.start_ns for ns, _, _ in came)  # before or after, nobody knows
        first = next((k for k in range(edge + 1) if came[k : k + len(mine)] == mine), None)
        if first is None:
            pairs = enumerate(zip(came, mine, strict=False))
            wrong = next((k for k, (a, b) in pairs if a != b), "the end")
            yield f"{way.place}: not what was delivered, from notification {wrong} on"
            continue
        missing = [ns for ns, _, _ in came[first + len(mine) :] if ns < until_ns]
        if missing:
            yield (
                f"{way.place}: {len(missing)} notifications are missing at the end, the oldest "
                f"{(until_ns - missing[0]) / 1e9:.2f} s before what may be lost"
            )


def _recorded(records: Sequence[Record], place: str) -> list[tuple[int, str, bytes]]:
    """Host stamp, characteristic and bytes of a sensor's notifications, as they arrived."""
    rows = [
        (int(record.arrival[k]), int(record.host_ns[k]), record.characteristic, bytes(data))
        for record in records
        if isinstance(record, Packet) and record.sensor == place
        for k, data in enumerate(map(record.notification, range(len(record))))
    ]
    return [row[1:] for row in sorted(rows)]


def _grace_s(world: World) -> float:
    """How much may be lost at a kill: a second, and what a slow disk or a pause adds."""
    story = world.story
    slow = 2.0 * story.disk.slow_s + (0.0 if story.disk.slow_s < _SLOW_S else 2.0 * FLUSH_S)
    return 1.0 + slow + _paused_s(world)


def _paused_s(world: World) -> float:
    """How long the computer stood still in all."""
    return sum(s for _, s in world.story.pauses)


def _live(world: World, taken: Taken) -> Watched | None:
    for watched in world.workshop.made:
        if watched._header.monotonic_ns == taken.start_ns:
            return watched
    return None


def _same(live: Sequence[Output], again: Sequence[Output]) -> Iterator[str]:
    """Everything that is reported beside the rows."""
    for name in ("steps", "repetitions", "findings", "notes", "outcomes"):
        one, other = ([repr(x) for o in out for x in getattr(o, name)] for out in (live, again))
        if name == "findings":  # told again with each repetition, as the set grows
            one, other = sorted(set(one)), sorted(set(other))
        if one != other:
            yield f"{name} differ between live and replay"
    one, other = (joined_faults([f for o in out for f in o.faults]) for out in (live, again))
    if _counts(one) != _counts(other):
        yield f"faults differ: live {_counts(one)}, replay {_counts(other)}"
    rows = [sum(len(o.grid.t) for o in out) for out in (live, again)]
    if rows[0] != rows[1]:
        yield f"live gave {rows[0]} rows, the replay {rows[1]}"


def _counts(faults: Sequence) -> dict[tuple[str, str], int]:
    counts: Counter[tuple[str, str]] = Counter()
    for fault in faults:
        counts[fault.sensor, fault.kind] += fault.count
    return dict(counts)


def _prefix(live: Sequence[Output], again: Sequence[Output]) -> Iterator[str]:
    """The replay's rows are the first live ones, bit for bit."""
    for block, name in _COLUMNS:
        one, other = (
            np.concatenate([getattr(getattr(o, block), name) for o in out]) if out else np.empty(0)
            for out in (live, again)
        )
        if not len(other):
            continue
        if len(other) > len(one) or not np.array_equal(
            one[: len(other)], other, equal_nan=other.dtype.kind == "f"
        ):
            yield f"{block}.{name} of the replay is not what was live, to the bit"
            return


def _invented(world: World, live: Watched) -> Iterator[str]:
    """No row is valid where nothing came."""
    origin_ns = live.origin_ns
    if origin_ns is None:
        return
    late = sum(t.seconds for t in world.story.troubles if t.kind == "stall")
    late += sum(s for _, s in world.story.pauses) + _NEAR_S
    for way in world.ways:
        if not live.outputs or way.place not in live.sensors:
            continue
        k = live.sensors.index(way.place)
        t = np.concatenate([o.grid.t for o in live.outputs])
        valid = np.concatenate([o.grid.valid for o in live.outputs])[:, k]
        came = (np.array([ns for ns, _, _ in way.delivered], dtype=np.int64) - origin_ns) / 1e9
        if not len(came):
            if valid.any():
                yield f"{way.place}: valid rows, and nothing ever came"
            continue
        place = np.searchsorted(came, t - _NEAR_S)
        following = came[np.minimum(place, len(came) - 1)]
        alone = valid & ((place == len(came)) | (following > t + late))
        if alone.any():
            yield (
                f"{way.place}: {alone.sum()} rows are valid where nothing came, the first at "
                f"{t[alone][0]:.2f} s"
            )


# --- kills ---------------------------------------------------------------------------------------


def _photographs(world: World) -> Iterator[str]:
    """What a killed program leaves opens, lacks a second at most, replays and can be mended."""
    for number, (killed_ns, content) in enumerate(world.disk.photographs):
        path = world.folder.parent / f"killed{number}.mcap"
        path.write_bytes(content)
        at = f"killed at {killed_ns / 1e9:.2f} s"
        try:
            reader = RecordingReader(path)
        except RecordingError as error:
            if world.disk.kill_at == ():
                yield f"{at}: the file does not open: {error}"
            continue
        taken = next((t for t in world.taken if t.start_ns == reader.header.monotonic_ns), None)
        if taken is None:
            continue
        batches = list(reader.batches())
        until_ns = killed_ns - round(_grace_s(world) * 1e9)
        if world.disk.failed:
            until_ns = 0
        for words in _delivered(world.ways, taken, batches, until_ns):
            yield f"{at}: {words}"
        live = _live(world, taken)
        again = Pipeline(reader.header)
        outputs = [again.push(batch) for batch in batches]
        if live is not None:
            for words in _prefix(live.outputs, outputs):
                yield f"{at}: {words}"
        mended = path.with_suffix(".mended.mcap")
        report = recover(path, mended)
        held = sum(len(r) for batch in batches for r in batch if isinstance(r, Packet))
        anew = RecordingReader(mended)
        list(anew.batches())
        if report.notifications != held or not anew.whole:
            yield f"{at}: mended, it holds {report.notifications} of {held} notifications"


# --- words, bounds, filing, viewers --------------------------------------------------------------


def _reported(world: World) -> Iterator[str]:
    """Every loss once, no trouble twice, no sentence that no coach understands."""
    said = [sentence for _, sentence in world.said]
    for sentence in said:
        if any(word in sentence for word in ("Traceback", "object at 0x", "Exception", "nan ")):
            yield f"a coach is told: {sentence}"
        if "live angles end here" in sentence:
            yield f"the pipeline fell over: {sentence}"
    for way in world.ways:
        yield from _losses_reported(world, way, [s for s in said if s.startswith(f"{way.place}: ")])
    counts = Counter(said)
    if counts[_NO_BLUETOOTH] > 1:
        yield f"{counts[_NO_BLUETOOTH]} times that there is no Bluetooth"
    refusals = [t for t, s in world.said if "the disk refused" in s]
    # A recording that could not begin is answered where it was asked for.
    answered = any("the disk refused" in s for s in world.refused)
    if len(refusals) > 1 or (world.disk.failed and world.taken and not refusals and not answered):
        yield f"the disk failed, and that was told {len(refusals)} times"
    late = min(refusals, default=0.0) - world.disk.failed_ns / 1e9
    if late > _TOLD_S + 2.0 * (world.story.push_s + world.story.disk.slow_s) + _paused_s(world):
        yield f"the disk failed, and that was told {late:.2f} s later"
    for stranger in world.strangers:
        if stranger.connects:
            yield f"a stranger named {stranger.sensor.name} was connected"


def _losses_reported(world: World, way: Way, mine: Sequence[str]) -> Iterator[str]:
    """Of one sensor: each loss once, each trouble once between two times that it streams."""
    lost = sum(s.startswith(f"{way.place}: lost (") for s in mine)
    streaming = sum("streaming from" in s for s in mine)
    # Rubbish counts as samples for a moment, where nothing else comes.
    odd = ("silence", "stall", "loss", "garbage", "flood")
    quiet = sum(t.kind in odd for t in way.troubles)
    quiet += len(world.story.pauses) + 3 * any(t.kind == "silence" for t in way.troubles)
    if not len(way.broken) <= lost <= len(way.broken) + quiet:
        yield f"{way.place}: {len(way.broken)} links broke, {lost} losses were reported"
    if streaming > lost + 1:
        yield f"{way.place}: told {streaming} times that it streams, {lost} times lost"
    for sentence, times in Counter(mine).items():
        once = not any(word in sentence for word in ("lost (", "streaming from", " Hz, "))
        if once and times > max(streaming, 1):
            yield f"told {times} times: {sentence}"


def _bounds(world: World) -> Iterator[str]:
    """Nothing grows, and the end comes."""
    story, most = world.story, world.most
    flood = sum(t.size * t.seconds for t in story.troubles if t.kind == "flood")
    waits = 1.0 + story.push_s + 4.0 * story.disk.slow_s + sum(s for _, s in story.pauses)
    limits = {
        "inbox": 4.0 * (story.rate_hz * len(PLACES) * waits + flood) + 400,
        "events": KEPT_EVENTS,
        "story": 200,
        "viewer": max(QUEUE_MESSAGES, most.get("events", 0) + 4),
        "viewers": MAX_VIEWERS,
        "recent": 3000,
    }
    for name, limit in limits.items():
        if most.get(name, 0) > limit:
            yield f"{name} grew to {most[name]}, beyond {limit:.0f}"
    if world.left_s > _LEFT_S + 10.0 * story.disk.slow_s + 10.0 * story.push_s:
        yield f"leaving took {world.left_s:.1f} s"
    for status in world.statuses:
        for sensor in status["sensors"]:
            expected = 2.0 * (world.loop.now - 1000.0) * story.rate_hz
            if sensor["missing"] > expected + 200:
                yield f"{sensor['sensor']}: {sensor['missing']} samples are said to be lost"


def _filed(world: World) -> Iterator[str]:
    """Every recording is handed to filing once."""
    if sorted(world.filed) != sorted(taken.path for taken in world.taken):
        names = [path.name for path in world.filed]
        yield f"{len(world.taken)} recordings, filed: {names}"


def _viewers(world: World) -> Iterator[str]:
    """A viewer that reads sees rows in order, each once, and those that were worked out."""
    if not world.workshop.made:
        return
    rows = [rows_from_output(o) for w in world.workshop.made for o in w.outputs]
    known = {row.tobytes() for block in rows for row in block}
    for seen in world.seen:
        if not seen.rows:
            continue
        got = np.concatenate(seen.rows)
        if (np.diff(got[:, 0]) <= 0).any():
            yield f"a viewer that needs {seen.delay_s:g} s a message saw rows twice or backwards"
        strange = sum(row.tobytes() not in known for row in got)
        if strange:
            yield f"a viewer saw {strange} rows that nobody worked out"
    refused = sum(seen.closed for seen in world.seen)
    wanted = max(0, len(world.story.viewers) - MAX_VIEWERS)
    if refused != wanted:
        yield f"{refused} viewers were refused, and {wanted} were too many"


_COLUMNS = (
    ("grid", "t"), ("grid", "q"), ("grid", "acc"), ("grid", "gyr"), ("grid", "valid"),
    ("angles", "hip"), ("angles", "hip_raw"), ("angles", "hip_sd"), ("angles", "pelvis"),
)  # fmt: skip
_NEAR_S = 0.15
_SLOW_S = 0.15
_LEFT_S = 5.0
_TOLD_S = 0.1
"""What the disk refused is said once the work at hand is done."""
_NO_BLUETOOTH = "Bluetooth is off or not available. Switch it on and allow this program to use it."

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from faults import clock
from hypothesis import given
from hypothesis import strategies as st

from imuhip.core.records import (
    AngleBlock,
    Fault,
    GridBlock,
    Header,
    LinkEvent,
    Mark,
    Packet,
    Record,
)
from imuhip.live.control import ControlRefusedError
from imuhip.live.events import FaultEvents
from imuhip.live.hub import LiveHub
from imuhip.live.player import (
    Cutter,
    Player,
    ReplayControl,
    completion_ns,
    cut,
)

SENSORS = ("pelvis", "thigh_left", "thigh_right")


def a_batch(first: int, count: int, seed: int = 0, jitter_ns: int = 4_000_000) -> list[Record]:
    """Records with arrival `first` … , of three sensors with marks and link events between them.

    Notifications are grouped per sensor, as a reader gives them; host stamps are uneven and may run
    a little backwards.
    """
    random = np.random.default_rng(seed)
    owner = random.integers(0, 5, count)
    arrival = np.arange(first, first + count, dtype=np.int64)
    host_ns = arrival * 3_000_000 + random.integers(0, jitter_ns, count)
    records: list[Record] = []
    for number, sensor in enumerate(SENSORS):
        mine = owner == number
        size = int(mine.sum())
        if size:
            records.append(
                Packet(
                    sensor=sensor,
                    characteristic="2002",
                    epoch=0,
                    arrival=arrival[mine],
                    host_ns=host_ns[mine],
                    payload=np.repeat(arrival[mine] % 251, 2).astype(np.uint8),
                    offsets=np.arange(size + 1, dtype=np.int64) * 2,
                )
            )
    stamps = list(zip(arrival.tolist(), host_ns.tolist(), owner.tolist(), strict=True))
    records += [Mark(number, stamp, "pain") for number, stamp, kind in stamps if kind == 3]
    records += [
        LinkEvent(number, stamp, "pelvis", "error") for number, stamp, kind in stamps if kind == 4
    ]
    return records


def taken_apart(records: Sequence[Record]) -> list[tuple[int, str, bytes]]:
    """Arrival, kind and bytes of each notification and event, in the order of arrival."""
    parts: list[tuple[int, str, bytes]] = []
    for record in records:
        if isinstance(record, Packet):
            rows = range(len(record))
            parts += [(int(record.arrival[k]), record.sensor, record.notification(k)) for k in rows]
        else:
            parts.append((record.arrival, type(record).__name__, b""))
    return sorted(parts)


@given(
    sizes=st.lists(st.integers(0, 40), min_size=1, max_size=5),
    steps=st.lists(st.integers(0, 90_000_000), max_size=30),
    seed=st.integers(0, 999),
)
def test_any_pacing_gives_the_same_records_in_consecutive_pushes(
    sizes: list[int], steps: list[int], seed: int
) -> None:
    """However pushes are paced, each covers a consecutive range and together they are all."""
    first, batches = 0, []
    for size in sizes:
        batches.append(a_batch(first, size, seed))
        first += size
    cutter = Cutter(iter(batches))
    limit = 0
    pushes: list[list[Record]] = []
    for step in steps:
        limit += step
        pushes.append(cutter.until(limit))
        assert cutter.next_ns is None or cutter.next_ns > limit
    while cutter.next_ns is not None:
        pushes.append(cutter.until(None))
    expected = 0
    for push in pushes:
        numbers = [part[0] for part in taken_apart(push)]
        assert numbers == list(range(expected, expected + len(numbers)))
        expected += len(numbers)
    whole = [record for batch in batches for record in batch]
    assert taken_apart([record for push in pushes for record in push]) == taken_apart(whole)


def test_nothing_is_pushed_before_its_stamp() -> None:
    """A push holds no record stamped later than the moment it was asked for."""
    cutter = Cutter(iter([a_batch(0, 300)]))
    for limit in range(0, 900_000_000, 16_666_667):
        for record in cutter.until(limit):
            assert np.max(record.host_ns) <= limit


def test_the_sensor_furthest_behind_completes_a_frame() -> None:
    """The stamp is the oldest among the newest of each sensor; marks do not count."""

    def packet(sensor: str, *stamps: int) -> Packet:
        count = len(stamps)
        return Packet(
            sensor=sensor,
            characteristic="x",
            epoch=0,
            arrival=np.arange(count),
            host_ns=np.array(stamps),
            payload=np.zeros(0, dtype=np.uint8),
            offsets=np.zeros(count + 1, dtype=np.int64),
        )

    records: list[Record] = [
        packet("pelvis", 10, 20),
        packet("thigh_left", 5, 17),
        packet("thigh_right", 19),
        packet("pelvis", 30),
        Mark(9, 1, "pain"),
    ]
    assert completion_ns(records) == 17
    assert completion_ns([Mark(9, 4, "pain")]) == 4


def test_cutting_keeps_the_whole_packet_as_it_is() -> None:
    """A packet that lies within the range is handed on untouched, one outside is left out."""
    batch = a_batch(0, 50)
    assert [id(record) for record in cut(batch, 0, 49)] == [id(record) for record in batch]
    assert cut(batch, 50, 99) == []


@dataclass
class Output:
    """As the pipeline's."""

    grid: GridBlock
    angles: AngleBlock
    faults: tuple[Fault, ...] = ()
    steps: tuple[object, ...] = ()
    repetitions: tuple[object, ...] = ()
    findings: tuple[object, ...] = ()
    notes: tuple[object, ...] = ()
    outcomes: tuple[object, ...] = ()


def an_output(t: np.ndarray) -> Output:
    """Rows at these times, without a number in them."""
    count = len(t)
    nan = np.full((count, 2, 3), np.nan)
    return Output(
        GridBlock(
            sensors=SENSORS,
            t=t,
            q=np.zeros((count, 3, 4)),
            acc=np.zeros((count, 3, 3)),
            gyr=np.zeros((count, 3, 3)),
            valid=np.zeros((count, 3), dtype=bool),
            rest=np.zeros((count, 3), dtype=bool),
            drift=np.zeros((count, 3)),
            unseen=np.zeros((count, 3)),
            tilt=np.zeros((count, 3)),
        ),
        AngleBlock(
            t, *[nan] * 4, nan[:, 0], np.zeros((count, 2), dtype=bool), nan[:, 0], nan[:, 0]
        ),
    )


@dataclass
class Stages:
    """Remembers what was pushed, and when; gives a row for every record."""

    pushed: list[tuple[int, list[Record]]] = field(default_factory=list)
    rows: int = 0

    def push(self, batch: Sequence[Record]) -> Output:
        """Give a row per record."""
        self.pushed.append((time.monotonic_ns(), list(batch)))
        first, self.rows = self.rows, self.rows + len(taken_apart(batch))
        return an_output(np.arange(first, self.rows) / 100)

    def finish(self) -> Output:
        """Give one last row."""
        return an_output(np.array([self.rows / 100]))


class Tape:
    """A recording in memory."""

    header = Header(sensors=(), profiles={}, clock="host")

    def __init__(self, *batches: list[Record]) -> None:
        self._batches = batches

    def batches(self, _max_batch_s: float) -> Iterator[list[Record]]:
        """Give them as they are."""
        yield from self._batches


class Ear(LiveHub):
    """A hub that remembers what it was told to publish."""

    def __init__(self, control: ReplayControl) -> None:
        super().__init__(control)
        self.times: list[float] = []
        self.said: list[object] = []
        self.sessions = 0

    def begin(self, hello: object) -> None:
        """Count."""
        self.sessions += 1
        assert isinstance(hello, dict)
        super().begin(hello)

    def publish(self, rows: np.ndarray, *, stamp_unix_ns: float) -> None:
        """Remember the times."""
        self.times += rows[:, 0].tolist()
        super().publish(rows, stamp_unix_ns=stamp_unix_ns)

    def announce(self, kind: str, payload: object) -> None:
        """Remember."""
        assert isinstance(payload, dict)
        self.said.append((kind, payload))
        super().announce(kind, payload)


def played(*batches: list[Record], speed: float | None) -> tuple[Ear, list[Stages]]:
    made: list[Stages] = []

    def make(_header: Header) -> Stages:
        made.append(Stages())
        return made[-1]

    async def play() -> Ear:
        control = ReplayControl("tape")
        ear = Ear(control)
        tape = Tape(*batches)
        await Player(lambda: tape, make, ear, control, session="tape", speed=speed).run()
        return ear

    return asyncio.run(play()), made


@pytest.mark.parametrize("speed", [None, 10.0])
def test_a_replay_pushes_everything_and_publishes_every_row(speed: float | None) -> None:
    """Every record reaches the pipeline once and in order, every row reaches the hub."""
    batches = [a_batch(0, 300), a_batch(300, 1), [], a_batch(301, 500)]
    ear, made = played(*batches, speed=speed)
    pushed = [part for _, push in made[-1].pushed for part in taken_apart(push)]
    assert pushed == taken_apart([record for batch in batches for record in batch])
    assert ear.times == (np.arange(802) / 100).tolist()
    assert ear.said[0] == ("status", {"state": "playing"})
    assert ear.said[-1] == ("status", {"state": "finished"})


def test_a_replay_keeps_the_pace_of_the_recording() -> None:
    """No record is pushed before it is due on the machine's clock, and pushes stay short."""
    before = time.monotonic_ns()
    _, made = played(a_batch(0, 400), speed=4.0)
    pushes = made[-1].pushed
    first = min(int(np.min(record.host_ns)) for record in pushes[0][1])
    assert len(pushes) > 3
    for moment, push in pushes:
        latest = max(int(np.max(record.host_ns)) for record in push)
        assert (moment - before) * 4.0 >= latest - first


@pytest.mark.parametrize("speed", [3.0, 7.0])
def test_no_clock_is_too_coarse_for_a_replay(speed: float) -> None:
    """Where rounding wakes it a nanosecond early, it waits again, and nothing is lost."""
    made: list[Stages] = []

    def make(_header: Header) -> Stages:
        made.append(Stages())
        return made[-1]

    async def play() -> None:
        control = ReplayControl("tape")
        tape = Tape(a_batch(0, 300, jitter_ns=1))
        await Player(lambda: tape, make, Ear(control), control, session="tape", speed=speed).run()

    clock.run(lambda _: play())
    (stages,) = made
    begin, first = stages.pushed[0][0], int(min(np.min(r.host_ns) for r in stages.pushed[0][1]))
    for moment, push in stages.pushed:
        latest = max(int(np.max(record.host_ns)) for record in push)
        assert (moment - begin) * speed >= latest - first - 10 * speed
    assert sum(len(taken_apart(push)) for _, push in stages.pushed) == 300


def test_a_lasting_fault_is_reported_at_once_and_then_once_a_second() -> None:
    """Pieces of one fault become few messages that grow; another fault is reported by itself."""
    events = FaultEvents()
    reported = []
    for k in range(300):
        pieces = [Fault("pelvis", "gap", k / 100, (k + 1) / 100, 1)]
        if k == 150:
            pieces.append(Fault("thigh_left", "gap", 1.5, 1.6, 1))
        reported += events.push(pieces)
    own = [fault for fault in reported if fault.sensor == "pelvis"]
    assert [fault.t_end for fault in own] == pytest.approx([0.01, 1.01, 2.01], abs=0.025)
    assert [fault.count for fault in own] == [round(100 * fault.t_end) for fault in own]
    assert {fault.t_start for fault in own} == {0.0}
    assert len(reported) == len(own) + 1
    assert events.push([Fault("pelvis", "gap", 9.0, 9.1, 1)])[0].t_start == 9.0


def test_an_empty_recording_ends_at_once() -> None:
    """A recording without records plays to its end without an error."""
    ear, _ = played([], speed=1.0)
    assert ear.said[-1] == ("status", {"state": "finished"})


def test_a_replay_refuses_to_be_steered() -> None:
    """Steering a replay is refused with 409 and a sentence that says why and what to do."""
    with pytest.raises(ControlRefusedError) as refused:
        asyncio.run(ReplayControl("tape").control("mark", {"label": "pain"}))
    assert refused.value.status == 409
    assert "replay of tape" in refused.value.message


def test_a_loop_begins_a_new_session_each_time() -> None:
    """With `loop` the recording starts again as a new session with a fresh pipeline."""

    async def play() -> None:
        control = ReplayControl("tape")
        ear = Ear(control)
        tape = Tape(a_batch(0, 60))
        player = Player(
            lambda: tape, lambda _: Stages(), ear, control, session="tape", speed=None, loop=True
        )
        task = asyncio.create_task(player.run())
        while ear.sessions < 3:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(play())


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    """A speed must be above zero."""
    control = ReplayControl("tape")
    with pytest.raises(ValueError, match="speed"):
        Player(Tape, lambda _: Stages(), Ear(control), control, session="tape", speed=speed)

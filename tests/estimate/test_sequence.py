"""Disturbed streams come out as undisturbed ones; a gap is waited for where that is said."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.helpers import cuts

from imuhip.core.records import DecodedBlock, Mark, Packet
from imuhip.estimate.clocks import Clock, Source
from imuhip.estimate.sequence import OrderRule, Progress, Sequence, SequenceParams
from imuhip.pipeline.all_sensors import Params as PipelineParams
from imuhip.pipeline.all_sensors import Pipeline, joined_faults
from imuhip.simulate.session import simulate

RATE = 100.0
PERIOD_NS = 10_000_000
KINDS = {
    "counter": OrderRule(32, 1e-6, 32, RATE, reorders=True),
    "counter of 16 bits": OrderRule(16, 1e-6, 32, RATE, reorders=True),
    "counter of 8 bits": OrderRule(8, None, 0, RATE, reorders=True),
    "stamp": OrderRule(None, 1e-6, 32, RATE, reorders=True),
    "stamp of 16 bits": OrderRule(None, 1e-3, 16, RATE, reorders=True),
}


@dataclasses.dataclass(frozen=True)
class Stream:
    """Notifications as they arrive: which one each is, and the host's stamp."""

    sent: np.ndarray
    host_ns: np.ndarray
    rule: OrderRule
    start: int = 0
    per_packet: int = 1
    epoch: int = 0

    def __len__(self):
        return len(self.sent)

    def part(self, rows):
        """Some of the notifications, in the order asked for."""
        return dataclasses.replace(self, sent=self.sent[rows], host_ns=self.host_ns[rows])

    def decoded(self):
        """What decoding gives: the number of each notification as its values."""
        n = self.per_packet
        number = np.repeat(self.sent, n)
        ticks = counter = None
        if self.rule.tick_s is not None:
            first = (self.sent * n / RATE / self.rule.tick_s).round() + self.start
            ticks = np.repeat(first % 2.0**self.rule.tick_bits, n)
        if self.rule.counter_bits is not None:
            counter = (number + self.start) % (1 << self.rule.counter_bits)
        value = np.repeat((number + np.tile(np.arange(n), len(self)) / n)[:, None], 3, axis=1)
        return DecodedBlock(
            row=np.repeat(np.arange(len(self)), n),
            ticks=ticks,
            index=np.tile(np.arange(n), len(self)),
            counter=counter,
            acc=value,
            gyr=value,
            mag=None,
            quat=None,
            saturated=np.zeros(len(number), dtype=np.bool_),
        )


def in_order(count, rule, **more):
    sent = np.arange(count)
    step = PERIOD_NS * more.get("per_packet", 1)
    return Stream(sent, sent * step + 3_000_000, rule, **more)


def arrived_as(stream, delay_ns, copies=()):
    """The stream with delays of some notifications, and copies of some, `(which, later by)`."""
    sent = np.concatenate((stream.sent, [which for which, _ in copies])).astype(np.int64)
    host = np.concatenate((stream.host_ns + delay_ns, [stream.host_ns[w] + d for w, d in copies]))
    order = np.argsort(host, kind="stable")
    return dataclasses.replace(stream, sent=sent[order], host_ns=host[order].astype(np.int64))


def run(stream, pieces=None, others=(), clock=None, params=None):
    """Push the stream in pieces; `others` are marks `(place in the stream, host_ns)`."""
    order = Sequence("pelvis", stream.rule, params)
    stage = clock or Clock("pelvis", _source(stream.rule))
    place = np.arange(len(stream)) * 10
    out, faults = [], []
    before = -np.inf

    def time(parts):
        for part in parts:
            block, reported = stage.push(
                part.block, part.host_t, part.epoch, part.released, part.lost
            )
            out.append(block)
            faults.extend(reported)

    for rows in pieces or [slice(None)]:
        part = stream.part(rows)
        numbers = place[rows]
        packet = Packet(
            "pelvis",
            "samples",
            stream.epoch,
            numbers,
            part.host_ns,
            np.zeros(0, dtype=np.uint8),
            np.zeros(len(part) + 1, dtype=np.int64),
        )
        first = numbers[0] if len(numbers) else 0
        last = numbers[-1] if len(numbers) else -1
        stop = 2**62 if last == place[-1] else last + 1
        begin = 0 if first == 0 else first - 9
        batch = [packet] if len(packet) else []
        batch += [
            Mark(10 * at + 5, ns, "note:x")
            for at, ns in others
            if begin <= 10 * at + 5 < stop or begin <= 10 * at + 5 < last
        ]
        progress = Progress(batch, 0, before)
        if len(packet):
            ordered, reported = order.push(part.decoded(), packet, part.host_ns / 1e9, progress)
            faults += reported
            time(ordered)
        time(order.wait(progress))
        if batch:
            before = float(progress.curve[1][-1])
    time(order.finish(before))
    names = ("t", "dt", "host_t", "missing", "restart", "acc")
    return {name: np.concatenate([getattr(b, name) for b in out]) for name in names}, faults


def _source(rule):
    return Source(rule.tick_s, rule.tick_bits, False, RATE)


disturbances = st.lists(st.tuples(st.integers(0, 199), st.integers(0, 250_000_000)), max_size=12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("per_packet", [1, 4])
@settings(max_examples=20, deadline=None)
@given(late=disturbances, twice=disturbances, start=st.integers(0, 2**31))
def test_disorder_and_copies_do_not_show(kind, per_packet, late, twice, start):
    """Delays up to 250 ms and copies give the samples of an undisturbed stream, in its order."""
    stream = in_order(200, KINDS[kind], per_packet=per_packet, start=start)
    delay = np.zeros(200)
    for which, ns in late:
        delay[which] = ns
    delay[0] = 0  # before the first nothing is missing
    came, faults = run(arrived_as(stream, delay, twice))
    calm, _ = run(stream)
    assert np.array_equal(came["acc"], calm["acc"])
    assert not came["missing"].any()
    assert not [fault for fault in faults if fault.kind == "out_of_order"]
    assert np.abs(came["t"] - calm["t"]).max() < 0.012
    if KINDS[kind].tick_s is not None:
        assert np.abs(came["dt"] - calm["dt"]).max() < 1e-5


def test_the_first_seconds_go_at_the_declared_pace():
    """One second of arrivals tells no rate: without stamps, samples stay at the declared one."""
    came, _ = run(in_order(60, KINDS["counter of 8 bits"], per_packet=4))
    assert np.diff(came["t"]) == pytest.approx(1.0 / RATE, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_an_intact_stream_waits_for_nothing(kind):
    """Without a gap every sample leaves with the notification that brought it."""
    came, _ = run(in_order(300, KINDS[kind]))
    assert np.array_equal(came["host_t"], (np.arange(300) * PERIOD_NS + 3_000_000) / 1e9)


@pytest.mark.parametrize("kind", KINDS)
def test_a_loss_is_waited_for_and_counted(kind):
    """Seven lost notifications hold up what follows by 250 ms, and then count as seven."""
    stream = in_order(300, KINDS[kind])
    lossy = stream.part(np.concatenate((np.arange(100), np.arange(107, 300))))
    came, _ = run(lossy)
    assert np.array_equal(came["acc"][:, 0], lossy.sent)
    assert came["missing"][100] == 7
    assert came["missing"].sum() == 7
    waited = came["host_t"] - lossy.host_ns / 1e9
    assert not waited[:100].any()
    assert waited[100] == pytest.approx(0.26)
    assert not waited[126:].any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("every", [20, 100])
def test_in_order_transports_never_wait(kind, every):
    """Where nothing overtakes, what follows a loss leaves as it comes, and the loss is counted."""
    stream = in_order(400, dataclasses.replace(KINDS[kind], reorders=False))
    lossy = stream.part(np.flatnonzero(stream.sent % every != every // 2))
    came, faults = run(lossy)
    assert np.array_equal(came["acc"][:, 0], lossy.sent)
    assert np.array_equal(came["host_t"], lossy.host_ns / 1e9)
    assert came["missing"].sum() == 400 - len(lossy)
    assert not faults
    pieces, _ = run(lossy, [slice(i, i + 1) for i in range(len(lossy))])
    for name, column in came.items():
        assert np.array_equal(pieces[name], column), name


def test_what_comes_late_all_the_same_belongs_to_the_finished_session():
    """A straggler over a transport in order is told live, and in its place in the second look."""
    stream = in_order(200, dataclasses.replace(KINDS["counter"], reorders=False))
    delay = np.zeros(200)
    delay[50] = 60e6
    late = arrived_as(stream, delay)
    came, faults = run(late)
    assert 50.0 not in came["acc"][:, 0]
    assert [(f.kind, f.count) for f in faults] == [("out_of_order", 1)]
    whole, faults = run(late, params=SequenceParams(always=True))
    assert np.array_equal(whole["acc"][:, 0], np.arange(200))
    assert not faults


def test_counted_losses_do_not_bend_time_without_stamps():
    """With a counter and no stamps, a loss moves time on by just what was lost."""
    stream = in_order(3000, KINDS["counter of 8 bits"])
    kept = np.random.default_rng(1).random(3000) > 0.05
    kept[0] = True
    lossy = stream.part(np.flatnonzero(kept))
    came, _ = run(lossy)
    assert np.abs(came["t"] - lossy.sent / RATE - 0.003).max() < 0.002
    assert came["missing"].sum() == lossy.sent[-1] + 1 - len(lossy)


def test_what_comes_too_late_is_left_out_and_reported():
    """A notification 251 ms after the gap showed is left out, once it is known and before."""
    stream = in_order(200, KINDS["counter"])
    delay = np.zeros(200)
    delay[50] = 10e6 + 251e6
    late = arrived_as(stream, delay)
    for pieces in (None, [slice(i, i + 1) for i in range(200)]):
        came, faults = run(late, pieces)
        assert 50.0 not in came["acc"][:, 0]
        assert [(f.kind, f.count) for f in faults] == [("out_of_order", 1)]


def test_another_record_ends_the_waiting():
    """The host's progress counts whoever made it: a mark far ahead lets go of what waits."""
    stream = in_order(30, KINDS["counter"])
    lossy = stream.part(np.concatenate((np.arange(10), np.arange(11, 15))))
    came, _ = run(lossy, others=[(13, 2_000_000_000)])
    assert came["host_t"][-1] == 2.0


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_cuts_do_not_show(data):
    """Lossy, disordered and doubled, cut into any pieces: the same samples to the bit."""
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    stream = in_order(400, KINDS[kind], per_packet=data.draw(st.sampled_from([1, 3])))
    delay = np.where(rng.random(400) < 0.05, rng.uniform(0, 400e6, 400), 0.0)
    copies = [(int(w), int(rng.uniform(0, 400e6))) for w in rng.integers(0, 400, 8)]
    came = arrived_as(stream, delay, copies)
    came = came.part(np.flatnonzero(rng.random(len(came)) > 0.05))
    marks = [(int(p), int(came.host_ns[p] + 2e6)) for p in rng.integers(0, len(came) - 1, 30)]
    whole, reported = run(came, others=marks)
    pieces, in_pieces = run(came, list(cuts(rng, len(came), 80)), others=marks)
    for name, column in whole.items():
        assert np.array_equal(pieces[name], column), name
    assert sum(f.count for f in reported) == sum(f.count for f in in_pieces)


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("what", ["counter", "stamp"])
def test_wraps_leave_no_bit(bits, what):
    """Counters and stamps that wrap give the bits of ones that do not."""
    if what == "counter":
        rule = OrderRule(bits, None, 0, RATE)
    else:
        rule = OrderRule(None, {8: 0.02, 16: 1e-3, 32: 1e-6}[bits], bits, RATE)
    wide = dataclasses.replace(
        rule, **({"counter_bits": 52} if what == "counter" else {"tick_bits": 52})
    )
    rng = np.random.default_rng(bits)
    outs = []
    for each in (rule, wide):
        rng = np.random.default_rng(bits)
        rate = 2 if what == "stamp" and bits == 8 else 1
        stream = in_order(3000 // rate, each, start=(1 << bits) - 100, per_packet=rate)
        delay = np.where(rng.random(len(stream)) < 0.03, rng.uniform(0, 200e6, len(stream)), 0.0)
        lossy = arrived_as(stream, delay).part(np.flatnonzero(rng.random(len(stream)) > 0.02))
        outs.append(run(lossy, clock=Clock("pelvis", _source(each)))[0])
    for name, column in outs[0].items():
        assert np.array_equal(outs[1][name], column), name


def test_a_device_that_begins_anew_is_followed():
    """A counter that starts from zero in mid-stream is a new sequence, not an old notification."""
    first = in_order(200, KINDS["counter"], start=70_000)
    sent = np.concatenate((first.sent, np.arange(200) - 70_000))
    again = dataclasses.replace(first, sent=sent, host_ns=np.arange(400) * PERIOD_NS + 3_000_000)
    came, faults = run(again)
    assert len(came["t"]) == 400
    assert came["restart"].sum() == 1
    assert not faults


def test_without_counter_and_stamp_everything_passes():
    """A device that tells no order keeps the one of arrival."""
    stream = in_order(50, OrderRule(None, None, 0, RATE))
    came, _ = run(stream.part(np.random.default_rng(0).permutation(50)))
    assert len(came["t"]) == 50


@pytest.fixture(scope="module")
def visit():
    """The records of a simulated calibration over a link that loses nothing."""
    session = simulate("calibration", seed=12, grade="good")
    records = [r for batch in session.batches(1e6) for r in batch]
    packets = [r.part(0, 3000) for r in records if isinstance(r, Packet)]
    last = min(int(p.host_ns[-1]) for p in packets)
    marks = [r for r in records if isinstance(r, Mark) and r.host_ns < last]
    return session.header, renumbered([(p, np.arange(3000), p.host_ns) for p in packets], marks)


def renumbered(packets, marks):
    """Records with the arrivals given: `(packet, which notifications, host_ns)` each."""
    stamps = [host for _, _, host in packets] + [np.array([m.host_ns for m in marks])]
    order = np.argsort(np.concatenate(stamps), kind="stable")
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    numbers = np.split(number, np.cumsum([len(s) for s in stamps])[:-1])
    out = []
    for (packet, which, host), n in zip(packets, numbers[:-1], strict=True):
        size = int(packet.offsets[1])
        payload = packet.payload.reshape(-1, size)[which].reshape(-1)
        offsets = np.arange(len(which) + 1) * size
        out.append(
            dataclasses.replace(packet, arrival=n, host_ns=host, payload=payload, offsets=offsets)
        )
    out += [dataclasses.replace(m, arrival=int(n)) for m, n in zip(marks, numbers[-1], strict=True)]
    return out


def disturbed(records, seed, *, late_s=0.25, lost=0.0):
    """The same notifications, some of them late, doubled, or lost."""
    rng = np.random.default_rng(seed)
    packets = []
    for packet in (r for r in records if isinstance(r, Packet)):
        n = len(packet)
        delay = np.where(rng.random(n) < 0.03, rng.uniform(0, late_s * 1e9, n), 0.0)
        delay[:10] = 0.0
        copies = rng.integers(10, n, n // 50)
        which = np.concatenate((np.arange(n), copies))
        host = np.concatenate((packet.host_ns + delay, packet.host_ns[copies] + 2e8))
        keep = (rng.random(len(which)) >= lost) | (which < 10)
        which, host = which[keep], host[keep].astype(np.int64)
        order = np.argsort(host, kind="stable")
        packets.append((packet, which[order], host[order]))
    return renumbered(packets, [r for r in records if isinstance(r, Mark)])


def through(header, batches, *, waits=False):
    """Grid rows and faults of the whole pipeline, of one that waits for what is late or not."""
    pipeline = Pipeline(header, PipelineParams(sequence=SequenceParams(always=waits)))
    outs = [*(pipeline.push(batch) for batch in batches), pipeline.finish()]
    columns = {k: np.concatenate([getattr(o.grid, k) for o in outs]) for k in ("t", "q", "valid")}
    return columns, joined_faults([fault for o in outs for fault in o.faults])


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_the_pipeline_reads_a_disturbed_session_as_a_calm_one(visit, seed):
    """Over a finished session, late and doubled notifications give what a calm session gives."""
    header, records = visit
    calm, calm_faults = through(header, [records])
    came, faults = through(header, [disturbed(records, seed)], waits=True)
    n = min(len(calm["t"]), len(came["t"]))
    assert n > 2900
    both = calm["valid"][:n] & came["valid"][:n]
    assert both.mean() > 0.99
    cosine = np.abs(np.sum(calm["q"][:n] * came["q"][:n], axis=-1))[both]
    assert np.degrees(2 * np.arccos(np.clip(cosine, 0, 1))).max() < 1.0
    assert {f.kind for f in faults} == {f.kind for f in calm_faults}


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31), waits=st.booleans())
def test_the_pipeline_shows_no_cut_in_a_disturbed_session(visit, seed, waits):
    """Late beyond patience, doubled and lost, in any batches: rows and faults are the same bits."""
    header, records = visit
    records = disturbed(records, seed, late_s=0.4, lost=0.02)
    rng = np.random.default_rng(seed)
    last = max(int(np.max(r.arrival)) for r in records)
    edges = [0, *np.sort(rng.integers(1, last, 60)).tolist(), last + 1]
    batches = []
    for first, stop in itertools.pairwise(edges):
        batch = [r for r in records if isinstance(r, Mark) and first <= r.arrival < stop]
        for packet in (r for r in records if isinstance(r, Packet)):
            a, b = np.searchsorted(packet.arrival, (first, stop)).tolist()
            if b > a:
                batch.append(packet.part(a, b))
        batches.append(batch)
    ours, our_faults = through(header, batches, waits=waits)
    theirs, their_faults = through(header, [records], waits=waits)
    for name, column in theirs.items():
        assert np.array_equal(ours[name], column, equal_nan=name != "valid"), name
    assert our_faults == their_faults

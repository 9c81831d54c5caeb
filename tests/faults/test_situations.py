"""Sensors and stacks that misbehave, each on a simulated clock: what the coach gets and is told."""

import logging
from pathlib import Path

import numpy as np
import pytest
from faults.air import Trouble
from faults.auditor import audited_seed, problems
from faults.disk import DiskPlan
from faults.story import PLACES, Story
from faults.world import World, lived

from imuhip.catalogue.catalogue import Catalogue
from imuhip.recording.reader import RecordingReader
from imuhip.recording.summary import sha256_of

FAST = {"push_s": 0.06}


def reported(world: World, place: str) -> list[str]:
    """What was said of a sensor while the session went on."""
    return [s for _, s in world.said if s.startswith(f"{place}: ")]


def valid(world: World, place: str, since_s: float) -> np.ndarray:
    """Whether the live rows of a sensor were valid, from a second on."""
    live = world.workshop.made[-1]
    t = np.concatenate([o.grid.t for o in live.outputs])
    rows = np.concatenate([o.grid.valid for o in live.outputs])
    return rows[t > since_s, live.sensors.index(place)]


def test_a_stranger_of_the_same_name_is_never_taken_and_reported_once(tmp_path: Path) -> None:
    """With the bound sensor off for long, its namesake is named once and never connected."""
    off = Trouble("break", "thigh_left", 2.0, 60.0)
    world = lived(Story(1, seconds=50.0, troubles=(off,), stranger="thigh_left", **FAST), tmp_path)
    assert [stranger.connects for stranger in world.strangers] == [0]
    strangers = [s for s in reported(world, "thigh_left") if "Another sensor of the same name" in s]
    assert len(strangers) == 1
    assert world.strangers[0].sensor.address in strangers[0]
    assert "imuhip kit bind" in strangers[0]
    assert problems(world) == []


def test_a_sensor_that_answers_its_start_and_sends_nothing_holds_nobody_up(
    tmp_path: Path,
) -> None:
    """Recording and the other sensors' rows go on; one message in a minute, not one a second."""
    mute = Trouble("mute", "thigh_left", 3.0, 1.0)
    world = lived(Story(2, seconds=60.0, troubles=(mute,), **FAST), tmp_path)
    words = [
        s for s in reported(world, "thigh_left") if "streaming from" not in s and " Hz" not in s
    ]
    assert len(words) == 2
    assert words[0].startswith("thigh_left: lost (the link broke)")
    assert "started but sent nothing" in words[1]
    assert valid(world, "thigh_right", 1.0).all()
    assert valid(world, "pelvis", 1.0).all()
    assert not valid(world, "thigh_left", 5.0).any()
    assert problems(world) == []


def test_an_answer_is_no_sample(tmp_path: Path) -> None:
    """A sensor that never sends one is named at the start, and left out when the coach says so."""
    world = lived(Story(3, seconds=4.0, never="thigh_left", **FAST), tmp_path)
    assert not any("streaming" in s for s in reported(world, "thigh_left"))
    header = RecordingReader(world.taken[0].path).header
    assert [info.sensor for info in header.sensors] == ["pelvis", "thigh_right"]
    assert valid(world, "thigh_right", 1.0).all()
    assert problems(world) == []


def test_leaving_takes_five_seconds_at_most_and_stops_every_sensor_that_listens(
    tmp_path: Path,
) -> None:
    """Two sensors never confirm anything: the file is closed, the third was told to stop first."""
    story = Story(4, seconds=3.0, stuck=("pelvis", "thigh_left"), left_running=True, **FAST)
    world = lived(story, tmp_path)
    assert world.left_s <= 5.0
    assert RecordingReader(world.taken[0].path).header.athlete == "A1"
    writes = {s.sensor: [value for _, value in s.writes] for s in world.sensors}
    assert writes["thigh_right"][-1] == b"\x00"
    closed = next(t for t, s in world.said if s.startswith("recorded "))
    stopped = next(t for t, place in world.stopped if place == "thigh_right")
    assert closed <= stopped <= closed + 0.2
    assert problems(world) == []


def test_bluetooth_that_is_off_is_one_sentence(tmp_path: Path) -> None:
    """Three links have one trouble: it is reported once, and again only after it was gone."""
    world = lived(Story(5, seconds=20.0, bluetooth=(2.0, 6.0), **FAST), tmp_path)
    off = [s for _, s in world.said if s.startswith("Bluetooth is off or not available.")]
    assert len(off) == 1
    for place in PLACES:
        assert sum("streaming from" in s for s in reported(world, place)) == 2
    assert problems(world) == []


@pytest.mark.parametrize(
    "seed",
    [
        3002806,  # Bluetooth goes off while a link is about to stream again
        3002361,  # the disk is full when the second recording begins
    ],
)
def test_what_the_soak_found_stays_mended(seed: int) -> None:
    """Stories that came out wrong once."""
    _, story, wrong = audited_seed(seed)
    assert wrong == [], story


def test_the_log_repeats_nothing_that_was_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With --verbose an event stands on the terminal once."""
    caplog.set_level(logging.INFO, logger="imuhip")
    world = lived(Story(6, troubles=(Trouble("break", "pelvis", 2.0, 0.5),), **FAST), tmp_path)
    assert len(reported(world, "pelvis")) > 1
    for _, sentence in world.said:
        assert not any(sentence in record.getMessage() for record in caplog.records)


def test_a_recording_that_the_disk_ends_is_filed_too(tmp_path: Path) -> None:
    """What was recorded before the disk was full is handed on like any other recording."""
    world = lived(Story(7, disk=DiskPlan(room=20_000), **FAST), tmp_path)
    assert sum("the disk refused" in s for _, s in world.said) == 1
    assert world.filed == [world.taken[0].path]
    assert problems(world) == []


def test_whatever_happens_every_recording_is_filed_once(tmp_path: Path) -> None:
    """Two recordings over a bad link, analyzed and filed by the real filer: two sessions."""
    location = tmp_path / "catalogue.sqlite"
    with Catalogue(str(location)) as catalogue:
        catalogue.add_athlete("A1")
        catalogue.give_consent("A1", "tracking")
    troubles = (Trouble("break", "pelvis", 1.0, 0.5), Trouble("loss", "thigh_left", 1.0, 2.0, 0.2))
    story = Story(9, seconds=4.0, troubles=troubles, again=True, **FAST)
    world = lived(story, tmp_path / "recordings", catalogue=location)
    assert len(world.taken) == 2
    assert [world.filer.state_of(t.path).state for t in world.taken] == ["filed", "filed"]
    with Catalogue(str(location)) as catalogue:
        sessions = catalogue.sessions("A1")
    assert sorted(s.id for s in sessions) == sorted(sha256_of(t.path) for t in world.taken)
    assert problems(world) == []


def faults_reported(world: World, place: str) -> set[str]:
    """Kinds of the faults that a viewer was told of a sensor."""
    events = [e["fault"] for e in world.seen[0].events if e["type"] == "fault"]
    return {fault["kind"] for fault in events if fault["sensor"] == place}


@pytest.mark.parametrize(
    ("profile", "trouble", "kinds"),
    [
        ("reference", Trouble("zeros", "thigh_left", 2.0, 20.0), {"stuck"}),
        ("witmotion_wt901ble", Trouble("zeros", "thigh_left", 2.0, 20.0), {"stuck"}),
        ("reference", Trouble("flood", "thigh_left", 2.0, 1.0, 1e4), {"bad_packet"}),
        ("witmotion_wt901ble", Trouble("flood", "thigh_left", 2.0, 3.0, 1e4), {"rate"}),
    ],
)
def test_rubbish_is_reported_and_counted_for_what_it_is(
    tmp_path: Path, profile: str, trouble: Trouble, kinds: set[str]
) -> None:
    """Zeros for 20 s, notifications at 100 times the rate: a fault is told, no count is absurd."""
    seconds = trouble.t + trouble.seconds + 4.0
    world = lived(Story(8, profile=profile, seconds=seconds, troubles=(trouble,), **FAST), tmp_path)
    assert kinds <= faults_reported(world, "thigh_left")
    assert faults_reported(world, "thigh_right") == set()
    (left,) = [s for s in world.statuses[0]["sensors"] if s["sensor"] == "thigh_left"]
    assert left["missing"] < 100
    assert left["jitter_ms"] < 4000.0
    assert (left["bad"] > 100) == (trouble.kind == "flood")
    assert problems(world) == []

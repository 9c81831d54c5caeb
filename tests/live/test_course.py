"""The course of a session: counted by the collector, the same for all, obeyed once."""

import asyncio
from pathlib import Path

import pytest
from beds.collect import PLACES, kit_of, radio_of, until
from faults import clock

from imuhip.assess.screen import Before, ScreenKey
from imuhip.assess.symmetry import START_DAY_ERROR, Measured
from imuhip.core.findings import Repetition
from imuhip.core.records import Mark
from imuhip.live.collector import collecting
from imuhip.live.control import ControlRefusedError
from imuhip.live.course import Course, Plan, plan_of
from imuhip.live.start import Options
from imuhip.recording.reader import RecordingReader
from imuhip.virtual.adapter import virtual_adapter
from imuhip.virtual.athlete import rocking_sensors


def course_of(marks: list[str]) -> Course:
    """A course whose marks are kept, and heard as a session hears them."""

    def mark(label: str) -> None:
        course.heard(label)
        marks.append(label)

    course = Course(mark)
    return course


def test_a_step_is_counted_and_ended_without_anybody_looking() -> None:
    """Countdown, begin and end come by the collector's clock; nobody needs to send the end."""
    marks: list[str] = []

    async def run() -> None:
        course = course_of(marks)
        assert course.begin("stand", 0.05, 0.1)
        assert course.status()["step"]["phase"] == "ready"
        await asyncio.sleep(0.1)
        assert course.status()["step"]["phase"] == "running"
        assert course.status()["step"]["left_s"] == pytest.approx(0.05)
        await asyncio.sleep(0.049)
        assert course.status()["step"]["phase"] == "running"
        await asyncio.sleep(0.002)
        assert course.status()["step"] is None

    clock.run(lambda _: run())
    assert marks == ["begin:preparation", "begin:stand", "end:stand"]


def test_what_a_set_is_done_with_is_marked_once_and_kept() -> None:
    """Chosen before the recording, it is marked with its start; chosen again, nothing happens."""
    marks: list[str] = []
    course = course_of(marks)
    assert course.choose({"load_kg": "60", "bar": "back"}, recording=False)
    assert marks == []
    course.say_fields()
    assert not course.choose({"load_kg": "60"}, recording=True)
    assert course.choose({"load_kg": "65"}, recording=True)
    assert course.choose({"bar": "-"}, recording=True)
    said = ["note:set load 60 kg, bar back", "note:set load 65 kg", "note:set bar unsaid"]
    assert marks == said
    assert course.status()["fields"] == {"load_kg": "65"}


def test_the_table_screen_is_ticked_off_test_by_test() -> None:
    """A test marks its effort and its begin; a second tap nothing; the effort holds no longer."""
    marks: list[str] = []
    course = course_of(marks)
    course.plan = Plan(screen="seated")

    def screen() -> list[tuple[str, str, bool, bool]]:
        tests = course.status()["screen"]["tests"]
        return [(t["title"], t["effort"], t["done"], t["next"]) for t in tests]

    assert [(done, following) for *_, done, following in screen()] == [(False, True)] + 5 * [
        (False, False)
    ]
    assert course.begin_test("seated_rotation_left", "active")
    assert not course.begin_test("seated_rotation_left", "active")
    assert course.status()["screen"]["tests"][0]["runs"]
    assert course.obey("end:seated_rotation_left")
    assert not course.obey("end:seated_rotation_left")
    assert screen()[0] == ("seated rotation, left, active", "active", True, False)
    assert screen()[1] == ("seated rotation, right, active", "active", False, True)
    assert course.begin_test("seated_rotation_left", "passive")
    assert course.begin_test("knee_to_chest_left", ""), "what was forgotten to end is over"
    assert [done for *_, done, _ in screen()] == [True, False, True, False, False, False]
    assert course.obey("begin:squat")
    assert [done for *_, done, _ in screen()][4:] == [True, False]
    assert marks == [
        "note:set active", "begin:seated_rotation_left", "end:seated_rotation_left",
        "note:set passive", "begin:seated_rotation_left", "end:seated_rotation_left",
        "note:set effort unsaid", "begin:knee_to_chest_left", "begin:squat",
    ]  # fmt: skip
    assert "effort" not in course.fields
    assert course.status()["screen"]["over"], "training has begun"
    assert course.begin_test("prone_rotation_left", "active")
    assert not course.status()["screen"]["over"]
    with pytest.raises(ValueError, match="no test squat active"):
        course.begin_test("squat", "active")
    course.forget()
    assert not any(done for *_, done, _ in screen())


def test_the_next_athlete_takes_the_kit_over() -> None:
    """Who waits trains next, what is done today stays, and the load of the one before does not."""
    course = course_of([])
    course.plan = plan_of({"queue": "A2, A3,A1,A2", "movements": "squat"}, Plan("A1"))
    course.choose({"load_kg": "60"}, recording=False)
    assert course.status()["plan"]["queue"] == ["A2", "A3"]
    assert course.next_athlete("A2")
    assert not course.next_athlete("A2"), "another screen tapped it already"
    assert course.plan == Plan("A2", movements=("squat",), queue=("A3",))
    assert course.fields == {}
    with pytest.raises(ValueError, match="A1 is not in the queue"):
        course.next_athlete("A1")
    assert plan_of({"queue": "-"}, course.plan).queue == ()
    assert plan_of({"queue": "A3"}, Plan("A2", tester="KM")).tester == "KM"
    assert plan_of({"tester": "-"}, Plan("A2", tester="KM")).tester == ""
    with pytest.raises(ValueError, match="no athlete's id"):
        plan_of({"queue": "../x"}, course.plan)


def test_tests_that_are_done_are_held_against_the_usual() -> None:
    """A test says something once it is over, of the sessions that were alike."""
    course = course_of([])
    course.plan = Plan(screen="seated")
    name = "seated_rotation_left"
    before = Before((Measured(35.0, 2.0),) * 3, START_DAY_ERROR)
    course.usual = {ScreenKey(name, "left", "in", "", ""): before}
    turns = [
        Repetition(name, "left", 1, k, "in", 9.0 * k, 9.0 * k + 1.0, 9.0 * k + 2.0, True, "marked",
                   "", {"rotation_end_deg": 20.0, "rotation_end_sd_deg": 2.0})
        for k in range(4)
    ]  # fmt: skip
    course.begin_test(name, "active")
    course.hold_screen(turns, [])
    assert course.today == ()
    course.obey(f"end:{name}")
    course.hold_screen(turns, [])
    assert course.status()["screen"]["today"][0] == (
        "Left internal rotation, seated: 15° (± 7°) less than usual."
    )
    course.forget()
    assert course.today == ()


def test_what_was_said_of_the_effort_holds_again_after_the_screen() -> None:
    """Chosen before the screen it comes back after it; chosen within it stays."""
    marks: list[str] = []
    course = course_of(marks)
    course.choose({"effort": "active"}, recording=True)
    course.begin_test("prone_rotation_right", "passive")
    assert course.fields["effort"] == "passive"
    course.obey("begin:squat")
    assert course.fields["effort"] == "active"
    course.begin_test("prone_rotation_right", "passive")
    course.choose({"effort": "passive", "warmth": "warm"}, recording=True)
    course.obey("begin:squat")
    assert course.fields == {"effort": "passive", "warmth": "warm"}
    assert marks[-1] == "begin:squat"


def test_a_command_that_comes_again_changes_nothing() -> None:
    """Begin, end, movements and training from two screens make one mark each."""
    marks: list[str] = []

    async def run() -> None:
        course = course_of(marks)
        assert course.begin("stand", 5.0, 8.0)
        assert not course.begin("stand", 5.0, 8.0)
        assert course.begin("stand", seconds=8.0), "a second tap begins what is counted down to"
        assert not course.begin("stand", seconds=8.0)
        assert not course.end("bow")
        assert course.end("stand")
        assert not course.end("stand")
        assert course.begin("bow", 5.0)
        assert course.end("bow")
        assert course.train()
        assert not course.train()
        assert course.begin("bow", 5.0), "a step may come again while repetitions count"
        assert course.end("bow")
        for label, obeyed in (
            ("begin:squat", True), ("begin:squat", False), ("end:pivot", False),
            ("end:squat", True), ("end:squat", False), ("pain", True), ("pain", True),
        ):  # fmt: skip
            assert course.obey(label) is obeyed, label

    asyncio.run(run())
    steps = ["begin:preparation", "begin:stand", "end:stand", "end:preparation"]
    assert marks == [*steps, "begin:squat", "end:squat", "pain", "pain"]


def test_another_step_ends_the_one_that_goes_on() -> None:
    """What runs when another step is begun is over, and a countdown is taken back."""
    marks: list[str] = []

    async def run() -> None:
        course = course_of(marks)
        course.begin("stand")
        course.begin("bow", 1.0, 1.0)
        course.end("bow")
        assert course.step is None

    asyncio.run(run())
    assert marks == ["begin:stand", "end:stand", "begin:preparation"]


def test_a_plan_keeps_what_a_request_does_not_name() -> None:
    """Movements come in their order, once each; one that nobody knows is refused by name."""
    plan = plan_of({"movements": "squat, pivot,squat"}, Plan("A1", "general"))
    assert plan == Plan("A1", "general", ("squat", "pivot"))
    assert plan_of({"athlete": "-", "movements": "-"}, plan) == Plan("", "general")
    with_screen = plan_of({"screen": "prone"}, plan)
    assert with_screen == Plan("A1", "general", ("squat", "pivot"), "prone")
    assert plan_of({"screen": "-"}, Plan(screen="prone")) == Plan()
    with pytest.raises(ValueError, match="no movement jump"):
        plan_of({"movements": "jump"}, plan)


async def a_session(folder: Path) -> tuple[Path, dict[str, object]]:
    """Two screens steer one collector; the recording is stopped in the middle of a step."""
    sensors = rocking_sensors(PLACES, rate_hz=100.0)
    agreed = {"A1"}
    options = Options(folder, refusal=lambda who: "" if who in agreed else f"no consent of {who}")
    async with virtual_adapter(sensors) as bed:
        radio, kit = radio_of(bed), kit_of(sensors)
        async with collecting([kit], [radio], options, say=lambda _: None) as (session,):
            await until(lambda: session.state == "ready")
            with pytest.raises(ControlRefusedError, match="no consent of B2"):
                await session.control("start", {"athlete": "B2"})
            plan = {"athlete": "A1", "movements": "squat", "screen": "seated", "queue": "A2"}
            await session.control("plan", plan)
            first = await session.control("start", {"athlete": "A1", "tester": "KM"})
            assert await session.control("start", {"athlete": "A1"}) == first
            with pytest.raises(ControlRefusedError, match="Stop it first"):
                await session.control("start", {"athlete": "A2"})
            asked = {"step": "stand", "edge": "begin", "ready_s": "0.1", "seconds": "30"}
            for _ in range(2):
                await session.control("calibrate", asked)
            await until(lambda: session.status()["course"]["step"]["phase"] == "running")
            status = session.status()
            with pytest.raises(ControlRefusedError, match="Stop it first"):
                await session.control("next", {"athlete": "A2"})
            test = {"movement": "seated_rotation_left", "effort": "active"}
            for edge, already in (("begin", False), ("begin", True), ("end", False), ("end", True)):
                answer = await session.control("test", {**test, "edge": edge})
                assert answer["already"] is already
            with pytest.raises(ControlRefusedError, match="no test squat"):
                await session.control("test", {"movement": "squat", "effort": "-", "edge": "begin"})
            assert session.status()["course"]["screen"]["tests"][0]["done"]
            path = await session.stop()
            assert await session.control("next", {"athlete": "A2"}) == {"already": False}
            assert session.status()["course"]["plan"]["athlete"] == "A2"
            assert session.status()["course"]["step"] is None
            with pytest.raises(ControlRefusedError, match="No recording is running"):
                await session.control("train", {})
            return path, dict(status)


def test_the_course_of_a_real_session_lands_in_its_recording_once(tmp_path: Path) -> None:
    """Start, step, test and end are marked once, and the status has the plan and the step."""
    path, status = asyncio.run(a_session(tmp_path))
    course = status["course"]
    assert isinstance(course, dict)
    assert course["plan"]["movements"] == [["squat", "squat"]]
    assert course["step"]["step"] == "stand"
    assert course["plan"]["tester"] == "KM"
    assert RecordingReader(path).header.tester == "KM"
    assert 20.0 < course["step"]["left_s"] <= 30.0
    records = [record for batch in RecordingReader(path).batches() for record in batch]
    labels = [record.label for record in records if isinstance(record, Mark)]
    test = ["note:set active", "begin:seated_rotation_left", "end:seated_rotation_left"]
    assert labels == ["begin:preparation", "begin:stand", *test, "end:stand"]

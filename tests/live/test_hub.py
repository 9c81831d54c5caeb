import asyncio
import http.client
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from typing import Any
from unittest import mock

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from imuhip.core.errors import ImuhipError
from imuhip.core.records import Array
from imuhip.live.control import MAX_BODY_BYTES, ControlRefusedError
from imuhip.live.hub import KEPT_EVENTS, LiveHub, Viewer, serving
from imuhip.live.protocol import COLUMNS, KIND_BACKFILL, KIND_FRAME, decode_rows, hello


class Handler:
    """Remembers what it was asked; refuses to stop."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def control(self, action: str, request: Mapping[str, str]) -> Mapping[str, Any]:
        """Remember, or refuse."""
        if action == "stop":
            raise ControlRefusedError(409, "No recording is running. Start one first.")
        self.asked.append((action, dict(request)))
        return {"count": len(self.asked)}

    def status(self) -> Mapping[str, Any]:
        """Say that a battery is unknown."""
        return {"state": "recording", "battery": float("nan")}


def rows_of(first: int, last: int) -> Array:
    rows = np.full((last - first, len(COLUMNS)), np.nan)
    rows[:, 0] = np.arange(first, last) / 100
    return rows


def ticks(rows: Array) -> list[int]:
    return np.rint(rows[:, 0] * 100).astype(int).tolist()


async def reported(viewer: ClientConnection, *, extremes: bool = False) -> Any:
    """The next message; that of the extremes only when asked for."""
    while True:
        message = await asyncio.wait_for(viewer.recv(), 5.0)
        if isinstance(message, bytes):
            return decode_rows(message)
        if extremes or json.loads(message)["type"] != "extremes":
            return json.loads(message)


async def type_of(viewer: ClientConnection) -> str:
    """What kind of message comes next."""
    message = await asyncio.wait_for(viewer.recv(), 5.0)
    return "rows" if isinstance(message, bytes) else str(json.loads(message)["type"])


async def asked(
    address: str, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, Any]:
    def ask() -> tuple[int, Any]:
        link = http.client.HTTPConnection(address, timeout=5.0)
        link.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        kind = answer.getheader("content-type", "")
        return answer.status, json.loads(text) if kind == "application/json" else text

    return await asyncio.to_thread(ask)


def run(
    scenario: Callable[[LiveHub, str, Handler], Coroutine[Any, Any, None]], **more: Any
) -> None:
    async def whole() -> None:
        handler = Handler()
        hub = LiveHub(handler, **more)
        async with serving(hub) as address:
            await asyncio.wait_for(scenario(hub, address, handler), 20.0)

    asyncio.run(whole())


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    while not await condition():
        await asyncio.sleep(0.005)


def test_a_viewer_gets_hello_then_ten_seconds_then_every_frame_once() -> None:
    """A viewer gets hello, the last 10 s, what happened, then all later rows, none twice."""

    async def scenario(hub: LiveHub, address: str, _: Handler) -> None:
        hub.begin(hello("s/1", "A1", "live"))
        hub.publish(rows_of(0, 1500), stamp_unix_ns=1.0)
        hub.publish(rows_of(1500, 1700), stamp_unix_ns=1.0)
        hub.announce("fault", {"kind": "gap"})
        async with connect(f"ws://{address}/live") as viewer:
            first = await reported(viewer)
            assert first["type"] == "hello"
            assert first["session"] == "A1"
            head, backfill = await reported(viewer)
            assert head["kind"] == KIND_BACKFILL
            assert ticks(backfill) == list(range(700, 1700))
            before = await reported(viewer, extremes=True)
            assert (before["type"], before["seconds"]) == ("extremes", list(range(17)))
            assert (await reported(viewer)) == {"type": "fault", "kind": "gap"}
            for tick in range(1700, 1800):
                hub.publish(rows_of(tick, tick + 1), stamp_unix_ns=tick * 1e6)
                await asyncio.sleep(0)
            seen: list[int] = []
            frames = 0
            while len(seen) < 100:
                head, rows = await reported(viewer)
                assert head["kind"] == KIND_FRAME
                assert head["stamp_unix_ms"] == ticks(rows)[-1]
                seen += ticks(rows)
                frames += 1
            assert seen == list(range(1700, 1800))
            assert frames < 50, "rows that come faster than 60 times a second share a frame"

    run(scenario)


def test_a_viewer_between_two_frames_misses_and_repeats_nothing() -> None:
    """Backfill and frames join without a gap or a repeated row, whenever a viewer comes."""

    async def scenario(hub: LiveHub, address: str, _: Handler) -> None:
        hub.begin(hello("s/1", "A1", "live"))
        async with asyncio.TaskGroup() as group:

            async def feed() -> None:
                for tick in range(400):
                    hub.publish(rows_of(tick, tick + 1), stamp_unix_ns=1.0)
                    await asyncio.sleep(0.001)

            async def watch() -> None:
                async with connect(f"ws://{address}/live") as viewer:
                    await reported(viewer)
                    seen: list[int] = []
                    while not seen or seen[-1] < 399:
                        seen += ticks((await reported(viewer))[1])
                    assert seen == list(range(400))

            group.create_task(feed())
            for _each in range(4):
                group.create_task(watch())

    run(scenario)


def test_a_viewer_that_never_reads_costs_the_others_nothing() -> None:
    """One viewer sleeps and loses its oldest frames; the other gets all of them, in order."""

    async def scenario(hub: LiveHub, address: str, _: Handler) -> None:
        hub.begin(hello("s/1", "A1", "live"))
        async with (
            connect(f"ws://{address}/live", max_queue=1) as sleeper,
            connect(f"ws://{address}/live") as reader,
        ):
            for viewer in (reader, sleeper):
                await reported(viewer)
                await reported(viewer)
            sent = 0
            dropped = 0
            seen: list[float] = []
            while not dropped:
                hub.publish(rows_of(4000 * sent, 4000 * (sent + 1)), stamp_unix_ns=1.0)
                sent += 1
                seen.append((await reported(reader))[0]["sequence"])
                _, status = await asked(address, "GET", "/status")
                dropped = max(each["dropped"] for each in status["viewers"])
                assert max(each["waiting"] for each in status["viewers"]) <= 8
            assert seen == list(range(1, sent + 1))
            # The sleeper wakes: it finds a later frame than it would have without the dropping.
            late = [(await reported(sleeper))[0]["sequence"]]
            while late[-1] < sent:
                late.append((await reported(sleeper))[0]["sequence"])
            assert late == sorted(late)
            assert len(late) == sent - dropped

    run(scenario, queue=8)


def test_the_oldest_frame_goes_before_any_event() -> None:
    """A full queue drops frames, oldest first, and keeps what happened."""
    viewer = Viewer(3)
    for message in (b"1", "event", b"2", b"3", b"4"):
        viewer.put(message)

    async def all_of_it() -> list[bytes | str]:
        return [await viewer.get() for _ in range(len(viewer))]

    assert asyncio.run(all_of_it()) == ["event", b"3", b"4"]
    assert viewer.dropped == 2


def test_a_new_session_starts_every_viewer_again() -> None:
    """Those who watch get the new hello and nothing of the session before."""

    async def scenario(hub: LiveHub, address: str, _: Handler) -> None:
        hub.begin(hello("s/1", "A1", "live"))
        hub.publish(rows_of(0, 50), stamp_unix_ns=1.0)
        async with connect(f"ws://{address}/live") as viewer:
            for _each in range(2):
                await reported(viewer)
            hub.begin(hello("s/2", "A2", "live"))
            assert (await reported(viewer))["stream"] == "s/2"
            _, backfill = await reported(viewer)
            assert not len(backfill)

    run(scenario)


def test_foreign_pages_are_refused() -> None:
    """A page from elsewhere gets 403 on the WebSocket, on control and on status."""

    async def scenario(_hub: LiveHub, address: str, handler: Handler) -> None:
        for origin in ("http://evil.example", "http://localhost:1"):
            with pytest.raises(InvalidStatus) as refused:
                async with connect(f"ws://{address}/live", origin=origin):
                    pass
            assert refused.value.response.status_code == 403
        status, why = await asked(address, "POST", "/control/start", origin="http://evil.example")
        assert (status, handler.asked) == (403, [])
        assert "evil.example" in why
        assert (await asked(address, "GET", "/status", host="evil.example"))[0] == 403

    run(scenario)


def test_control_reaches_the_handler() -> None:
    """Requests that make sense reach the handler, and its answer comes back."""

    async def scenario(_hub: LiveHub, address: str, handler: Handler) -> None:
        body = json.dumps({"label": "pain"}).encode()
        assert await asked(address, "POST", "/control/mark", body, **JSON_HEADERS) == (
            200,
            {"done": "mark", "count": 1},
        )
        body = json.dumps({"step": "bow", "edge": "begin"}).encode()
        await asked(address, "POST", "/control/calibrate", body, **JSON_HEADERS)
        await asked(address, "POST", "/control/start")
        assert handler.asked == [
            ("mark", {"label": "pain"}),
            ("calibrate", {"step": "bow", "edge": "begin"}),
            ("start", {}),
        ]
        status, answer = await asked(address, "GET", "/status")
        assert status == 200
        assert answer["battery"] is None
        assert answer["viewers"] == []

    run(scenario)


JSON_HEADERS = {"content_type": "application/json"}


@pytest.mark.parametrize(
    ("path", "body", "headers", "expected", "said"),
    [
        ("/control/explode", b"", JSON_HEADERS, 404, "There is no action 'explode'"),
        ("/control/stop", b"", JSON_HEADERS, 409, "No recording is running"),
        ("/control/mark", b"", JSON_HEADERS, 422, "mark needs label"),
        ("/control/mark", b'{"label": "x"}', {"content_type": "text/plain"}, 415, "not text/plain"),
        ("/control/mark", b'{"label": "x"', JSON_HEADERS, 400, "not JSON"),
        ("/control/mark", b"[" * 4000, JSON_HEADERS, 400, "not JSON"),
        ("/control/mark", b"\xff\xfe", JSON_HEADERS, 400, "not JSON"),
        ("/control/mark", b'["label"]', JSON_HEADERS, 400, "must be a JSON object"),
        ("/control/mark", b'{"label": 5}', JSON_HEADERS, 422, "label must be a text"),
        ("/control/mark", b'{"label": "  "}', JSON_HEADERS, 422, "label must be a text"),
        ("/control/mark", b'{"label": "x", "colour": "red"}', JSON_HEADERS, 422, "not colour"),
        (
            "/control/calibrate",
            b'{"step": "dance", "edge": "begin"}',
            JSON_HEADERS,
            422,
            "step must be one of",
        ),
        ("/control/calibrate", b'{"step": "bow"}', JSON_HEADERS, 422, "calibrate needs edge"),
        (
            "/control/calibrate",
            b'{"step": "bow", "edge": "begin", "seconds": "soon"}',
            JSON_HEADERS,
            422,
            "seconds must be seconds from 0 to 300, not 'soon'",
        ),
        (
            "/control/calibrate",
            b'{"step": "bow", "edge": "begin", "ready_s": "301"}',
            JSON_HEADERS,
            422,
            "ready_s must be seconds from 0 to 300",
        ),
        ("/control/set", b'{"load_kg": "-3"}', JSON_HEADERS, 422, "a number of kg from 0 to 600"),
        ("/control/set", b'{"heel_cm": "16"}', JSON_HEADERS, 422, "a number of cm from 0 to 15"),
        ("/control/set", b'{"equipment": "<b>"}', JSON_HEADERS, 422, "a few words of letters"),
        ("/control/stop", b'{"without": "pelvis"}', JSON_HEADERS, 422, "not without"),
        ("/control/mark", b" " * (MAX_BODY_BYTES + 1), JSON_HEADERS, 413, "more than"),
    ],
)
def test_bad_requests_get_a_sentence(
    path: str, body: bytes, headers: dict[str, str], expected: int, said: str
) -> None:
    """A request that makes no sense gets a 4xx that says what is wrong with it."""

    async def scenario(_hub: LiveHub, address: str, handler: Handler) -> None:
        status, answer = await asked(address, "POST", path, body, **headers)
        assert status == expected
        assert said in answer["error"]
        assert handler.asked == []

    run(scenario)


def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request whose body stops on its way is answered after a while, and steers nothing."""
    monkeypatch.setattr("imuhip.live.control.BODY_S", 0.1)

    async def scenario(_hub: LiveHub, address: str, handler: Handler) -> None:
        host, _, port = address.partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = "POST /control/mark HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{"
        writer.write(head.encode())
        assert b" 408 " in await reader.readline()
        writer.close()
        assert handler.asked == []

    run(scenario)


def test_one_viewer_too_many_is_refused_while_the_others_read() -> None:
    """The reason is said in the closing, and whoever watches sees the next frame."""

    async def scenario(hub: LiveHub, address: str, _: Handler) -> None:
        hub.begin(hello("s/1", "A1", "live"))
        async with AsyncExitStack() as stack:
            url = f"ws://{address}/live"
            viewers = [await stack.enter_async_context(connect(url)) for _ in range(2)]
            late = await stack.enter_async_context(connect(url))
            with pytest.raises(ConnectionClosed) as closed:
                await late.recv()
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
                1013, "2 viewers are watching already",
            )  # fmt: skip
            hub.publish(rows_of(0, 1), stamp_unix_ns=1.0)
            for viewer in viewers:
                assert [await type_of(viewer) for _ in range(4)] == [
                    "hello", "rows", "extremes", "rows",
                ]  # fmt: skip

    with mock.patch("imuhip.live.hub.MAX_VIEWERS", 2):
        run(scenario)


def test_what_a_viewer_says_is_not_heard() -> None:
    """Text, bytes and a flood of both neither steer nor end anything."""

    async def scenario(hub: LiveHub, address: str, handler: Handler) -> None:
        hub.begin(hello("s/1", "A1", "live"))
        async with connect(f"ws://{address}/live") as viewer:
            for _ in range(50):
                await viewer.send('{"action": "stop"}')
                await viewer.send(b"stop")
            hub.publish(rows_of(0, 1), stamp_unix_ns=1.0)
            assert [await type_of(viewer) for _ in range(4)] == [
                "hello", "rows", "extremes", "rows",
            ]  # fmt: skip
        assert handler.asked == []

    run(scenario)


def test_a_viewer_outlives_the_time_of_a_requests_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who watches is not taken for half a request, however long it says nothing."""
    monkeypatch.setattr("imuhip.live.bounds.HEAD_S", 0.02)

    async def scenario(hub: LiveHub, address: str, _: Handler) -> None:
        hub.begin(hello("s/1", "A1", "live"))
        async with connect(f"ws://{address}/live") as viewer:
            for _ in range(3):
                await viewer.recv()
            halves = await asyncio.open_connection(*address.split(":"))
            halves[1].write(b"GET /status")
            assert await halves[0].read() == b"", "a head that never ends is closed meanwhile"
            halves[1].close()
            hub.publish(rows_of(0, 1), stamp_unix_ns=1.0)
            assert await type_of(viewer) == "rows"

    run(scenario)


def test_a_connection_that_fails_leaves_no_viewer() -> None:
    """What goes wrong in a server is raised to it, and nobody is watched any more."""

    async def scene() -> None:
        hub = LiveHub(Handler())
        hub.begin(hello("s/1", "A1", "live"))
        came: asyncio.Queue[Any] = asyncio.Queue()
        came.put_nowait({"type": "websocket.connect"})

        async def send(message: Any) -> None:
            if message["type"] == "websocket.send":
                raise RuntimeError("a fault of the server")

        scope = {
            "type": "websocket", "path": "/live", "root_path": "", "query_string": b"",
            "headers": [(b"host", b"localhost")], "subprotocols": [], "client": ("127.0.0.1", 1),
            "server": ("localhost", 1), "scheme": "ws", "asgi": {"version": "3.0"},
        }  # fmt: skip
        with pytest.raises(RuntimeError, match="a fault of the server"):
            await hub.app(scope, came.get, send)
        assert hub._figures()["viewers"] == []

    asyncio.run(scene())


def test_a_new_viewer_gets_the_newest_events_of_a_long_session() -> None:
    """A thousand are kept; what happened before them is in the recording."""

    async def scenario(hub: LiveHub, address: str, _: Handler) -> None:
        hub.begin(hello("s/1", "A1", "live"))
        for number in range(KEPT_EVENTS + 5):
            hub.announce("mark", {"label": str(number)})
        async with connect(f"ws://{address}/live") as viewer:
            await reported(viewer)
            await reported(viewer)
            labels = [(await reported(viewer))["label"] for _ in range(KEPT_EVENTS)]
        assert labels == [str(number) for number in range(5, KEPT_EVENTS + 5)]

    run(scenario)


def test_a_frame_that_waits_when_a_session_begins_belongs_to_none() -> None:
    """Rows of the session before that waited for their turn are not sent in the new one."""

    async def scenario(hub: LiveHub, address: str, _: Handler) -> None:
        hub.begin(hello("s/1", "A1", "live"))
        async with connect(f"ws://{address}/live") as viewer:
            for _ in range(3):
                await viewer.recv()
            hub.publish(rows_of(0, 1), stamp_unix_ns=1.0)
            hub.publish(rows_of(1, 2), stamp_unix_ns=1.0)
            hub.begin(hello("s/2", "A1", "live"))
            await until(lambda: waited(hub))
            hub.publish(rows_of(7, 8), stamp_unix_ns=1.0)
            seen = [await reported(viewer) for _ in range(3)]
            assert seen[0]["stream"] == "s/2"
            assert [len(rows) for _, rows in seen[1:]] == [0, 1]
            assert ticks(seen[2][1]) == [7]

    async def waited(hub: LiveHub) -> bool:
        return hub._timer is None

    run(scenario)


def test_a_taken_port_is_said_plainly() -> None:
    """A port that is in use gives a sentence with its number, not a traceback."""

    async def scenario(_hub: LiveHub, address: str, _: Handler) -> None:
        port = int(address.rpartition(":")[2])
        with pytest.raises(ImuhipError, match=str(port)):
            async with serving(LiveHub(Handler()), port=port):
                pass

    run(scenario)


def test_the_hub_binds_loopback_only() -> None:
    """An address beyond loopback is a caller's mistake for now."""

    async def scenario() -> None:
        async with serving(LiveHub(Handler()), host="0.0.0.0"):  # noqa: S104 - refused
            pass

    with pytest.raises(ValueError, match="loopback"):
        asyncio.run(scenario())

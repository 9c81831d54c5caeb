"""What strangers may take of the hub: connections, time, lines of the log."""

import asyncio
import json
import logging

import numpy as np
import pytest
from websockets.asyncio.client import connect

from imuhip.live import bounds, hub
from imuhip.live.bounds import FewLines
from imuhip.live.control import ControlRefusedError, _checked
from imuhip.live.dashboard import Lan, dashboard_command
from imuhip.live.protocol import COLUMNS, hello


def _rows(first):
    rows = np.full((5000, len(COLUMNS)), np.nan)
    rows[:, 0] = np.arange(first, first + 5000) / 100
    return rows


class _Handler:
    async def control(self, _action, _request):
        return {}

    def status(self):
        return {"state": "recording"}


async def _status(address):
    reader, writer = await _half(address, b"GET /status HTTP/1.0\r\nHost: localhost\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer


def _served(scenario):
    async def whole():
        served = hub.LiveHub(_Handler())
        async with hub.serving(served) as address:
            await asyncio.wait_for(scenario(served, address), 30.0)

    asyncio.run(whole())


async def _half(address, sent=b"GET /status HTTP/1.1\r\nHost: localh"):
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    return reader, writer


async def _ended(reader):
    try:
        return await reader.read() is not None
    except ConnectionError:
        return True


def test_a_head_that_never_ends_is_closed(monkeypatch, caplog):
    """Half requests are closed after a while, write no line, and hinder nobody meanwhile."""
    monkeypatch.setattr(bounds, "HEAD_S", 0.2)

    async def scenario(_, address):
        halves = [await _half(address) for _ in range(40)]
        assert b"200 OK" in await _status(address)
        assert all(await asyncio.gather(*(_ended(reader) for reader, _ in halves)))
        for _, writer in halves:
            writer.close()
        assert b"200 OK" in await _status(address)

    _served(scenario)
    assert "Traceback" not in caplog.text


def test_connections_are_bounded(monkeypatch):
    """Beyond the bound a connection is closed at once; those before it stay."""
    monkeypatch.setattr(bounds, "MOST_CONNECTIONS", 10)

    async def scenario(_, address):
        first = [await _half(address) for _ in range(10)]
        more = [await _half(address) for _ in range(10)]
        assert all(await asyncio.gather(*(_ended(reader) for reader, _ in more)))
        assert not any(reader.at_eof() for reader, _ in first)
        for _, writer in (*first, *more):
            writer.close()

    _served(scenario)


def test_one_address_takes_only_its_share(monkeypatch):
    """A machine of the network has a bound of its own; this machine has not."""
    monkeypatch.setattr(bounds, "MOST_FROM_ONE", 3)
    protocol = object.__new__(bounds.BoundedProtocol)
    peers = [object.__new__(bounds.BoundedProtocol) for _ in range(4)]
    for peer in peers:
        peer.client = ("192.0.2.7", 1)
    protocol.connections = set(peers)
    for client, refused in ((("192.0.2.7", 9), True), (("127.0.0.1", 9), False)):
        protocol.client = client
        assert protocol._too_many() is refused


def test_the_network_takes_no_place_of_this_machines(monkeypatch):
    """However many come from the network, the coach's own browser gets in."""
    monkeypatch.setattr(bounds, "MOST_CONNECTIONS", 3)
    protocol = object.__new__(bounds.BoundedProtocol)
    peers = [object.__new__(bounds.BoundedProtocol) for _ in range(4)]
    for number, peer in enumerate(peers):
        peer.client = (f"192.0.2.{number}", 1)
    protocol.connections = set(peers)
    for client, refused in ((("192.0.2.9", 9), True), (("127.0.0.1", 9), False), (None, True)):
        protocol.client = client
        assert protocol._too_many() is refused


def test_who_never_reads_makes_room(monkeypatch):
    """With all places taken by viewers that read nothing, the coach still comes in."""
    monkeypatch.setattr(hub, "MAX_VIEWERS", 2)
    monkeypatch.setattr(hub, "UNREAD_S", 0.0)

    async def scenario(served, address):
        served.begin(hello("a/1", "a", "live"))
        url = f"ws://{address}/live"
        deaf = [await connect(url, max_queue=1, compression=None) for _ in range(2)]
        first = 0
        while not all(np.isfinite(each.sending_since) for each in served._viewers):
            served.publish(_rows(first), stamp_unix_ns=0.0)
            first += 5000
            await asyncio.sleep(0.02)
        async with connect(url, compression=None) as coach:
            assert json.loads(await coach.recv())["type"] == "hello"
        assert len(served._viewers) <= 2
        for viewer in deaf:
            viewer.transport.abort()

    _served(scenario)


def test_the_log_stays_short_and_without_tracebacks():
    """A few lines a minute are written, each with the error's words and no stack."""
    seen = FewLines(most=3)
    written = []
    for number in range(100):
        record = logging.LogRecord("a", logging.ERROR, "", 0, "failed", (), None)
        error = ValueError(f"half a request {number}")
        record.exc_info = (ValueError, error, None)
        if seen.filter(record):
            written.append(logging.Formatter().format(record))
    assert written == [f"failed: ValueError: half a request {n}" for n in range(3)]


@pytest.mark.parametrize(
    "athlete", ["Anna Muster", "../x", "a\u202eb", ".hidden", "=1+1", "-", "…"]
)
def test_a_name_is_no_id(athlete):
    """What would stand in file names must be an id; a person's name is not taken for one."""
    if athlete == "-":
        assert _checked("plan", {"athlete": "-"}) == {"athlete": "-"}
        return
    for action in ("start", "plan"):
        with pytest.raises(ControlRefusedError, match="cannot be an athlete's id"):
            _checked(action, {"athlete": athlete})
    assert _checked("start", {"athlete": "A1"}) == {"athlete": "A1"}


def test_nobody_is_asked_for_our_address(tmp_path, monkeypatch, capsys):
    """Open to the network, Streamlit's banner asks no service in the internet for an address."""
    from streamlit import config, net_util
    from streamlit.web import bootstrap

    def refused():
        raise AssertionError("somebody was asked")

    monkeypatch.setattr(net_util, "get_external_ip", refused)
    command = dashboard_command("ws://127.0.0.1:1/live", lan=Lan("t", tmp_path, ("192.0.2.7",)))
    options = dict(
        word[2:].split("=", 1) for word in command if word.startswith("--") and "=" in word
    )
    before = {name: config.get_option(name) for name in options}
    try:
        for name, value in options.items():
            kind = type(before[name])
            typed = {bool: value == "true", int: int(value) if value.isdigit() else 0}
            config.set_option(name, typed.get(kind, value))
        bootstrap._print_url(False)
    finally:
        for name, value in before.items():
            config.set_option(name, value)
    assert "192.0.2.7" in capsys.readouterr().out

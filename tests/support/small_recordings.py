"""Fixtures of all packages: small recordings, and records in a form that can be compared."""

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import create_engine
from support import import_folders, postgres

from imuhip.catalogue.catalogue import Catalogue
from imuhip.core.records import Header, LinkEvent, Mark, Mount, Packet, Record, SensorInfo
from imuhip.recording.writer import RecordingWriter

SENSORS = ("pelvis", "thigh_left", "thigh_right")


def _flat(records: Iterable[Record]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for record in records:
        if isinstance(record, Packet):
            head = (record.sensor, record.characteristic, record.epoch)
            numbers = zip(record.arrival.tolist(), record.host_ns.tolist(), strict=True)
            rows += [(*pair, *head, record.notification(i)) for i, pair in enumerate(numbers)]
        elif isinstance(record, Mark):
            rows.append((record.arrival, record.host_ns, record.label))
        else:
            detail = tuple(sorted(record.detail.items()))
            rows.append((record.arrival, record.host_ns, record.sensor, record.kind, detail))
    return sorted(rows, key=lambda row: row[0])


def _packet(sensor: str, arrival: int, host_ns: int, payload: bytes, epoch: int = 0) -> Packet:
    return Packet(
        sensor=sensor,
        characteristic="15172003-4947-11e9-8646-d663bd873d93",
        epoch=epoch,
        arrival=np.array([arrival], dtype=np.int64),
        host_ns=np.array([host_ns], dtype=np.int64),
        payload=np.frombuffer(payload, dtype=np.uint8),
        offsets=np.array([0, len(payload)], dtype=np.int64),
    )


def _ten_seconds() -> list[Record]:
    """Three sensors at 10 Hz for ten seconds, a mark a second, a reconnect in the middle."""
    rng = np.random.default_rng(7)
    records: list[Record] = []
    for step in range(100):
        host_ns = 5_000_000_000 + step * 100_000_000
        for sensor in SENSORS:
            payload = rng.bytes(int(rng.integers(8, 24)))
            records.append(_packet(sensor, len(records), host_ns, payload, epoch=step // 50))
        if step % 10 == 0:
            records.append(Mark(len(records), host_ns, f"note:{step}"))
        if step == 50:
            records.append(LinkEvent(len(records), host_ns, "pelvis", "connect", {"mtu": "247"}))
    return records


@pytest.fixture
def header() -> Header:
    """A header that uses every field."""
    return Header(
        sensors=(
            SensorInfo("pelvis", "dot", 60.0, Mount("+x", "-z"), {"serial": "D4"}, {"range": 16.0}),
            SensorInfo("thigh_left", "dot", 60.0),
            SensorInfo("thigh_right", "dot", 60.0),
        ),
        profiles={"dot": '[profile]\nid = "dot"\n'},
        clock="host",
        monotonic_ns=4_000_000_000,
        utc_ns=1_772_445_600_000_000_000,
        athlete="A1",
        started="2026-03-02T10:00:00Z",
        source="a test – mit Umlaut ü",
        software={"imuhip": "0.1.0"},
        parameters={"orientation": {"tau_acc": 3.0, "steps": [1, 2]}, "empty": None},
    )


@pytest.fixture(scope="session")
def flat() -> Callable[[Iterable[Record]], list[tuple[Any, ...]]]:
    """Records → one comparable row per notification, mark or event, in order of arrival."""
    return _flat


@pytest.fixture
def packet() -> Callable[..., Packet]:
    """A packet of one notification."""
    return _packet


@pytest.fixture
def ten_seconds() -> list[Record]:
    """The records of a small recording."""
    return _ten_seconds()


@pytest.fixture
def small(tmp_path: Path, header: Header, ten_seconds: list[Record]) -> Path:
    """A small recording on the disk."""
    path = tmp_path / "small.mcap"
    with RecordingWriter(path, header, fsync=False) as writer:
        append_all(writer, ten_seconds)
    return path


def append_all(writer: RecordingWriter, records: Sequence[Record]) -> None:
    """Append record after record."""
    for record in records:
        writer.append(record)


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[Path]:
    """A PostgreSQL of the system's package, reached by its socket in this folder."""
    if not hasattr(os, "geteuid") or not all(map(postgres.program, ("initdb", "pg_ctl"))):
        pytest.skip("PostgreSQL is not installed; tests/system_packages.py installs it on Debian")
    with postgres.server() as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty catalogue can be: a file, and a database of its own on a server."""
    if request.param == "sqlite":
        return str(tmp_path / "library" / "catalogue.db")
    folder = request.getfixturevalue("postgres_folder")
    name = f"t{secrets.token_hex(6)}"
    engine = create_engine(postgres.url(folder, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return postgres.url(folder, name)


@pytest.fixture
def catalogue(location: str) -> Iterator[Catalogue]:
    """An empty catalogue, on each engine."""
    with Catalogue(location) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder of three sensors at rest."""
    folder = tmp_path / "in"
    folder.mkdir()
    for sensor in ("pelvis", "thigh_left", "thigh_right"):
        import_folders.write(folder / f"{sensor}.csv", import_folders.still())
    return folder

"""One recording while it is made: on the disk first, then through the pipeline, then to the hub."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from imuhip.assess.assessor import Assessment
from imuhip.core.records import Header, Packet, Record
from imuhip.live.hub import LiveHub
from imuhip.live.player import Stages, completion_ns
from imuhip.live.publishing import Output, Publisher
from imuhip.live.recorder import Recorder

T = TypeVar("T")


class LiveStages(Stages, Protocol):
    """Stages that tell how well they know the sensors' clocks: `Pipeline` does."""

    @property
    def clock_residuals(self) -> Mapping[str, float]:
        """How far each sensor's clock may be off by now, seconds; NaN before it is known."""


class ActiveRecording:
    """A recording in the making and what it gives live.

    Parameters
    ----------
    path, header
        Of the recording; RecordingError when it cannot be begun.
    stages
        A fresh pipeline.
    hub
        Where frames go; its viewers begin a new session.
    session
        A label for people.
    """

    def __init__(
        self, path: Path, header: Header, stages: LiveStages, hub: LiveHub, session: str
    ) -> None:
        self._stages: LiveStages | None = stages
        self.recorder = Recorder(path, header)
        self.header = header
        self.sensors = frozenset(info.sensor for info in header.sensors)
        self.clock_residuals: Mapping[str, float] = {}
        self._hub = hub
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imuhip-pipeline")
        self._pending: list[Record] = []
        stream = f"{session}/{header.utc_ns}"
        self._viewers = Publisher(hub, header, stream=stream, session=session, source="live")
        hub.announce("status", {"state": "recording"})

    @property
    def t(self) -> float:
        """How far the viewers have seen it, seconds."""
        return self._viewers.t

    @property
    def assessed(self) -> Assessment:
        """What it has shown so far."""
        return self._viewers.assessed

    @property
    def accepted(self) -> frozenset[str]:
        """Calibration steps that were accepted."""
        return self._viewers.accepted

    def add(self, records: Sequence[Record]) -> None:
        """Take records that continue those before: recorded before anything else sees them."""
        self.recorder.add(records)
        self._pending += records

    async def push(self) -> None:
        """Bring what was added through the pipeline and to the viewers.

        Raises
        ------
        ImuhipError
            When the pipeline cannot go on; the recording can, and `push` does nothing from then.
        """
        records, self._pending = self._pending, []
        stages = self._stages
        if not records or stages is None:
            return
        self._stages = None  # until this push has succeeded
        output, self.clock_residuals = await self._run(partial(_pushed, stages, records))
        self._stages = stages
        stamp_unix_ns = completion_ns(records) + _unix_minus_monotonic_ns()
        self._viewers.publish(output, stamp_unix_ns, records)

    async def finish(self) -> None:
        """Publish what the pipeline still held; ImuhipError when it cannot."""
        await self.push()
        if self._stages is not None:
            stages, self._stages = self._stages, None
            self._viewers.publish(await self._run(stages.finish), float("nan"))
        self._thread.shutdown(wait=False)
        self._hub.announce("status", {"state": "finished"})

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _pushed(stages: LiveStages, records: Sequence[Record]) -> tuple[Output, Mapping[str, float]]:
    """What a push gives, and the clocks after it; in the pipeline's own thread."""
    return stages.push(records), stages.clock_residuals


def packets_of(records: Sequence[Record]) -> list[Packet]:
    """The notifications among records."""
    return [record for record in records if isinstance(record, Packet)]


def _unix_minus_monotonic_ns() -> int:
    return time.time_ns() - time.monotonic_ns()

"""Puts what happens on the disk, in a thread of its own, at most a second behind.

`add` costs nothing, so recording comes before everything else; `flush` waits for the disk without
holding up the radio.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from imuhip.core.errors import RecordingError
from imuhip.core.records import Header, Record
from imuhip.recording.batches import join_records
from imuhip.recording.writer import RecordingWriter


class Recorder:
    """One recording in the making.

    Parameters
    ----------
    path, header
        As in `RecordingWriter`, which raises what it raises.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self._writer = RecordingWriter(path, header)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imuhip-recorder")
        self._waiting: list[Record] = []
        self._turn = asyncio.Lock()
        self._error: RecordingError | None = None

    def add(self, records: Sequence[Record]) -> None:
        """Take records that continue those before by their arrival numbers."""
        self._waiting += records

    async def flush(self) -> None:
        """Return when everything added before is on the disk.

        Raises
        ------
        RecordingError
            When the disk refuses; what was written before is whole.
        """
        async with self._turn:
            if self._error is not None:
                raise self._error
            waiting, self._waiting = self._waiting, []
            if waiting:
                await self._do(partial(self._writer.append_batch, join_records(waiting)))

    async def close(self) -> None:
        """Flush and close the file; RecordingError when the disk refuses."""
        try:
            await self.flush()
            await self._do(self._writer.close)
        finally:
            self._thread.shutdown(wait=False)

    async def _do(self, work: Callable[[], None]) -> None:
        """Work in the recorder's thread; a disk that refused once is not asked again."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except RecordingError as error:
            self._error = error
            raise


FLUSH_S: Final = 0.6
"""Seconds between flushes. With the time a slow disk takes for one, and the work at hand before a
refusal is noticed, less than a second is lost; a shorter time makes more and smaller chunks."""

"""What a worker of a batch does with one recording. Runs in a process of its own, anywhere."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

import imuhip
from imuhip.batch.dataset import (
    FINDINGS_SCHEMA,
    SESSIONS,
    SESSIONS_SCHEMA,
    Dataset,
    name_of,
    partition_of,
    plain_text,
    write_table,
)
from imuhip.core.errors import RecordingError
from imuhip.core.files import make_folder, reason
from imuhip.pipeline.all_sensors import Params
from imuhip.recording.summary import sha256_of
from imuhip.results.analysis import Analysis, analyze
from imuhip.results.schemas import FINDINGS_FILE, NOTES_FILE, SESSION_FILE


@dataclass(frozen=True, slots=True)
class Survey:
    """The first look at a file: which recording is it."""

    path: Path

    def run(self) -> str:
        """Return the SHA-256 of the file."""
        if not self.path.stat().st_size:
            raise RecordingError("the file is empty", path=self.path)
        return sha256_of(self.path)


@dataclass(frozen=True, slots=True)
class Work:
    """A recording to analyze into a data set.

    Parameters
    ----------
    path, sha256
        The file, and what it held when it was looked at.
    target
        Folder of the data set.
    params
        Of the analysis.
    fingerprint
        To be written with the results.
    """

    path: Path
    sha256: str
    target: Path
    params: Params
    fingerprint: str

    def run(self) -> "Done":
        """Analyze the recording, and put its tables into their places once they are whole."""
        _be_one_of_many()
        dataset = Dataset(self.target)
        name = name_of(self.path, self.sha256)
        folder = dataset.making / f"{name}.{os.getpid()}"
        try:
            make_folder(dataset.making)
            analysis = analyze(self.path, folder, self.params, label=name)
            session = _json(folder / SESSION_FILE)
            if session["recording_sha256"] != self.sha256:
                raise RecordingError("it changed while it was read; run the batch again")
            partition = partition_of(session["athlete"])
            findings = [{"recording": name, **row} for row in _json(folder / FINDINGS_FILE)]
            write_table(folder / "findings.parquet", findings, FINDINGS_SCHEMA)
            row = self._row(name, analysis, session)
            row["notes"] = json.dumps(_json(folder / NOTES_FILE), sort_keys=True)
            write_table(folder / f"{SESSIONS}.parquet", [row], SESSIONS_SCHEMA)
            dataset.put(folder, partition, name)
        except OSError as error:
            raise RecordingError(f"the results cannot be written: {reason(error)}") from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return Done(name, partition, analysis.duration_s, os.getpid())

    def _row(self, name: str, analysis: Analysis, session: Mapping[str, Any]) -> dict[str, Any]:
        """The row of `sessions`."""
        faults: dict[str, int] = {}
        for fault in analysis.faults:
            faults[fault.kind] = faults.get(fault.kind, 0) + 1
        return {
            "recording": name,
            "recording_sha256": self.sha256,
            "path": plain_text(str(self.path)),
            "athlete_id": plain_text(session["athlete"]),
            "started": plain_text(session["started"]),
            "source": plain_text(session["source"]),
            "duration_s": analysis.duration_s,
            "rows": analysis.rows,
            "valid_left": analysis.valid[0],
            "valid_right": analysis.valid[1],
            "grade": analysis.grade,
            "chain": analysis.chain,
            "warnings": list(analysis.warnings),
            "faults": json.dumps(faults, sort_keys=True),
            "imuhip": imuhip.__version__,
            "software": json.dumps(session["analyzed_with"], sort_keys=True),
            "parameters": json.dumps(session["parameters"], sort_keys=True),
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True, slots=True)
class Done:
    """A recording that is in the data set.

    Parameters
    ----------
    name, partition
        Where.
    duration_s
        Seconds of recording.
    worker
        Process that did it.
    """

    name: str
    partition: str
    duration_s: float
    worker: int


def _be_one_of_many() -> None:
    """Keep pyarrow's own threads from the cores of the other workers."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))

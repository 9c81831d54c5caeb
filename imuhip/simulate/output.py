"""A simulated session as files: a recording with the truth beside it, or a folder to import."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from imuhip.core.files import FolderInTheMaking, file_made_whole, refuse_existing
from imuhip.recording.writer import RecordingWriter
from imuhip.simulate.nouns import SimulatedSession
from imuhip.simulate.true_repetitions import columns


def write(
    session: SimulatedSession,
    recording: Path,
    truth: Path | None = None,
    *,
    overwrite: bool = False,
) -> None:
    """Write the recording and, where asked for, the truth; each whole or not at all.

    Parameters
    ----------
    recording, truth
        The MCAP file, and the Parquet file with the columns of `angles.parquet`. Beside the truth,
        named after it, go ``.repetitions.parquet`` and ``.compensations.json``; of free people
        also ``.headings.parquet`` and ``.deeds.json``.

    Raises
    ------
    RecordingError
        When a file is there and must not be replaced, or the disk refuses.
    """
    if truth is not None:
        siblings = truth_siblings(truth) + (people_siblings(truth) if session.deeds else ())
        for path in (truth, *siblings):
            refuse_existing(path, overwrite=overwrite)
    with (
        file_made_whole(recording, overwrite=overwrite) as path,
        RecordingWriter(path, session.header, fsync=False) as writer,  # synced once it is whole
    ):
        for batch in session.batches():
            writer.append_batch(batch)
    if truth is not None:
        with file_made_whole(truth, overwrite=overwrite) as path:
            pq.write_table(pa.table(session.truth.columns()), path, compression="zstd")
        repetitions, compensations = truth_siblings(truth)
        with file_made_whole(repetitions, overwrite=overwrite) as path:
            table = pa.table(columns(session.repetitions), schema=REPETITIONS_SCHEMA)
            pq.write_table(table, path, compression="zstd")
        with file_made_whole(compensations, overwrite=overwrite) as path:
            words = [asdict(each) for each in session.injected]
            path.write_text(json.dumps(words, indent=1) + "\n", encoding="utf-8")
    if truth is not None and session.deeds:
        headings, deeds = people_siblings(truth)
        with file_made_whole(headings, overwrite=overwrite) as path:
            pq.write_table(pa.table(session.truth.headings()), path, compression="zstd")
        with file_made_whole(deeds, overwrite=overwrite) as path:
            words = [asdict(each) for each in session.deeds]
            path.write_text(json.dumps(words, indent=1) + "\n", encoding="utf-8")


def truth_siblings(truth: Path) -> tuple[Path, Path]:
    """Return where the true repetitions and the injected compensations lie beside the truth."""
    return _beside(truth, "repetitions.parquet"), _beside(truth, "compensations.json")


def people_siblings(truth: Path) -> tuple[Path, Path]:
    """Return where true headings and the deeds of free people lie beside the truth."""
    return _beside(truth, "headings.parquet"), _beside(truth, "deeds.json")


def _beside(truth: Path, name: str) -> Path:
    stem = truth.with_suffix("") if truth.suffix == ".parquet" else truth
    return stem.with_name(f"{stem.name}.{name}")


def write_folder(session: SimulatedSession, folder: Path) -> None:
    """Write the readings as a folder that `imuhip import` takes, no bit rounded.

    Times are the true ones on the session's clock, and nothing is lost on the way: a folder has no
    link. A folder that is there is replaced only if it is one of these.
    """
    making = FolderInTheMaking(folder, ours="session.toml")
    try:
        for name, track in session.tracks.items():
            rows = zip(track.t.tolist(), track.acc.tolist(), track.gyr.tolist(), strict=True)
            lines = [[t, *acc, *gyr] for t, acc, gyr in rows]
            _write_csv(making.path / f"{name}.csv", _COLUMNS, lines)
        _write_csv(making.path / "marks.csv", ["t", "label"], [list(m) for m in session.marks])
        making.path.joinpath("session.toml").write_text(_session_toml(session), encoding="utf-8")
        making.commit()
    finally:
        making.discard()


def _write_csv(path: Path, header: list[str], rows: Sequence[Sequence[float | str]]) -> None:
    """Write rows of numbers and words; Python's shortest decimals give every bit back."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _session_toml(session: SimulatedSession) -> str:
    header = session.header
    lines = [
        f'athlete = "{header.athlete}"',
        f"started = {header.started}",
        f'source = "{header.source}"',
    ]
    for info in header.sensors:
        if info.mount is not None:
            lines += ["", f"[mount.{info.sensor}]"]
            lines += [f'up = "{info.mount.up}"', f'out = "{info.mount.out}"']
    return "\n".join(lines) + "\n"


_COLUMNS = ["t", "acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"]

REPETITIONS_SCHEMA = pa.schema(
    [
        ("movement", pa.string()),
        ("side", pa.string()),
        ("set", pa.int64()),
        ("repetition", pa.int64()),
        ("direction", pa.string()),
        ("t_start", pa.float64()),
        ("t_turn", pa.float64()),
        ("t_end", pa.float64()),
        ("counted", pa.bool_()),
    ]
)

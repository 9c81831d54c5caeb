"""A simulated session as files: a recording with the truth beside it, or a folder to import."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from imuhip.archive.files import FolderInTheMaking, file_made_whole, refuse_existing
from imuhip.archive.recording import RecordingWriter
from imuhip.simulate.nouns import SimulatedSession


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
        The MCAP file, and the Parquet file with the columns of `angles.parquet`.

    Raises
    ------
    RecordingError
        When a file is there and must not be replaced, or the disk refuses.
    """
    if truth is not None:
        refuse_existing(truth, overwrite=overwrite)
    with (
        file_made_whole(recording, overwrite=overwrite) as path,
        RecordingWriter(path, session.header, fsync=False) as writer,  # synced once it is whole
    ):
        for batch in session.batches():
            writer.append_batch(batch)
    if truth is not None:
        with file_made_whole(truth, overwrite=overwrite) as path:
            pq.write_table(pa.table(session.truth.columns()), path, compression="zstd")


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

"""A few of each row of the fault table: `make faults` runs them all."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest
from faults import rows
from faults.rows import Row

from imuhip.core.errors import RecordingError
from imuhip.core.files import file_made_whole

SAMPLE = {
    rows.drop_out_live: 2,
    rows.drop_out_angles: 1,
    rows.computer_pauses: 1,
    rows.sensor_dies: 2,
    rows.doubled: 3,
    rows.wall_clock: 1,
    rows.stuck_values: 5,
    rows.kills: 20,
    rows.failing_disk: 8,
    rows.cut_files: 300,
    rows.flipped_bits: 200,
    rows.at_rest: 1,
    rows.soak: 2,
}


@pytest.mark.parametrize(("row", "times"), SAMPLE.items(), ids=[row.__name__ for row in SAMPLE])
def test_a_row_meets_its_target(row: Callable[[int], Row], times: int) -> None:
    """Injected a few times, each fault is met as the table says."""
    done = row(times)
    assert done.times >= 1
    assert done.met, f"{done.fault}: {done.seen}; wanted: {done.target}"


def test_a_disk_that_refuses_is_reported_with_the_name_that_was_given(tmp_path: Path) -> None:
    """The hidden file on which the work was done is nobody's business."""
    target = tmp_path / "visit.mcap"

    def written() -> None:
        with file_made_whole(target, overwrite=False) as temporary:
            temporary.touch()
            cause = OSError(errno.ENOSPC, "No space left on device")
            raise RecordingError("the recording stopped", path=temporary) from cause

    with pytest.raises(RecordingError, match="no space left") as refused:
        written()
    assert refused.value.path == target
    assert list(tmp_path.iterdir()) == []

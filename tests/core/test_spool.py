"""Blocks put aside on the disk come back as they were, and leave nothing behind."""

import resource
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from imuhip.core.errors import RecordingError
from imuhip.core.spool import Spools


@dataclass(frozen=True)
class Block:
    """A name, numbers of two kinds, and one that may be missing."""

    name: str
    values: np.ndarray
    flags: np.ndarray
    rare: np.ndarray | None = None


def block(k: int) -> Block:
    """Values that differ from block to block, not in one piece of memory."""
    wide = np.arange(60.0).reshape(10, 6) + k
    wide[0, 0] = np.nan
    return Block(f"b{k}", wide[:k, ::2], wide[:k, 1] > 30.0, wide[0] if k == 3 else None)


def test_blocks_come_back_bit_for_bit_in_either_order(tmp_path: Path) -> None:
    """Shapes, kinds, NaN, an empty block and what is None."""
    with Spools(tmp_path) as spools:
        spool = spools()
        for k in range(5):
            spool.append(block(k))
        assert [b.name for b in spool] == ["b0", "b1", "b2", "b3", "b4"]
        assert [b.name for b in reversed(spool)] == ["b4", "b3", "b2", "b1", "b0"]
        spool.append(block(5))  # after it was read
        for k, found in enumerate(spool):
            for name in ("values", "flags", "rare"):
                ours, theirs = getattr(found, name), getattr(block(k), name)
                if theirs is None:
                    assert ours is None
                else:
                    assert ours.dtype == theirs.dtype
                    assert ours.shape == theirs.shape
                    assert ours.tobytes() == theirs.tobytes()
        spool.clear()
        assert len(spool) == 0
        spool.append(block(2))
        assert spool[0].name == "b2"


def test_nothing_has_a_name_on_the_disk(tmp_path: Path) -> None:
    """A kill leaves no file behind, for none has a name even while it is in use."""
    with Spools(tmp_path) as spools:
        spools().append(block(9))
        assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    """What the system says comes with the folder it is about."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Spools(tmp_path) as spools:
        spool, large = spools(), Block("large", np.zeros(100_000), np.zeros(0, dtype=bool))
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
        try:
            with pytest.raises(RecordingError, match=r"no temporary file .*too large"):
                spool.append(large)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    """Nothing can be put aside where there is no folder."""
    with (
        Spools(tmp_path / "none") as spools,
        pytest.raises(RecordingError, match="no such file or directory"),
    ):
        spools()

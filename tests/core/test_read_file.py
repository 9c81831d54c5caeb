"""Files that are read whole: regular ones of a bounded size."""

import os
import stat

import pytest

from imuhip.core.errors import RecordingError
from imuhip.core.files import file_made_whole, make_folder, read_file, refuse_special


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    """A named pipe in place of a file is refused at once, though nobody writes to it."""
    pipe = tmp_path / "session.toml"
    os.mkfifo(pipe)
    for read in (read_file, refuse_special):
        with pytest.raises(RecordingError, match="no regular file"):
            read(pipe)


@pytest.mark.parametrize(("path", "said"), [("/dev/zero", "no regular file"), ("/", "directory")])
def test_devices_and_folders_are_refused(path, said, tmp_path):
    """A link to a device that never ends, and a folder, are no files to read."""
    link = tmp_path / "a.json"
    link.symlink_to(path)
    with pytest.raises(RecordingError, match=said):
        read_file(link)


def test_size_and_absence(tmp_path):
    """What is larger than it may be, or not there, is said; what fits is read."""
    path = tmp_path / "a.json"
    path.write_bytes(b"x" * 3_000_000)
    assert len(read_file(path)) == 3_000_000
    with pytest.raises(RecordingError, match="2 MB, and at most 1 MB"):
        read_file(path, 1 << 20)
    with pytest.raises(RecordingError, match="no such file"):
        read_file(tmp_path / "b.json")


def test_what_is_made_belongs_to_its_owner(tmp_path):
    """Folders are made 0700, whatever the umask."""
    before = os.umask(0)
    try:
        make_folder(tmp_path / "a" / "b")
        with file_made_whole(tmp_path / "a" / "b" / "c", overwrite=False) as temporary:
            temporary.write_text("x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "a" / "b" / "c").stat().st_mode) == 0o600

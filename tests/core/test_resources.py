import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import imuhip
from imuhip.core import resources
from imuhip.core.errors import ImuhipError, ProfileError, RecordingError
from imuhip.devices.profiles import parse_profile


def test_every_profile_that_ships_can_be_read():
    """Each id leads to the text of a profile of that id, in order and once."""
    ids = resources.profile_ids()
    assert list(ids) == sorted(set(ids))
    assert all(parse_profile(resources.profile_text(name)).id == name for name in ids)


@pytest.mark.parametrize("name", ["nonesuch", "", "../pyproject", "reference.toml"])
def test_an_unknown_profile_is_refused_with_those_known(name):
    """A name that is no id gives an error that lists the ids, and reads no other file."""
    with pytest.raises(ProfileError, match="Known: imported"):
        resources.profile_text(name)


def test_recordings_are_found_by_name(tmp_path, monkeypatch):
    """A shipped recording is found with or without its suffix; an unknown one is refused."""
    package = tmp_path / "imuhip"
    package.mkdir()
    (tmp_path / "recordings").mkdir()
    for name in ("b.mcap", "a.mcap", "README.md"):
        (tmp_path / "recordings" / name).touch()
    monkeypatch.setattr(resources, "_PACKAGE", package)
    assert [path.name for path in resources.recordings()] == ["a.mcap", "b.mcap"]
    assert resources.recording_path("b") == resources.recording_path("b.mcap")
    with pytest.raises(RecordingError, match=r"'c' ships with imuhip. There are: a, b"):
        resources.recording_path("c")


def test_a_broken_installation_says_so(tmp_path, monkeypatch):
    """Without the folders there is an error that says to install again."""
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "imuhip")
    with pytest.raises(ImuhipError, match="Install imuhip again"):
        resources.profile_ids()


def test_an_installed_package_carries_its_profiles(tmp_path):
    """Laid out as in a wheel, away from the checkout, the profiles are found in the package."""
    root = Path(imuhip.__file__).parent
    site = tmp_path / "site"
    shutil.copytree(root, site / "imuhip", ignore=shutil.ignore_patterns("__pycache__"))
    shipped = site / "imuhip" / "_shipped"
    shutil.copytree(root.parent / "firmware_profiles", shipped / "firmware_profiles")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from imuhip.core import resources\n"
        "assert resources.__file__.startswith(sys.argv[1]), resources.__file__\n"
        "print(resources._folder('firmware_profiles'))\n"
        "print(*resources.profile_ids())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(site)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    folder, ids = ran.stdout.splitlines()
    assert Path(folder) == (shipped / "firmware_profiles").resolve()
    assert tuple(ids.split()) == resources.profile_ids()

"""The release script refuses what is not ready, with the reason."""

import importlib.util
import subprocess
from pathlib import Path

import pytest

import imuhip

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("release", ROOT / "tests" / "release.py")
assert SPEC is not None
assert SPEC.loader is not None
release = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(release)

FILES = {
    "imuhip/__init__.py": '__version__ = "1.2.0"\n',
    "CITATION.cff": "version: 1.2.0\n",
    "CHANGELOG.md": "## 1.2.0 – 2026-12-01\n\n- A thing.\n\n## 1.1.0 – 2026-11-01\n\n- Older.\n",
}


def git(root: Path, *words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """A repository that is ready for 1.2.0."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "all")
    return tmp_path


def refusal(root: Path, version: str = "1.2.0", *, tagged: bool = False) -> str:
    with pytest.raises(release.NotReadyError) as refused:
        release.check(root, version, tagged=tagged)
    return str(refused.value)


def test_what_is_ready_is_accepted(ready):
    """A clean tree whose files agree may be released, and its changes are those of the version."""
    release.check(ready, "1.2.0", tagged=False)
    assert release.changes(ready, "1.2.0") == "- A thing."


def test_a_dirty_tree_is_refused(ready):
    """Changes and files that are not committed are named."""
    (ready / "new.txt").write_text("x")
    assert "new.txt" in refusal(ready)


@pytest.mark.parametrize("name", ["imuhip/__init__.py", "CITATION.cff"])
def test_another_version_is_refused(ready, name):
    """Each file that states another version is named."""
    path = ready / name
    path.write_text(path.read_text().replace("1.2.0", "1.1.9"))
    git(ready, "commit", "-am", "older")
    assert refusal(ready).startswith(f"{name} says version 1.1.9")


def test_a_version_without_its_changes_is_refused(ready):
    """No heading, no date or nothing under it: the changelog must say what changed."""
    for text, words in (
        ("## Unreleased\n\n- A thing.\n", "no heading"),
        ("## 1.2.0\n\n- A thing.\n", "no heading"),
        ("## 1.2.0 – 2026-12-01\n\n## 1.1.0 – 2026-11-01\n\n- Older.\n", "says nothing"),
    ):
        (ready / "CHANGELOG.md").write_text(text, encoding="utf-8")
        git(ready, "commit", "-am", "changes")
        assert words in refusal(ready)


def test_a_tag_is_made_once(ready):
    """What is tagged already is refused, but to the workflow that the tag started."""
    git(ready, "tag", "v1.2.0")
    assert "tagged already" in refusal(ready)
    release.check(ready, "1.2.0", tagged=True)
    assert "no version" in refusal(ready, "1.2")


def test_the_project_states_one_version():
    """Everything that states the version agrees, today."""
    assert set(release.versions(ROOT).values()) == {imuhip.__version__}

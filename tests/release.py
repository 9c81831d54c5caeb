"""Makes a release ready: checks that all say the same version, builds, looks into the files.

    python tests/release.py 0.2.0 [--tag]

docs/developers/releasing.md says when and how.
"""

import argparse
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
SHIPPED: Final = (
    "imuhip/_shipped/dashboard/app.py",
    "imuhip/_shipped/firmware_profiles/reference.toml",
    "imuhip/_shipped/firmware_profiles/micropython/main.py",
    "imuhip/_shipped/recordings/squats_and_pivots.mcap",
    "imuhip/py.typed",
)
"""Must be in every wheel: what the program finds at run time."""


class NotReadyError(Exception):
    """What stands against a release, in a sentence."""


def main() -> int:
    """Check, build, and tag if asked to."""
    arguments = _arguments()
    version = arguments.version
    try:
        check(ROOT, version, tagged=arguments.tagged)
        files = build(ROOT, version)
    except NotReadyError as error:
        print(f"not released: {error}", file=sys.stderr)
        return 1
    if arguments.notes:
        arguments.notes.write_text(changes(ROOT, version) + "\n", encoding="utf-8")
    for file in files:
        print(f"{file.relative_to(ROOT)}  {file.stat().st_size / 1e6:.1f} MB")
    if arguments.tag:
        _git(ROOT, "tag", "--annotate", f"v{version}", "--message", f"imuhip {version}")
        print(f"tagged v{version}; push it to release: git push origin main v{version}")
    return 0


def check(root: Path, version: str, *, tagged: bool) -> None:
    """Refuse what is not ready.

    Parameters
    ----------
    tagged
        The tag is there already, as in the workflow that it started.

    Raises
    ------
    NotReadyError
        Naming the first thing that is wrong.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise NotReadyError(f"{version!r} is no version; write it like 1.2.3")
    if changed := _git(root, "status", "--porcelain"):
        names = ", ".join(line[3:] for line in changed.splitlines()[:5])
        raise NotReadyError(
            f"there are changes that are not committed ({names}); commit them first"
        )
    for path, found in versions(root).items():
        if found != version:
            raise NotReadyError(f"{path} says version {found}; change it to {version} and commit")
    changes(root, version)
    if not tagged and f"v{version}" in _git(root, "tag", "--list").split():
        raise NotReadyError(f"v{version} is tagged already; choose the next version")


def versions(root: Path) -> dict[str, str]:
    """The version by each file that states it."""
    patterns = {
        "imuhip/__init__.py": r'^__version__ = "(.+)"$',
        "CITATION.cff": r"^version: (.+)$",
    }
    found = {}
    for path, pattern in patterns.items():
        match = re.search(pattern, (root / path).read_text(encoding="utf-8"), re.MULTILINE)
        found[path] = match[1].strip() if match else "none"
    return found


def changes(root: Path, version: str) -> str:
    """What the changelog says of a version.

    Raises
    ------
    NotReadyError
        When it says nothing, or has no date.
    """
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = rf"^## {re.escape(version)} – \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)"
    match = re.search(heading, text, re.MULTILINE | re.DOTALL)
    if match is None:
        raise NotReadyError(
            f"CHANGELOG.md has no heading '## {version} – YYYY-MM-DD'; give the unreleased "
            "changes this heading"
        )
    if not match[1].strip():
        raise NotReadyError(f"CHANGELOG.md says nothing of {version}; write down what changed")
    return match[1].strip()


def build(root: Path, version: str) -> list[Path]:
    """Build wheel and source distribution, and look into them.

    Raises
    ------
    NotReadyError
        When a file that the program needs is missing in the wheel.
    """
    subprocess.run([sys.executable, "-m", "build", "--outdir", "dist"], cwd=root, check=True)
    wheels = (root / "dist").glob(f"imuhip-{version}-*.whl")
    wheel = max(wheels, key=lambda made: made.stat().st_mtime)
    source = root / "dist" / f"imuhip-{version}.tar.gz"
    with zipfile.ZipFile(wheel) as archive:
        there = set(archive.namelist())
    if missing := [name for name in SHIPPED if name not in there]:
        raise NotReadyError(f"the wheel lacks {', '.join(missing)}; look at pyproject.toml")
    with tarfile.open(source) as archive:
        names = archive.getnames()
    if f"imuhip-{version}/tests/conftest.py" not in names:
        raise NotReadyError("the source distribution lacks the tests; look at pyproject.toml")
    return [wheel, source]


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.rstrip()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("version", help="such as 0.2.0")
    parser.add_argument("--tag", action="store_true", help="make the tag when all is well")
    parser.add_argument("--tagged", action="store_true", help="the tag is there already")
    parser.add_argument("--notes", type=Path, help="write the changelog's section here")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

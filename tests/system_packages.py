"""What tests use beside Python: says what is missing and what for, and asks before it installs.

    python tests/system_packages.py [--yes]

A terminal is asked, once for all. Without a terminal (CI, a container) root installs, and so does
``--yes``; anybody else goes on without, and the tests concerned say that they were skipped and why.
Nothing is done where everything is there.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
INSTALL_LIMIT_S: Final = 900
SCRIPTS: Final = Path(__file__).parent / "js"
ANYWHERE: Final = ("chromium", "npm")
"""What is not asked of Linux's package managers alone."""


@dataclass(frozen=True)
class Need:
    """Something that tests use, and the package of Debian and its relatives that has it.

    Parameters
    ----------
    package
        Its name for apt.
    purpose
        Which tests use it, to follow "for".
    there
        Whether this machine has it.
    """

    package: str
    purpose: str
    there: Callable[[], bool]


def main() -> int:
    """Find what is missing, ask, install, and say what the tests will skip."""
    needs = [need for need in NEEDS if sys.platform == "linux" or need.package in ANYWHERE]
    missing = [need for need in needs if not need.there()]
    if not missing:
        return 0
    print("Some tests use programs that are not on this machine:")
    for need in missing:
        print(f"  {need.package}: for {need.purpose}")
    if _may_install("--yes" in sys.argv[1:]):
        for need in missing:
            _install(need)
    missing = [need for need in missing if not need.there()]
    for need in missing:
        print(f"Going on without {need.package}: {need.purpose} are skipped.", flush=True)
    return 1 if missing and os.environ.get("CI") else 0


def _may_install(reported: bool) -> bool:
    """Whether to install: as told, as answered, or as root where nobody can answer."""
    if reported or (not sys.stdin.isatty() and _is_root()):
        return True
    if not sys.stdin.isatty():
        return False
    answer = input("Install them now (with this system's package manager)? [y/N] ")
    return answer.strip().lower() in ("y", "yes")


def _install(need: Need) -> None:
    """Ask Playwright for its browser, npm for its tools, else the system's package manager."""
    if need.package == "chromium" and _playwright_installs():
        return
    if need.package == "npm":
        if shutil.which("npm") is None:
            _install_by_apt(need)
        if shutil.which("npm") is not None:
            _npm_installs()
        return
    _install_by_apt(need)


def _install_by_apt(need: Need) -> None:
    """Ask the system's package manager."""
    if shutil.which("apt-get") is None:
        print(f"No apt-get is here: install {need.package} with your package manager.", flush=True)
        return
    sudo = [] if _is_root() else ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]
    if sudo and shutil.which("sudo") is None:
        print(f"Without sudo, ask whoever looks after this machine for {need.package}.", flush=True)
        return
    print(f"Installing {need.package} …", flush=True)
    subprocess.run([*sudo, "apt-get", "update", "-qq"], check=False)
    install = [*sudo, "apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    subprocess.run([*install, need.package], check=False)


def _playwright_installs() -> bool:
    """Playwright's own Chromium lies in the user's folder and needs no root."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    asked = subprocess.run(command, check=False, timeout=INSTALL_LIMIT_S)
    return asked.returncode == 0 and _has_browser()


def _has_browser() -> bool:
    from playwright.sync_api import sync_playwright

    if any(shutil.which(name) for name in BROWSERS):
        return True
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def _npm_installs() -> None:
    """What checks the dashboard's scripts lies beside them and needs no root."""
    quiet = ("--no-package-lock", "--no-audit", "--no-fund", "--silent")
    subprocess.run(["npm", "install", *quiet], cwd=SCRIPTS, check=False, timeout=INSTALL_LIMIT_S)


def _has_script_tools() -> bool:
    done, wanted = SCRIPTS / "node_modules" / ".package-lock.json", SCRIPTS / "package.json"
    there = shutil.which("node") is not None and done.exists()
    return there and done.stat().st_mtime >= wanted.stat().st_mtime


def _has_postgres() -> bool:
    debian = Path("/usr/lib/postgresql")
    return shutil.which("initdb") is not None or any(debian.glob("*/bin/initdb"))


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


NEEDS: Final = (
    Need("chromium", "the tests of the pages in a browser", _has_browser),
    Need(
        "dbus",
        "the tests of Bluetooth on Linux and the whole visit",
        lambda: shutil.which("dbus-daemon") is not None,
    ),
    Need("postgresql", "the tests of the catalogue on a server", _has_postgres),
    Need("npm", "the checks of the dashboard's scripts", _has_script_tools),
)

if __name__ == "__main__":
    sys.exit(main())

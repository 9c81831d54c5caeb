"""Brings what the tests need beside Python, and nothing where it is there already.

A browser: Playwright's own Chromium where it can be had, else the system's package manager. On
Linux ``dbus-daemon``, for the tests of bleak's own backend, and PostgreSQL, for those of the
catalogue; without apt those are skipped.
"""

import shutil
import subprocess
import sys
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Find or install what is needed; say what was done."""
    return max(_browser(), _bus(), _server())


def _browser() -> int:
    """A Chromium for the tests of the page."""
    if _playwright_has_one() or any(shutil.which(name) for name in BROWSERS):
        return 0
    print("no browser for the page tests: asking Playwright for one")
    asked = subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"], check=False, timeout=600
    )
    if asked.returncode == 0 and _playwright_has_one():
        return 0
    if shutil.which("apt-get") is None:
        print("expected a Chromium browser; install one with your package manager", flush=True)
        return 1
    return 0 if _apt("chromium") and shutil.which("chromium") else 1


def _bus() -> int:
    """A dbus-daemon for the tests of the BlueZ bed."""
    if sys.platform != "linux" or shutil.which("dbus-daemon"):
        return 0
    if shutil.which("apt-get") is None:
        print("no dbus-daemon: the tests of bleak's Linux backend are skipped", flush=True)
        return 0
    return 0 if _apt("dbus") and shutil.which("dbus-daemon") else 1


def _server() -> int:
    """PostgreSQL's programs; the tests run a server of their own with them."""
    debian = Path("/usr/lib/postgresql")
    if sys.platform != "linux" or shutil.which("initdb") or any(debian.glob("*/bin/initdb")):
        return 0
    if shutil.which("apt-get") is None or not _apt("postgresql"):
        print("no PostgreSQL: the tests of the catalogue on a server are skipped", flush=True)
    return 0


def _apt(package: str) -> bool:
    """Ask the system's package manager for a package."""
    sudo = [] if _is_root() else ["sudo", "-n"]
    print(f"asking the system's package manager for {package}", flush=True)
    subprocess.run([*sudo, "apt-get", "update", "-qq"], check=False)
    install = [*sudo, "apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    return subprocess.run(install, check=False).returncode == 0


def _playwright_has_one() -> bool:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def _is_root() -> bool:
    import os

    return hasattr(os, "geteuid") and os.geteuid() == 0


if __name__ == "__main__":
    sys.exit(main())

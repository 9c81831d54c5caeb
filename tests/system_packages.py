"""Brings what the tests need beside Python: a browser, and nothing where it is there already.

Playwright's own Chromium where it can be had, else the system's package manager.
"""

import shutil
import subprocess
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Find or install a browser; say what was done."""
    if _playwright_has_one() or any(shutil.which(name) for name in BROWSERS):
        return 0
    print("no browser for the page tests: asking Playwright for one")
    asked = subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"], check=False, timeout=600
    )
    if asked.returncode == 0 and _playwright_has_one():
        return 0
    apt = shutil.which("apt-get")
    if apt is None:
        print("expected a Chromium browser; install one with your package manager", flush=True)
        return 1
    sudo = [] if _is_root() else ["sudo", "-n"]
    print("asking the system's package manager for chromium")
    subprocess.run([*sudo, apt, "update", "-qq"], check=False)
    done = subprocess.run(
        [*sudo, apt, "install", "-y", "-qq", "--no-install-recommends", "chromium"], check=False
    )
    return 0 if done.returncode == 0 and shutil.which("chromium") else 1


def _playwright_has_one() -> bool:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        from pathlib import Path

        return Path(playwright.chromium.executable_path).exists()


def _is_root() -> bool:
    import os

    return hasattr(os, "geteuid") and os.geteuid() == 0


if __name__ == "__main__":
    sys.exit(main())

"""How tests and benchmarks start Chromium: without a graphics card, and without calling home."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

NONE = (
    "no browser is on this machine; `make test` offers to install one, and so does "
    "`playwright install chromium`"
)


def launched(playwright: Playwright) -> Browser:
    """Playwright's Chromium, or the system's; without either tests are skipped, and fail in CI."""
    own = Path(playwright.chromium.executable_path)
    system = shutil.which("chromium") or shutil.which("google-chrome")
    if not own.exists() and system is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NONE)
    path = None if own.exists() else system
    try:
        return playwright.chromium.launch(executable_path=path, args=["--headless", *FLAGS])
    except Error as error:
        pytest.fail(f"the browser {path or own} does not start: {error.message}")

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from playwright.sync_api import Page, expect

from dashboard.view_model import TITLES


def write_result(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    t = np.arange(500) / 100
    names = [
        f"hip_{a}_{s}_deg" for a in ("flexion", "adduction", "rotation") for s in ("left", "right")
    ]
    names += [f"pelvis_{a}_deg" for a in ("tilt", "obliquity", "rotation")]
    table = pa.table({"t": t, **{name: 25.0 * np.sin(t) for name in names}})
    pq.write_table(table, folder / "angles.parquet")


def test_a_finished_session_is_shown(page: Page, address: str, results: Path) -> None:
    """The page finds a result in the results folder and draws its angles and extremes."""
    write_result(results / "monday")
    page.goto(address + "session")
    expect(page.get_by_role("heading", name="Finished session")).to_be_visible()
    expect(page.get_by_text("out 25° · in 25° · range 50°").first).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    expect(page.get_by_text(TITLES["hip_rotation"]).first).to_be_visible()
    expect(page.get_by_text("Not a medical device", exact=False).first).to_be_visible()


def test_a_wrong_folder_is_said_on_the_page(page: Page, address: str, results: Path) -> None:
    """A folder without results gives a sentence on the page, not a traceback."""
    page.goto(address + "session")
    page.get_by_label("Folder").fill(str(results / "nowhere"))
    page.get_by_label("Folder").press("Enter")
    expect(page.get_by_text("imuhip analyze", exact=False).first).to_be_visible()
    expect(page.get_by_text("expected a folder", exact=False)).to_be_visible()

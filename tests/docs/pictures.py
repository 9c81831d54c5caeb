"""Makes the pictures of the coaches' pages from the program as it runs: `make pictures`.

The visit of `tests/dashboard/test_visit.py` (virtual sensors over Bluetooth, a real browser) keeps
a picture of each station. Some are cut to what the page talks about and kept in `docs/pictures/`,
small. It takes about three minutes.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "docs" / "pictures"
MOST_BYTES: Final = 150_000
QUALITY: Final = 82


@dataclass(frozen=True)
class Picture:
    """A picture of the documentation: which station of the visit, and what of it, in pixels.

    A negative `top` counts from the bottom.
    """

    station: str
    name: str
    top: int = 0
    height: int = 800
    width: int = 1280


PICTURES: Final = (
    Picture("02-athletes-added", "athletes", height=556),
    Picture("03-setup-sensors", "sensors", top=-560, height=556, width=404),
    Picture("04-setup-stand-goes-on", "step", height=760),
    Picture("05-setup-bow-judged", "judged", height=760),
    Picture("07-live-first-squat", "first_squat"),
    Picture("11-live-set-done", "set_done"),
    Picture("12-live-gym", "gym"),
    Picture("15-review", "review", height=1100),
    Picture("17-compare", "compare", height=1000),
    Picture("19-report-athlete", "report", height=1460),
)
README: Final = Picture("11-live-set-done", "live")
"""The one that the README shows, as PNG: not every page that shows a README draws WebP."""


def main() -> int:
    """Take the pictures, or use those that a visit has left in a folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", nargs="?", help="pictures of a visit (IMUHIP_PICTURES)")
    given = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as made:
        stations = Path(given or made)
        if not given and not visit(stations):
            return 1
        FOLDER.mkdir(exist_ok=True)
        for picture in PICTURES:
            target = FOLDER / f"{picture.name}.webp"
            cut(picture, stations).save(target, quality=QUALITY, method=6)
            report(target)
        target = ROOT / "docs" / f"{README.name}.png"
        image = cut(README, stations).quantize(128, dither=Image.Dither.NONE)
        image.save(target, optimize=True)
        report(target)
    return 0


def visit(folder: Path) -> bool:
    """Run a coach's whole visit, which leaves its pictures in the folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "visit"]
    environment = {**os.environ, "IMUHIP_PICTURES": str(folder)}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def cut(picture: Picture, stations: Path) -> Image.Image:
    """What a picture shows of its station."""
    with Image.open(stations / f"{picture.station}.png") as image:
        top = picture.top % image.height
        bottom = min(top + picture.height, image.height)
        return image.convert("RGB").crop((0, top, picture.width, bottom))


def report(target: Path) -> None:
    """Say what was written, and refuse what is too large for a page."""
    size = target.stat().st_size
    print(f"{target.relative_to(ROOT)}  {size / 1000:.0f} kB")
    if size > MOST_BYTES:
        raise SystemExit(f"{target} has {size} bytes; at most {MOST_BYTES} are wanted")


if __name__ == "__main__":
    sys.exit(main())

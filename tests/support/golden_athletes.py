"""Eight athletes of known truth, and all that a coach and the athlete read after the session.

    python tests/support/golden_athletes.py        writes the texts anew

The texts stand in ``tests/assess/golden``, one file an athlete: read them as somebody who does not
know the program would, before and after a change.
"""

import io
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from imuhip.cli.analysis_output import analysis_words
from imuhip.report.blocks import MARKS, Document, Heading, Pictures, Table, Words
from imuhip.report.material import material_in
from imuhip.report.writing import report_for
from imuhip.results.analysis import Analysis, analyze
from imuhip.simulate.output import write
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import setup_from

GOLDEN = Path(__file__).parents[1] / "assess" / "golden"


@dataclass(frozen=True)
class Athlete:
    """What is put in: the words of ``imuhip simulate``."""

    scenario: str
    faults: Sequence[str] = ()
    hips: Sequence[str] = ("left=36/58", "right=36/58")
    seed: int = 5


ATHLETES = {
    "little_internal_rotation": Athlete("seated", hips=("left=5/58", "right=5/58")),
    "left_turns_out_less": Athlete("seated", hips=("left=36/32", "right=36/58")),
    "right_knee_in": Athlete("squat", ["knee_in=14:right"]),
    "tuck": Athlete("squat", ["pelvic_tuck=24"]),
    "pain_at_90": Athlete("squat", ["pain=90:left groin"]),
    "left_pivots_from_the_pelvis": Athlete("pivot", ["pelvis_follows_pivot=50:left"]),
    "creeping_tuck": Athlete("squat", ["grows_over_set=22"]),
    "nothing_wrong": Athlete("visit"),
}


def session(athlete: Athlete, folder: Path) -> tuple[Analysis, str]:
    """Simulate and analyze an athlete; the analysis, and the three texts."""
    setup = setup_from(athlete.scenario, faults=athlete.faults, hips=athlete.hips, equal_sides=True)
    recording, results = folder / "session.mcap", folder / "results"
    write(simulate(athlete.scenario, seed=athlete.seed, grade="good", setup=setup), recording)
    analysis = analyze(recording, results)
    screen = io.StringIO()
    analysis_words(Console(file=screen, width=100, color_system=None), analysis)
    material = material_in(results)
    reports = (report_for("coach", material), report_for("athlete", material))
    texts = [terminal_text(screen.getvalue(), folder), *map(document_text, reports)]
    return analysis, "\n".join(texts)


def terminal_text(text: str, folder: Path) -> str:
    """What the terminal shows, without the folder of this machine."""
    lines = (line.rstrip() for line in text.splitlines() if str(folder) not in line)
    return "\n".join(["==== terminal ====", *lines, ""])


def document_text(document: Document) -> str:
    """The words of a report, a line a paragraph or a row; pictures by what they show."""
    lines = [f"==== {document.title} ===="]
    for block in document.blocks:
        if isinstance(block, Heading):
            lines += ["", f"{'#' * block.level} {block.text}"]
        elif isinstance(block, Words):
            parts = (MARKS[block.tone], block.lead, block.text)
            lines.append(" ".join(part for part in parts if part))
        elif isinstance(block, Pictures):
            lines += [f"[{picture.words}]" for picture in block.pictures]
            lines.append(block.caption)
        elif isinstance(block, Table):
            lines += [" | ".join(row).rstrip() for row in (block.head, *block.rows)]
    lines = [line for line in lines if not line.startswith("Analyzed with")]
    return "\n".join([*lines, ""])


def main(names: Sequence[str]) -> None:
    """Write the texts of all athletes, or of some."""
    GOLDEN.mkdir(exist_ok=True)
    for name in names or ATHLETES:
        with tempfile.TemporaryDirectory() as folder:
            _, text = session(ATHLETES[name], Path(folder))
        (GOLDEN / f"{name}.txt").write_text(text, encoding="utf-8")
        sys.stdout.write(f"{name}: {len(text.splitlines())} lines\n")


if __name__ == "__main__":
    main(sys.argv[1:])

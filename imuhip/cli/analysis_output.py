"""What the command line prints of an analysis, for a coach."""

import math
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from imuhip.cli.assessment_output import assessment_words, plan_words
from imuhip.cli.comparison_output import (
    compared_words,
    cues_words,
    goals_words,
    sets_words,
)
from imuhip.cli.output import faults_words

if TYPE_CHECKING:
    from imuhip.results.analysis import Analysis


def analysis_words(console: Console, analysis: "Analysis") -> None:
    """Say what came of an analysis, for a coach."""
    table = Table(title=f"{analysis.duration_s:.0f} s analyzed", title_justify="left", box=None)
    table.add_column("")
    for side in ("left", "right"):
        table.add_column(side, justify="right")
    for name, left, right in analysis.ranges:
        table.add_row(name, _span(left), _span(right))
    table.add_row("time with hip angles", *(f"{share:.0%}" for share in analysis.valid))
    console.print(table)
    chain = analysis.chain.replace("_", " ")
    console.print(f"calibration: {analysis.grade} ({chain})", highlight=False)
    assessment_words(console, analysis.sets, analysis.findings, analysis.notes)
    goals_words(console, analysis.repetitions, analysis.assess, analysis.notes)
    compared_words(console, analysis.repetitions, analysis.notes)
    cues_words(console, analysis.outcomes)
    sets_words(console, analysis.findings, analysis.notes)
    plan_words(console, analysis.findings, analysis.assess.goal)
    console.print(f"results in {escape(str(analysis.target))}", highlight=False, soft_wrap=True)
    faults_words(console, analysis.faults)
    console.print("A training aid, not a medical device.", style="dim")


def _span(span: tuple[float, float]) -> str:
    low, high = span
    return "–" if math.isnan(low) else f"{low:+.0f}° to {high:+.0f}°"

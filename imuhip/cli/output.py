"""What the command line prints of recordings, batches and profiles; no work is done here."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from imuhip.batch.run import Report
    from imuhip.core.records import Fault
    from imuhip.devices.profile_nouns import Profile
    from imuhip.recording.summary import RecordingSummary
    from imuhip.validate.orientation import Row


def faults_words(console: Console, faults: "Sequence[Fault]") -> None:
    """Count the faults by sensor and kind; nothing when there are none."""
    from imuhip.core.records import how_often

    counts: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        counts.setdefault((fault.sensor, fault.kind), []).append(fault)
    for (sensor, kind), group in counts.items():
        often = how_often([fault.count for fault in group])
        detail = f": {group[0].detail}" if group[0].detail else ""
        what = escape(f"{sensor or 'recording'}: {kind.replace('_', ' ')}")
        console.print(f"[yellow]![/] {what}, {often}{escape(detail)}", highlight=False)


def info_words(console: Console, summary: "RecordingSummary", *, as_json: bool) -> None:
    """Say what is in a recording."""
    from imuhip.recording.summary import import_warnings

    if as_json:
        plain = asdict(summary) | {"path": str(summary.path)}
        print(json.dumps(_finite(plain)))  # noqa: T201 - a program reads it
        return
    whole = "whole" if summary.whole else "cut short or damaged – imuhip recover repairs it"
    console.print(
        f"{escape(str(summary.path))}: {summary.duration_s:.1f} s, {summary.size_bytes:,} bytes, "
        f"{whole}",
        highlight=False,
        soft_wrap=True,
    )
    header = summary.header
    for name in ("athlete", "tester", "started", "source"):
        if getattr(header, name):
            console.print(f"{name}: {escape(getattr(header, name))}", highlight=False)
    for sentence in import_warnings(header):
        console.print(f"[yellow]![/] {escape(sentence)}", highlight=False, soft_wrap=True)
    table = Table(box=None)
    for column in ("sensor", "profile", "notifications", "per second", "gaps", "longest gap"):
        table.add_column(column, justify="left" if column in ("sensor", "profile") else "right")
    for sensor in summary.sensors:
        table.add_row(
            sensor.sensor,
            escape(sensor.profile_id),
            f"{sensor.notifications:,}",
            f"{sensor.rate_hz:.1f}",
            str(sensor.gaps),
            f"{sensor.longest_gap_s:.2f} s",
        )
    console.print(table)
    for t, label in summary.marks[:_MOST_MARKS]:
        console.print(f"{t:9.2f} s  {escape(label)}", highlight=False)
    if len(summary.marks) > _MOST_MARKS:
        console.print(f"and {len(summary.marks) - _MOST_MARKS} more marks (--json)")
    faults_words(console, summary.faults)
    console.print(f"SHA-256 {summary.sha256}", highlight=False)


def batch_words(console: Console, report: "Report") -> None:
    """Say what a batch did."""
    console.print(
        f"{report.analyzed:,} recordings analyzed ({report.duration_s / 3600:.1f} h), "
        f"{report.already:,} were there, {len(report.duplicates):,} copies of others, "
        f"{len(report.failures):,} failed",
        highlight=False,
    )
    for path, other in report.duplicates:
        same = f"{path} holds what {other} holds"
        console.print(same, highlight=False, markup=False, soft_wrap=True)
    console.print(f"data set in {escape(str(report.target))}", highlight=False, soft_wrap=True)
    console.print("A training aid, not a medical device.", style="dim")


def profiles_words(console: Console, profiles: "Sequence[Profile]") -> None:
    """List the devices that are known."""
    table = Table(box=None)
    for column in ("profile", "vendor", "rates, Hz", "time stamps"):
        table.add_column(column, no_wrap=column == "profile")
    for profile in profiles:
        table.add_row(
            escape(profile.id),
            escape(profile.vendor),
            ", ".join(f"{rate:g}" for rate in profile.rates) or "any",
            "yes" if profile.time else "no",
        )
    console.print(table)
    console.print("Each profile says what has not been verified on a device.", style="dim")


def validation_words(console: Console, rows: "Sequence[Row]") -> None:
    """Print the means of an error table."""
    table = Table(title="RMSE over the movement, degrees; mean of all trials", box=None)
    for column in ("filter", "axes", "total", "heading", "inclination", "samples/s"):
        table.add_column(column, justify="left" if column == "filter" else "right")
    for row in rows:
        if row.trial == "mean":
            table.add_row(
                row.filter,
                str(row.axes),
                f"{row.total_deg:.2f}",
                f"{row.heading_deg:.2f}",
                f"{row.inclination_deg:.2f}",
                f"{row.samples_per_s:,.0f}",
            )
    console.print(table)


_MOST_MARKS = 500


def _finite(value: object) -> object:
    """Plain data for JSON, which knows no NaN."""
    if isinstance(value, dict):
        return {str(key): _finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

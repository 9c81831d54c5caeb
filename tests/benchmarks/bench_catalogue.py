"""What the catalogue costs over years, and how often its words are wrong; prints tables.

    python tests/benchmarks/bench_catalogue.py [SESSIONS] [ATHLETES]

A session is ten squats a set, three sets, both sides, twenty measures each. Times are of one run on
one machine; sizes and error rates are the same on any.
"""

import hashlib
import math
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from imuhip.catalogue import filing
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import MeasureValue
from imuhip.catalogue.facts import AnalysisFacts, SessionFacts
from imuhip.catalogue.progress import series_of

BEGIN = datetime(2026, 1, 5, 10, tzinfo=UTC)
NAMES = ("rotation_bottom_deg", "descent_s", *(f"measure_{n}_deg" for n in range(18)))


def facts(athlete: str, number: int) -> tuple[SessionFacts, AnalysisFacts]:
    """A session that was never recorded."""
    rng = np.random.default_rng(number)
    sha = hashlib.sha256(f"{athlete} {number}".encode()).hexdigest()
    started = BEGIN + timedelta(days=7 * number / 3)
    session = SessionFacts(
        sha, athlete, Path(f"/x/{sha}.mcap"), started, 900.0, "", "", "0.1.0", ()
    )
    reps = tuple(
        {
            "movement": "squat", "side": side, "set": s, "repetition": r, "direction": "down",
            "t_start": 60.0 * s + r, "t_turn": 60.0 * s + r, "t_end": 60.0 * s + r, "counted": True,
            **dict(zip(NAMES, rng.normal(20.0, 3.0, len(NAMES)).tolist(), strict=True)),
        }
        for s in range(1, 4) for r in range(1, 11) for side in ("left", "right")
    )  # fmt: skip
    units = {name: "s" if name.endswith("_s") else "deg" for name in NAMES}
    return session, AnalysisFacts(
        sha, "f" * 16, "0.1.0", "{}", Path(f"/x/{sha}"), "good", "bow", reps, units, ()
    )


def costs(sessions: int, athletes: int) -> None:
    """Time and room of a filled catalogue."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.db"
        with Catalogue(path) as catalogue:
            started = time.perf_counter()
            for athlete in range(athletes):
                for number in range(sessions):
                    about, analysis = facts(f"A{athlete}", number)
                    with catalogue.entering() as db:
                        filing.file_session(db, about, again=True)
                        filing.file_analysis(db, analysis)
            filed_s = (time.perf_counter() - started) / (sessions * athletes)
            rows: list[tuple[str, float]] = []
            for name, ask in (
                ("sessions of one athlete", lambda: catalogue.sessions("A0")),
                ("sessions of all", catalogue.sessions),
                ("search", lambda: catalogue.sessions("A0", search="nothing")),
                ("progress of one measure", lambda: catalogue.progress("A0", names=NAMES[:1])),
                ("progress of all measures", lambda: catalogue.progress("A0")),
                ("dose", lambda: catalogue.dose("A0", UTC)),
            ):
                started = time.perf_counter()
                ask()
                rows.append((name, time.perf_counter() - started))
        size = path.stat().st_size / (sessions * athletes)
    print(f"{athletes} athletes, {sessions} sessions each, {60 * len(NAMES)} measures a session")
    print(f"filing a session    {1e3 * filed_s:8.1f} ms")
    print(f"room for a session  {size / 1e3:8.1f} kB")
    for name, seconds in rows:
        print(f"{name:26s} {1e3 * seconds:8.1f} ms")
    print(f"30 athletes, 3 a week, 5 years: 23,400 sessions, {23400 * size / 1e9:.1f} GB")


def words() -> None:
    """How often a change is called what it is not, over sessions and true changes."""
    print("\nlast against first session, 400 athletes each: s_b 3°, s_w 2°, 6 repetitions")
    print("sessions  true change     none  possible      real   trend")
    for count in (2, 3, 4, 6, 10, 20):
        for change in (0.0, 10.0):
            print(f"{count:8d} {change:10.0f}°  " + "".join(_share(count, change)))


def _share(count: int, change: float, trials: int = 400) -> list[str]:
    counts = {"no detectable difference": 0, "possible": 0, "real": 0, "trend": 0}
    rng = np.random.default_rng(count)
    for _ in range(trials):
        # Nothing changes in the first three weeks, or in the first half where that is shorter.
        day = np.arange(count) * 7.0
        grown = change * np.clip((day - min(21.0, day[-1] / 2)) / max(day[-1] / 2, 1.0), 0.0, 1.0)
        grown[-1] = change
        means = 20.0 + grown + 3.0 * rng.normal(size=count)
        (one,) = series_of(
            MeasureValue(
                f"{n}", BEGIN + timedelta(days=float(day[n])), "", "squat", 1, r, "left", "down",
                "rotation_deg", "deg", float(mean + rng.normal(0.0, 2.0)), math.nan, True, "",
            )
            for n, mean in enumerate(means)
            for r in range(6)
        )  # fmt: skip
        counts[one.since_first.word] += 1
        counts["trend"] += one.trend.word in ("rising", "falling")
    return [f"{100 * number / trials:8.1f} %" for number in counts.values()]


if __name__ == "__main__":
    costs(*(int(word) for word in (*sys.argv[1:], *("60", "4")[len(sys.argv) - 1 :])))
    words()

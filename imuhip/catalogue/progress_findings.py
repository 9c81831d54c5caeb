"""Findings over weeks: how often each was there, when last, and whether it has gone."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from imuhip.assess.movements import family
from imuhip.catalogue.entities import FindingEntry, Session


@dataclass(frozen=True, slots=True)
class FindingHistory:
    """One finding over the sessions that could say whether it is there.

    Parameters
    ----------
    rule, movement, side
        Of the finding; the movement without its side.
    found
        Session by session in the order of time, whether it was there.
    last
        When it was there last.
    """

    rule: str
    movement: str
    side: str
    found: tuple[bool, ...]
    last: datetime

    @property
    def times(self) -> int:
        """In how many sessions it was there."""
        return sum(self.found)

    @property
    def since(self) -> int:
        """In how many sessions at the end it was not there any more."""
        return next(k for k, found in enumerate(reversed(self.found)) if found)

    @property
    def words(self) -> str:
        """What became of it, for the coach."""
        if self.since:
            return f"not in the last {self.since}" if self.since > 1 else "not in the last one"
        if self.times == 1:
            return "new" if len(self.found) > 1 else "once"
        row = next((k for k, f in enumerate(reversed(self.found)) if not f), len(self.found))
        if row == 1:
            return "back again"
        every = self.times == len(self.found)
        return "each time it could be judged" if every else f"in the last {row}"


def finding_histories(
    findings: Iterable[FindingEntry], sessions: Iterable[Session]
) -> tuple[FindingHistory, ...]:
    """Return what was found at least once, what is still there and most often first.

    A session that cannot tell is left out: it neither has a finding nor is free of it.

    Parameters
    ----------
    findings, sessions
        Of one athlete; sessions without a date are left out.
    """
    started = {each.id: each.started for each in sessions if each.started is not None}
    seen: dict[tuple[str, str, str], dict[tuple[datetime, str], bool]] = defaultdict(dict)
    for each in findings:
        when = started.get(each.session)
        if when is not None and each.grade != "cannot_tell":
            history = seen[each.rule, family(each.movement), each.side]
            there = history.get((when, each.session), False) or each.grade in ("mild", "marked")
            history[when, each.session] = there
    histories = []
    for key, by_session in seen.items():
        order = sorted(by_session)
        if any(by_session.values()):
            last = max(when for (when, _), there in by_session.items() if there)
            found = tuple(by_session[session] for session in order)
            histories.append(FindingHistory(*key, found, last))
    return tuple(sorted(histories, key=lambda one: (one.since, -one.times, one.rule, one.side)))

"""All rules there are, found in the files of this folder, and what a set shows of one."""

import pkgutil
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final

from imuhip.assess import rules
from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import Limit, Limits, Rule
from imuhip.assess.verdicts import Seen, SideOrBoth, Verdict, verdict_of


def verdicts(
    name: str, episodes: Sequence[Episode], limits: Limits, context: Context
) -> list[Verdict]:
    """Judge a set by a rule: one verdict for the body, or one a side.

    Parameters
    ----------
    name
        A key of `RULES`.
    episodes
        The counted repetitions of the set, at least one.
    """
    rule = RULES[name]
    if rule.judge is not None:
        return rule.judge(episodes, limits, context)
    return [
        verdict_of(seen, limits[rule.limit_name], rule.spread, signed=rule.signed)
        for seen in seen_by_side(name, episodes, limits, context).values()
    ]


def seen_by_side(
    name: str, episodes: Sequence[Episode], limits: Limits, context: Context
) -> dict[SideOrBoth, list[Seen]]:
    """What repetitions show of a rule, by side; nothing where it compares whole sets."""
    see = RULES[name].see
    sides: dict[SideOrBoth, list[Seen]] = {}
    for episode in episodes:
        known = episode.seen.get(name)
        if known is None:
            known = [] if see is None else see(episode, limits, context)
        for seen in known:
            sides.setdefault(seen.side, []).append(seen)
    return sides


def _found() -> dict[str, Rule]:
    """The record of every file that has one, in the order in which findings are listed."""
    names = [each.name for each in pkgutil.iter_modules(rules.__path__)]
    modules = [import_module(f"{rules.__name__}.{name}") for name in names if name not in _NO_RULE]
    records: list[Rule] = [module.RULE for module in modules]
    return {rule.name: rule for rule in sorted(records, key=lambda rule: rule.order)}


def _limits() -> dict[str, Limit]:
    """Every rule's own limit, and the further numbers it depends on."""
    limits: dict[str, Limit] = {}
    for rule in RULES.values():
        limits |= {rule.limit_name: rule.limit, **rule.limits}
    return limits


_NO_RULE: Final = ("record", "table")

RULES: Final[Mapping[str, Rule]] = _found()
"""Name to rule, in the order in which they are listed."""

LIMITS: Final[Mapping[str, Limit]] = _limits()
"""Name with its unit to limit, for the goal ``general``."""

"""The limits of the rules: their own, a goal profile's, and an athlete's.

Degrees, per cent and milliseconds, as their names say: this is where people read and write.
"""

from collections.abc import Mapping
from typing import Any

from imuhip.assess.profiles import PROFILE_LIMITS, checked_goal
from imuhip.assess.rules.record import Limit, Limits
from imuhip.assess.rules.table import LIMITS
from imuhip.core.errors import RecordingError
from imuhip.devices.toml_table import as_number, nearest, shown


def limits_for(goal: str = "general", overrides: Mapping[str, Any] | None = None) -> Limits:
    """Return the limits of a goal profile, with an athlete's own in their places.

    Parameters
    ----------
    goal
        One of `profiles.GOALS`.
    overrides
        Name to value, of any of `LIMITS`.

    Raises
    ------
    RecordingError
        With a goal or a name that is not known, or a value out of its range.
    """
    profile = checked_goal(goal)
    entries = dict(LIMITS)
    for name, (value, reason) in PROFILE_LIMITS[profile].items():
        base = entries[name]
        source = f"provisional: {reason}"
        entries[name] = Limit(value, base.lowest, base.highest, source)
    for name, given in (overrides or {}).items():
        if name not in entries:
            raise RecordingError(f"There is no limit {name!r}{nearest(name, entries)}")
        limit = entries[name]
        number = as_number(given)
        if number is None or not limit.lowest <= number <= limit.highest:
            raise RecordingError(
                f"{name} must be from {limit.lowest:g} to {limit.highest:g}, not {shown(given)}."
            )
        entries[name] = Limit(number, limit.lowest, limit.highest, "the athlete's own")
    return Limits(profile, entries)

"""Whether rotation trained on the table has reached the squat of the same athlete, over weeks."""

import math

from imuhip.assess.symmetry import Difference
from imuhip.assess.wording import degrees


def transfer_words(side: str, direction: str, table: Difference, depth: Difference) -> str:
    """Say what the change on the table and the change of squat depth mean together.

    Parameters
    ----------
    side, direction
        Of the table test; the depth is that of the same side's thigh.
    table, depth
        Change since the first session with its error between days, degrees; more range and more
        depth are positive.

    Returns
    -------
    str
        A sentence with its advice; empty where one of them is inconclusive.
    """
    if "cannot tell" in (table.word, depth.word) or not math.isfinite(table.mdc + depth.mdc):
        return ""
    way = {"in": "internal", "out": "external"}.get(direction, direction)
    numbers = (
        f"{side.capitalize()} hip, {way} rotation on the table {degrees(table.value, '+')} "
        f"(± {table.mdc:.0f}°), squat depth {degrees(depth.value, '+')} (± {depth.mdc:.0f}°)"
    )
    grew, deeper = (each.word == "real" and each.value > 0.0 for each in (table, depth))
    if grew and deeper:
        return f"{numbers}: both real. The range reaches the squat; keep both."
    if grew:
        return (
            f"{numbers}: training rotation has not changed the squat. If depth is the goal, spend "
            "the time elsewhere."
        )
    if deeper:
        return f"{numbers}: the squat is deeper without more rotation; it came from elsewhere."
    return f"{numbers}: neither changed by more than error. Change the drill, or wait some weeks."

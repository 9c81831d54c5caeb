"""What a coach may say or try about a finding, and whether a cue that was given has helped.

The table at the foot is in plain words, distilled from what coaches of hip rotation do. A cue that
asks for more range is off near a position at which pain was marked: nobody pushes into that.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from imuhip.assess.verdicts import Verdict
from imuhip.core.conventions import SIDES
from imuhip.core.findings import Note

NEAR_PAIN_DEG: Final = 15.0
"""A position is near a pain mark when its hip flexion is so near to the one noted; provisional."""


class Cue(NamedTuple):
    """Something to say or to try.

    Parameters
    ----------
    text
        ``{side}``, ``{other}`` and ``{detail}`` are filled in.
    pushes_range
        It asks for more range at the position of the finding.
    """

    text: str
    pushes_range: bool = False


def cue_for(rule: str, verdict: Verdict, notes: Sequence[Note] = ()) -> str:
    """Return the first cue for a finding, and beside pain the first that does not push range."""
    return cues_for(rule, verdict, notes)[0]


def cues_for(rule: str, verdict: Verdict, notes: Sequence[Note] = ()) -> tuple[str, ...]:
    """Return all cues for a finding, the best one first.

    Parameters
    ----------
    verdict
        Its side and the hip flexion at which it shows.
    notes
        Marks so far; `pain` counts.
    """
    near = pain_is_near(verdict, notes)
    side = verdict.side
    other = {"left": "right", "right": "left"}.get(side, "other")
    detail = f"{verdict.detail:.0f}°" if math.isfinite(verdict.detail) else "that"
    kept = [each for each in CUES[rule] if not (near and each.pushes_range)]
    told = [each.text.format(side=side, other=other, detail=detail) for each in kept]
    told = [text[0].upper() + text[1:] for text in told]
    if near:
        told = [f"Pain was marked near here: stay short of it. {text}" for text in told]
    return tuple(told)


def pain_is_near(verdict: Verdict, notes: Sequence[Note]) -> bool:
    """Whether pain was marked near the hip flexion of a finding, on its side where it has one.

    A mark does not say which hip, so both count; a position that is not known is near everything.
    """
    pains = [note for note in notes if note.label == "pain"]
    sides = SIDES if verdict.side == "both" else (verdict.side,)
    return any(
        not abs(angle - verdict.flexion_deg) > NEAR_PAIN_DEG
        for note in pains
        for angle in _flexions(note, sides)
    )


def _flexions(note: Note, sides: Sequence[str]) -> Iterator[float]:
    for side in sides:
        yield note.angles.get(f"hip_flexion_{side}_deg", math.nan)


CUES: Final[Mapping[str, tuple[Cue, ...]]] = {
    "pelvic_tuck": (
        Cue(
            "stop just above {detail} of hip flexion, where the tuck begins; pause there, then up."
        ),
        Cue("try a slightly wider stance, or a small heel lift, and see if the tuck comes later."),
        Cue(
            "squat to a box at that height with less load, and lower the box over the weeks.", True
        ),
    ),
    "over_arching": (
        Cue("bend knees and hips together from the first moment; keep the ribs over the pelvis."),
        Cue("hold a light weight in front of the chest and sit down between the feet."),
    ),
    "pelvic_drop": (
        Cue("push the floor away with both feet alike; keep the belt line level."),
        Cue("slow step-downs with a level pelvis, more of them on the weaker leg."),
    ),
    "hip_shift": (
        Cue("pause at the bottom, bring the weight back to the middle, and stand up from there."),
        Cue("give the {other} leg work of its own: split squats, step-ups, lateral lunges."),
        Cue("less load until the hips stay in the middle."),
    ),
    "pelvic_twist": (
        Cue("keep the belt buckle pointing straight ahead all the way down."),
        Cue("train against the twist: carries on one side, Pallof presses, split squats."),
    ),
    "knee_in": (
        Cue("{side} knee out over the toes as you drive up."),
        Cue("a light band around the knees, less load, and a slow way up."),
        Cue("clamshells for the {side} hip before squatting: activation, then load."),
    ),
    "early_turn_out": (
        Cue("{side} kneecap over the foot, and straight ahead until half-way down."),
        Cue("set both feet alike, a little less turned out, and go only as deep as they stay."),
        Cue("seated knee-in turns for the {side} hip, the pelvis still.", True),
    ),
    "side_lag": (
        Cue("start both knees at one signal: breathe in, hold, and go."),
        Cue("three seconds down, in front of a mirror, both knees bending together."),
    ),
    "depth_difference": (
        Cue("squat to a box at the height of the {other} thigh, so that both arrive together."),
        Cue("goblet squats with the weight in the middle; single-leg work for the {other} leg."),
    ),
    "rotation_difference": (
        Cue("look again with the seated test before changing anything: one set has a wide error."),
        Cue(
            "seated knee-in turns for the {other} hip, the pelvis still, a few more each week.",
            True,
        ),
        Cue("holds at a comfortable end range for the {other} hip, slow in and slow out."),
    ),
    "pelvis_follows_pivot": (
        Cue("pelvis square and still; turn {side} foot and kneecap together, from the thigh."),
        Cue("turn the {side} leg only as far as the pelvis stays; pause at that limit, come back."),
        Cue("hands on the hip bones: feel that they do not follow."),
    ),
    "pelvis_cheats_table": (
        Cue("keep the pelvis heavy and still; stop the {side} turn where it begins to move."),
        Cue("a smaller and slower arc, with a hand or a belt on the pelvis."),
    ),
}
"""Rule to its cues, the one to begin with first."""

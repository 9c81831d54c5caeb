"""Arching at the start: the pelvis tips forward before the thighs have gone far."""

import math
from typing import Final

import numpy as np

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import PROVISIONAL, SQUAT, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.verdicts import Seen
from imuhip.assess.windows import TILT, TILT_CHANGE_SD_DEG, at_rest, flexion_at, inclination_deg


def over_arching(episode: Episode, _limits: Limits, _context: Context) -> list[Seen]:
    """Rise of the anterior tilt in the first third of the way down, by inclination."""
    tilt = np.degrees(episode.rows.pelvis[:, TILT])
    inclination = inclination_deg(episode)
    rows = slice(episode.start, episode.turn + 1)
    early = inclination[rows] <= inclination[episode.turn] / 3.0
    value = math.nan
    if early.any() and np.isfinite(tilt[rows]).all():
        value = float(tilt[rows][early].max()) - at_rest(episode, episode.rows.pelvis[:, TILT])
    at = flexion_at(episode, episode.start)
    return [Seen("both", episode.number, value, TILT_CHANGE_SD_DEG, at)]


RULE: Final = Rule(
    name="over_arching",
    order=20,
    title="Arching at the start",
    traits=SQUAT,
    see=over_arching,
    unit="deg",
    limit=Limit(20.0, 5.0, 60.0, PROVISIONAL),
    needs="gravity",
    of="the whole body",
    phrase=Phrase(
        name="arching at the start",
        shown="pelvis tips forward by {value} in the first third of the descent",
    ),
    definition=(
        "How far the pelvis tips forward in the first third of the way down, against the rest "
        "before."
    ),
    error="0.7°",
    good="You began your squats without tipping the pelvis far forward.",
    lead="You begin the squat by tipping the pelvis forward.",
    cues=(
        Cue(
            "say",
            "bend knees and hips together from the first moment; keep the ribs over the pelvis.",
        ),
        Cue("drill", "hold a light weight in front of the chest and sit down between the feet."),
    ),
)

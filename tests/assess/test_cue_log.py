import math

from support.synthetic_episodes import context, smooth, squat_motion

from imuhip.assess.cue_log import outcomes
from imuhip.core.findings import Note
from imuhip.results.assessment import notes_list


def session(sizes, gap_s=10.0):
    """Squats with a tuck of each size, one every ten seconds."""
    episodes = []
    for i, size in enumerate(sizes):
        motion = squat_motion()
        late = smooth((motion.u - 0.7) / 0.3)
        motion.pelvis[:, 0] = 25.0 * smooth(motion.u / 0.7) - size * late
        motion.t = motion.t + gap_s * i
        motion.lead += gap_s * i
        episode = motion.episode("squat", "both", i + 1)
        episodes.append(_shifted(episode, round(100 * gap_s * i)))
    return episodes


def _shifted(episode, rows):
    from dataclasses import replace

    names = ("before", "start", "turn_start", "turn", "turn_stop", "end")
    return replace(episode, **{name: getattr(episode, name) - rows for name in names})


def cue(t, text="chest up"):
    """A cue of the coach."""
    return Note(t, f"cue:{text}", "squat", 1)


def test_a_cue_that_helped():
    """A tuck that is smaller in the repetitions after a cue is better, with both numbers."""
    episodes = session([16.0, 15.0, 15.5, 4.0, 5.0, 4.5])
    found = [o for o in outcomes(episodes, context(notes=(cue(28.0),))) if o.rule == "pelvic_tuck"]
    assert [(o.effect, o.cue) for o in found] == [("better", "chest up")]
    assert abs(found[0].before - 15.5) < 0.3
    assert "15° → 4°" in found[0].words or "16° → 4°" in found[0].words


def test_a_cue_that_made_no_difference_or_made_it_worse():
    """Within the spread nothing has clearly changed; more of it is worse."""
    same = outcomes(session([15.0, 16.0, 14.0, 15.0, 16.5, 14.0]), context(notes=(cue(28.0),)))
    worse = outcomes(session([12.0, 12.5, 12.0, 21.0, 20.0, 20.5]), context(notes=(cue(28.0),)))
    assert [o.effect for o in same] == ["no clear change"]
    assert [o.effect for o in worse] == ["worse"]


def test_one_repetition_after_a_cue_cannot_tell():
    """One squat is no evidence."""
    (found,) = outcomes(session([15.0, 16.0, 14.0, 3.0]), context(notes=(cue(28.0),)))
    assert found.effect == "cannot tell"
    assert math.isnan(found.mdc)


def test_each_cue_is_held_against_the_repetitions_around_it():
    """Two cues: the first is judged up to the second, the second from the first on."""
    episodes = session([15.0, 15.5, 15.0, 14.5, 4.0, 4.5])
    notes = (cue(18.0, "knees out"), cue(38.0, "box"))
    found = outcomes(episodes, context(notes=notes))
    assert [(o.cue, o.effect) for o in found] == [
        ("knees out", "no clear change"),
        ("box", "better"),
    ]


def test_a_cue_is_written_with_what_became_of_it():
    """notes.json has a cue's outcomes beside its words, and none beside another mark's."""
    episodes = session([16.0, 15.0, 15.5, 4.0, 5.0, 4.5])
    notes = (cue(28.0), Note(28.5, "pain", "squat", 1))
    written = notes_list(notes, outcomes(episodes, context(notes=notes)))
    tuck = [each for each in written[0]["outcomes"] if each["rule"] == "pelvic_tuck"]
    assert [each["effect"] for each in tuck] == ["better"]
    assert tuck[0]["words"].startswith("After “chest up”")
    assert written[1]["outcomes"] == []


def test_nothing_found_before_a_cue_has_no_outcome():
    """A cue in a clean set is about nothing that can be measured; other marks are no cues."""
    assert outcomes(session([2.0] * 6), context(notes=(cue(28.0),))) == ()
    pain = (Note(28.0, "pain", "squat", 1),)
    assert outcomes(session([15.0] * 6), context(notes=pain)) == ()

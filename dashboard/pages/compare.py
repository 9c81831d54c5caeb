"""Do they differ? Two sides, sets, days or tests, in degrees with the error and the word."""

from collections.abc import Sequence

import streamlit as st

from dashboard.views.choosing import chosen_results, draw_page
from dashboard.views.comparing import left_out, set_titles
from dashboard.views.sessions import MEDICAL, session_titles
from dashboard.views.tables import table_html
from dashboard.views.theme import draw_all
from imuhip.assess.movements import family
from imuhip.assess.testers import words_of_testers
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Session
from imuhip.core.findings import Repetition
from imuhip.report.blocks import Picture
from imuhip.report.comparison import (
    BAND_WORDS,
    DEFINITIONS,
    PHONE,
    Comparison,
    band_picture,
    dots,
    errors_of,
    left_and_right,
    movements_with_sets,
    pairs_picture,
    session_and_session,
    set_and_set,
    table_rows,
    tests_compared,
    waves,
)
from imuhip.report.material import Material, material_of, title_of
from imuhip.report.sections import remedy_of

MODES = (
    "Left and right",
    "Set and set",
    "Session and session",
    "Cold and warm",
    "Table and loaded",
)


def main() -> None:
    """Draw the page."""
    with st.container(key="whole"):  # seen when it is whole: see server/front.py
        draw_page("Compare", _show)
        st.markdown(f":small[{MEDICAL}]")


def _show(catalogue: Catalogue) -> None:
    picked = chosen_results(catalogue)
    if picked is None:
        return
    _athlete, session, others = picked
    mode = st.radio("Compare", MODES, horizontal=True)
    material = material_of(catalogue, session.id)
    if mode == MODES[0]:
        _sides(material)
    elif mode == MODES[1]:
        _sets(material)
    elif mode == MODES[2]:
        _sessions(catalogue, session, material, others)
    elif mode == MODES[3]:
        _tests(material, ("cold_warm", "active_passive"), _HOW_COLD)
    else:
        _tests(material, ("table_loaded",), _HOW_TABLE)


def _sides(material: Material) -> None:
    found = left_and_right(material)
    if not found:
        st.info("No movement was done with both hips in this session.")
        return
    _say_left_out(material.repetitions)
    _table(found, "Left and right")
    groups = [("", material, material.repetitions)]
    _pictures(waves(groups), waves(groups, PHONE[0]))


def _sets(material: Material) -> None:
    several = movements_with_sets(material)
    if not several:
        st.info("No movement was done in two sets in this session.")
        return
    what, one, two = st.columns(3)
    movement = what.selectbox("Movement", list(several), format_func=title_of)
    titles = set_titles(material, movement)
    first = one.selectbox("First set", several[movement], format_func=titles.__getitem__)
    second = two.selectbox(
        "Second set",
        [n for n in several[movement] if n != first],
        format_func=titles.__getitem__,
    )
    mine = [rep for rep in material.repetitions if family(rep.movement) == movement]
    _say_left_out([rep for rep in mine if rep.set in (first, second)])
    heading = f"{titles[first]} against {titles[second]}"
    _table(set_and_set(material, movement, first, second), f"{heading[0].upper()}{heading[1:]}")
    groups = [(f"set {n}", material, [r for r in mine if r.set == n]) for n in (first, second)]
    _pictures(waves(groups), waves(groups, PHONE[0]))


def _sessions(
    catalogue: Catalogue, after: Session, material: Material, others: Sequence[Session]
) -> None:
    if not others:
        st.info("This is the athlete's only session with results. Two are needed to compare.")
        return
    known, titles = {other.id: other for other in others}, session_titles(others)
    before = known[st.selectbox("Compared with", list(known), format_func=titles.__getitem__)]
    if before.started and after.started and before.started > after.started:
        st.markdown(":small[The session compared with is the later one of the two.]")
    if before.kind != after.kind:
        st.warning(
            "One was recorded cold and the other warm, or this is not known: the difference may "
            "come from warming up."
        )
    other = material_of(catalogue, before.id)
    if words := words_of_testers((other.tester, material.tester)):
        st.info(words)
    names = ("before", "now")
    found = session_and_session(other, material, errors_of(catalogue, after.athlete), names)
    if not found:
        st.info("The two sessions have no movement in common.")
        return
    _say_left_out(material.repetitions)
    _table(found, "Session and session")
    groups = [("before", other, other.repetitions), ("now", material, material.repetitions)]
    _pictures(waves(groups), waves(groups, PHONE[0]))


def _tests(material: Material, kinds: Sequence[str], how: str) -> None:
    pairs = tests_compared(material, kinds)
    for pair in pairs:
        st.text(pair.words)
    if pairs:
        _pictures([pairs_picture(pairs)], [pairs_picture(pairs, *PHONE)])
        st.markdown(f":small[{BAND_WORDS}]")
    else:
        st.info(how)


def _table(found: Sequence[Comparison], title: str) -> None:
    """Words and numbers, what they mean, and the picture."""
    st.header(_verdict(found), anchor=False)
    for words in remedy_of(found):
        st.warning(words.text)
    st.html(table_html(table_rows(found)))
    with st.popover("What do these mean?"):
        for name, definition in DEFINITIONS.items():
            st.write(f"**{name}**: {definition}")
        st.write(_WORDS)
    _pictures(
        [dots(found, title), band_picture(found)],
        [dots(found, title, *PHONE), band_picture(found, *PHONE)],
    )
    st.markdown(f":small[{BAND_WORDS}]")


def _verdict(found: Sequence[Comparison]) -> str:
    """What the lines say together; no calm word while one of them is inconclusive."""
    real = sum(one.difference.word == "real" for one in found)
    unknown = sum(one.difference.word == "cannot tell" for one in found)
    if real:
        words = f"{real} of {len(found)} differ by more than error"
        return f"{words}, {unknown} inconclusive" if unknown else words
    if unknown:
        return f"{unknown} of {len(found)} inconclusive"
    return "Nothing differs by more than error"


def _say_left_out(repetitions: Sequence[Repetition]) -> None:
    """After a drop-out: how many repetitions the comparison goes without."""
    if sentences := left_out(repetitions):
        st.warning("\n\n".join(sentences))


def _pictures(pictures: Sequence[Picture], on_phones: Sequence[Picture]) -> None:
    """Draw them; on a phone the narrow ones in their place."""
    draw_all(list(zip(pictures, on_phones, strict=True)))


_WORDS = (
    "± is the 95 % interval. **real**: more than error, and at least 5°. **possible**: the 80 % "
    "interval excludes zero. **cannot tell**: the error is not known. Outward turns are shown as "
    "positive numbers."
)

_HOW_COLD = (
    "Say which sets were cold and which warm (or active and passive) by a note while recording: "
    "**cold**, **warm**. For whole sessions set the state on the page **Athletes** and choose "
    "*Session and session*."
)

_HOW_TABLE = (
    "For this, do a table test, note the weight while recording – **load 60 kg** –, then squat: "
    "this then shows how much of the table's rotation is used at the bottom."
)

main()

"""Did it change? Sessions over weeks against the athlete's own error, goals, cues and the dose."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, time

import streamlit as st

from dashboard.views.choosing import chosen_athlete, draw_page
from dashboard.views.example import nothing_yet
from dashboard.views.progress import (
    changed_rows,
    changed_words,
    error_words,
    finding_rows,
    goal_words,
    goals_for,
    has_meaning,
    judged,
    left_out_words,
    measure_choices,
    measure_title,
    movements_of,
    note_rows,
    point_rows,
    series_row,
    side_rows,
    walk_words,
    week_rows,
)
from dashboard.views.progress_plots import WIDTHS, dose_picture, progress_picture
from dashboard.views.sessions import MEDICAL, movement_title
from dashboard.views.tables import table_html
from dashboard.views.theme import draw, palette
from imuhip.assess.measure_table import MEASURES
from imuhip.assess.movements import family
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Goal, NoteKind
from imuhip.catalogue.progress import Series, Week, several_testers
from imuhip.catalogue.progress_findings import finding_histories
from imuhip.report.material import PROGRESS
from imuhip.report.sections import NORMS_ARE, norm_rows


def main() -> None:
    """Draw the page."""
    with st.container(key="whole"):  # seen when it is whole: see server/front.py
        draw_page("Progress", _show)


def _show(catalogue: Catalogue) -> None:
    athletes = [athlete for athlete in catalogue.athletes() if athlete.sessions]
    if not athletes:
        st.info(
            "Nothing is filed yet. From the second session on this page says what changed, and "
            "with the third whether there is a trend."
        )
        nothing_yet("progress")
        return
    who, _ = st.columns([1, 2])
    with who:
        athlete = chosen_athlete(athletes).id
    movements = movements_of(catalogue.sessions(athlete))
    if not movements:
        st.info("No repetition was found in these sessions.")
        return
    _show_changed(catalogue, athlete)
    st.header("One measure over the weeks", anchor=False)
    what, how = st.columns(2)
    movement = what.selectbox("Movement", movements, format_func=movement_title)
    name = how.selectbox("Measure", measure_choices(), format_func=measure_title)
    every = catalogue.progress(athlete, names=[name], movement=movement)
    series = [one for one in every if has_meaning(one)]
    with st.popover("What does it mean?"):
        st.write(f"**{MEASURES[name].title}**: {MEASURES[name].definition}")
        st.write(f":small[{MEASURES[name].source}]")
    if series:
        _show_series(catalogue, athlete, series)
    else:
        st.info("This movement has no such measure; choose another one.")
    _show_dose(catalogue.dose(athlete))
    goals, notes = st.columns(2)
    with goals:
        _goals(catalogue, athlete, name, movement)
    with notes:
        _notes(catalogue, athlete)
    st.markdown(f":small[{MEDICAL}]")


def _show_changed(catalogue: Catalogue, athlete: str) -> None:
    """What changed, the surest first: by the measures and words of the report."""
    series = judged(catalogue.progress(athlete, names=PROGRESS))
    st.header(changed_words(series), anchor=False)
    if words := several_testers(series):
        st.info(words)
    rows = changed_rows(series)
    if rows:
        st.html(table_html(rows, colour=palette().text))
    sides = side_rows(series)
    if sides:
        with st.expander("Right against left over the sessions", icon=":material/balance:"):
            st.html(table_html(sides, colour=palette().text))
    found = finding_histories(catalogue.findings(athlete), catalogue.sessions(athlete))
    if found:
        st.header("What was found, over the sessions", anchor=False)
        st.html(table_html(finding_rows(found)))


def _show_dose(weeks: Sequence[Week]) -> None:
    """Repetitions a week, and the weeks one by one."""
    st.header("Dose", anchor=False)
    if words := walk_words(weeks):
        st.markdown(words)
    if weeks:
        draw(*(dose_picture(weeks, palette(), wide) for wide in WIDTHS))
        with st.expander("Week by week", icon=":material/calendar_month:"):
            st.html(table_html(week_rows(weeks)))


def _show_series(catalogue: Catalogue, athlete: str, series: Sequence[Series]) -> None:
    """The picture, and what has changed in words."""
    goals = goals_for(catalogue.goals(athlete), series)
    ways = list(dict.fromkeys(one.direction for one in series))
    for way in ways:
        mine = [one for one in series if one.direction == way]
        if len(ways) > 1:
            st.subheader(f"Turning {way}", anchor=False)
        mine_goals = goals_for(goals, mine)
        notes = catalogue.notes(athlete)
        draw(*(progress_picture(mine, mine_goals, notes, palette(), wide) for wide in WIDTHS))
        st.html(table_html([series_row(one) for one in mine]))
    with st.expander("Session by session", icon=":material/list:"):
        st.html(table_html(point_rows(series)))
    if left_out := left_out_words(series):
        st.warning(left_out)
    rows = norm_rows(family(series[0].movement)) if series[0].name == "rotation_end_deg" else []
    if rows:
        with st.expander("What was measured in people", icon=":material/menu_book:"):
            st.markdown(f":small[{NORMS_ARE}]")
            st.html(table_html(rows))
    st.markdown(
        f":small[{error_words(series)} Hollow dots: before warming up; cold and warm stay apart.]"
    )


def _goals(catalogue: Catalogue, athlete: str, name: str, movement: str) -> None:
    st.header("Goals", anchor=False)
    for number, goal in enumerate(catalogue.goals(athlete)):
        words, button = st.columns([3, 1], vertical_alignment="center")
        known = MEASURES.get(goal.measure)
        what = known.title if known else measure_title(goal.measure)
        words.write(f"{what[0].upper()}{what[1:]}: {goal_words(goal)}")
        if button.button("Remove", key=f"goal-{number}", width="stretch"):
            catalogue.remove_goal(athlete, goal)
            st.rerun()
    with st.form("goal"):
        st.write(f"{measure_title(name)}, {movement_title(movement)}")
        low, high, side = st.columns(3)
        least = low.number_input("At least", value=None, step=1.0)
        most = high.number_input("At most", value=None, step=1.0)
        leg = side.selectbox("Side", ["both", "left", "right"])
        if st.form_submit_button("Set goal"):
            if least is None and most is None:
                st.warning("Give the goal a lower or an upper limit.")
            elif least is not None and most is not None and least > most:
                st.warning("The lower limit is above the upper one.")
            else:
                catalogue.set_goal(athlete, Goal(
                    name, movement, "" if leg == "both" else leg,
                    low=math.nan if least is None else least,
                    high=math.nan if most is None else most,
                ))  # fmt: skip
                st.rerun()


def _notes(catalogue: Catalogue, athlete: str) -> None:
    st.header("Cues, pain and notes", anchor=False)
    with st.form("note", clear_on_submit=True):
        kind, when = st.columns(2)
        chosen = kind.selectbox("What", list(_KINDS), format_func=_KINDS.__getitem__)
        on = when.date_input("When", datetime.now().astimezone().date())
        text = st.text_input("Words")
        if st.form_submit_button("Save note"):
            if text.strip():
                at = datetime.combine(on, time(12), tzinfo=UTC)
                catalogue.add_note(athlete, text.strip(), kind=chosen, at=at)
                st.rerun()
            st.warning("Write a few words first.")
    rows = note_rows(catalogue.notes(athlete))
    if rows:
        st.html(table_html(rows[:_MOST_NOTES]))
        if len(rows) > _MOST_NOTES:
            st.caption(f"{len(rows) - _MOST_NOTES} earlier ones.")


_MOST_NOTES = 20
_KINDS: dict[NoteKind, str] = {
    "cue": "a cue", "pain": "pain", "note": "a note", "phase": "a new phase of training",
}  # fmt: skip

main()

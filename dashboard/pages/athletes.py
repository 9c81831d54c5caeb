"""Whose sessions are there? Find, open, edit, trash and restore them."""

import math
from collections.abc import Sequence
from html import escape

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.server.dropped import file_dropped
from dashboard.views.athletes import Person, changes_of, last_values, person_of, sparkline
from dashboard.views.choosing import let_train, opened, remember
from dashboard.views.example import example_button
from dashboard.views.progress import changed_words, finding_rows, judged
from dashboard.views.sessions import (
    analysis_title,
    athlete_title,
    consent_words,
    session_rows,
    session_title,
    squads_of,
    tags_of,
)
from dashboard.views.theme import image, palette
from imuhip.assess.screen import TEST_MEASURES, words_today
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Athlete, Kind, Session
from imuhip.catalogue.library import RECORDING_SUFFIX
from imuhip.catalogue.progress import usual_in
from imuhip.catalogue.progress_findings import finding_histories
from imuhip.core.errors import CatalogueError, ImuhipError
from imuhip.report.material import PROGRESS


def main() -> None:
    """Draw the page."""
    st.title("Athletes and sessions", anchor=False)
    for words in st.session_state.pop("said", ()):
        st.success(words)
    try:
        with opened() as catalogue:
            _show(catalogue)
    except ImuhipError as error:
        st.error(str(error))


def _show(catalogue: Catalogue) -> None:
    athletes = catalogue.athletes()
    if not athletes:
        st.info(
            "There are no athletes yet. Each athlete gets a card with the last session, what "
            "stands out and what has changed. Add an athlete, or drop a recording."
        )
        example_button("athletes-example")
    opening, adding = st.columns([2, 1])
    with opening.expander("Open a recording", icon=":material/upload_file:", expanded=not athletes):
        _drop(catalogue, athletes)
    with adding.expander("Add an athlete", icon=":material/person_add:"):
        _add(catalogue, list(squads_of(athletes)))
    if not athletes:
        return
    squads = squads_of(athletes)
    who, grouped, tagged = st.columns([2, 1, 1])
    known = {athlete.id: athlete for athlete in athletes}
    chosen = who.selectbox(
        "Athlete",
        ["", *known],
        index=_before(athletes),
        format_func=lambda one: athlete_title(known[one]) if one else "Everybody",
    )
    st.session_state["athletes_athlete"] = chosen
    squad = grouped.selectbox("Squad", ["", *squads], format_func=lambda one: one or "any")
    everything = catalogue.sessions(chosen or None)
    tags = tagged.multiselect("Tags", tags_of(everything), placeholder="any")
    if chosen:
        _show_athlete(catalogue, known[chosen], list(squads))
    else:
        shown = [one for one in athletes if squad in ("", *one.squads)]
        _show_people(catalogue, shown, everything, tags, squad)
    st.header("Sessions", anchor=False)
    search, kind = st.columns([2, 2])
    found = catalogue.sessions(
        chosen or None,
        search=search.text_input("Search", placeholder="notes, marks, movements, file"),
        tags=tags,
        kind=_KINDS[kind.segmented_control("State", list(_KINDS), default="all", required=True)],
    )
    if squad and not chosen:
        found = tuple(one for one in found if squad in known[one.athlete].squads)
    _undo(catalogue)
    _show_sessions(catalogue, found, searched=bool(everything))
    _show_trash(catalogue, chosen or None)


def _before(athletes: Sequence[Athlete]) -> int:
    """Place of who was looked at before; everybody at first."""
    ids = ["", *(athlete.id for athlete in athletes)]
    before = st.session_state.get("athletes_athlete")
    return ids.index(before) if before in ids else 0


# --- coming in -----------------------------------------------------------------------------------


def _drop(catalogue: Catalogue, athletes: Sequence[Athlete]) -> None:
    """A recording becomes a session of the library."""
    with st.form("drop", border=False, clear_on_submit=True):
        files = st.file_uploader(
            "Drop recordings here",
            type=[RECORDING_SUFFIX.removeprefix(".")],
            accept_multiple_files=True,
        )
        athlete = st.selectbox(
            "Which athlete?",
            [one.id for one in athletes],
            index=0 if len(athletes) == 1 else None,
            accept_new_options=True,
            placeholder="choose, or type a new id",
        )
        if not st.form_submit_button("Analyze and file", type="primary"):
            return
    if not files or not athlete:
        st.warning("Drop a file and say whose it is; then press the button again.")
        return
    said = [words for file in files if (words := _file(catalogue, file, athlete))]
    if len(said) == len(files):
        _again(said)
    for words in said:
        st.success(words)


def _file(catalogue: Catalogue, file: UploadedFile, athlete: str) -> str:
    """File one recording, and return what to say of it; empty when the page says why not."""
    bar = st.progress(0.0)

    def on_progress(share: float) -> None:
        bar.progress(share, f"{file.name} is analyzed …")

    try:
        filed = file_dropped(catalogue, file.name, file.getvalue(), athlete, on_progress)
    except ImuhipError as error:
        st.error(f"{file.name}: {error}")
        return ""
    finally:
        bar.empty()
    remember(filed.athlete, filed.session)
    st.session_state["athletes_athlete"] = filed.athlete
    return "\n\n".join((f"{file.name} is filed under {filed.athlete}.", *filed.words))


def _add(catalogue: Catalogue, squads: Sequence[str]) -> None:
    with st.form("add", border=False):
        name = st.text_input("Id", help="A pseudonym such as A1: file names contain it.")
        called = st.text_input("Name", help="Kept in this catalogue only; may be empty.")
        note = st.text_input("Note")
        within = _choose_squads(squads)
        if st.form_submit_button("Add"):
            try:
                catalogue.add_athlete(name.strip(), called.strip(), note.strip())
                catalogue.set_squads(name.strip(), within)
            except ImuhipError as error:
                st.error(str(error))
                return
            st.session_state["athletes_athlete"] = name.strip()
            _again([f"{name.strip()} is added."])


# --- one athlete ---------------------------------------------------------------------------------


def _show_people(
    catalogue: Catalogue,
    athletes: Sequence[Athlete],
    sessions: Sequence[Session],
    tags: Sequence[str],
    squad: str,
) -> None:
    """A card each, the latest first; below it the team, a row each."""
    wanted = {s.athlete for s in sessions if set(tags) <= set(s.tags)} if tags else None
    shown = [one for one in athletes if wanted is None or one.id in wanted]
    shown.sort(key=lambda one: one.last.timestamp() if one.last else 0.0, reverse=True)
    people = [_person(catalogue, one, sessions) for one in shown[:_MOST_CARDS]]
    columns = st.columns(_CARDS_ABREAST)
    for k, person in enumerate(people):
        with columns[k % _CARDS_ABREAST], st.container(border=True):
            _card(person)
    if len(shown) > _MOST_CARDS:
        st.caption(f"{len(shown) - _MOST_CARDS} more: choose one above, or a tag.")
    if len(people) > 1:
        names = ", ".join(part for part in (squad, *tags) if part) or "all"
        turns = sorted(shown, key=lambda one: athlete_title(one).casefold())
        able = [one.id for one in turns if one.consent != "withdrawn"]
        label = f"Today's queue: {names}, {len(able)} on one set of sensors"
        if able and st.button(label, icon=":material/groups:"):
            let_train(*able)
            st.switch_page("pages/setup.py")
        with st.expander("The team, a row each", icon=":material/groups:"):
            st.dataframe(
                [dict(person.row) for person in people], hide_index=True, column_config=_TEAM
            )


def _person(catalogue: Catalogue, athlete: Athlete, sessions: Sequence[Session]) -> Person:
    """Everything that a card says."""
    theirs = [session for session in sessions if session.athlete == athlete.id]
    findings = catalogue.findings(session=theirs[0].id) if theirs else ()
    return person_of(athlete, theirs, findings, catalogue.progress(athlete.id, names=PROGRESS))


def _card(person: Person) -> None:
    """Who, when last, three chips, how it went over the weeks, and the way on."""
    st.html(_card_html(person))
    opened_, trains = st.columns(2)
    if opened_.button("Open", key=f"open-{person.id}", width="stretch"):
        st.session_state["athletes_athlete"] = person.id
        st.rerun()
    if trains.button("Set up", key=f"train-{person.id}", type="primary", width="stretch"):
        let_train(person.id)
        st.switch_page("pages/setup.py")


def _card_html(person: Person) -> str:
    chips = "".join(f"<li>{escape(chip)}</li>" for chip in person.chips)
    drawn = sparkline(person, palette().sides)
    line = ""
    if drawn is not None:
        figures = f"{escape(person.drawn)}: {escape(last_values(person))}"
        picture = image(drawn, "none", least_px=0.0)
        line = f"<figure>{picture}<figcaption>{figures}</figcaption></figure>"
    return (
        f"{_CARD_STYLE}<article class='person'><h2>{escape(person.title)}</h2>"
        f"<p>{escape(' · '.join(part for part in (person.last, person.what) if part))}</p>"
        f"<ul>{chips}</ul>{line}<p class='consent'>{escape(person.consent)}</p></article>"
    )


def _show_athlete(catalogue: Catalogue, athlete: Athlete, squads: Sequence[str]) -> None:
    """The athlete's page: where they stand, what changed, name and consent, a new session."""
    remember(athlete.id)
    sessions = catalogue.sessions(athlete.id)
    series = catalogue.progress(athlete.id, names=PROGRESS)
    findings = catalogue.findings(session=sessions[0].id) if sessions else ()
    card, changes = st.columns(2)
    with card.container(border=True):
        st.html(_card_html(person_of(athlete, sessions, findings, series)))
    with changes.container(border=True):
        st.header("What changed", anchor=False)
        for sentence in changes_of(series) or [changed_words(judged(series))]:
            st.markdown(sentence)
        _say_lately(catalogue, athlete, sessions)
        if sessions and st.button("Open Progress", icon=":material/trending_up:"):
            st.switch_page("pages/progress.py")
    if st.button("Set up a session", icon=":material/checklist:", type="primary"):
        let_train(athlete.id)
        st.switch_page("pages/setup.py")
    icon = ":material/verified_user:" if athlete.consent == "given" else ":material/gpp_maybe:"
    with st.expander(f"{athlete_title(athlete)} · {_CONSENT[athlete.consent]}", icon=icon):
        for sentence in consent_words(catalogue.consents(athlete.id)):
            st.write(sentence)
        with st.form("athlete", border=False):
            name = st.text_input("Name", athlete.name)
            note = st.text_input("Note", athlete.note)
            within = _choose_squads(squads, athlete.squads)
            purpose = st.text_input("Consent to", "measuring and keeping the recordings")
            save, agree, withdraw, _ = st.columns([1, 1, 1, 3])
            if save.form_submit_button("Save", width="stretch"):
                catalogue.edit_athlete(athlete.id, name=name.strip(), note=note.strip())
                if _set_squads(catalogue, athlete.id, within):
                    _again(["Saved."])
            if agree.form_submit_button("Agreed today", width="stretch"):
                catalogue.give_consent(athlete.id, purpose.strip())
                _again([f"Written down: {athlete.id} agreed to {purpose.strip()}."])
            if withdraw.form_submit_button("Withdrawn", width="stretch"):
                catalogue.withdraw_consent(athlete.id)
                _again([f"Written down: {athlete.id} withdrew every consent."])


def _choose_squads(known: Sequence[str], within: Sequence[str] = ()) -> list[str]:
    """Ask in which squads somebody is; a new name makes a new squad."""
    return st.multiselect(
        "Squads", known, within, accept_new_options=True, placeholder="choose, or type a new one"
    )


def _set_squads(catalogue: Catalogue, athlete: str, squads: Sequence[str]) -> bool:
    """Keep the squads; False when the page says why not."""
    try:
        catalogue.set_squads(athlete, squads)
    except CatalogueError as error:
        st.error(str(error))
        return False
    return True


def _say_lately(catalogue: Catalogue, athlete: Athlete, sessions: Sequence[Session]) -> None:
    """What the last session found, how often before, and its table screen against the usual."""
    histories = finding_histories(catalogue.findings(athlete.id), sessions)
    latest = sessions[0].started if sessions else None
    rows = finding_rows([one for one in histories if one.last == latest][:_MOST_FOUND])
    if rows:
        st.markdown("**Found last time**")
    for row in rows:
        side = "" if row["Side"] == "both" else f", {row['Side']}"
        st.markdown(f"{row['Finding']}{side}, {row['In']}: {row['Found in']} sessions")
    values = catalogue.measures(athlete.id, names=TEST_MEASURES)
    said = words_today(usual_in(values, sessions[0].id)) if sessions else ()
    if said:
        st.markdown("**Last table screen against the usual**")
    for sentence in said:
        st.markdown(sentence)


# --- sessions ------------------------------------------------------------------------------------


def _show_sessions(catalogue: Catalogue, found: Sequence[Session], *, searched: bool) -> None:
    """The list, and the one that is selected in it."""
    if not found:
        st.info(
            "No session matches. Take a tag or a word out of the search."
            if searched
            else "There are no sessions yet. Drop a recording above."
        )
        return
    picked = st.dataframe(
        session_rows(found),
        key="sessions",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        column_config={
            "Tags": st.column_config.ListColumn(),
            "Minutes": st.column_config.NumberColumn(format="%.1f"),
        },
    )
    rows = [row for row in picked["selection"]["rows"] if row < len(found)]
    if not rows:
        st.caption("Select a session at the left of its row to open or edit it.")
        return
    session = found[rows[0]]
    st.subheader(session_title(session), anchor=False)
    review, trash, _ = st.columns([1, 1, 3])
    if review.button("Open in Review", type="primary", width="stretch"):
        remember(session.athlete, session.id)
        st.switch_page("pages/review.py")
    if trash.button("Move to trash", icon=":material/delete:", width="stretch"):
        catalogue.trash(session.id)
        st.session_state["trashed"] = session.id
        st.rerun()
    _edit(catalogue, session, tags_of(found))
    _choose_analysis(catalogue, session)


def _edit(catalogue: Catalogue, session: Session, tags: Sequence[str]) -> None:
    """What the coach says of a session."""
    with st.form(f"edit-{session.id}"):
        first, second, third = st.columns(3)
        kinds = list(_SAID)
        kind = first.segmented_control(
            "State", kinds, default=kinds[list(_SAID.values()).index(session.kind)], required=True
        )
        load = second.number_input(
            "Load, kg", 0.0, 1000.0, None if math.isnan(session.load_kg) else session.load_kg, 2.5,
            placeholder="none",
        )  # fmt: skip
        chosen = third.multiselect(
            "Tags", tags, list(session.tags), accept_new_options=True, placeholder="add a tag"
        )
        known = ["", *sorted({session.tester, *catalogue.testers()} - {""}, key=str.casefold)]
        tester = st.selectbox(
            "Who tested (type a new name or initials)",
            known,
            known.index(session.tester),
            format_func=lambda one: one or "not known",
            accept_new_options=True,
        )
        notes = st.text_area("Notes", session.notes, height=80)
        if st.form_submit_button("Save"):
            by = (tester or "").strip()
            try:
                catalogue.edit_session(
                    session.id,
                    kind=_SAID[kind],
                    load_kg=math.nan if load is None else load,
                    notes=notes.strip(),
                    tags=[tag.strip() for tag in chosen if tag.strip()],
                    tester=None if by == session.tester else by,
                )
            except CatalogueError as error:
                st.error(str(error))
                return
            _again(["Saved."])


def _choose_analysis(catalogue: Catalogue, session: Session) -> None:
    """Which analysis all pages show."""
    analyses = catalogue.analyses(session.id)
    if len(analyses) < 2:
        return
    pinned = next((k for k, one in enumerate(analyses, 1) if one.pinned), 0)
    chosen = st.selectbox(
        "Analysis that is shown",
        [None, *analyses],
        index=pinned,
        format_func=lambda one: analysis_title(one) if one else "always the newest",
    )
    before = analyses[pinned - 1].fingerprint if pinned else None
    wanted = chosen.fingerprint if chosen else None
    if wanted != before:
        catalogue.show(session.id, wanted)
        _again(["All pages show the chosen analysis."])


# --- trash ---------------------------------------------------------------------------------------


def _undo(catalogue: Catalogue) -> None:
    """The last session that went into the trash comes back with one press."""
    trashed = st.session_state.get("trashed")
    if trashed is None:
        return
    words, button = st.columns([4, 1], vertical_alignment="center")
    words.info("The session is in the trash. Its files are untouched.")
    if button.button("Undo", icon=":material/undo:", width="stretch"):
        del st.session_state["trashed"]
        catalogue.restore(trashed)
        st.rerun()


def _show_trash(catalogue: Catalogue, athlete: str | None) -> None:
    trashed = catalogue.sessions(athlete, trashed=True)
    if not trashed:
        return
    with st.expander(f"Trash ({len(trashed)})", icon=":material/delete:"):
        for session in trashed:
            words, button = st.columns([4, 1], vertical_alignment="center")
            words.write(f"{session.athlete} · {session_title(session)}")
            if button.button("Restore", key=f"restore-{session.id}", width="stretch"):
                catalogue.restore(session.id)
                st.session_state.pop("trashed", None)
                st.rerun()


def _again(said: list[str]) -> None:
    """Draw the page anew with what was written, and say so."""
    st.session_state["said"] = said
    st.rerun()


_MOST_CARDS = 24
_MOST_FOUND = 3
_CARDS_ABREAST = 3

_TEAM = {
    "Last session": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
    "Left": st.column_config.LineChartColumn(help="What the card shows, one point per session."),
    "Right": st.column_config.LineChartColumn(help="What the card shows, one point per session."),
}

_CARD_STYLE = """<style>
.person { display: grid; gap: .35rem; }
.person h2 { padding: 0; margin: 0; font-size: 1.25rem; } .person p { margin: 0; }
.person ul { list-style: none; display: flex; flex-wrap: wrap; gap: .35rem; padding: 0; margin: 0; }
.person li { border: 1px solid #8888; border-radius: 99px; padding: .1rem .7rem; margin: 0;
  font-size: .95rem; }
.person figure { margin: 0; } .person figcaption { font-size: .9rem; }
.person img { display: block; width: 100%; max-width: 24rem; height: auto; }
.person .consent { font-size: .9rem; font-weight: 600; }
</style>"""

_CONSENT = {
    "given": "Consent is given",
    "none": "No consent is on file",
    "withdrawn": "Consent is withdrawn: nothing new is filed",
}
_KINDS: dict[str, Kind | None] = {"all": None, "cold": "cold", "warm": "warm"}
_SAID: dict[str, Kind] = {"not said": "", "cold": "cold", "warm": "warm"}

main()

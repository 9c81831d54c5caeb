"""Which catalogue, athlete and session a page is about; remembered from page to page."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from dashboard.server.settings import settings_from_arguments
from dashboard.views.example import in_example, nothing_yet
from dashboard.views.sessions import athlete_title, session_titles
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Athlete, Session
from imuhip.catalogue.example import example_catalogue
from imuhip.core.errors import ImuhipError


@contextmanager
def opened() -> Iterator[Catalogue]:
    """The catalogue that the dashboard was started with, open for one run of a page.

    Raises
    ------
    CatalogueError
        When it cannot be used.
    """
    with Catalogue(_place()) as catalogue:
        _follow(catalogue)
        yield catalogue


def _place() -> str | None:
    """Where the catalogue lies that this visitor looks at."""
    return str(example_catalogue()) if in_example() else settings_from_arguments().catalogue


def draw_page(title: str, show: Callable[[Catalogue], None]) -> None:
    """Head a page and show what the catalogue holds; what is refused is said in its place."""
    st.title(title, anchor=False)
    try:
        with opened() as catalogue:
            show(catalogue)
    except ImuhipError as error:
        st.error(str(error))


def chosen_athlete(athletes: Sequence[Athlete]) -> Athlete:
    """Ask which athlete; the one of the page before is chosen already."""
    # Ids are the options: an athlete whose note was edited would be another option.
    known = {athlete.id: athlete for athlete in athletes}
    before = st.session_state.get(_ATHLETE)
    chosen = st.selectbox(
        "Athlete",
        list(known),
        index=list(known).index(before) if before in known else _latest(athletes),
        format_func=lambda one: athlete_title(known[one]),
    )
    st.session_state[_ATHLETE] = chosen
    return known[chosen]


def chosen_session(sessions: Sequence[Session], label: str = "Session") -> Session:
    """Ask which session; the one of the page before is chosen already, else the latest."""
    known = {session.id: session for session in sessions}
    titles = session_titles(sessions)
    before = st.session_state.get(_SESSION)
    chosen = st.selectbox(
        label,
        list(known),
        index=list(known).index(before) if before in known else 0,
        format_func=titles.__getitem__,
    )
    st.session_state[_SESSION] = chosen
    return known[chosen]


def chosen_results(catalogue: Catalogue) -> tuple[Athlete, Session, list[Session]] | None:
    """Ask which athlete and which session that has results; None where there is none, and why.

    Beside the one that was chosen, the athlete's other sessions with results.
    """
    athletes = [athlete for athlete in catalogue.athletes() if athlete.sessions]
    if not athletes:
        st.info("Nothing is filed yet. This page shows something from the first session on.")
        nothing_yet("results")
        return None
    who, when = st.columns([1, 2])
    with who:
        athlete = chosen_athlete(athletes)
    sessions = [s for s in catalogue.sessions(athlete.id) if s.results is not None]
    if not sessions:
        st.info("No session has results. Analyze one again on the page **Athletes**.")
        return None
    with when:
        session = chosen_session(sessions)
    return athlete, session, [other for other in sessions if other.id != session.id]


def remember(athlete: str, session: str | None = None) -> None:
    """Let the pages begin with this athlete, and this session."""
    st.session_state[_ATHLETE] = athlete
    if session is not None:
        st.session_state[_SESSION] = session


def let_train(athlete: str, *then: str) -> None:
    """Let the set-up page begin with this athlete, and these after it, once."""
    st.session_state[_TRAINS] = athlete, *then


def who_trains() -> tuple[str, tuple[str, ...]]:
    """Whom the page before sent to set-up, empty for nobody, and who comes after."""
    athlete, *then = st.session_state.pop(_TRAINS, ("",))
    return athlete, tuple(then)


def _follow(catalogue: Catalogue) -> None:
    """Choose what the page's address asks for, as in ``review?session=…``; once."""
    wanted = st.query_params.get("session")
    if wanted is None:
        return
    del st.query_params["session"]
    found = [session for session in catalogue.sessions() if session.id == wanted]
    for session in found:
        remember(session.athlete, session.id)
    if not found:
        st.warning("This session is not in the catalogue, or it is in the trash.")


def _latest(athletes: Sequence[Athlete]) -> int:
    """Place of who was here last."""
    seen = [a.last.timestamp() if a.last else 0.0 for a in athletes]
    return seen.index(max(seen))


_ATHLETE, _SESSION, _TRAINS = "chosen_athlete", "chosen_session", "who_trains"

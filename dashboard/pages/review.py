"""What happened in a session, and when? One cursor for traces, figure and repetitions."""

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.components.review import review_view
from dashboard.server.samples import SAMPLES
from dashboard.server.settings import settings_from_arguments
from dashboard.views.choosing import chosen_athlete, chosen_session, opened
from dashboard.views.example import nothing_yet
from dashboard.views.findings import GRADE_WORDS, FindingCard, finding_cards, in_ranges
from dashboard.views.review import (
    Rep,
    Review,
    by_repetition,
    excluded_of,
    furthest,
    gap_rows,
    gap_words,
    note_rows,
    packed,
    player_data,
    read_review,
    rep_rows,
    shown_by,
    uncertain_sides,
)
from dashboard.views.review_plots import MOST_PATHS, mean_figure, path_figure
from dashboard.views.sessions import MEDICAL, movement_title
from dashboard.views.theme import palette
from imuhip.assess.measure_table import MEASURES
from imuhip.assess.screen import TEST_MEASURES, measure_of, words_today
from imuhip.assess.wording import degrees
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Session
from imuhip.catalogue.progress import usual_in
from imuhip.core.certainty import REMEDY
from imuhip.core.errors import ImuhipError
from imuhip.results.schemas import SESSION_FILE


def main() -> None:
    """Draw the page."""
    st.title("Review", anchor=False)
    try:
        with opened() as catalogue:
            session = _asked_session(catalogue)
            if session is not None and session.results is not None:
                _show(session.results, catalogue, session)
                return
    except ImuhipError as error:
        st.error(str(error))
    folder = _asked_folder(settings_from_arguments().results)
    if folder is None:
        st.info(
            "Nothing is filed yet. A session shows here with what stands out, every repetition "
            "and all angles over one cursor. Drop a recording on the page **Athletes**, or run "
            "`imuhip analyze RECORDING --athlete NAME`; a folder of results can be opened above."
        )
        nothing_yet("review")
        return
    try:
        _show(folder)
    except ImuhipError as error:
        st.error(str(error))


def _asked_session(catalogue: Catalogue) -> Session | None:
    """Athlete, then session; None where there is none or a folder is asked for."""
    athletes = [athlete for athlete in catalogue.athletes() if athlete.sessions]
    if not athletes or st.session_state.get("folder"):
        return None
    left, right = st.columns([1, 2])
    with left:
        athlete = chosen_athlete(athletes)
    with right:
        session = chosen_session(catalogue.sessions(athlete.id))
    if session.results is None:
        st.warning(
            "The results of this session are gone. Make them again: `imuhip analyze "
            f"{session.recording} --athlete {athlete.id}`"
        )
    if session.tester:
        st.text(f"Tested by {session.tester}")
    return session


def _asked_folder(results: Path | None) -> Path | None:
    """A folder from the list of results, or one that is typed in."""
    found = sorted(path.parent for path in results.glob(f"**/{SESSION_FILE}")) if results else []
    listed = st.selectbox("Results", found, format_func=str) if found else None
    typed = st.text_input("Folder", key="folder", placeholder="a folder of results")
    return Path(typed).expanduser() if typed else listed


def _show(place: Path, catalogue: Catalogue | None = None, session: Session | None = None) -> None:
    """Everything of one session."""
    name = session.id if session else str(place)
    entries = catalogue.repetitions(session.id) if catalogue and session else ()
    review = read_review(place, excluded_of(entries))
    marks = catalogue.marks(session.id) if catalogue and session else ()
    _show_head(review, filed=session is not None)
    if catalogue and session:
        _show_usual(review, catalogue, session)
    table = f"reps-{name}"
    picked = st.session_state.get(table, {}).get("selection", {}).get("rows", [])
    groups = by_repetition(review.reps)
    lit = [rep for k in picked if k < len(groups) for rep in groups[k]]
    asked = _jumps(review, f"shows-{name}")
    lit = lit or (shown_by(review.reps, asked) if asked else [])
    labels = [mark for mark in marks if not mark[1].startswith(("begin:", "end:"))]
    samples = SAMPLES.keep(review.version, lambda: packed(review))
    with st.container(key="player-room"):
        review_view(player_data(review, lit, labels), samples, key="player")
    _show_tabs(review, lit, table, catalogue, session)
    st.markdown(f":small[{MEDICAL}]")


def _jumps(review: Review, key: str) -> tuple[str, int, str, tuple[int, ...]] | None:
    """A button for each of the gravest findings that shows its repetitions in the player."""
    graver = [card for card in finding_cards(review.findings) if card.grade in ("marked", "mild")]
    if not graver:
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Show", width="content")
        for k, card in enumerate(graver[:_MOST_JUMPS]):
            numbers = in_ranges(card.shows[3])
            label = (
                f"{card.title}: {f'repetitions {numbers}' if numbers else f'set {card.shows[1]}'}"
            )
            if st.button(label, key=f"{key}-{k}", icon=":material/my_location:"):
                st.session_state[key] = card.shows
    shows: tuple[str, int, str, tuple[int, ...]] | None = st.session_state.get(key)
    return shows


def _show_tabs(
    review: Review,
    lit: Sequence[Rep],
    table: str,
    catalogue: Catalogue | None,
    session: Session | None,
) -> None:
    """What stands below the player; a tab is made when it is opened: the page opens faster."""
    reps, shapes, findings, notes = st.tabs(
        ["Repetitions", "Paths and averages", "Findings", "Notes of the moment"],
        key="tabs",
        on_change="rerun",
    )
    if reps.open:
        with reps:
            _show_reps(review, table, catalogue.marks(session.id) if catalogue and session else ())
            _exclude(lit, catalogue, session)
    if shapes.open:
        with shapes:
            _show_shapes(review, lit)
    if findings.open:
        with findings:
            _show_findings(review)
    if notes.open:
        with notes:
            _show_notes(review)


def _show_head(review: Review, *, filed: bool) -> None:
    """Furthest rotation of each movement, the calibration, and what went wrong with it."""
    with st.container(key="stands-out"):
        st.html(_furthest_cards(review))
    _show_doubts(review)
    meaning, calibration, report = st.columns(3)
    if filed and report.button("Report", icon=":material/description:", width="stretch"):
        st.switch_page("pages/report.py")
    with meaning.popover("What do these mean?", width="stretch"):
        for name in ("rotation_most_out_deg", "rotation_most_in_deg"):
            st.write(f"**{MEASURES[name].title}**: {MEASURES[name].definition}")
        st.write("The furthest of the repetitions that count, in degrees.")
    words = review.calibration.get("words", [])
    grade = review.calibration.get("grade", "none")
    with calibration.popover(f"Calibration: {grade}", width="stretch"):
        st.write(f"By: {review.calibration.get('chain', 'none')}")
        for sentence in words:
            st.write(sentence)
        gates = review.calibration.get("gates", [])
        if gates:
            st.dataframe(gates, hide_index=True)


def _show_usual(review: Review, catalogue: Catalogue, session: Session) -> None:
    """The table screen against the athlete's sessions before, and what gaps in it mean."""
    if not any(measure_of(rep.key.movement) for rep in review.reps):
        return
    values = catalogue.measures(session.athlete, names=TEST_MEASURES)
    said = [*words_today(usual_in(values, session.id)), *gap_words(review)]
    if said:
        st.info("**Table screen.** " + "\n\n".join(said))


def _show_doubts(review: Review) -> None:
    """What is missing or too uncertain, and what to do about it next time."""
    missing = gap_rows(review.faults)
    for side, (uncertain, counted) in uncertain_sides(review.reps).items():
        which = f"{side.capitalize()}, {uncertain} of {counted} repetitions"
        missing.append(f"{which}: rotation {REMEDY}.")
    if missing:
        st.warning("\n\n".join(missing))


def _furthest_cards(review: Review) -> str:
    """A card for each movement: how far each side turned, in the side's colour."""
    cards: dict[str, list[str]] = {}
    # Left before right, also where the first repetition that counts is the right one's.
    reaches = sorted(furthest(review.reps).items(), key=lambda one: one[0][1])
    for (movement, side), reached in reaches:
        ways = zip(("out", "in"), reached, strict=True)
        figures = " · ".join(
            f"{way} {degrees(value)}" for way, value in ways if math.isfinite(value)
        )
        title = movement_title(movement).removesuffix(f", {side}")
        line = f"<p><span>{side}</span> <b>{figures or '–'}</b></p>"
        colour = f"color:{palette().sides[side]}"
        cards.setdefault(title, []).append(line.replace("<b>", f'<b style="{colour}">'))
    body = "".join(
        f"<article><h2>{escape(title)}</h2>{''.join(lines)}</article>"
        for title, lines in cards.items()
    )
    return f"{_CARDS}<div class='furthest'>{_verdict_card(review)}{body}</div>"


def _verdict_card(review: Review) -> str:
    """What the session says in a line or two; all of it stands under Findings."""
    cards = finding_cards(review.findings)
    graver = [card for card in cards if card.grade in ("marked", "mild")]
    lines = [
        f"<p class='said {card.grade}'>{escape(card.words)}"
        f"{f' <em>{escape(card.cue)}</em>' if card.cue else ''}</p>"
        for card in graver[:_MOST_SHOWN]
    ]
    if len(graver) > _MOST_SHOWN:
        lines.append(f"<p>{len(graver) - _MOST_SHOWN} more under Findings</p>")
    if not graver:
        unknown = any(card.grade == "cannot_tell" for card in cards) or uncertain_sides(review.reps)
        calm = "No findings, but some checks are inconclusive" if unknown else "Nothing"
        lines.append(f"<p class='said'>{calm if cards else 'No rule applies to this session'}</p>")
    return f"<article class='verdict'><h2>What stands out</h2>{''.join(lines)}</article>"


def _show_reps(review: Review, key: str, marks: Sequence[tuple[float, str]]) -> None:
    """The list, a row a repetition; rows that are selected are lit in the player."""
    if not review.reps:
        st.info("No repetition was found. Marks such as `begin:squat` say what was done.")
        return
    rows = rep_rows(review.reps, marks or _marks_of(review))
    st.dataframe(
        rows,
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        placeholder="–",
        column_config=_columns(),
        column_order=[name for name in rows[0] if any(row[name] not in ("", None) for row in rows)],
        height=min(38 + 35 * len(rows), 420),
    )


def _marks_of(review: Review) -> list[tuple[float, str]]:
    """Notes that were marked, as a recording has them."""
    return [(note["t"], note["label"]) for note in review.notes]


def _columns() -> dict[str, Any]:
    """Headings that say what they mean when they are pointed at."""
    return {
        side: st.column_config.TextColumn(
            width="medium",
            help=f"{MEASURES['rotation_arc_deg'].definition} 19 times out of 20 it lies within ±, "
            "first without soft tissue, then of the bone.",
        )
        for side in ("Left", "Right")
    } | {
        "Set": st.column_config.NumberColumn(width=46),
        "Rep": st.column_config.NumberColumn(width=46),
        "Depth °": st.column_config.NumberColumn(
            help=MEASURES["depth_deg"].definition, format="%.0f"
        ),
        "Tempo s": st.column_config.TextColumn(
            help="Seconds of the way there, of the hold and of the way back."
        ),
        "With": st.column_config.TextColumn(help="What was said of the set: load, bar, stance …"),
    }


def _exclude(lit: Sequence[Rep], catalogue: Catalogue | None, session: Session | None) -> None:
    """Take repetitions out of all that is counted or averaged, or let them count again."""
    if catalogue is None or session is None:
        st.caption("File the session under an athlete to exclude repetitions.")
        return
    with st.form("exclude", clear_on_submit=True, border=False):
        reason, out, again = st.columns([4, 1, 1], vertical_alignment="bottom")
        why = reason.text_input("Why do the selected repetitions not count?")
        taken = out.form_submit_button("Exclude", width="stretch")
        back = again.form_submit_button("Count again", width="stretch")
    if not (taken or back):
        if words := st.session_state.pop("excluded", ""):
            st.success(words)
        return
    if not lit:
        st.warning("Select repetitions in the list first: tick the boxes at its left.")
    elif taken and not why.strip():
        st.warning("Give a reason that can be understood later.")
    else:
        for rep in lit:
            key = rep.key
            place = session.id, key.movement, key.set, key.repetition
            if taken:
                catalogue.exclude_repetition(*place, why.strip(), key.side)
            else:
                catalogue.include_repetition(*place, key.side)
                catalogue.include_repetition(*place, "both")
        number = len({(rep.key.movement, rep.key.set, rep.key.repetition) for rep in lit})
        count = "1 repetition" if number == 1 else f"{number} repetitions"
        st.session_state["excluded"] = (
            f"{count} excluded: {why.strip()}. To undo, select again and press Count again."
            if taken
            else f"{count} counted again."
        )
        st.rerun()


def _show_shapes(review: Review, lit: Sequence[Rep]) -> None:
    """Rotation against flexion, and mean ± SD, of one movement or of what is selected."""
    kinds = list(dict.fromkeys(_kind(rep) for rep in review.reps))
    if not kinds:
        st.info("There are no repetitions to draw.")
        return
    left, right = st.columns(2)
    start = kinds.index(_kind(lit[0])) if lit else 0
    kind = left.selectbox("Movement", kinds, index=start, format_func=lambda k: k[0])
    angle = right.segmented_control(
        "Angle", ["rotation", "flexion", "adduction"], default="rotation", required=True
    )
    mine = [rep for rep in review.reps if _kind(rep) == kind and rep.counts]
    chosen = [rep for rep in lit if _kind(rep) == kind]
    first, second = st.columns(2)
    with first:
        st.header("Rotation against flexion", anchor=False)
        st.plotly_chart(path_figure(review, chosen or mine, palette()), key="paths", config=_PLOT)
        st.caption(
            "The repetitions that are selected in the list."
            if chosen
            else f"All that count, {MOST_PATHS} lines at most; select some to see them alone."
        )
    with second:
        st.header("Mean ± SD", anchor=False)
        means = mean_figure(review, mine, angle, chosen, palette())
        st.plotly_chart(means, key="mean", config=_PLOT)
        st.caption(
            "Line: mean of the repetitions that count. Band: one standard deviation from one to "
            "the next. Dotted: the selected ones."
        )


def _kind(rep: Rep) -> tuple[str, str, str]:
    """Title, movement and direction of what belongs into one picture, both sides of a test."""
    movement = rep.key.movement.removesuffix(f"_{rep.key.side}")
    title = movement_title(rep.key.movement).removesuffix(f", {rep.key.side}")
    way = "" if rep.direction == "down" else f", {rep.direction}"
    return f"{title}{way}", movement, rep.direction


def _show_findings(review: Review) -> None:
    """What the rules say, the gravest first; what stands behind each is one click away."""
    cards = finding_cards(review.findings)
    if not cards:
        st.info("No rule applies to this session.")
    seen = [card for card in cards if card.grade != "none"]
    if cards and not seen:
        st.success("Nothing stands out in this session.")
    for card in seen:
        _show_card(card)
    if len(cards) > len(seen):
        with st.expander("Checked, not found"):
            for card in cards[len(seen) :]:
                _show_card(card)


def _show_card(card: FindingCard) -> None:
    """One finding, and its definition behind a click."""
    is_graded = card.grade in ("marked", "mild")
    with st.container(border=is_graded, horizontal=True):
        with st.container():
            st.markdown(f"**{card.words}**" if is_graded else card.words)
            if card.cue:
                st.markdown(f":material/campaign: {card.cue}")
            st.caption(f"{card.place} · {GRADE_WORDS[card.grade]}")
        with st.popover("What is this?", width="content"):
            st.markdown(f"**{card.title}**")
            for sentence in card.behind:
                st.write(sentence)


def _show_notes(review: Review) -> None:
    """Pain, cues and notes with what the body did then."""
    rows = note_rows(review.notes)
    if rows:
        st.dataframe(rows, hide_index=True)
    else:
        st.info("Nothing was marked. On the live page, one tap marks pain, a cue or a note.")


# Findings above the player; the others wait under their tab.
_MOST_SHOWN = 2
_MOST_JUMPS = 3

_PLOT = {"displaylogo": False}

_CARDS = """<style>
.furthest { display: flex; flex-wrap: wrap; gap: .6rem; }
.furthest article { flex: 1 1 14rem; padding: .5rem .9rem; border-radius: .6rem;
  background: color-mix(in srgb, currentColor 5%, transparent); border: 1px solid #8884; }
.furthest h2 { font-size: 1rem; font-weight: 600; padding: 0; margin: 0; }
.furthest h2::first-letter { text-transform: uppercase; }
.furthest p { margin: 0; display: flex; gap: .8rem; align-items: baseline; }
.furthest .verdict { flex: 2 1 22rem; }
.furthest .said { display: block; font-weight: 600; line-height: 1.3; padding-left: .6rem;
  border-left: .3rem solid #8888; margin-top: .25rem; }
.furthest .mild { border-color: #c77700; } .furthest .marked { border-color: #c0392b; }
.furthest em { font-style: normal; font-weight: 400; }
.furthest span { min-width: 3rem; }
.furthest b { font-size: 1.5rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
</style>"""

main()

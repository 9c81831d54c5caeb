"""What has to be ready, one button that leads on, and an example for those without sensors."""

from collections.abc import Mapping, Sequence
from typing import Any

import segno
import streamlit as st

from dashboard.components.start import watch
from dashboard.server.hub import hub_status
from dashboard.server.settings import settings_from_arguments
from dashboard.views.choosing import let_train, opened
from dashboard.views.example import in_example, look_at_example
from dashboard.views.kit import choose_kit, chosen_kit, kits
from dashboard.views.sessions import athlete_title, squads_of
from dashboard.views.start import Card, Start, remote_address, shown_of, start_of
from imuhip.catalogue.entities import Athlete
from imuhip.core.errors import ImuhipError


def main() -> None:
    """Draw the page."""
    st.html(_STYLE)
    st.title("Hip rotation, live and over weeks", anchor=False)
    try:
        with opened() as catalogue:
            athletes = catalogue.athletes()
    except ImuhipError as error:
        st.error(str(error))
        athletes = ()
    kit = _kit()
    status = hub_status(settings_from_arguments().hubs[kit - 1])
    _stations(athletes, status)
    if not in_example():
        _example()
    _phone(kit)
    watch(shown_of(status), kit, key="watch")


def _kit() -> int:
    """Ask which kit this page, Set up and Live are about, where there are several."""
    kit = chosen_kit()
    if len(kits()) > 1:
        st.segmented_control(
            "Kit",
            kits(),
            default=kit,
            required=True,
            format_func=lambda each: f"Kit {each}",
            key=_ASKED,
            on_change=lambda: choose_kit(st.session_state[_ASKED]),
        )
    return kit


def _stations(athletes: Sequence[Athlete], status: Mapping[str, Any] | None) -> None:
    """How sensors, athlete and calibration stand at this moment."""
    start = start_of(status, athletes)
    sensors, athlete, calibrate = st.columns(3)
    with sensors.container(border=True, height="stretch"):
        _card("1", "Sensors", start.sensors)
    with athlete.container(border=True, height="stretch"):
        _card("2", "Athlete", start.athlete)
        _latest(athletes, start)
    with calibrate.container(border=True, height="stretch"):
        _card("3", "Calibrate", start.calibrate)
    if st.button(
        start.button, type="primary", icon=":material/play_arrow:", width="stretch", key="go"
    ):
        st.switch_page(f"pages/{start.page}.py")


def _card(number: str, title: str, card: Card) -> None:
    """One of the three, with a tick once it is right."""
    st.header(f"{'✓' if card.done else number} {title}", anchor=False)
    st.markdown("  \n".join((f"**{card.words[0]}**", *card.words[1:])))


def _latest(athletes: Sequence[Athlete], start: Start) -> None:
    """Who was here last, and the squads, one tap each; everybody is on the page Athletes."""
    if start.athlete.done:
        return
    recent = sorted(athletes, key=lambda one: one.last.timestamp() if one.last else 0.0)
    with st.container(horizontal=True):
        for one in recent[::-1][:_MOST]:
            if st.button(athlete_title(one), key=f"train-{one.id}"):
                let_train(one.id)
                st.switch_page("pages/setup.py")
        for squad, ids in squads_of(athletes).items():
            if st.button(squad, key=f"squad-{squad}", icon=":material/groups:"):
                let_train(*ids)
                st.switch_page("pages/setup.py")
        if st.button("All athletes" if athletes else "Add an athlete", key="athletes"):
            st.switch_page("pages/athletes.py")


def _example() -> None:
    """The way to three athletes that fill every page."""
    words, button = st.columns([3, 1], vertical_alignment="center")
    words.markdown(
        "**No sensors at hand?** Three simulated athletes with eight weeks each show every page. "
        "Your own athletes are not touched."
    )
    if button.button("Look at an example", icon=":material/visibility:", width="stretch"):
        look_at_example()


def _phone(kit: int) -> None:
    """The way for a phone, where the dashboard lets the network in."""
    with st.expander("A phone as a remote", icon=":material/settings_remote:"):
        address = remote_address(settings_from_arguments(), kit)
        if address is None:
            st.markdown(
                "Start, stop, pain and marks from a phone in the pocket: end this dashboard and "
                "start it with `imuhip dashboard --lan`; then a code to scan appears here."
            )
            return
        st.markdown("Scan it with the phone's camera, in the same network:")
        code = segno.make(address, error="m").svg_data_uri(scale=5, border=2, light="#fff")
        st.html(f'<img src="{code}" alt="Code that opens the remote" width="220" height="220"/>')


_ASKED = "asked_kit"
_MOST = 4
_STYLE = """<style>
.st-key-go button { min-height: 4.2rem; } .st-key-go button :is(p, span) { font-size: 1.5rem; }
[data-testid="stColumn"] h2 { padding-top: 0; }
</style>"""

main()

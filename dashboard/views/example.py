"""The example: athletes that ship, in a catalogue of their own, for one visitor's pages."""

import streamlit as st

from imuhip.core.errors import ImuhipError


def in_example() -> bool:
    """Whether this visitor looks at the athletes that ship."""
    return bool(st.session_state.get(_EXAMPLE))


def look_at_example() -> None:
    """Show every page with the athletes that ship, from Athletes on; what is refused is said."""
    from imuhip.catalogue.example import example_catalogue

    try:
        example_catalogue()
    except ImuhipError as error:
        st.error(str(error))
        return
    st.session_state.clear()
    st.session_state[_EXAMPLE] = True
    st.switch_page("pages/athletes.py")


def say_example() -> None:
    """Above every page: that these are no people, and the way back."""
    if not in_example():
        return
    with st.container(horizontal=True, vertical_alignment="center", key="in-example"):
        st.markdown(":material/visibility: **An example:** these athletes are simulated.")
        if st.button("Back to my athletes", type="tertiary"):
            st.session_state.clear()
            st.switch_page("pages/athletes.py")


def example_button(key: str) -> None:
    """Offer the example where nothing is to be seen yet."""
    if not in_example() and st.button("Look at an example", icon=_ICON, key=key):
        look_at_example()


def nothing_yet(key: str) -> None:
    """The ways on from a page that has nothing to show yet."""
    with st.container(horizontal=True):
        if st.button("Set up a session", icon=":material/checklist:", key=f"{key}-set-up"):
            st.switch_page("pages/setup.py")
        if st.button("Open a recording", icon=":material/upload_file:", key=f"{key}-open"):
            st.switch_page("pages/athletes.py")
        example_button(f"{key}-example")


_EXAMPLE = "example"
_ICON = ":material/visibility:"

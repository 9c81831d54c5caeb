"""Which kit of sensors a visitor's pages are about; remembered from page to page."""

import streamlit as st

from dashboard.server.kits import prefix_of
from dashboard.server.settings import settings_from_arguments


def chosen_kit() -> int:
    """The number of the kit: that of the address (``live?kit=2``), else as before, else the first.

    With several kits the number stays in the address, so that a reloaded page is about the same.
    """
    known = {str(kit): kit for kit in kits()}
    kit: int = known.get(st.query_params.get(_QUERY, ""), st.session_state.get(_KIT, 1))
    choose_kit(kit)
    return kit


def choose_kit(kit: int) -> None:
    """Let this page and the next ones be about this kit."""
    st.session_state[_KIT] = kit
    if len(kits()) > 1:
        st.query_params[_QUERY] = str(kit)


def kits() -> range:
    """The numbers of all kits."""
    return range(1, len(settings_from_arguments().hubs) + 1)


def stream_of(kit: int) -> dict[str, object]:
    """Return where a page finds a kit's stream: the path, and the relay's port, 0 for none.

    ``kit`` is its number where there are several, else 0.
    """
    settings = settings_from_arguments()
    several = len(settings.hubs) > 1
    path = f"{prefix_of(kit)}/live".removeprefix("/")
    return {"path": path, "port": settings.relay_port, "kit": kit if several else 0}


_KIT, _QUERY = "chosen_kit", "kit"

"""One question a page; Streamlit runs these files as scripts. `PAGES` is the table of them."""

from typing import Final, Literal, NamedTuple


class PageEntry(NamedTuple):
    """A page: its file here and its address, both without more; title, icon, when it is listed."""

    name: str
    title: str
    icon: str
    listed: Literal["always", "with several kits", "never"] = "always"


PAGES: Final = (
    PageEntry("start", "Start", "home"),
    PageEntry("setup", "Set up", "checklist"),
    PageEntry("live", "Live", "sensors"),
    PageEntry("board", "Board", "grid_view", listed="with several kits"),
    PageEntry("review", "Review", "timeline"),
    PageEntry("progress", "Progress", "trending_up"),
    PageEntry("compare", "Compare", "compare_arrows"),
    PageEntry("report", "Report", "description"),
    PageEntry("athletes", "Athletes", "groups"),
    PageEntry("remote", "Remote", "settings_remote", listed="never"),
)
"""In the order of the menu. The first is the one without an address of its own."""

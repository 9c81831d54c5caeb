"""What becomes of a recording once it is finished, for those who look at the collector."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class FilingState:
    """What has become of a finished recording.

    Parameters
    ----------
    state
        ``unknown`` when nobody files it, ``working`` while it is analyzed, ``filed``, ``failed``.
    session
        Its id in the catalogue, once filed.
    words
        Why it failed.
    leads
        Once it is filed, pages that watched it go on to Review by themselves.
    """

    state: Literal["unknown", "working", "filed", "failed"]
    session: str = ""
    words: str = ""
    leads: bool = False

"""The two colours of the sides, wherever something is drawn.

Okabe and Ito's palette: distinct with any colour vision; the lighter pair is for dark pages.
"""

from collections.abc import Mapping
from typing import Final

SIDE_COLOURS: Final[Mapping[str, str]] = {"left": "#0072B2", "right": "#D55E00"}
"""On light pages and on paper."""

SIDE_COLOURS_ON_DARK: Final[Mapping[str, str]] = {"left": "#56B4E9", "right": "#E69F00"}
"""On dark pages."""

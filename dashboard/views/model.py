"""What all pages share; no Streamlit in here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from imuhip.core.colours import SIDE_COLOURS, SIDE_COLOURS_ON_DARK


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours on one ground: each stands out, and left and right differ for colour-blind eyes.

    Parameters
    ----------
    sides
        Of left and right, the same as on the live page.
    goal, pain, quiet
        Of goals, of pain, and of what is neither side's.
    text, soft, line, ground
        Of words, of lesser ones, of rules between them, and of what they stand on.
    movements
        Of one movement after the other, where several share a picture.
    """

    sides: Mapping[str, str]
    goal: str
    pain: str
    quiet: str
    text: str
    soft: str
    line: str
    ground: str
    movements: tuple[str, ...]


LIGHT: Final = Palette(
    sides=SIDE_COLOURS,
    goal="#00795A",
    pain="#C0182B",
    quiet="#5B6770",
    text="#14202B",
    soft="#4A5763",
    line="#D8DEE5",
    ground="#FFFFFF",
    movements=("#0F6E84", "#8AA4B5", "#B08AB5", "#C9A227", "#6B8E4E", "#7A6A5B"),
)

DARK: Final = Palette(
    sides=SIDE_COLOURS_ON_DARK,
    goal="#2FC49A",
    pain="#FF8A80",
    quiet="#A9B6C2",
    text="#EAF0F5",
    soft="#B4C0CB",
    line="#2C3946",
    ground="#0E141B",
    movements=("#4FB3C8", "#5E7F95", "#B08AB5", "#C9A227", "#8DB36C", "#A08E7C"),
)

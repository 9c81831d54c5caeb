"""What all pages share; no Streamlit in here."""

from typing import Final

SIDE_COLOURS: Final = {"left": "#0072B2", "right": "#D55E00"}
"""The live page's two colours on a light ground; colour-blind eyes tell them apart."""

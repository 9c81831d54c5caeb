"""Femoral rotation relative to the pelvis, live and replayed, from three inertial sensors.

Read `conventions` (frames and signs), `records` (the nouns that travel) and `pipeline` (the order
of the stages), in that order.
"""

__version__ = "0.1.0"

"""Femoral rotation relative to the pelvis, live and replayed, from three inertial sensors.

Read `core.conventions` (frames and signs), `core.records` (the nouns that travel) and
`pipeline.all_sensors` (the order of the stages), in that order.
"""

__version__ = "0.1.0"

"""Calibration: the protocol and its gates, and what tells a misplaced sensor."""

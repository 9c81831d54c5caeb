"""Calibration: the protocol and its gates, and how a misplaced sensor is found."""

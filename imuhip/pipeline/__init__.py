"""The order of the stages: of one sensor, of all together, and over a finished session."""

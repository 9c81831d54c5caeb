"""Error tables against public reference data."""

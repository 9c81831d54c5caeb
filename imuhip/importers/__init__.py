"""Other people's files, read into a recording without losing a bit."""

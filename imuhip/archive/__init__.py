"""What stays: recordings, imports, results."""

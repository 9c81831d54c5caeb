"""What a sensor says: profiles, and bytes to samples and back. No I/O."""

"""A session at work: collector, recording, replay and the live hub."""

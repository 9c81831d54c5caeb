"""The raw recording: its format, and how it is written, read and repaired."""

"""The radio and the live side."""

"""The steps, each with its number; a number is never used again."""

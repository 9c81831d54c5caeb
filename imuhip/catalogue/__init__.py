"""Athletes over weeks: what was recorded, found and entered, in a database."""

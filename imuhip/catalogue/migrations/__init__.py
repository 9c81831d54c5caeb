"""How an older catalogue becomes the present one: alembic's scripts, a step a file."""

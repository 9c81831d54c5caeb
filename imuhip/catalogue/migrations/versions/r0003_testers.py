"""Who tested: as the recording says, and as a person corrected it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns; of sessions until now nobody knows who tested."""
    op.add_column("sessions", sa.Column("tester", sa.Text(), nullable=True))
    op.add_column("session_entries", sa.Column("tester", sa.Text(), nullable=True))

"""Squads: named lists of athletes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table; nobody is in a squad yet."""
    op.create_table(
        "squads",
        sa.Column("athlete", sa.Text(), nullable=False),
        sa.Column("squad", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["athlete"], ["athletes.id"], name="fk_squads_athlete_athletes"),
        sa.PrimaryKeyConstraint("athlete", "squad", name="pk_squads"),
    )

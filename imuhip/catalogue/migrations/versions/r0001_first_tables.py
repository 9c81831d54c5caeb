"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _people()
    _entries()
    _recordings()
    _results()
    _findings()


def _people() -> None:
    """Tables of people: what no recording knows."""
    op.create_table(
        "athletes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_athletes"),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("athlete", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["athlete"], ["athletes.id"], name="fk_consents_athlete_athletes"),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_athlete", "consents", ["athlete"])
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("athlete", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=True),
        sa.Column("t", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["athlete"], ["athletes.id"], name="fk_notes_athlete_athletes"),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
    )
    op.create_index("ix_notes_athlete", "notes", ["athlete"])
    op.create_table(
        "goals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("athlete", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("movement", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["athlete"], ["athletes.id"], name="fk_goals_athlete_athletes"),
        sa.PrimaryKeyConstraint("id", name="pk_goals"),
        sa.UniqueConstraint(
            "athlete",
            "measure",
            "movement",
            "side",
            "direction",
            name="uq_goals_athlete_measure_movement_side_direction",
        ),
    )


def _entries() -> None:
    """Tables of what a coach says of sessions."""
    op.create_table(
        "session_entries",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("athlete", sa.Text(), nullable=True),
        sa.Column("started", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("load_kg", sa.Double(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("trashed", sa.Text(), nullable=True),
        sa.Column("shown", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["athlete"], ["athletes.id"], name="fk_session_entries_athlete_athletes"
        ),
        sa.PrimaryKeyConstraint("session", name="pk_session_entries"),
    )
    op.create_index("ix_session_entries_athlete", "session_entries", ["athlete"])
    op.create_table(
        "tags",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("session", "tag", name="pk_tags"),
    )
    op.create_table(
        "exclusions",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("movement", sa.Text(), nullable=False),
        sa.Column("set", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("repetition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "session", "movement", "set", "repetition", "side", name="pk_exclusions"
        ),
    )


def _recordings() -> None:
    """Tables of recordings, and of what was made of them."""
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("athlete", sa.Text(), nullable=False),
        sa.Column("recording", sa.Text(), nullable=False),
        sa.Column("started", sa.Text(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sensors", sa.Text(), nullable=False),
        sa.Column("recorded_with", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["athlete"], ["athletes.id"], name="fk_sessions_athlete_athletes"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_athlete", "sessions", ["athlete"])
    op.create_table(
        "marks",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("t", sa.Double(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.id"], name="fk_marks_session_sessions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session", "number", name="pk_marks"),
    )
    op.create_table(
        "analyses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("results", sa.Text(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.id"], name="fk_analyses_session_sessions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_analyses"),
        sa.UniqueConstraint("session", "fingerprint", name="uq_analyses_session_fingerprint"),
    )


def _results() -> None:
    """Tables of repetitions and their measures."""
    op.create_table(
        "sets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("analysis", sa.Integer(), nullable=False),
        sa.Column("movement", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("t_start", sa.Double(), nullable=False),
        sa.Column("t_end", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis"], ["analyses.id"], name="fk_sets_analysis_analyses", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sets"),
        sa.UniqueConstraint(
            "analysis", "movement", "number", name="uq_sets_analysis_movement_number"
        ),
    )
    op.create_table(
        "repetitions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("set", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("t_start", sa.Double(), nullable=False),
        sa.Column("t_turn", sa.Double(), nullable=True),
        sa.Column("t_end", sa.Double(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["set"], ["sets.id"], name="fk_repetitions_set_sets", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_repetitions"),
    )
    op.create_index("ix_repetitions_set", "repetitions", ["set"])
    op.create_table(
        "quantities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quantities"),
        sa.UniqueConstraint("name", "unit", name="uq_quantities_name_unit"),
    )
    op.create_table(
        "measures",
        sa.Column("repetition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("quantity", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("sd", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["quantity"], ["quantities.id"], name="fk_measures_quantity_quantities"
        ),
        sa.ForeignKeyConstraint(
            ["repetition"],
            ["repetitions.id"],
            name="fk_measures_repetition_repetitions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("repetition", "quantity", name="pk_measures"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_measures_quantity", "measures", ["quantity"])


def _findings() -> None:
    """The table of findings."""
    op.create_table(
        "findings",
        sa.Column("analysis", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("movement", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("set", sa.Integer(), nullable=False),
        sa.Column("repetitions", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("limit", sa.Double(), nullable=True),
        sa.Column("mdc", sa.Double(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("cue", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis"], ["analyses.id"], name="fk_findings_analysis_analyses", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("analysis", "number", name="pk_findings"),
    )

"""The catalog's tables, as they were first."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("outcome", sa.String(length=8), nullable=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_subject"), "attempt", ["subject"], unique=False)
    op.create_table(
        "call",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("folder", sa.Text(), nullable=True),
        sa.Column("inputs", sa.Text(), nullable=True),
        sa.Column("record_stamp", sa.Text(), nullable=True),
        sa.Column("first_seen", _MOMENT, nullable=False),
        sa.Column("analysed_at", _MOMENT, nullable=True),
        sa.Column("forgotten_at", _MOMENT, nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("customer", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("led", sa.String(length=16), nullable=True),
        sa.Column("team_took_part", sa.String(length=16), nullable=True),
        sa.Column("salesperson", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_call")),
    )
    op.create_index(op.f("ix_call_folder"), "call", ["folder"], unique=False)
    op.create_index(op.f("ix_call_date"), "call", ["date"], unique=False)
    op.create_table(
        "failure",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_at", _MOMENT, nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.Column("next_try_at", _MOMENT, nullable=False),
        sa.Column("quarantined", sa.Boolean(), nullable=False),
        sa.Column("exit_code", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=True),
        sa.Column("retryable", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_failure")),
    )
    op.create_table(
        "lease",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_lease")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("folded", name=op.f("uq_person_folded")),
    )
    op.create_table(
        "call_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("side", sa.String(length=16), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("spoken", sa.Float(), nullable=False),
        sa.Column("salesperson", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_call_person_person_id_person")),
        sa.ForeignKeyConstraint(
            ["sha256"], ["call.sha256"], name=op.f("fk_call_person_sha256_call"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_person")),
    )
    op.create_index(op.f("ix_call_person_person_id"), "call_person", ["person_id"], unique=False)
    op.create_index(op.f("ix_call_person_sha256"), "call_person", ["sha256"], unique=False)
    op.create_table(
        "commitment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("kept", sa.Boolean(), nullable=True),
        sa.Column("earlier", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sha256"], ["call.sha256"], name=op.f("fk_commitment_sha256_call"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
    )
    op.create_index(op.f("ix_commitment_sha256"), "commitment", ["sha256"], unique=False)
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sha256"], ["call.sha256"], name=op.f("fk_correction_sha256_call"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("sha256", "number", name=op.f("uq_correction_sha256_number")),
    )
    op.create_index(op.f("ix_correction_sha256"), "correction", ["sha256"], unique=False)
    op.create_table(
        "debrief",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("own_lead_share", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["sha256"], ["call.sha256"], name=op.f("fk_debrief_sha256_call"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_debrief")),
    )
    op.create_table(
        "place",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("gone_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["sha256"], ["call.sha256"], name=op.f("fk_place_sha256_call"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_place")),
    )
    op.create_index("ix_place_gone_at", "place", ["gone_at"], unique=False)
    op.create_index(op.f("ix_place_sha256"), "place", ["sha256"], unique=False)
    op.create_table(
        "plan",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("exception", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["sha256"], ["call.sha256"], name=op.f("fk_plan_sha256_call"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_plan")),
    )
    op.create_table(
        "stage",
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_stage_attempt_id_attempt"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("attempt_id", "stage", name=op.f("pk_stage")),
    )
    # ### end Alembic commands ###

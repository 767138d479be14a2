"""What tells which results are new, in an index of its own: asked before each page, it reads no summaries."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the index."""
    op.create_index("ix_call_marks", "call", ["state", "sha256", "record_stamp", "inputs", "folder"])

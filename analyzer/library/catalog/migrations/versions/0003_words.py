"""What is searched: the names and words of each call, in a table of their own with a full text index.

SQLite has it in FTS5, kept up to date by triggers; PostgreSQL in an index of its own text search. What calls say stands
in their files: their results are noted again by the next `batch`, `nightly`, `trends` or `serve`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

FTS5 = (
    "CREATE VIRTUAL TABLE words_index USING fts5(names, said, content='words', content_rowid='id', "
    "tokenize='unicode61 remove_diacritics 2', prefix='2 3')",
    "CREATE TRIGGER words_added AFTER INSERT ON words BEGIN "
    "INSERT INTO words_index(rowid, names, said) VALUES (new.id, new.names, new.said); END",
    "CREATE TRIGGER words_removed AFTER DELETE ON words BEGIN "
    "INSERT INTO words_index(words_index, rowid, names, said) VALUES ('delete', old.id, old.names, old.said); END",
)
POSTGRESQL = "CREATE INDEX words_index ON words USING gin (to_tsvector('simple', names || ' ' || said))"


def upgrade() -> None:
    """Makes the table and its index."""
    op.create_table(
        "words",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("sha256", sa.String(64), sa.ForeignKey("call.sha256", ondelete="CASCADE"), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
    )
    op.create_index("ix_words_sha256", "words", ["sha256"], unique=True)
    for statement in (POSTGRESQL,) if op.get_bind().dialect.name == "postgresql" else FTS5:
        op.execute(statement)
    call = sa.table("call", sa.column("record_stamp"))
    op.execute(call.update().values(record_stamp=None))

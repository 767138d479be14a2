"""Only what is read again: the tables and columns that were written and never read go.

What they held stands in each call's files. The summary of a call is now its record without its words, so the old ones
go as well; `batch`, `nightly`, `trends` and `library rebuild` read them again from the files.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = ("stage", "attempt", "call_person", "person", "commitment", "correction", "plan", "debrief")
COLUMNS = ("first_seen", "analysed_at", "customer", "seconds", "led", "team_took_part", "salesperson")


def upgrade() -> None:
    """Drops them."""
    for table in TABLES:
        op.drop_table(table)
    for column in COLUMNS:
        op.drop_column("call", column)
    call = sa.table("call", sa.column("summary"), sa.column("record_stamp"))
    op.execute(call.update().values(summary=None, record_stamp=None))

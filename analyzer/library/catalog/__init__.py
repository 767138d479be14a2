"""The catalog: what is where and what happened, in a database."""

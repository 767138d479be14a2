"""Who spoke when, by sound alone. Start with `stages.py`, which has the order of the stages."""

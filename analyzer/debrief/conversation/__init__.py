"""The debrief conversation: its questions, and what was answered."""

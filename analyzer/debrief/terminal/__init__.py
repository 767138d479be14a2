"""The debrief on a terminal."""

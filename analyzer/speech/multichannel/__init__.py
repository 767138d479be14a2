"""Recordings with one party on each channel or track."""

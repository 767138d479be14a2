"""Recordings in: probe, decode, channels, content hash."""

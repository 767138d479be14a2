"""The formats in which a call can be taken to other programs."""

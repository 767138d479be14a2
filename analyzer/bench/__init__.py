"""How good the program is, measured on recordings whose truth is known; wires every room, as `session.py` does."""

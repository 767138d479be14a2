"""Pure: turns, floor, shares, per-person measures, words to people."""

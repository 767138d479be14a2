"""The debrief as one self-contained page, `debrief.html`."""

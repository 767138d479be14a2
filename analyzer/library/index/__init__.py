"""All calls on one page, `index.html`."""

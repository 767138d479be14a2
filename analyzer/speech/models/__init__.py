"""The model store: which models there are, where they come from, and whether they are the right ones."""

"""The library in a browser: the pages of `analyzer serve`, and what a person changes in them."""

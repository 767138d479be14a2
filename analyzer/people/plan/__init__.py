"""The plan of a call, `<recording name>.plan.toml`."""

"""The roster of the team, `team.toml`."""

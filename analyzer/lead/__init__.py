"""Pure: the check, its interval, take-overs, agenda, roles, objectives."""

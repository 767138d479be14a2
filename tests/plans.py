"""The people of a plan's file, for tests that need one beside a recording."""

from __future__ import annotations

ROLES = {
    "Dana Reyes": ("team", "salesperson"),
    "Marcus Webb": ("team", "manager"),
    "Omar Haddad": ("team", "manager"),
    "Ray Kowalski": ("customer", "customer"),
    "Ray Walker": ("customer", "customer"),
}


def attendees(*names: str) -> str:
    """An `[[attendee]]` for each; Dana Reyes leads, and whoever is in no list is a manager."""
    tables = []
    for name in names:
        side, role = ROLES.get(name, ("team", "manager"))
        lead = "lead = true\n" if role == "salesperson" else ""
        tables.append(f'[[attendee]]\nname = "{name}"\nside = "{side}"\nrole = "{role}"\n{lead}')
    return "".join(tables)

"""Who may see whose coaching, where the proxy names its users: each their own, and that of the people they manage.

    [users]                                   # in analyzer.toml: what the proxy calls somebody, and who that is
    "dana@example.com" = "Dana Reyes"
    "marcus@example.com" = { name = "Marcus Webb", manages = ["Dana Reyes"] }
    "head@example.com" = { name = "Ada Okoro", sees_all = true }

Without `[users]`, or where the server is for this machine alone, everybody who comes in sees all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analyzer.errors import UsageError
from analyzer.library.summary import CallSummary
from analyzer.people.names import folded
from analyzer.serve.forms import RefusedError
from analyzer.serve.known import Snapshot
from analyzer.serve.serving import Serving

FIELDS = {"name": str, "manages": list, "sees_all": bool}


class NotYoursError(RefusedError):
    """Somebody else's coaching."""

    def __init__(self) -> None:
        super().__init__("this is for the people of the call and their manager", 403)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who looks: their own name and those of the people they manage, folded; `sees_all` for everything."""

    name: str = ""
    manages: frozenset[str] = frozenset()
    sees_all: bool = False

    def may_see(self, who: str) -> bool:
        """Whether somebody's page is theirs to see; that of a pair too (`Dana Reyes with Marcus Webb`)."""
        seller, _, other = who.partition(" with ")
        return (
            self.sees_all
            or folded(who) in self._own
            or bool(other and (folded(seller) in self._own or folded(other) == self.name))
        )

    @property
    def _own(self) -> frozenset[str]:
        return self.manages | ({self.name} if self.name else frozenset())

    def may_see_call(self, call: CallSummary) -> bool:
        """Whether a call is theirs to see: they were on it, or manage who sold; whose it is not known yet, managers."""
        if self.sees_all:
            return True
        on_it = {folded(one.name) for one in (call.salesperson, *call.others) if one is not None and one.name}
        if self.name and self.name in on_it:
            return True
        if call.salesperson is None or not call.salesperson.name:
            return bool(self.manages)
        return folded(call.salesperson.name) in self.manages


EVERYTHING = Viewer(sees_all=True)


class Viewers:
    """Everybody who is known by what the proxy calls them."""

    def __init__(self, serving: Serving) -> None:
        users = serving.settings.users
        self._limited = bool(users) and not serving.here
        if self._limited and serving.user_header is None:
            what = "[users] is set, and a name that is given with the code proves nothing"
            raise UsageError(what, todo="Give --user-header, behind a proxy that knows its users")
        self._known = {user.casefold(): _viewer(user, told) for user, told in users.items()}
        self._seen: dict[Viewer, tuple[Snapshot, Snapshot]] = {}

    def of(self, user: str) -> Viewer:
        """Who somebody is; no one in particular, who sees no calls, where they are not named."""
        return self._known.get(user.casefold(), Viewer()) if self._limited else EVERYTHING

    def calls(self, user: str, every: Snapshot) -> Snapshot:
        """Those of the calls that are somebody's to see."""
        viewer = self.of(user)
        if viewer.sees_all:
            return every
        known = self._seen.get(viewer)
        if known is None or known[0] is not every:
            theirs = [one for one in every.entries if viewer.may_see_call(one.call)]
            known = self._seen[viewer] = every, Snapshot(theirs, every.today)
        return known[1]


def _viewer(user: str, told: Any) -> Viewer:
    """What `[users]` says of somebody.

    Raises:
        UsageError: it is not said as it should be.
    """
    said: Mapping[str, Any] = {"name": told} if isinstance(told, str) else told
    if not isinstance(said, dict):
        said = {"": told}
    for key, value in said.items():
        kind = FIELDS.get(key)
        texts = value if isinstance(value, list) else []
        if kind is None or not isinstance(value, kind) or not all(isinstance(text, str) for text in texts):
            todo = 'Write "user" = "First Last", or { name = "First Last", manages = ["First Last"], sees_all = true }'
            raise UsageError(f"[users]: {user}: {key or told!r} cannot be", todo=todo)
    manages = frozenset(map(folded, said.get("manages", ())))
    return Viewer(folded(said.get("name", "")), manages, bool(said.get("sees_all", False)))

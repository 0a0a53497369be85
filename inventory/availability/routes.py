"""Who goes where on the map: rooms above this one teach it to draw what they plan, by the kind of thing it is.

A room registers a teller when it starts (`AppConfig.ready`), so that this room need not know it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from logistics.errors import NotFound

if TYPE_CHECKING:
    from logistics.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Goods that go from one depot to another; `what` says how much of what, in words."""

    from_depot: str
    to_depot: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """The routes of one thing: what it is called, the address of its page, and where its goods go."""

    title: str
    href: str
    routes: tuple[Route, ...]


Teller = Callable[[str, "User"], "Routes | None"]
_tellers: Final[dict[str, Teller]] = {}


def register(kind: str, teller: Teller) -> None:
    """Let `teller` answer for things of a kind, given a key and the asker; it returns None where they see no such."""
    _tellers[kind] = teller


def routes_of(kind: str, key: str, *, by: User) -> Routes:
    """Return the routes of one thing.

    Raises:
        NotFound: there is none of that kind and key that `by` may see.
    """
    teller = _tellers.get(kind)
    found = teller(key, by) if teller else None
    if found is None:
        raise NotFound(_("There is no plan “%(key)s” for you to see.") % {"key": key[:40]})
    return found

"""Make the world of the fault tests in the database of the environment; print a token that may post everywhere.

A program of its own, because the databases that are broken are not the one this test run is connected to.
"""

from __future__ import annotations

import os

import django

DEPOTS = ("K01", "K02", "K03", "K04")
ITEMS = ("QN-01-0000017", "QN-01-0000024", "QN-01-0000031")


def make() -> str:
    """Make depots and items; return the secret of a token."""
    from django.utils import timezone

    from logistics.accounts.models import Token
    from tests import factories

    poster = factories.world()
    for code in DEPOTS:
        factories.a_depot(code)
    for code in ITEMS:
        factories.an_item(code)
    with factories.telling():
        return Token.issue(to=poster, at=timezone.now(), days=1)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "logistics.settings")
    django.setup()
    print(make())

"""Visitors and the worked tree of units."""

from tests.pages.conftest import visit

__all__ = ["visit"]

"""The small store of the pages, and visitors."""

from tests.pages.conftest import store, visit

__all__ = ["store", "visit"]

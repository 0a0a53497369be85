"""The small store of the pages, and visitors."""

from tests.pages.conftest import kept_store, store, visit

__all__ = ["kept_store", "store", "visit"]

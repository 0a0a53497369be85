"""The pages' store and browsers, for labels."""

from __future__ import annotations

from tests.pages.conftest import browser, kept_store, served, store, store_with_passwords, visit

__all__ = ["browser", "kept_store", "served", "store", "store_with_passwords", "visit"]

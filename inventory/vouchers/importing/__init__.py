"""Movements from a table: rows become documents, documents become drafts, and all of them end in `ledger.post`."""

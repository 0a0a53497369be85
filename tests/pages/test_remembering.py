"""Reads worth remembering are appended and stay."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from logistics.audit.access import remember
from logistics.audit.models import AccessRecord
from tests.pages.store import Store


def test_a_read_is_remembered_for_good(store: Store) -> None:
    now = timezone.now()
    remember(store.planner, "export.download", "exports/7/" + "x" * 400, "10.0.0.1", now)
    kept = AccessRecord.objects.get()
    assert (kept.user, kept.action, kept.address, kept.happened_at) == (
        store.planner, "export.download", "10.0.0.1", now,
    )  # fmt: skip
    assert len(kept.subject) == 240
    with pytest.raises(DatabaseError), transaction.atomic():
        kept.delete()

"""Reads worth remembering are appended and stay."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction
from django.test import RequestFactory
from django.utils import timezone

from logistics.audit import reads
from logistics.audit.models import AccessRecord
from tests.pages.store import Store


def test_a_read_is_remembered_for_good(store: Store) -> None:
    before = timezone.now()
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1")
    reads.note(request, by=store.planner, action="export.download", subject="exports/7/" + "x" * 400)
    kept = AccessRecord.objects.get()
    assert (kept.user, kept.action, kept.address) == (store.planner, "export.download", "10.0.0.1")
    assert before <= kept.happened_at <= timezone.now()
    assert len(kept.subject) == 240
    with pytest.raises(DatabaseError), transaction.atomic():
        kept.delete()

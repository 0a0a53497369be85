"""Noting who looked at what is labelled, or took much of it away."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from logistics.accounts.models import User
from logistics.audit.models import AccessRecord


def note(request: HttpRequest, *, by: User, action: str, subject: str) -> None:
    """Keep for ever that `by` did `action` (such as "item.read") to `subject` just now, and from where.

    Long texts are cut to what the table holds, so that remembering never fails what it remembers.
    """
    AccessRecord.objects.create(
        user=by,
        happened_at=timezone.now(),
        action=action[:40],
        subject=subject[:240],
        address=request.META.get("REMOTE_ADDR") or None,
    )

"""Remembering who looked at what: labelled items, exports, bulk downloads."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from logistics.audit.models import AccessRecord

if TYPE_CHECKING:
    from logistics.accounts.models import User


def remember(user: User, action: str, subject: str, address: str | None, at: datetime) -> AccessRecord:
    """Append one read to the records and return it: `user` did `action` (such as "export.download") on `subject`.

    `address` is where the request came from, None when it is not known. Long texts are cut to what the table holds,
    so that remembering never fails what it remembers.
    """
    return AccessRecord.objects.create(
        user=user, happened_at=at, action=action[:40], subject=subject[:240], address=address or None
    )

"""Files that wait for somebody's approval, for the list and the counts of what waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.fields import BooleanField
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import ngettext

from depots import access
from inventory.openings.models import State, Upload, UploadQuerySet
from inventory.vouchers.approvals import Other
from logistics.accounts.models import User
from logistics.accounts.rights import Right

MOST_TOLD: Final = 50  # whoever has more files waiting sees the others when these are decided


def waiting_for(user: User) -> UploadQuerySet:
    """Return the submitted files that `user` may write, the longest waiting first.

    Those that they brought, submitted, put right or changed otherwise are somebody else's to write.
    """
    changed = RawSQL(
        "jsonb_path_exists(jsonb_build_array(fixes, story), '$.** ? (@.by == $login)',"
        " jsonb_build_object('login', %s::text))",
        [user.login],
        BooleanField(),
    )
    return (
        Upload.objects.filter(state=State.SUBMITTED, depot__in=access.depot_ids(user, Right.APPROVE))
        .exclude(Q(uploaded_by=user) | Q(submitted_by=user))
        .exclude(changed)
        .order_by("submitted_at", "pk")
    )


def told(user: User) -> Iterator[Other]:
    """Yield the files that wait for the decision of `user`, as the list of what waits shows them."""
    found = waiting_for(user).select_related("depot", "submitted_by").defer("content", "rows", "fixes", "story")
    for upload in found[:MOST_TOLD]:
        rows = upload.found.get("rows", 0)
        assert upload.depot is not None
        assert upload.submitted_at is not None
        yield Other(
            title=upload.file_name,
            about=f"{capfirst(upload.get_purpose_display())} · "
            + ngettext("%(count)s row", "%(count)s rows", rows) % {"count": rows},
            href=reverse("opening", args=[upload.pk]),
            depot=upload.depot.code,
            since=upload.submitted_at,
            by=str(upload.submitted_by),
        )

"""Who changed a voucher: every version kept of it, to filter and to take along; its lines told line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import models
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from inventory.vouchers.lists import depot_to_read
from inventory.vouchers.models import Status, Voucher
from inventory.vouchers.story import line_changes
from logistics.audit.pages import Link, history_page
from logistics.audit.trail import Occasion
from logistics.errors import NotFound
from logistics.sheets import KINDS

# Who did what and when stands beside every change already.
_TOLD_ELSEWHERE: Final = (
    "depot", "version", "made_by", "made_at", "changed_by", "changed_at", "submitted_by", "submitted_at", "decided_by",
    "decided_at", "seconded_by", "seconded_at", "position", "acknowledged", "out_of_order",
)  # fmt: skip


def _lines(old: Any, new: Any) -> Iterable[tuple[str, str, str]]:
    return line_changes(SimpleNamespace(lines=new or []), SimpleNamespace(lines=old or []))


def _nothing(_old: Any, _new: Any) -> Iterable[tuple[str, str, str]]:
    return ()


@login_required
@require_safe
def history(request: HttpRequest, code: str, voucher_id: UUID, kind: str = "") -> HttpResponseBase:
    """Answer who changed a voucher, when, from where, what and why; the version that was posted leads to its movement.

    Raises:
        NotFound: the asker may read no such depot, or it has no such voucher.
    """
    depot = depot_to_read(request, code)
    found = Voucher.objects.filter(depot=depot, pk=voucher_id).first()
    if found is None:
        raise NotFound(_("%(depot)s has no such voucher.") % {"depot": depot.code})

    def movement(occasions: Sequence[Occasion]) -> dict[tuple[type[models.Model], int], Link]:
        name = f"{depot.code}/{found.position}"
        return {
            (Voucher, occasion.number): (reverse("movement", args=[depot.code, found.position]), name)
            for occasion in occasions
            if any(one.field.name == "status" and one.new == Status.POSTED for one in occasion.differences)
        }

    return history_page(
        request,
        found,
        back=reverse("voucher", args=[depot.code, found.pk]),
        files={one: reverse("voucher-history-file", args=[depot.code, found.pk, one]) for one in KINDS},
        kind=kind,
        links=movement,
        words={"lines": _lines, **dict.fromkeys(_TOLD_ELSEWHERE, _nothing)},
        context={"depot": depot},
    )

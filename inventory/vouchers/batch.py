"""Several vouchers of a depot printed at once, as one PDF."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inventory.printing import kept
from inventory.vouchers.lists import depot_to_read
from inventory.vouchers.models import Voucher
from inventory.vouchers.paper import count_print, draft_pdf, voucher_pdf
from logistics import asking, stamping
from logistics.accounts.models import User
from logistics.errors import Fault, Invalid, NotFound

MOST_PRINTED: Final = 100  # a page of the list


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def vouchers_paper(request: HttpRequest, code: str) -> HttpResponse:
    """Answer chosen vouchers as one PDF, in the order asked for; POST counts a print of each that is posted.

    `v` names a posted voucher by its position, and behind a point which print of it this is; any other by its id.

    Raises:
        NotFound: the depot, a voucher or a print of it is not there for the visitor.
        Invalid: none, or too many, are asked for.
    """
    user = cast("User", request.user)
    depot = depot_to_read(request, code)
    language, site = kept.reader_language(), asking.site_of(request)
    if request.method == "POST":
        chosen = request.POST.getlist("page" if request.POST.get("which") == "page" else "voucher")
        found = _vouchers(depot.pk, [(name, "") for name in chosen])
        names = [
            (voucher, _counted(voucher, code=depot.code, language=language, site=site, by=user, at=timezone.now()))
            for voucher, _copy in found
        ]
        asked = [("v", f"{voucher.position}.{copy}" if copy else str(voucher.pk)) for voucher, copy in names]
        return redirect(f"{reverse('vouchers-paper', args=[depot.code])}?{urlencode(asked)}")
    found = _vouchers(depot.pk, [(name.partition(".")[0], name.partition(".")[2]) for name in request.GET.getlist("v")])
    papers = [
        draft_pdf(voucher, language=language)
        if voucher.position is None
        else voucher_pdf(depot.code, voucher.position, language=language, site=site, copy=copy)
        for voucher, copy in found
    ]
    title = f"{_('Vouchers')} {depot.code}"
    answer = HttpResponse(stamping.joined(papers, title=title), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{depot.code}-{len(papers)}.pdf"'
    return answer


@transaction.atomic
def _counted(voucher: Voucher, *, code: str, language: str, site: str, by: User, at: datetime) -> int:
    """Return which print of a posted voucher this is, 0 for one that is not posted: such prints are not counted."""
    if voucher.position is None:
        return 0
    return count_print(code, voucher.position, language=language, site=site, by=by, at=at)


def _vouchers(depot: int, names: Sequence[tuple[str, str]]) -> list[tuple[Voucher, int]]:
    """Return the vouchers of a depot that are named, each once, with which print of it is meant. Raises as the view."""
    if not 0 < len(names) <= MOST_PRINTED:
        text = _("Choose 1 to %(most)s vouchers to print.") % {"most": MOST_PRINTED}
        raise Invalid([Fault("/voucher", "choose", text)])
    asked = {_key(name): _copy(copy) for name, copy in names}
    rows = Voucher.objects.select_related("depot").filter(depot=depot)
    found = {
        key: row
        for row in rows.filter(Q(pk__in=[key for key in asked if isinstance(key, UUID)])
                               | Q(position__in=[key for key in asked if isinstance(key, int)]))
        for key in (row.pk, row.position)
    }  # fmt: skip
    for key in asked:
        if key not in found:
            raise _unknown(str(key))
    return [(found[key], copy) for key, copy in asked.items()]


def _key(name: str) -> UUID | int:
    try:
        return int(name) if name.isascii() and name.isdecimal() and len(name) < 19 else UUID(name)
    except ValueError as error:
        raise _unknown(name) from error


def _copy(text: str) -> int:
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text)):
        raise _unknown(text)
    return int(text or 1)


def _unknown(name: str) -> NotFound:
    return NotFound(_("No voucher, or no print of one, is named “%(name)s” here.") % {"name": name[:40]})

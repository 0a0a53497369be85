"""Several vouchers of a depot printed at once, as one PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inventory.ledger.models import Movement, MovementLine
from inventory.printing import kept
from inventory.printing.kept import Print
from inventory.vouchers.lists import depot_to_read
from inventory.vouchers.models import Voucher
from inventory.vouchers.paper import count_print, draft_pdf, voucher_print
from logistics import asking, stamping
from logistics.accounts.models import User
from logistics.errors import Fault, Invalid, NotFound

MOST_PRINTED: Final = 100  # a page of the list
MOST_LINES: Final = 20_000  # of all together: sheets of one voucher as long are laid out in ten seconds


@dataclass(frozen=True, slots=True)
class _Named:
    """What is to be printed: a movement by its position, or a voucher that no logbook holds; which print of it."""

    position: int | None
    voucher: Voucher | None
    copy: int


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def vouchers_paper(request: HttpRequest, code: str) -> HttpResponse:
    """Answer chosen vouchers as one PDF, in the order asked for; POST counts a print of each that is posted.

    `v` names what is posted by its position, and behind a point which print of it this is; any other by its id.

    Raises:
        NotFound: the depot, a voucher or a print of it is not there for the visitor.
        Invalid: none, or too many, are asked for.
    """
    user = cast("User", request.user)
    depot = depot_to_read(request, code)
    language, site = kept.reader_language(), asking.site_of(request)
    if request.method == "POST":
        chosen = request.POST.getlist("page" if request.POST.get("which") == "page" else "v")
        names = [(name, "") for text in chosen for name in text.split()]
        found = _counted(_found(depot.pk, names), code=depot.code, language=language, site=site, by=user)
        asked = [("v", str(one.voucher.pk) if one.voucher else f"{one.position}.{one.copy}") for one in found]
        return redirect(f"{reverse('vouchers-paper', args=[depot.code])}?{urlencode(asked)}")
    found = _found(depot.pk, [name.partition(".")[::2] for name in request.GET.getlist("v")])
    prints = [
        Print(content=draft_pdf(one.voucher, language=language), paper=None, number=1, said="")
        if one.voucher is not None
        else voucher_print(depot.code, one.position or 0, language=language, site=site, copy=one.copy)
        for one in found
    ]
    joined = stamping.joined((one.content for one in prints), title=f"{_('Vouchers')} {depot.code}")
    content = kept.hand_out(prints, to=user, at=timezone.now(), joined=joined)
    answer = HttpResponse(content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{depot.code}-{len(prints)}.pdf"'
    return answer


@transaction.atomic
def _counted(found: Sequence[_Named], *, code: str, language: str, site: str, by: User) -> list[_Named]:
    """Return what is printed with which print of it this is; of what is not posted, prints are not counted."""
    at = timezone.now()
    return [
        one
        if one.position is None
        else replace(one, copy=count_print(code, one.position, language=language, site=site, by=by, at=at))
        for one in found
    ]


def _found(depot: int, names: Sequence[tuple[str, ...]]) -> list[_Named]:
    """Return what is named in a depot, each once: by position, or by a voucher's id. Raises as the view."""
    if not 0 < len(names) <= MOST_PRINTED:
        text = _("Choose 1 to %(most)s vouchers to print.") % {"most": MOST_PRINTED}
        raise Invalid([Fault("/voucher", "choose", text)])
    asked = {_key(name): _copy(copy) for name, copy in names}
    vouchers = Voucher.objects.select_related("depot").filter(depot=depot).in_bulk(
        [key for key in asked if isinstance(key, UUID)]
    )  # fmt: skip
    positions = {key for key in asked if isinstance(key, int)} | {
        one.position for one in vouchers.values() if one.position is not None
    }
    logged = set(Movement.objects.filter(depot=depot, position__in=positions).values_list("position", flat=True))
    lines = MovementLine.objects.filter(depot=depot, position__in=logged).count()
    if len(asked) > 1 and lines > MOST_LINES:
        text = _("Together they have %(lines)s lines; one file takes %(most)s. Print the longest by themselves.")
        raise Invalid([Fault("/voucher", "too-long", text % {"lines": lines, "most": MOST_LINES})])
    found: dict[object, _Named] = {}
    for key, copy in asked.items():
        voucher = vouchers.get(key) if isinstance(key, UUID) else None
        position = voucher.position if voucher else key
        if voucher is not None and voucher.position is None:
            found.setdefault(key, _Named(None, voucher, copy))
        elif isinstance(position, int) and (voucher or position in logged):
            found.setdefault(position, _Named(position, None, copy))
        else:
            raise _unknown(str(key))
    return list(found.values())


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

"""The desk of a depot, one voucher with what may be done to it, and what waits for one's decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from depots import access
from depots.access import DepotAccess
from depots.models import Depot
from inventory.catalogue.models import Item, QualityGrade, ReservePurpose, Unit
from inventory.ledger.models import DepotLog, Holding, Kind, Movement
from inventory.printing import kept
from inventory.vouchers import approvals, copying, review, road, standing, workflow
from inventory.vouchers.content import Content
from inventory.vouchers.logbook import newest
from inventory.vouchers.models import Status, Voucher
from inventory.vouchers.paper import draft_pdf
from inventory.vouchers.paper_lines import amount_typed
from inventory.vouchers.policies import policies_of, policy
from inventory.vouchers.review import Judged
from inventory.vouchers.story import story
from inventory.vouchers.views import copy_id
from logistics import asking
from logistics.accounts.models import User
from logistics.errors import DomainError, Fault, Forbidden, Invalid, NotFound
from logistics.fields import format_date, told_quantity
from logistics.history import Source

NEW_KINDS: Final = (
    Kind.RECEIPT, Kind.ISSUE, Kind.TRANSFER_OUT, Kind.TRANSFER_IN, Kind.RETURN, Kind.RELOCATION, Kind.REGRADE,
    Kind.REPURPOSE, Kind.ADJUSTMENT, Kind.DISPOSAL,
)  # fmt: skip
OPEN: Final = (Status.REJECTED, Status.APPROVED, Status.SUBMITTED, Status.DRAFT)
SOON: Final = timedelta(days=90)
MOST_OPEN: Final = 20
LAST_MOVEMENTS: Final = 10
A_PAGE: Final = 50
TONES: Final = {Status.REJECTED: "bad", Status.APPROVED: "good", Status.SUBMITTED: "warn"}


_SHOWN_WHEN_FILLED: Final = (
    "lot", "expires_on", "bin", "grade", "purpose", "scheduled_quantity", "unit_price", "to_bin", "to_grade",
    "to_purpose", "reason",
)  # fmt: skip


def _may(user: User, code: str, gate: Any) -> DepotAccess | None:
    """Return a depot's access through a gate, None for whoever may see the depot but not do that there."""
    try:
        found: DepotAccess = gate(user, code)
    except Forbidden:
        return None
    return found


# --- The desk ---------------------------------------------------------------------------------------------------


@login_required
@require_safe
def desk(request: HttpRequest, code: str) -> HttpResponse:
    """Answer what a clerk of a depot starts from: new vouchers, open ones, what arrives, what expires."""
    user = cast("User", request.user)
    place = access.depot_for_reading(user, code)
    depot = Depot.objects.get(pk=place.id)
    posting = _may(user, code, access.depot_for_posting)
    today = timezone.localdate()
    last = DepotLog.objects.filter(depot=depot).values_list("position", flat=True).first() or 0
    people = standing.PEOPLE
    opened = Voucher.objects.filter(depot=depot, status__in=OPEN)
    in_stock = Holding.objects.filter(depot=depot, on_hand__gt=0)
    return render(
        request,
        "vouchers/desk.html",
        {
            "depot": depot,
            "kinds": [(kind, kind.label) for kind in NEW_KINDS] if posting else [],
            "rules": policies_of(place.id),
            "vouchers": [
                {"voucher": one, "tone": TONES.get(Status(one.status), "soft"), "count": len(one.lines)}
                for one in opened.select_related(*people).order_by("-changed_at", "-pk")[:MOST_OPEN]
            ],
            "counts": opened.aggregate(
                **{status.value: Count("pk", filter=Q(status=status)) for status in OPEN}, total=Count("pk")
            ),
            "arrivals": road.arriving_count(place.id),
            "expired": in_stock.filter(lot__expires_date__lt=today).values("item", "lot").distinct().count(),
            "expiring": in_stock.filter(lot__expires_date__gte=today, lot__expires_date__lt=today + SOON)
            .values("item", "lot")
            .distinct()
            .count(),
            "movements": newest(depot.pk, until=last, count=LAST_MOVEMENTS),
            "last": last,
        },
    )


# --- What waits -------------------------------------------------------------------------------------------------


@login_required
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """Answer the vouchers that wait for the asker's decision, over all their depots, the longest waiting first."""
    user = cast("User", request.user)
    chosen = approvals.waiting_for(user).select_related("depot", "submitted_by", "made_by")
    number = asking.page_number(request)
    pages = Paginator(chosen, A_PAGE)
    if number > pages.num_pages:
        raise NotFound(_("This list has no page “%(page)s”.") % {"page": number})
    page = pages.page(number)
    rows = [{"voucher": one, "count": len(one.lines), "goods": _goods(one)} for one in page]
    items = Item.objects.in_bulk({row["goods"] for row in rows if row["goods"]}, field_name="code")
    for row in rows:
        row["item"] = items.get(row["goods"])
    others = approvals.others(user) if number == 1 else []
    context = {"rows": rows, "page": page, "count": pages.count, "others": others}
    return render(request, "vouchers/approvals.html", context)


def _goods(voucher: Voucher) -> str:
    return next((line["item"] for line in voucher.lines if line.get("item")), "")


# --- One voucher ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What the asker may do to a voucher now, and why not to decide on it. `copy` is the id of the copy to be."""

    edit: bool = False
    copy: UUID | None = None
    decide: bool = False
    is_own: bool = False
    has_approved: bool = False
    post: bool = False
    cancel: bool = False


_FIRST_OF_TWO: Final = gettext_lazy("You approved it. A second approver has yet to agree.")
_DONE: Final = {
    "approve": gettext_lazy("The voucher is approved."),
    "reject": gettext_lazy("The voucher went back to its maker."),
    "cancel": gettext_lazy("The voucher is cancelled."),
    "post": gettext_lazy("The voucher is posted."),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def voucher(request: HttpRequest, code: str, voucher_id: UUID) -> HttpResponse:
    """Answer one voucher: where it stands, its lines, what may be done; and do what its buttons ask for."""
    user = cast("User", request.user)
    place = access.depot_for_reading(user, code)
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            if request.POST.get("action") == "copy":
                return _copied(request, user, code, voucher_id)
            done = _act(request, user, code, voucher_id)
        except DomainError as error:
            if isinstance(error, NotFound):
                raise
            refusal = error
        else:
            what = request.POST.get("action", "")
            words = _FIRST_OF_TWO if done.awaits_second else _DONE[what]
            messages.success(request, _posted_words(done) if done.position else words)
            return redirect("voucher", code=code, voucher_id=voucher_id)
    found = standing.voucher_of(place, voucher_id)
    doing = _doing(user, code, found)
    posting = _may(user, code, access.depot_for_posting) or place
    judged = None
    if found.status in {Status.SUBMITTED, Status.APPROVED}:
        judged = review.judge(Content.of(found), voucher_id=found.pk, place=posting, by=user, at=timezone.now())
    movement = None
    if found.position is not None:
        movement = Movement.objects.select_related("recorded_by").get(depot=place.id, position=found.position)
    context = {
        "depot": found.depot,
        "voucher": found,
        "typed": sorted(found.typed.items()),
        "tone": TONES.get(Status(found.status), "good" if found.status == Status.POSTED else "soft"),
        "rule": policy(place.id, found.kind),
        "doing": doing,
        "judged": judged,
        "worth": _number(judged.totals["value"] or "") if judged else "",
        "lines": _lines(found, judged),
        "mirror": _mirror(judged) if judged and found.reverses else [],
        "movement": movement,
        "story": story(found),
        "columns": {name: any(name in line for line in found.lines) for name in _SHOWN_WHEN_FILLED},
        "refusal": refusal,
        "problems": _problems(found, refusal),
        "reason": request.POST.get("reason", ""),
        "asked": request.POST.get("action", ""),
    }
    return render(request, "vouchers/voucher.html", context, status=refusal.status if refusal else 200)


@login_required
@require_safe
def voucher_paper(request: HttpRequest, code: str, voucher_id: UUID) -> HttpResponse:
    """Answer the paper of a voucher that is not posted, stamped so; a posted one's is its movement's."""
    place = access.depot_for_reading(cast("User", request.user), code)
    found = standing.voucher_of(place, voucher_id)
    if found.position is not None:
        return redirect("movement", code=code, position=found.position)
    answer = HttpResponse(draft_pdf(found, language=kept.reader_language()), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{place.code}-{str(found.pk)[:8]}.pdf"'
    return answer


def _copied(request: HttpRequest, user: User, code: str, voucher_id: UUID) -> HttpResponse:
    """Copy a voucher to a new draft and answer the page that is written on. Raises DomainError."""
    place = access.depot_for_posting(user, code)
    said = standing.voucher_of(place, voucher_id)
    made = copying.copy_voucher(said, voucher_id=copy_id(request), place=place, by=user, at=timezone.now())
    return redirect(f"{reverse('entry', args=[code])}?voucher={made.pk}")


def _act(request: HttpRequest, user: User, code: str, voucher_id: UUID) -> Voucher:
    """Do what a button asks for. Raises DomainError."""
    asked, at = request.POST.get("action", ""), timezone.now()
    reason = request.POST.get("reason", "")
    given = request.POST.get("version", "")
    version = int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None
    match asked:
        case "approve":
            place = access.depot_for_approving(user, code)
            return workflow.approve(voucher_id, place=place, version=version, by=user, at=at, source=Source.WEB)
        case "reject":
            place = access.depot_for_approving(user, code)
            return workflow.reject(
                voucher_id, place=place, reason=reason, version=version, by=user, at=at, source=Source.WEB
            )
        case "cancel":
            place = access.depot_for_posting(user, code)
            return workflow.cancel(voucher_id, place=place, reason=reason, by=user, at=at, source=Source.WEB)
        case "post":
            place = access.depot_for_posting(user, code)
            return workflow.post_approved(voucher_id, place=place, by=user, at=at, source=Source.WEB)
        case _:
            raise Invalid([Fault("/action", "one-of", _("Use one of the buttons of this page."))])


def _posted_words(done: Voucher) -> str:
    return _("Posted as %(number)s") % {"number": done.number}


def _doing(user: User, code: str, found: Voucher) -> Doing:
    posts = _may(user, code, access.depot_for_posting) is not None
    decides = found.status == Status.SUBMITTED and _may(user, code, access.depot_for_approving) is not None
    is_own = decides and standing.has_part(found, user)
    has_approved = decides and found.awaits_second and found.decided_by_id == user.pk
    return Doing(
        edit=posts and found.is_editable,
        copy=uuid4() if posts and copying.copies(found) else None,
        decide=decides and not is_own and not has_approved,
        is_own=is_own,
        has_approved=has_approved,
        post=posts and found.status == Status.APPROVED,
        cancel=posts and not found.is_closed,
    )


def _lines(found: Voucher, judged: Judged | None) -> list[dict[str, Any]]:
    """Return the lines with the reference data they name, one query per kind of it, and what each would take."""
    given = found.lines
    items = Item.objects.select_related("base_unit").in_bulk(
        {line.get("item", "") for line in given}, field_name="code"
    )
    units = Unit.objects.in_bulk({line["unit"] for line in given if line.get("unit")})
    grades = QualityGrade.objects.in_bulk(
        {line[name] for line in given for name in ("grade", "to_grade") if line.get(name)}
    )
    purposes = ReservePurpose.objects.in_bulk(
        {line[name] for line in given for name in ("purpose", "to_purpose") if line.get(name)}
    )
    weighed = {one["line"]: one for one in judged.lines} if judged else {}
    rows = []
    for number, line in enumerate(given, start=1):
        item = items.get(line.get("item", ""))
        rows.append(
            {
                "number": number,
                "line": line,
                "typed": sorted(line.get("typed", {}).items()),
                "quantity": _number(line.get("quantity", "")),
                "scheduled": _number(line.get("scheduled_quantity", "")),
                "price": _number(line.get("unit_price", "")),
                "temperature": _number(line.get("temperature", "")),
                "density": _number(line.get("density", "")),
                "fuel": _at_fifteen(weighed.get(line["id"], {}).get("fuel")),
                "expires": _day(line.get("expires_on", "")),
                "item": item,
                "unit": units.get(line.get("unit", "")) or (item.base_unit if item else None),
                "grade": grades.get(line.get("grade")),
                "to_grade": grades.get(line.get("to_grade")),
                "purpose": purposes.get(line.get("purpose", "")),
                "to_purpose": purposes.get(line.get("to_purpose", "")),
                "is_out_of_order": line["id"] in found.out_of_order,
                "sentence": weighed.get(line["id"], {}).get("sentence", ""),
                "faults": [fault for fault in judged.faults if fault.line == line["id"]] if judged else [],
            }
        )
    return rows


def _at_fifteen(fuel: dict[str, str] | None) -> dict[str, str] | None:
    """Return what a reading comes to, as people write it."""
    return fuel and {"litres": _number(fuel["litres_15"]), "kg": _number(fuel["kg"])}


def _mirror(judged: Judged) -> list[dict[str, Any]]:
    """Return what a reversal would do, pile by pile, with the goods and units it names; two queries."""
    parts = [(line["line"], part) for line in judged.lines for part in line["parts"]]
    items = Item.objects.in_bulk({part["item"] for _line, part in parts}, field_name="code")
    units = Unit.objects.in_bulk({part["unit"] for _line, part in parts})
    return [
        {
            "number": number,
            "part": part,
            "item": items[part["item"]],
            "unit": units[part["unit"]],
            "expires": _day(part["expires_on"] or ""),
            "change": Decimal(part["change"]),
            "after": Decimal(part["on_hand_after"]),
        }
        for number, part in parts
    ]


def _number(text: str) -> str:
    """Return a number as the page's language writes it; what is none as it was typed."""
    value = amount_typed(text)
    return text if value is None else told_quantity(value)


def _day(text: str) -> str:
    """Return a day as dd/mm/yyyy; what is none as it was typed."""
    try:
        return format_date(date.fromisoformat(text)) if text else ""
    except ValueError:
        return text


def _problems(found: Voucher, refusal: DomainError | None) -> list[tuple[str, str]]:
    """Return what a refusal says is wrong: the place's address on this page ("" for none), and the words."""
    if refusal is None:
        return []
    numbers = {line["id"]: number for number, line in enumerate(found.lines, start=1)}
    told = []
    for error in refusal.members.get("errors", []):
        number = numbers.get(error.get("line"))
        if number is None:
            told.append(("#reason" if error["pointer"] == "/reason" else "", error["detail"]))
        else:
            told.append(
                (f"#line-{number}", _("Line %(number)s: %(what)s") % {"number": number, "what": error["detail"]})
            )
    return told or [("", refusal.detail)]

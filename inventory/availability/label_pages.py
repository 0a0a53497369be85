"""Choosing which labels to print, and printing them: of lots in stock or on a voucher, and of bins.

Everything is state of the address, so a page of labels can be printed anew from the same link. The PDF holds exactly
what the page shows: its lines, with the copies that stand beside them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page
from django.db.models import F, Max, Q, Sum
from django.db.models.functions import Greatest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from depots.models import Bin, Depot
from inventory.availability.lists import PileFilters
from inventory.catalogue import labels, marking
from inventory.catalogue.models import Lot, Packaging
from inventory.ledger import reading
from inventory.ledger.models import MovementLine
from inventory.vouchers.lists import depot_to_read
from logistics import asking, lists, search, stickers
from logistics import paper as printed
from logistics.accounts.models import User
from logistics.audit import reads
from logistics.lists import Filters
from logistics.stickers import Sticker

LINES_A_PAGE: Final = 100
MOST_LABELS: Final = 2_000
_MOST_COPIES: Final = 999


class PrintForm(forms.Form):
    """What to print on, and which label of a begun sheet is the first free one."""

    use_required_attribute = False
    sheet = forms.ChoiceField(
        label=gettext_lazy("Label paper"), choices=[(name, one.label) for name, one in stickers.PAPERS.items()]
    )
    start = forms.IntegerField(
        label=gettext_lazy("First free label of the sheet"), min_value=1, initial=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 2, "size": 4}),
    )  # fmt: skip

    def __init__(self, request: HttpRequest) -> None:
        given = request.GET.copy()
        given.setdefault("sheet", "roll")
        given["start"] = given.get("start") or "1"
        super().__init__(given, label_suffix="")

    def clean(self) -> dict[str, Any]:
        """Refuse a start that the sheet does not have."""
        found = super().clean() or self.cleaned_data
        sheet, start = found.get("sheet"), found.get("start")
        if sheet and start and start > stickers.PAPERS[sheet].cells:
            self.add_error(
                "start", _("This paper has %(cells)s labels a sheet.") % {"cells": stickers.PAPERS[sheet].cells}
            )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a page of labels. `name` is its parameter in the address; `copies` None: what is there is wrong."""

    name: str
    subject: Any
    typed: str
    copies: int | None
    quantity: Decimal | None = None


def _line(request: HttpRequest, name: str, subject: Any, *, copies: int, **more: Any) -> Line:
    typed = asking.text(request, name) or str(copies)
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= 3
    return Line(name=name, subject=subject, typed=typed, copies=int(typed) if is_number else None, **more)


def _answer(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    lines: Sequence[Line],
    draw: Any,
    name: str,
    kept: Collection[str],
    as_pdf: bool,
) -> HttpResponse:
    """Answer the page, or the PDF of its lines; 422 and why where nothing can be printed.

    `kept` are the parameters that searching keeps.
    """
    form = PrintForm(request)
    total = sum(line.copies or 0 for line in lines)
    problem = ""
    if any(line.copies is None for line in lines):
        problem = _("Copies are whole numbers from 0 to %(most)s; 0 leaves a line out.") % {"most": _MOST_COPIES}
    elif total > MOST_LABELS:
        problem = _("%(total)s labels are too many at once: choose at most %(most)s.") % {
            "total": total, "most": MOST_LABELS,
        }  # fmt: skip
    elif as_pdf and not total:
        problem = _("No label is chosen: write how many copies beside a line.")
    is_good = form.is_valid() and not problem
    if as_pdf and is_good:
        reads.note(request, by=cast("User", request.user), action="labels.pdf", subject=request.get_full_path())
        found: Iterator[Sticker] = (one for line in lines for one in [draw(line.subject)] * (line.copies or 0))
        data = stickers.render(
            list(found),
            paper=stickers.PAPERS[form.cleaned_data["sheet"]],
            start=form.cleaned_data["start"],
            title=name,
        )
        return HttpResponse(
            data,
            content_type="application/pdf",
            headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
        )
    own = {*form.fields, *(line.name for line in lines)}
    given = [(name, value) for name, value in request.GET.items() if value]
    shown = {
        "form": form,
        # Pairs, no dict: what an address calls “items” would be taken for its method.
        "carried": [(name, value) for name, value in given if name not in own],
        "kept": [(name, value) for name, value in given if name in kept],
        "lines": lines,
        "total": total,
        "problem": problem,
        "most_copies": _MOST_COPIES,
    }
    return render(request, template, {**context, **shown}, status=200 if is_good else 422)


# --- Lots ---------------------------------------------------------------------------------------------------------


@login_required
@require_safe
def of_lots(request: HttpRequest, code: str, *, as_pdf: bool = False) -> HttpResponse:
    """Answer the labels of lots, of one movement (`movement`) or of what the filters of the stock list leave.

    One for each lot or, where `each` is "pack", one for every package that the quantity fills or begins.
    """
    depot = depot_to_read(request, code)
    filters = PileFilters(request, depot=depot)
    position = asking.position(request, "movement", last=reading.END) if request.GET.get("movement") else None
    found = _of_piles(filters) if position is None else _of_movement(depot, position)
    page = asking.numbered(asking.page_number(request), of=found.count(), size=LINES_A_PAGE)
    rows = list(found[page.start_index() - 1 : page.end_index()]) if page.paginator.count else []
    lots = Lot.objects.select_related("item__base_unit").in_bulk([row["of"] for row in rows])
    by_pack = request.GET.get("each") == "pack"
    packs = _packs([lot.item_id for lot in lots.values()]) if by_pack else {}
    lines = [
        _line(
            request,
            f"c{labels.label_of(row['of'])}",
            (lot := lots[row["of"]]),
            copies=_filled(row["quantity"], packs.get(lot.item_id)),
            quantity=row["quantity"],
        )
        for row in rows
    ]
    today = timezone.localdate()
    mark = printed.EXERCISE_MARK if depot.is_exercise else ""
    context = {
        "depot": depot,
        "filters": filters,
        "position": position,
        "page": page,
        "by_pack": by_pack,
        "each": [
            (_("one for each lot"), _without_copies(request, each=""), not by_pack),
            (_("one for each package"), _without_copies(request, each="pack"), by_pack),
        ],
        "previous": _page(request, page, -1),
        "following": _page(request, page, 1),
        "pdf": reverse("labels-file", args=[depot.code]),
    }
    return _answer(
        request,
        "availability/labels.html",
        context,
        lines=lines,
        draw=lambda lot: marking.sticker(lot, today=today, mark=mark),
        name=f"nhan-{depot.code}",
        kept={"each", "sheet", "start", *filters.fields} - set(filters.in_sight),
        as_pdf=as_pdf,
    )


def _of_piles(filters: PileFilters) -> Any:
    return (
        filters.apply()
        .order_by()
        .values("item__code", "lot__code", of=F("lot"))
        .annotate(quantity=Sum("on_hand"))
        .order_by("item__code", "lot__code", "of")
    )


def _of_movement(depot: Depot, position: int) -> Any:
    """Return the lots of a movement, what it brought or took of each.

    Raises:
        NotFound: the log has no such position.
    """
    reading.movement(depot.pk, position)
    lines = MovementLine.objects.filter(depot=depot, position=position)
    zero = Decimal(0)
    return (
        lines.order_by()
        .values("holding__item__code", "holding__lot__code", of=F("holding__lot"))
        .annotate(
            first=Max("line_no"),
            quantity=Greatest(
                Sum("change", filter=Q(change__gt=0), default=zero),
                -Sum("change", filter=Q(change__lt=0), default=zero),
            ),
        )
        .order_by("first")
    )


def _packs(items: Sequence[int]) -> dict[int, Decimal]:
    """Return how much the smallest package of each item holds today, of those that have one."""
    today = timezone.localdate()
    in_force = Packaging.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=today),
        Q(valid_to=None) | Q(valid_to__gte=today),
        item__in=items,
        factor__gt=1,
    )
    return dict(in_force.order_by("-factor").values_list("item", "factor"))


def _filled(quantity: Decimal, pack: Decimal | None) -> int:
    if pack is None:
        return 1
    return min(max(int((quantity / pack).to_integral_value(ROUND_CEILING)), 1), _MOST_COPIES)


def _without_copies(request: HttpRequest, **changes: str) -> str:
    """Return the query with parameters changed and no copies: they were typed for what was shown before."""
    kept = request.GET.copy()
    for name in [name for name in kept if labels.is_label(name[1:])]:
        kept.pop(name)
    return lists.changed(kept, **changes)


def _page(request: HttpRequest, page: Page[int], step: int) -> str:
    number = page.number + step
    if not 1 <= number <= page.paginator.num_pages:
        return ""
    query = _without_copies(request)
    return f"{query}{'&' if len(query) > 1 else ''}page={number}"


# --- Bins ---------------------------------------------------------------------------------------------------------


class BinFilters(Filters):
    """Which bins of a depot."""

    q = forms.CharField(label=gettext_lazy("Code or name of the bin"))

    def apply(self, depot: Depot) -> Any:
        """Return the bins in use that are asked for."""
        found = Bin.objects.filter(depot=depot, is_active=True).order_by("code")
        return found.none() if self.errors else search.find(found, self.asks("q") or "", "code", "name")


@login_required
@require_safe
def of_bins(request: HttpRequest, code: str, *, as_pdf: bool = False) -> HttpResponse:
    """Answer the labels of a depot's bins in use."""
    depot = depot_to_read(request, code)
    filters = BinFilters(request)
    bins = filters.apply(depot)
    page = asking.numbered(asking.page_number(request), of=bins.count(), size=LINES_A_PAGE)
    shown = list(bins[page.start_index() - 1 : page.end_index()]) if page.paginator.count else []
    mark = printed.EXERCISE_MARK if depot.is_exercise else ""
    context = {
        "depot": depot,
        "filters": filters,
        "page": page,
        "previous": _page(request, page, -1),
        "following": _page(request, page, 1),
        "pdf": reverse("bin-labels-file", args=[depot.code]),
    }
    return _answer(
        request,
        "availability/bin_labels.html",
        context,
        lines=[_line(request, f"c{labels.label_of(one.pk)}", one, copies=1) for one in shown],
        draw=lambda one: _bin_sticker(one, depot, mark=mark),
        name=f"nhan-ngan-{depot.code}",
        kept={"sheet", "start"},
        as_pdf=as_pdf,
    )


def _bin_sticker(place: Bin, depot: Depot, *, mark: str) -> Sticker:
    lines = (place.name, f"{depot.code} {depot.name}")
    return Sticker(title=place.code, lines=lines, bars=place.code, matrix=place.code, mark=mark, big=True)

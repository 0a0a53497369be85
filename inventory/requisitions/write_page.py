"""The pages on which a requisition is written: its head, its lines, what an item may be called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from depots.models import Depot
from inventory.catalogue.models import Item, QualityGrade, ReservePurpose, Unit
from inventory.requisitions import asking, judging
from inventory.requisitions.asking import Asked, AskedLine
from inventory.requisitions.models import EDITABLE, Requisition
from logistics import asking as addresses
from logistics import search, wire
from logistics.accounts.models import User
from logistics.errors import DomainError, Forbidden, Invalid
from logistics.fields import DayField, InputError, format_quantity, parse_quantity
from logistics.history import Source

EMPTY_LINES: Final = 5
MOST_OFFERED: Final = 12
_WORDS: Final = ("code", "name", "name_en", "specification", "old_names", "nsn", "gtin")


class HeaderForm(forms.Form):
    """Who asks, where the goods go, by when and why."""

    use_required_attribute = False

    unit = forms.ChoiceField(label=gettext_lazy("Asking unit"))
    to_depot = forms.ChoiceField(
        label=gettext_lazy("Receiving depot"),
        required=False,
        help_text=gettext_lazy("None: the goods are issued to the unit itself."),
    )
    needed_by_date = DayField(label=gettext_lazy("Needed by"), required=True)
    purpose = forms.ChoiceField(label=gettext_lazy("From the reserve"))
    basis = forms.CharField(label=gettext_lazy("On whose order"), required=False, max_length=200)
    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=300)

    def __init__(self, data: QueryDict | None, *, user: User, **kwargs: Any) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        units = asking.may_ask(user)
        self.fields["unit"].choices = [(unit.code, unit.name) for unit in units]  # type: ignore[attr-defined]
        depots = Depot.objects.visible_to(user).filter(unit__in=units.values("pk")).open_on(timezone.localdate())
        receiving = [(depot.code, str(depot)) for depot in depots.order_by("is_exercise", "code")]
        self.fields["to_depot"].choices = [("", _("none: issue to the unit")), *receiving]  # type: ignore[attr-defined]
        english = (get_language() or "").startswith("en")
        purposes = ReservePurpose.objects.order_by("is_ring_fenced", "code")
        self.fields["purpose"].choices = [  # type: ignore[attr-defined]
            (one.code, (english and one.name_en) or one.name) for one in purposes
        ]
        self.fields["purpose"].initial = "THUONG_XUYEN"
        if len(units) == 1:
            self.fields["unit"].initial = units[0].code
        for box in self.fields.values():
            box.widget.attrs["autocomplete"] = "off"


@dataclass(slots=True)
class TypedLine:
    """One line as typed; `faults` by member."""

    number: int
    item: str = ""
    quantity: str = ""
    unit: str = ""
    grade: str = "1"
    note: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    offered: list[Item] = field(default_factory=list)

    @property
    def is_blank(self) -> bool:
        """Tell whether nothing was typed."""
        return not (self.item or self.quantity or self.note)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Answer the form of a new requisition, and keep or submit what is written into it.

    `item`, `quantity` (base units, decimal point) and `depot` of the address fill the first line and the receiver.
    """
    user = cast("User", request.user)
    if not asking.may_ask(user).exists():
        raise Forbidden(_("None of your roles asks for stock."))
    return _written(request, user, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, requisition_id: UUID) -> HttpResponse:
    """Answer the form of a draft, and keep or submit what is written into it."""
    user = cast("User", request.user)
    found = asking.requisition_of(user, requisition_id)
    if found.status not in EDITABLE or not asking.may_ask(user).filter(pk=found.unit_id).exists():
        return redirect("requisition", requisition_id=requisition_id)
    return _written(request, user, found)


def _written(request: HttpRequest, user: User, found: Requisition | None) -> HttpResponse:
    initial = _initial(found) or {"to_depot": addresses.text(request, "depot")}
    form = HeaderForm(request.POST if request.method == "POST" else None, user=user, initial=initial)
    lines = _typed(request.POST) if request.method == "POST" else _kept(found)
    if found is None and request.method != "POST":
        _fill(lines[0], request)
    name = _id(request.POST.get("id", "")) or (found.pk if found else uuid4())
    status = 200
    refusal: DomainError | None = None
    if request.method == "POST" and request.POST.get("action") in {"save", "submit"}:
        asked = _asked(form, lines)
        is_good = form.is_valid() and not any(line.faults for line in lines)
        if is_good and asked is not None:
            try:
                return _keep(request, user, name, asked)
            except Invalid as error:
                _place(error, form, [line for line in lines if not line.is_blank])
                refusal = error
            except DomainError as error:
                refusal = error
        status = refusal.status if refusal else 422
    if request.method == "POST" and request.POST.get("action") == "more":
        lines += [TypedLine(number=len(lines) + n) for n in range(1, EMPTY_LINES + 1)]
    version = request.POST.get("version") or (found.version if found else 0)
    context = {
        "form": form,
        "lines": lines,
        "faults": [(line.number, member, text) for line in lines for member, text in line.faults.items()],
        "found": found,
        "name": name,
        "version": version,
        "refusal": None if isinstance(refusal, Invalid) else refusal,
        **_choices(),
    }
    return render(request, "requisitions/write.html", context, status=status)


def _choices() -> dict[str, Any]:
    return {
        "units": Unit.objects.order_by("code"),
        "grades": QualityGrade.objects.filter(awaits_disposal=False).order_by("grade"),
    }


def _initial(found: Requisition | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "unit": found.unit.code,
        "to_depot": found.to_depot.code if found.to_depot else "",
        "needed_by_date": found.needed_by_date,
        "purpose": found.purpose_id,
        "basis": found.basis,
        "reason": found.reason,
    }


def _kept(found: Requisition | None) -> list[TypedLine]:
    language = get_language() or "vi"
    lines = [
        TypedLine(
            number=line.line_no,
            item=f"{line.item.code} {line.item.name}",
            quantity=format_quantity(line.entered_quantity, language),
            unit=line.entered_unit_id,
            grade=str(line.grade_id),
            note=line.note,
        )
        for line in (found.lines.select_related("item") if found else ())
    ]
    return lines + [TypedLine(number=len(lines) + n) for n in range(1, EMPTY_LINES + 1)]


def _fill(line: TypedLine, request: HttpRequest) -> None:
    """Write into a new requisition's first line what the address asks for: an item, and how many base units of it."""
    line.item, quantity = addresses.text(request, "item"), addresses.text(request, "quantity")
    if re.fullmatch(wire.QUANTITY_PATTERN, quantity):
        line.quantity = format_quantity(Decimal(quantity), get_language() or "vi")


def _typed(posted: QueryDict) -> list[TypedLine]:
    numbers = sorted(
        int(name.removeprefix("item-"))
        for name in posted
        if name.startswith("item-") and name.removeprefix("item-").isascii() and name.removeprefix("item-").isdecimal()
    )[: judging.MOST_LINES + 1]

    def said(member: str, number: int) -> str:
        return str(posted.get(f"{member}-{number}", "")).replace("\x00", "").strip()[:300]

    return [
        TypedLine(
            number=number,
            item=said("item", number),
            quantity=said("quantity", number),
            unit=said("unit", number),
            grade=said("grade", number),
            note=said("note", number),
        )
        for number in numbers
    ]


def _asked(form: HeaderForm, lines: list[TypedLine]) -> Asked | None:
    """Return what was typed in codes, or None where the header cannot be read; lines get their faults."""
    read = []
    named = {line.item.split(" ", 1)[0] for line in lines}
    active = Item.objects.select_related("base_unit").filter(is_active=True)
    by_code = {item.code: item for item in active.filter(code__in=named)}
    for line in lines:
        if line.is_blank:
            continue
        item = _item(line, by_code)
        quantity = None
        scale = item.base_unit.scale if item and line.unit in {"", item.base_unit_id} else 3
        try:
            quantity = parse_quantity(line.quantity, language=get_language() or "vi", scale=scale).value
        except InputError as error:
            line.faults["quantity"] = _(error.message) % error.params
        grade = int(line.grade) if line.grade in {"1", "2", "3", "4", "5"} else 1
        code = item.code if item else ""
        read.append(AskedLine(item=code, quantity=quantity, unit=line.unit, grade=grade, note=line.note))
    if not form.is_valid():
        return None
    said = form.cleaned_data
    return Asked(
        unit=said["unit"],
        to_depot=said["to_depot"],
        needed_by_date=said["needed_by_date"],
        purpose=said["purpose"],
        basis=said["basis"],
        reason=said["reason"],
        lines=read,
    )


def _item(line: TypedLine, by_code: Mapping[str, Item]) -> Item | None:
    """Return the item a line names by code or in words; None after saying what is wrong."""
    found = by_code.get(line.item.split(" ", 1)[0])
    if found is None and line.item:
        items = Item.objects.select_related("base_unit").filter(is_active=True)
        offered = list(search.find(items, line.item, *_WORDS).order_by("code")[: MOST_OFFERED + 1])
        if len(offered) == 1:
            found = offered[0]
        else:
            line.offered = offered[:MOST_OFFERED]
            line.faults["item"] = (
                _("Several items are called so: choose one from the list.")
                if offered
                else _("No item is called so: try fewer words, or the code.")
            )
    elif found is None:
        line.faults["item"] = _("Name the item, or clear the line.")
    return found


def _keep(request: HttpRequest, user: User, name: UUID, asked: Asked) -> HttpResponse:
    given = request.POST.get("version", "")
    version = int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0
    kept = asking.save(name, asked, version=version, by=user, at=timezone.now(), source=Source.WEB)
    if request.POST.get("action") == "submit":
        kept = asking.submit(kept.pk, version=kept.version, by=user, at=timezone.now(), source=Source.WEB)
        assert kept.approving_unit is not None
        words = _("%(number)s is submitted; approvers of %(unit)s decide on it.")
        messages.success(request, words % {"number": kept.number, "unit": kept.approving_unit.name})
    else:
        messages.success(request, _("The draft is kept. Submit it when it is complete."))
    return redirect("requisition", requisition_id=kept.pk)


def _place(error: Invalid, form: HeaderForm, lines: list[TypedLine]) -> None:
    """Put what is refused beside the box that caused it."""
    for fault in error.faults:
        parts = fault.pointer.split("/")[1:]
        if len(parts) == 3 and parts[0] == "lines" and int(parts[1]) < len(lines):
            lines[int(parts[1])].faults.setdefault(parts[2], fault.detail)
        else:
            form.add_error(parts[0] if parts and parts[0] in form.fields else None, fault.detail)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@login_required
@require_safe
def items(request: HttpRequest) -> HttpResponse:
    """Answer the items some words find, as options for the box they are typed into."""
    text = next((str(value) for name, value in request.GET.items() if name.startswith("item-")), "")
    text = text.replace("\x00", "").strip()[: addresses.MOST_TEXT]
    active = Item.objects.filter(is_active=True)
    found = search.find(active, text, *_WORDS).order_by("code") if text else active.none()
    return render(request, "requisitions/items.html", {"items": found[:MOST_OFFERED]})


@login_required
@require_safe
def line(request: HttpRequest) -> HttpResponse:
    """Answer one more empty line of the form."""
    number = min(addresses.page_number(request), judging.MOST_LINES)
    one = TypedLine(number=number)
    return render(request, "requisitions/write_line.html", {"line": one, "next": number + 1, **_choices()})

"""The page a storekeeper enters vouchers on, and the form of each kind: its header fields and columns.

The page is the same for every voucher and for every query string, so that a browser may keep it and open it without a
network; which voucher it shows is in the query, which its scripts read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from depots import access
from depots.models import Depot
from inventory.ledger.kinds import RULES
from inventory.ledger.models import Kind
from logistics.accounts.models import User
from logistics.shell import kept_offline

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the lines. `type` says how its text is read; `is_more` columns are shown when asked for."""

    member: str
    type: str
    label: Text
    is_more: bool = False
    is_fixed: bool = False  # told by the paper, not typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How one kind of voucher is entered.

    `guide` are the cells that Enter leads through after an item was chosen; `required` may not stay blank.
    """

    title: Text
    header: tuple[tuple[str, Text], ...]
    columns: tuple[Column, ...]
    guide: tuple[str, ...]
    required: tuple[str, ...] = ("item", "quantity")


_ITEM: Final = Column(member="item", type="item", label=_("Item"))
_LOT: Final = Column(member="lot", type="lot", label=_("Lot or serial no."))
_EXPIRES: Final = Column(member="expires_on", type="day", label=_("Last day of use"))
_BIN: Final = Column(member="bin", type="bin", label=_("Bin"))
_GRADE: Final = Column(member="grade", type="grade", label=_("Grade"), is_more=True)
_PURPOSE: Final = Column(member="purpose", type="purpose", label=_("Purpose"), is_more=True)
_UNIT: Final = Column(member="unit", type="unit", label=_("Unit"))
_PRICE: Final = Column(member="unit_price", type="money", label=_("Unit price"), is_more=True)


def _quantity(label: Text, type_: str = "quantity") -> Column:
    return Column(member="quantity", type=type_, label=label)


def _scheduled(label: Text, *, is_fixed: bool = False, is_more: bool = False) -> Column:
    return Column(member="scheduled_quantity", type="quantity", label=label, is_fixed=is_fixed, is_more=is_more)


_WHEN: Final = ("occurred_at", _("When"))
_ORDER: Final = (("order_number", _("Document number")), ("order_date", _("Document date")))
_VEHICLE: Final = ("vehicle", _("Vehicle, plate"))
_DOCUMENTS: Final = ("source_documents", _("Source documents"))
_REASON: Final = ("reason", _("Reason or note"))
_WHY: Final = ("reason", _("Reason"))

FORMS: Final[dict[str, Form]] = {
    Kind.RECEIPT: Form(
        title=_("Receipt voucher"),
        header=(_WHEN, ("counterparty", _("Received from")), *_ORDER, _VEHICLE, _DOCUMENTS, _REASON),
        columns=(
            _ITEM, _LOT, _EXPIRES, _scheduled(_("By document"), is_more=True), _quantity(_("Received")), _UNIT,
            _BIN, _GRADE, _PURPOSE, _PRICE,
        ),
        guide=("lot", "expires_on", "quantity"),
    ),
    Kind.ISSUE: Form(
        title=_("Issue voucher"),
        header=(_WHEN, ("counterparty", _("Issued to")), *_ORDER, _VEHICLE, _DOCUMENTS, _REASON),
        columns=(_ITEM, _scheduled(_("Requested")), _quantity(_("Issued")), _UNIT, _LOT, _BIN, _GRADE, _PURPOSE),
        guide=("quantity",),
    ),
    Kind.TRANSFER_OUT: Form(
        title=_("Transfer out"),
        header=(
            _WHEN, ("to_depot", _("To depot")), *_ORDER, ("counterparty", _("Carried by")), _VEHICLE, _DOCUMENTS,
            _REASON,
        ),
        columns=(_ITEM, _scheduled(_("Requested")), _quantity(_("Sent")), _UNIT, _LOT, _BIN, _GRADE, _PURPOSE),
        guide=("quantity",),
    ),
    Kind.TRANSFER_IN: Form(
        title=_("Transfer in"),
        header=(_WHEN, ("consignment", _("Consignment")), *_ORDER, _VEHICLE, _DOCUMENTS, _REASON),
        columns=(
            Column(member="item", type="item", label=_("Item"), is_fixed=True),
            Column(member="lot", type="lot", label=_("Lot or serial no."), is_fixed=True),
            Column(member="expires_on", type="day", label=_("Last day of use"), is_fixed=True),
            _scheduled(_("Sent"), is_fixed=True), _quantity(_("Received")),
            Column(member="unit", type="unit", label=_("Unit"), is_fixed=True), _BIN,
        ),
        guide=("quantity",),
    ),
    Kind.RELOCATION: Form(
        title=_("Relocation"),
        header=(_WHEN, *_ORDER, _REASON),
        columns=(
            _ITEM, _LOT, _BIN, Column(member="to_bin", type="bin", label=_("To bin")), _quantity(_("Quantity")), _UNIT,
            _GRADE, _PURPOSE,
        ),
        guide=("lot", "bin", "to_bin", "quantity"),
        required=("item", "to_bin", "quantity"),
    ),
    Kind.REGRADE: Form(
        title=_("Grade change"),
        header=(_WHEN, *_ORDER, _WHY),
        columns=(
            _ITEM, _LOT, _BIN, Column(member="grade", type="grade", label=_("From grade")),
            Column(member="to_grade", type="grade", label=_("To grade")), _quantity(_("Quantity")), _UNIT, _PURPOSE,
        ),
        guide=("lot", "to_grade", "quantity"),
        required=("item", "to_grade", "quantity"),
    ),
    Kind.REPURPOSE: Form(
        title=_("Change of purpose"),
        header=(_WHEN, *_ORDER, _WHY),
        columns=(
            _ITEM, _LOT, _BIN, Column(member="purpose", type="purpose", label=_("From purpose")),
            Column(member="to_purpose", type="purpose", label=_("To purpose")), _quantity(_("Quantity")), _UNIT, _GRADE,
        ),
        guide=("lot", "to_purpose", "quantity"),
        required=("item", "to_purpose", "quantity"),
    ),
    Kind.DISPOSAL: Form(
        title=_("Disposal"),
        header=(_WHEN, *_ORDER, _WHY),
        columns=(
            _ITEM, _LOT, _BIN, Column(member="grade", type="grade", label=_("Grade")), _quantity(_("Quantity")), _UNIT,
            _PURPOSE,
        ),
        guide=("lot", "quantity"),
    ),
    Kind.RETURN: Form(
        title=_("Return to the depot"),
        header=(_WHEN, ("counterparty", _("Returned by")), *_ORDER, _VEHICLE, _DOCUMENTS, _REASON),
        columns=(
            _ITEM, _LOT, _EXPIRES, Column(member="grade", type="grade", label=_("Grade")), _quantity(_("Returned")),
            _UNIT, _BIN, _PURPOSE, _PRICE,
        ),
        guide=("lot", "expires_on", "grade", "quantity"),
    ),
    Kind.ADJUSTMENT: Form(
        title=_("Adjustment"),
        header=(_WHEN, ("consignment", _("Consignment settled")), *_ORDER, _WHY),
        columns=(
            _ITEM, _LOT, _EXPIRES, _BIN, _quantity(_("More (+) or less (−)"), "signed"), _UNIT,
            Column(member="reason", type="text", label=_("Reason")), _GRADE, _PURPOSE,
        ),
        guide=("lot", "bin", "quantity"),
    ),
}  # fmt: skip


def forms() -> dict[str, Any]:
    """Return, by kind, what the page's scripts need to build its form; texts in the active language."""
    return {
        str(kind): {
            "title": str(form.title),
            "label": str(Kind(kind).label),
            "sign": RULES[kind].sign.value,
            "needsReason": RULES[kind].needs_reason,
            "fillsFirstExpired": RULES[kind].fills_first_expired,
            "header": [{"member": member, "label": str(label)} for member, label in form.header],
            "columns": [_told(column) for column in form.columns],
            "guide": list(form.guide),
            "required": list(form.required),
        }
        for kind, form in FORMS.items()
    }


def _told(column: Column) -> dict[str, Any]:
    told = {"member": column.member, "type": column.type, "label": str(column.label)}
    flags = {"isMore": column.is_more, "isFixed": column.is_fixed}
    return told | {name: True for name, is_set in flags.items() if is_set}


@kept_offline
@login_required
@require_safe
def entry(request: HttpRequest, code: str) -> HttpResponse:
    """Answer the depot's entry page: whoever may post there may open it.

    Raises:
        NotFound: there is no such depot in the visitor's scope.
        Forbidden: the visitor may see the depot but not post there.
    """
    user = cast("User", request.user)
    found = access.depot_for_posting(user, code)
    depot = Depot.objects.get(pk=found.id)
    shell = {
        "depot": depot.code,
        "login": user.get_username(),
        "person": user.get_full_name() or user.get_username(),
        "language": get_language(),
        "forms": forms(),
        "entry": reverse("entry", args=[depot.code]),
        "desk": reverse("desk", args=[depot.code]),
        "vouchers": f"{reverse('depot', args=[depot.code])}vouchers/",
    }
    return render(request, "vouchers/entry.html", {"depot": depot, "shell": shell, "kinds": choices()})


def choices() -> Sequence[tuple[str, Text]]:
    """Return the kinds that are entered by hand and the titles of their papers, in the order of the desk."""
    return [(str(kind), form.title) for kind, form in FORMS.items()]

"""The pages of reports: what there is, one report on the screen, and the same report as paper, table or spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import register_converter, reverse
from django.urls.converters import StringConverter
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from depots.models import Depot, OrganisationUnit
from inventory.availability.instants import Instant, instant
from inventory.printing.forms import Printed, form_for
from inventory.printing.models import Form
from inventory.reports.asks import Asks
from inventory.reports.definition import Asked, Report, Result
from inventory.reports.known import REPORTS, report
from inventory.reports.printed import report_pdf
from inventory.reports.sheet import sheet
from logistics import lists, sheets
from logistics.accounts import rights
from logistics.accounts.rights import Right
from logistics.audit import reads
from logistics.errors import Invalid, NotFound

if TYPE_CHECKING:
    from logistics.accounts.models import User

ROWS_A_PAGE: Final = 200


class ReportFile(StringConverter):
    """The end of the address of a report's file, `<report_file:kind>`."""

    regex = "pdf|csv|xlsx"


register_converter(ReportFile, "report_file")


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Answer the list of reports."""
    return render(request, "reports/index.html", {"reports": REPORTS.values()})


@login_required
@require_safe
def page(request: HttpRequest, slug: str, kind: str = "") -> HttpResponseBase:
    """Answer a report on the screen, or (`kind`) as a file of all its rows. What cannot be read answers 422."""
    user, found = cast("User", request.user), report(slug)
    when = instant(request)
    at = timezone.now()
    asks = found.asks(request, by=user, today=timezone.localdate(when.as_of or when.recorded_as_of or at))
    shown: Result | None = None
    if asks.is_valid() and not when.refusals:
        language = "vi" if kind == "pdf" else translation.get_language()
        with translation.override(language):
            shown = _shown(found, asks, when, user)
    if kind and shown:
        reads.note(request, by=user, action=f"report.{kind}", subject=request.get_full_path())
        if kind != "pdf":
            return sheets.answer(sheet(shown, by=user, at=at), kind)
        with translation.override("vi"):
            try:
                data = report_pdf(shown, form=signing(user), unit=_whose(asks), printed_at=at)
            except Invalid as error:
                _told(asks, error)
                data = None
        if data:
            name = f"{slug}-{timezone.localtime(at):%Y%m%d-%H%M}.pdf"
            return HttpResponse(
                data, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
            )
    return render(
        request,
        "reports/report.html",
        {
            "report": found,
            "filters": asks,
            "listing": {"filters": asks},
            "carried": when.parameters,
            "instant": when,
            "may_plan": rights.has(user, Right.PLAN),
            "files": [
                (name.upper(), reverse("report-file", args=[slug, name]) + _query(request))
                for name in ("pdf", *sheets.KINDS)
            ],
            **(_page_of(request, shown) if shown else {}),
        },
        status=200 if shown and not asks.errors else 422,
    )


def _shown(found: Report, asks: Asks, when: Instant, user: User) -> Result | None:
    asked = Asked(by=user, at=timezone.now(), instant=when, values=asks.values())
    try:
        return found.run(asked, facts=asks.facts())
    except Invalid as error:
        _told(asks, error)
        return None


def _told(asks: Asks, error: Invalid) -> None:
    """Say beside its box what is wrong; what is of no box, above them."""
    for fault in error.faults:
        name = fault.pointer.removeprefix("/query/")
        asks.add_error(name if name in asks.fields else None, fault.detail)


def _query(request: HttpRequest) -> str:
    query = lists.changed(request.GET)
    return query if len(query) > 1 else ""


def _page_of(request: HttpRequest, shown: Result) -> dict[str, Any]:
    """Return what the table shows: a stretch of the rows under their headings; totals are always of all rows."""
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 0
    last = max(-(-shown.count // ROWS_A_PAGE), 1)
    if not 1 <= number <= last:
        raise NotFound(_("This list has no page “%(page)s”.") % {"page": asked[:20]})
    return {"result": shown, **stretch(shown, (number - 1) * ROWS_A_PAGE, number * ROWS_A_PAGE),
            "number": number, "last": last, "previous": number - 1,
            "next": number + 1 if number < last else 0}  # fmt: skip


def stretch(shown: Result, start: int, end: int) -> dict[str, Any]:
    """Return rows `start` to `end` under their headings, as `reports/table.html` shows them."""
    columns = list(enumerate(shown.columns))
    parts: list[dict[str, Any]] = []
    before = 0
    for section in shown.sections:
        rows = section.rows[max(start - before, 0) : max(end - before, 0)]
        before += len(section.rows)
        if rows:
            parts.append(
                {
                    "heading": section.heading if len(shown.sections) > 1 else "",
                    "rows": [
                        [(column, row.cells[place], row.links.get(column.key, "")) for place, column in columns]
                        for row in rows
                    ],
                    "totals": [(column, section.totals[place]) for place, column in columns]
                    if section.totals and end >= before else None,
                }
            )  # fmt: skip
    heads: list[dict[str, Any]] = []
    for _place, column in columns:
        if column.group and heads and heads[-1]["label"] == str(column.group) and heads[-1]["group"]:
            heads[-1]["columns"].append(column)
        else:
            heads.append({"label": str(column.group or column.label), "group": bool(column.group), "columns": [column]})
    for head in heads:
        head["is_aside"] = all(column.is_aside for column in head["columns"])
    return {
        "parts": parts,
        "heads": heads,
        "is_grouped": any(head["group"] for head in heads),
        "sums": [(column, shown.totals[place]) for place, column in columns] if shown.totals else None,
        "width": len(columns),
    }


def signing(user: User) -> Printed:
    """Return the printed form whose number and places to sign a report of `user` bears: that of their first unit."""
    return form_for(Form.REPORT, unit=_unit_of(user), on=timezone.localdate())


def _unit_of(user: User) -> int:
    first = Depot.objects.visible_to(user).order_by("code").values_list("unit", flat=True).first()
    if first is not None:
        return first
    return OrganisationUnit.objects.order_by("code").values_list("pk", flat=True).first() or 0


def _whose(asks: Asks) -> str:
    """Return whose report it is: the depot or unit asked about, else the organisation."""
    named = (asks.spoken(name) for name in ("depot", "unit") if name in asks.fields)
    return next(filter(None, named), settings.ORGANISATION_NAME)

"""The reports over HTTP: which there are, and one of them as rows, by the same filters as its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from depots import access
from inventory.availability.instants import Instant
from inventory.ledger.chain import exact
from inventory.reports.definition import Asked, Column, Kind, Result, Row
from inventory.reports.known import REPORTS, report
from logistics import wire
from logistics.accounts import rights
from logistics.accounts.rights import Right
from logistics.accounts.tokens import asker
from logistics.errors import Fault, Invalid
from logistics.sheets import Cell

router = Router(tags=["reports"])
_CLOCKS: Final = ("as_of", "recorded_as_of")


class ReportNameOut(Schema):
    """A report there is."""

    slug: str = Field(examples=["turnover"])
    title: str
    about: str


class ReportNames(Schema):
    """The reports."""

    items: list[ReportNameOut]


class ReportColumnOut(Schema):
    """A column: `kind` says what its values are."""

    key: str = Field(examples=["closing"])
    label: str
    group: str = Field(description="What it stands under together with its neighbours, or blank.")
    kind: str = Field(examples=[str(Kind.QUANTITY)])


class ReportOut(Schema):
    """A report: `rows` hold a value per column key, numbers as decimal strings; `totals` those that add up."""

    slug: str
    title: str
    facts: list[list[str]] = Field(description="What was asked and of when, in words.")
    columns: list[ReportColumnOut]
    rows: list[dict[str, str | int | None]]
    totals: dict[str, str]


class ReportQuery(Schema):
    """What is asked. A report refuses a parameter that it does not know."""

    from_date: wire.Day | None = Field(None, alias="from", description="First day.")
    to_date: wire.Day | None = Field(None, alias="to", description="Last day, included; else today.")
    supply_class: str | None = Field(None, alias="class", max_length=40)
    group: str | None = Field(None, max_length=40, examples=["QN-02"])
    item: str | None = Field(None, max_length=40)
    q: str | None = Field(None, max_length=100, description="Words of the item.")
    depot: str | None = Field(None, max_length=40)
    unit: str | None = Field(None, max_length=40, description="Organisation unit, with every unit below it.")
    grade: int | None = Field(None, ge=1, le=5)
    purpose: str | None = Field(None, max_length=40)
    by: str | None = Field(None, pattern="^depot$", description="`depot`: a row per item and depot.")
    prices: str | None = Field(None, pattern="^last$", description="`last`: with value at the last known price.")
    days: int | None = Field(None, ge=1, le=3650, description="How far ahead lots expire.")
    months: int | None = Field(None, ge=1, le=120, description="For how long nothing left.")
    late: int | None = Field(None, ge=0, le=365, description="Days after which an entry counts as late.")
    kind: str | None = Field(None, max_length=12, description="Kind of movement.")
    as_of: wire.Instant | None = Field(None, description="As things stood then, late entries included.")
    recorded_as_of: wire.Instant | None = Field(None, description="As the books said then. Both may be given.")


@router.get("/reports", response=ReportNames, summary="Which reports there are")
def list_reports(request: HttpRequest) -> HttpResponse:
    """The reports, by the name in their address."""
    known = REPORTS.values() if rights.has(asker(request), Right.READ) else ()
    items = [{"slug": one.slug, "title": str(one.title), "about": str(one.about)} for one in known]
    return HttpResponse(wire.dump({"items": items}), content_type="application/json")


@router.get("/reports/{slug}", response=ReportOut, summary="A report as rows")
def get_report(request: HttpRequest, slug: str, query: Query[ReportQuery]) -> HttpResponse:
    """A report over your depots, now or as of a past instant by either clock, with its totals."""
    found, by, at = report(slug), asker(request), timezone.now()
    access.require(by, Right.READ)
    given = query.model_dump(by_alias=True, exclude_none=True)
    parameters = {name: str(value) for name, value in given.items() if name not in _CLOCKS}
    when = Instant(as_of=query.as_of, recorded_as_of=query.recorded_as_of)
    today = timezone.localdate(at)
    ahead = [
        Fault(f"/query/{name}", "in-the-future", _("Nothing is known of a day to come; ask about today or earlier."))
        for name, moment in zip(_CLOCKS, (query.as_of, query.recorded_as_of), strict=True)
        if moment and timezone.localdate(moment) > today
    ]
    if ahead:
        raise Invalid(ahead)
    asks = found.asks.of(urlencode(parameters), by=by, today=when.day if when.is_past else today)
    faults = [
        Fault(f"/query/{name}", "unknown-parameter", _("This report has no filter “%(name)s”.") % {"name": name})
        for name in parameters
        if name not in asks.fields
    ]
    faults += [
        Fault(f"/query/{name}", "unreadable", str(error)) for name, errors in asks.errors.items() for error in errors
    ]
    if faults:
        raise Invalid(faults)
    result = found.run(Asked(by=by, at=at, instant=when, values=asks.values()), facts=asks.facts())
    return HttpResponse(wire.dump(document(result)), content_type="application/json")


def document(result: Result) -> dict[str, Any]:
    """Return a report as the API spells it."""
    return {
        "slug": result.slug,
        "title": result.title,
        "facts": [list(fact) for fact in result.facts],
        "columns": [
            {"key": column.key, "label": str(column.label), "group": str(column.group), "kind": column.kind.value}
            for column in result.columns
        ],
        "rows": [_row(row, result.columns) for row in result.rows],
        "totals": {
            column.key: _spelt(total, column)
            for column, total in zip(result.columns, result.totals or (), strict=False)
            if total is not None
        },
    }


def _row(row: Row, columns: tuple[Column, ...]) -> Mapping[str, str | int | None]:
    return {column.key: _spelt(cell, column) for column, cell in zip(columns, row.cells, strict=True)}


def _spelt(cell: Cell, column: Column) -> str | int | None:
    match column.kind:
        case _ if cell is None or isinstance(cell, str):
            return cell
        case Kind.QUANTITY:
            return exact(cell)  # type: ignore[arg-type]  # a column of quantities holds them
        case Kind.WHOLE:
            return str(cell) if not isinstance(cell, int) else cell
        case Kind.MOMENT:
            return wire.local(cell)  # type: ignore[arg-type]
        case Kind.DAY:
            return cell.isoformat()  # type: ignore[union-attr]
        case _:
            return f"{cell:f}"

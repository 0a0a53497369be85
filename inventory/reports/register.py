"""The register of vouchers: every number a depot gave out, in order and without a gap, with who wrote it and when."""

from __future__ import annotations

from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.ledger.models import Kind as MovementKind
from inventory.reports.asks import Asks
from inventory.reports.definition import Asked, Column, Kind, Report, Row
from inventory.reports.turnover import span
from logistics import sql


class RegisterAsks(Asks):
    """Days of recording, depots, kinds."""

    boxes = ("from", "to", "depot", "kind", "unit")
    in_sight = ("from", "to", "depot", "kind")


def columns(asked: Asked) -> list[Column]:
    """Return the columns."""
    return [
        Column(key="number", label=_("Number"), width=38),
        Column(key="kind", label=_("Kind"), width=26),
        Column(key="occurred_at", label=_("Occurred"), kind=Kind.MOMENT, width=27),
        Column(key="recorded_at", label=_("Recorded"), kind=Kind.MOMENT, width=27),
        Column(key="actor", label=_("Recorded by"), width=22, is_aside=True),
        Column(key="party", label=_("With"), width=40),
        Column(key="order_number", label=_("Order"), width=22, is_aside=True),
        Column(key="lines", label=_("Lines"), kind=Kind.WHOLE, adds_up=True, width=12, is_aside=True),
        Column(key="reverses", label=_("Reverses"), width=30, is_aside=True),
        Column(key="reversed_by", label=_("Reversed by"), width=30),
        Column(key="missing", label=_("Missing before it"), kind=Kind.WHOLE, adds_up=True, width=14),
    ]


def rows(asked: Asked) -> list[Row]:
    """Return a row per voucher recorded on the days, by depot and number.

    `missing` counts the numbers between a voucher and the one before it in its series: 0, unless the log was tampered
    with; with one kind alone it is left empty, because a series may number several kinds.
    """
    wanted = columns(asked)
    first, last = span(asked)
    given = asked.params() | {"from_at": first, "until_at": last, "kind": asked.values["kind"]}
    found: list[Row] = []
    before: tuple[str, int] = ("", 0)
    for one in sql.records("reports/register", given):
        series, _dash, number = one["number"].rpartition("-")
        missing = None
        if number.isdecimal():  # a reversal bears the number of what it takes back, and a suffix
            if before[0] == series and not asked.values["kind"]:
                missing = int(number) - before[1] - 1
            before = (series, int(number))
        shown = {
            **one,
            "kind": str(MovementKind(one["kind"]).label).capitalize(),
            "party": one["counterparty"] or one["to_depot"],
            "missing": missing,
        }
        links = {"number": reverse("movement", args=[one["depot"], one["position"]])}
        if one["reverses"]:
            links["reverses"] = reverse("movement", args=[one["depot"], one["reverses_position"]])
        if one["reversed_by"]:
            links["reversed_by"] = reverse("movement", args=[one["depot"], one["reversed_by_position"]])
        heading = f"{one['depot']} {one['depot_name']}"
        found.append(Row(cells=tuple(shown[column.key] for column in wanted), links=links, heading=heading))
    return found


def notes(asked: Asked) -> list[str]:
    """Return how to read the report."""
    return [
        _("Vouchers recorded on these days, by depot and number. A series has no gap: “missing” must be 0 everywhere.")
    ]


REPORT: Final = Report(
    slug="register",
    title=gettext_lazy("Register of vouchers"),
    about=gettext_lazy("Every voucher number given out, both dates, who recorded it, what it reverses."),
    asks=RegisterAsks,
    columns=columns,
    rows=rows,
    notes=notes,
)

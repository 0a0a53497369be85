"""The list of stocktakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from depots.models import Depot
from inventory.stocktakes.models import RUNNING, Outcome, Status, Stocktake
from logistics import lists, search, sql
from logistics.accounts import rights
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.lists import Column, Filters, Listing

TONES: Final = {
    Status.PLANNED: "", Status.COUNTING: "warn", Status.REVIEWING: "warn", Status.POSTED: "good",
    Status.CANCELLED: "soft",
}  # fmt: skip


class StocktakeFilters(Filters):
    """What may be asked of the stocktakes."""

    in_sight = ("q", "depot", "status")
    field_order = ("q", "depot", "status", "from", "to")

    q = forms.CharField(label=gettext_lazy("Number, reason, on whose order"))
    depot = forms.ChoiceField(label=gettext_lazy("Depot"))
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[
            ("", gettext_lazy("every status")),
            ("running", gettext_lazy("counted or reviewed now")),
            *Status.choices,
        ],
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.ask_days(gettext_lazy("Stock as of, from day"), gettext_lazy("Stock as of, to day"))
        depots = Depot.objects.visible_to(cast("User", request.user)).order_by("is_exercise", "code")
        box: Any = self.fields["depot"]
        box.choices = [("", _("all")), *((code, f"{code} {name}") for code, name in depots.values_list("code", "name"))]

    def apply(self, user: User) -> QuerySet[Any, Any]:
        """Return the stocktakes that are asked for, of those the person may read."""
        found: QuerySet[Any, Any] = Stocktake.objects.visible_to(user)
        if self.errors:
            return found.none()
        if depot := self.asks("depot"):
            found = found.filter(depot__code=depot)
        if status := self.asks("status"):
            found = found.filter(status__in=RUNNING) if status == "running" else found.filter(status=status)
        found = found.filter(lists.between(self, "cut_off_at"))
        return search.find(found, self.asks("q") or "", "number", "reason", "basis")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stocktake has come: its lines, how many were counted, how many of the posted ones agreed."""

    one: Stocktake
    lines: int
    counted: int
    same: int | None

    @property
    def tone(self) -> str:
        """The tone of its status."""
        return TONES[Status(self.one.status)]

    @property
    def told(self) -> str:
        """How far it has come, in words."""
        if self.same is not None:
            return _("%(same)s of %(lines)s agree") % {"same": self.same, "lines": self.counted}
        if self.one.is_running:
            return _("%(counted)s of %(lines)s counted") % {"counted": self.counted, "lines": self.lines}
        return ""


def with_progress(rows: Sequence[Stocktake]) -> list[Progress]:
    """Return stocktakes with how far each has come; at most two queries."""
    running = [one.pk for one in rows if one.is_running]
    counted = {}
    if running:
        counted = {key: (lines, done) for key, lines, done in sql.rows("stocktakes/progress", {"stocktakes": running})}
    posted = {
        one["stocktake"]: one
        for one in Outcome.objects.filter(stocktake__in=[one.pk for one in rows if one.status == Status.POSTED])
        .values("stocktake")
        .annotate(all_lines=Sum("lines"), all_same=Sum("same"), all_out=Sum("left_out"))
    }
    found = []
    for one in rows:
        if (end := posted.get(one.pk)) is not None:
            found.append(Progress(one, end["all_lines"] + end["all_out"], end["all_lines"], end["all_same"]))
        else:
            found.append(Progress(one, *counted.get(one.pk, (0, 0)), None))
    return found


_COLUMNS: Final = (
    Column(name="number", label=gettext_lazy("Stocktake"), value=lambda row: str(row.one), sort=("number",), width=20),
    Column(name="depot", label=gettext_lazy("Depot"), value=lambda row: row.one.depot.code, sort=("depot__code",),
        width=10),
    Column(name="status", label=gettext_lazy("Status"), value=lambda row: row.one.get_status_display(),
        sort=("status",)),
    Column(name="as-of", label=gettext_lazy("Stock as of"), value=lambda row: row.one.cut_off_at,
        sort=("cut_off_at",), width=18),
    Column(name="scope", label=gettext_lazy("What is counted"), css="wide", width=28,
        value=lambda row: f"{row.one.get_scope_display()} {', '.join(row.one.codes)}".strip()),
    Column(name="progress", label=gettext_lazy("Progress"), value=lambda row: row.told, width=22),
    Column(name="reason", label=gettext_lazy("Reason"), css="wide", value=lambda row: row.one.reason, width=40),
    Column(name="planned", label=gettext_lazy("Planned"), css="wide", value=lambda row: row.one.planned_at,
        sort=("planned_at",), width=18),
)  # fmt: skip


@login_required
@require_safe
def stocktakes(request: HttpRequest, kind: str = "") -> HttpResponseBase:
    """Answer the stocktakes the asker may read, the one planned last first unless sorted."""
    user = cast("User", request.user)
    filters = StocktakeFilters(request)
    listing = Listing(
        request=request,
        name="stocktakes",
        title=_("Stocktakes"),
        columns=_COLUMNS,
        filters=filters,
        found=filters.apply(user).select_related("depot", "planned_by"),
        key=("id",),
        default="-planned",
        load=with_progress,
        files={one: reverse("stocktakes-file", args=[one]) for one in ("csv", "xlsx")},
    )
    context = {"may_plan": rights.has(user, Right.POST, Right.APPROVE)}
    return lists.answer(listing, "stocktakes/stocktakes.html", context, kind=kind)

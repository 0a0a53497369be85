"""Where an auditor starts: whose changes are kept and when the last was, who looked at what, every depot's logbook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.db import models
from django.db.models import Count, Max, Q, Value
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from depots.models import Depot
from logistics import asking, lists
from logistics.accounts import rights
from logistics.accounts.models import User
from logistics.audit.models import AccessRecord
from logistics.audit.pages import history_of_all
from logistics.errors import Forbidden, NotFound
from logistics.lists import Column, Filters, Listing
from logistics.sheets import KINDS
from logistics.upkeep.reasoned import ReasonedAdmin

_DEPOTS_A_PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose changes are kept: how many there were, and when the last was, None for never."""

    name: str
    label: str
    count: int
    last_at: datetime | None


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Answer what there is to be audited: tables and reads for who audits everything, depots for every auditor."""
    user = cast("User", request.user)
    _refuse_others(user)
    found = Depot.objects.visible_to(user).order_by("is_exercise", "code")
    page = asking.numbered(asking.page_number(request), of=found.count(), size=_DEPOTS_A_PAGE)
    context = {
        "depots": found[page.start_index() - 1 : page.end_index()] if page.paginator.count else [],
        "page": page,
        "tables": _tables() if _sees_everything(user) else None,
    }
    return render(request, "logistics/audit.html", context)


@login_required
@require_safe
def changes_of(request: HttpRequest, table: str, kind: str = "") -> HttpResponseBase:
    """Answer who changed what in a table of reference data, newest first; with `kind` as a file."""
    kept = _kept().get(table) if _sees_everything(cast("User", request.user)) else None
    if kept is None:
        raise NotFound(_("There is no such history, or it is not yours to read."))
    files = {name: reverse("audit-changes-file", args=[table, name]) for name in KINDS}
    listing = history_of_all(request, kept.model, files=files, words=kept.words(request, None))
    return lists.answer(listing, "logistics/audit_changes.html", kind=kind)


class ReadFilters(Filters):
    """What may be asked of the reads."""

    in_sight = ("q", "who")
    field_order = ("q", "who", "from", "to")

    q = forms.CharField(label=gettext_lazy("What was looked at"))
    who = forms.CharField(label=gettext_lazy("Who"))

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.ask_days()

    def condition(self) -> Q:
        """Return what the records have to satisfy."""
        condition = lists.between(self, "happened_at")
        if text := self.asks("q"):
            condition &= Q(subject__icontains=text) | Q(action__icontains=text)
        if who := self.asks("who"):
            condition &= Q(user__login__icontains=who) | Q(user__full_name__unaccent__icontains=who)
        return condition


_READS: Final = (
    Column(name="when", label=gettext_lazy("When"), value=lambda row: row.happened_at, sort=("happened_at",)),
    Column(name="who", label=gettext_lazy("Who"), value=lambda row: row.user.get_full_name(), width=24),
    Column(name="login", label=gettext_lazy("Login"), value=lambda row: row.user.login, only_in_files=True),
    Column(name="action", label=gettext_lazy("Done"), value=lambda row: row.action),
    Column(name="subject", label=gettext_lazy("What was looked at"), value=lambda row: row.subject, width=60),
    Column(name="address", label=gettext_lazy("From address"), value=lambda row: row.address or "", css="wide"),
)


@login_required
@require_safe
def reads_of(request: HttpRequest, kind: str = "") -> HttpResponseBase:
    """Answer who read what is labelled, or took much of the store away, newest first; with `kind` as a file."""
    if not _sees_everything(cast("User", request.user)):
        raise NotFound(_("There is no such history, or it is not yours to read."))
    filters = ReadFilters(request)
    found = AccessRecord.objects.select_related("user")
    listing = Listing(
        request=request,
        name="reads",
        title=_("Who looked at what"),
        columns=_READS,
        filters=filters,
        found=found.none() if filters.errors else found.filter(filters.condition()),
        key=("id",),
        default="-when",
        grows=True,
        files={name: reverse("audit-reads-file", args=[name]) for name in KINDS},
    )
    return lists.answer(listing, "logistics/audit_reads.html", kind=kind)


def _refuse_others(user: User) -> None:
    if not (user.is_superuser or rights.audits(user)):
        raise Forbidden(_("Only auditors look at these pages."))


def _sees_everything(user: User) -> bool:
    return user.is_superuser or rights.audits_everything(user)


def _kept() -> dict[str, ReasonedAdmin]:
    """Return the tables under upkeep whose changes are kept, by name."""
    return {
        f"{model._meta.app_label}-{model._meta.model_name}": kept  # noqa: SLF001  # Django's public door
        for model, kept in admin.site._registry.items()  # noqa: SLF001  # the same
        if isinstance(kept, ReasonedAdmin) and hasattr(model, "history")
    }


def _tables() -> list[Table]:
    """Return the tables by what they are called; one query."""
    kept = _kept()
    first, *others = (
        _history(one.model).order_by().values(table=Value(name)).annotate(count=Count("*"), last_at=Max("history_date"))
        for name, one in kept.items()
    )
    known = {row["table"]: row for row in first.union(*others, all=True)}
    tables = [
        Table(
            name=name,
            label=str(one.model._meta.verbose_name_plural),  # noqa: SLF001
            count=known[name]["count"] if name in known else 0,
            last_at=known[name]["last_at"] if name in known else None,
        )
        for name, one in kept.items()
    ]
    return sorted(tables, key=lambda table: table.label)


def _history(model: type[models.Model]) -> Any:
    return model.history  # type: ignore[attr-defined]

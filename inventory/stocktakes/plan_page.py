"""Planning a stocktake: what is counted, as of when, by whose order, and who sits on the council."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Any, Final, cast
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from depots import access
from depots.models import Depot
from inventory.catalogue.models import SupplyClass
from inventory.stocktakes import planning
from inventory.stocktakes.models import Member, Scope
from inventory.stocktakes.planning import Asked, AskedMember
from logistics import asking as addresses
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.errors import Fault, Forbidden, Invalid
from logistics.fields import DayField
from logistics.history import Source

MEMBERS: Final = 6  # rows of the form for the council
_ZONE: Final = ZoneInfo(settings.TIME_ZONE)
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3])(?:[:hH.]([0-5][0-9])?)?")


class PlanForm(forms.Form):
    """What a stocktake is to be. The scope says which of the three boxes with codes is read."""

    use_required_attribute = False

    depot = forms.ChoiceField(label=gettext_lazy("Depot"))
    scope = forms.ChoiceField(label=gettext_lazy("What is counted"), choices=Scope.choices)
    bins = forms.CharField(
        label=gettext_lazy("Bins"), required=False, max_length=6000,
        help_text=gettext_lazy("Codes with a comma between them, where some bins are counted."),
    )  # fmt: skip
    classes = forms.MultipleChoiceField(
        label=gettext_lazy("Supply classes"), required=False, widget=forms.CheckboxSelectMultiple
    )
    items = forms.CharField(
        label=gettext_lazy("Items"), required=False, max_length=9000,
        help_text=gettext_lazy("Codes with a comma between them, where some items are counted."),
    )  # fmt: skip
    cut_off_date = DayField(
        label=gettext_lazy("Stock as of, day"), required=False,
        help_text=gettext_lazy("Blank: now. The yearly stocktake states the stock of 0:00 on 1 January."),
    )  # fmt: skip
    cut_off_time = forms.CharField(
        label=gettext_lazy("Stock as of, time"), required=False, max_length=5, help_text=gettext_lazy("Blank: 0:00.")
    )
    is_blind = forms.BooleanField(
        label=gettext_lazy("Counted blind"), required=False, initial=True,
        help_text=gettext_lazy("Who counts does not see what the books say."),
    )  # fmt: skip
    basis = forms.CharField(label=gettext_lazy("On whose order"), required=False, max_length=planning.MOST_BASIS)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)

    def __init__(self, data: QueryDict | None, *, user: User, **kwargs: Any) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        english = (get_language() or "").startswith("en")
        found = depots_to_plan(user).order_by("is_exercise", "code")
        self.fields["depot"].choices = [(one.code, str(one)) for one in found]  # type: ignore[attr-defined]
        self.fields["classes"].choices = [  # type: ignore[attr-defined]
            (one.code, (english and one.name_en) or one.name) for one in SupplyClass.objects.all()
        ]
        for name, box in self.fields.items():
            if name not in {"scope", "depot", "classes", "is_blind"}:
                box.widget.attrs["autocomplete"] = "off"

    def clean_cut_off_time(self) -> time:
        """Return the time of day that was typed: 7:30, 7h30 or 7."""
        text = self.cleaned_data["cut_off_time"].strip()
        if not text:
            return time(0, 0)
        found = _TIME.fullmatch(text)
        if found is None:
            raise forms.ValidationError(_("Write the time as hours and minutes, such as 7:30."))
        return time(int(found[1]), int(found[2] or 0))

    def codes(self) -> list[str]:
        """Return the codes of the chosen scope."""
        said = self.cleaned_data
        if said["scope"] == Scope.CLASSES:
            return list(said["classes"])
        text = {Scope.BINS: said["bins"], Scope.ITEMS: said["items"]}.get(said["scope"], "")
        return [code for code in re.split(r"[,;\s]+", text) if code]

    def cut_off_at(self) -> datetime | None:
        """Return the instant whose stock is stated, None for now."""
        day = self.cleaned_data["cut_off_date"]
        return None if day is None else datetime.combine(day, self.cleaned_data["cut_off_time"], tzinfo=_ZONE)


def depots_to_plan(user: User) -> Any:
    """Return the open depots where `user` may keep stocktakes."""
    posting, approving = access.depot_ids(user, Right.POST), access.depot_ids(user, Right.APPROVE)
    found = Depot.objects.filter(id__in=posting) | Depot.objects.filter(id__in=approving)
    return found.open_on(timezone.localdate())


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Answer the form of a new stocktake, and plan what is written into it."""
    user = cast("User", request.user)
    if not depots_to_plan(user).exists():
        raise Forbidden(_("You keep no depot, so you plan no stocktake."))
    posted = request.POST if request.method == "POST" else None
    initial = {"depot": addresses.text(request, "depot"), "scope": Scope.DEPOT}
    form = PlanForm(posted, user=user, initial=initial)
    members = _members(posted)
    name, status = _id(request.POST.get("id", "")), 200
    faults: list[tuple[int, str, str]] = []
    if posted is not None:
        if form.is_valid():
            try:
                made = _plan(form, members, name, user)
            except Invalid as error:
                faults = _place(error.faults, form, members)
            else:
                messages.success(request, _("The stocktake is planned. Open it when the counting begins."))
                return redirect("stocktake", stocktake_id=made.pk)
        status = 422
    context = {"form": form, "members": members, "roles": Member.Role.choices, "name": name, "faults": faults}
    return render(request, "stocktakes/plan.html", context, status=status)


def _members(posted: QueryDict | None) -> list[dict[str, str]]:
    """Return the rows of the council as typed."""
    names = ("name", "rank", "title", "role", "user")

    def said(member: str, number: int) -> str:
        return "" if posted is None else str(posted.get(f"{member}-{number}", "")).replace("\x00", "").strip()[:200]

    rows = [{"number": str(n), **{member: said(member, n) for member in names}} for n in range(1, MEMBERS + 1)]
    for number, row in enumerate(rows):
        row["role"] = row["role"] or (Member.Role.CHAIR if number == 0 else Member.Role.MEMBER)
    return rows


def _plan(form: PlanForm, members: list[dict[str, str]], name: UUID, user: User) -> Any:
    said = form.cleaned_data
    named = {one.login: one for one in User.objects.filter(login__in=[row["user"] for row in members if row["user"]])}
    council = []
    for row in members:
        if row["user"] and not row["name"] and (account := named.get(row["user"])) is not None:
            row |= {"name": str(account), "rank": account.rank, "title": account.title}
        if row["name"] or row["user"]:
            council.append(AskedMember(**{key: row[key] for key in ("name", "rank", "title", "role", "user")}))
    asked = Asked(
        depot=said["depot"],
        scope=said["scope"],
        codes=form.codes(),
        cut_off_at=form.cut_off_at(),
        is_blind=said["is_blind"],
        basis=said["basis"],
        reason=said["reason"],
        members=council,
    )
    return planning.plan(asked, stocktake_id=name, by=user, at=timezone.now(), source=Source.WEB)


def _place(found: tuple[Fault, ...], form: PlanForm, members: list[dict[str, str]]) -> list[tuple[int, str, str]]:
    """Put what is refused beside the box that caused it; return what is wrong with the council, by row."""
    filled = [int(row["number"]) for row in members if row["name"] or row["user"]]
    box = {"cut_off_at": "cut_off_date", "codes": form.cleaned_data.get("scope", "scope")}
    rows = []
    for fault in found:
        parts = fault.pointer.split("/")[1:]
        if len(parts) == 3 and parts[0] == "members":
            rows.append((filled[int(parts[1])], parts[2], fault.detail))
            continue
        name = box.get(parts[0], parts[0]) if parts else ""
        form.add_error(name if name in form.fields else None, fault.detail)
    return rows


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()

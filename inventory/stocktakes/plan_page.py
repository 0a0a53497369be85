"""Planning a stocktake, and changing its plan: what is counted, as of when, by whose order, who sits on the council."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import Any, Final, cast
from urllib.parse import urlencode
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from depots import access
from depots.models import Depot
from inventory.catalogue.models import SupplyClass
from inventory.stocktakes import dividing, planning
from inventory.stocktakes.dividing import Part
from inventory.stocktakes.models import Member, Scope, Status, Stocktake
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

    def __init__(self, data: QueryDict | None, *, user: User, depot: Depot | None = None, **kwargs: Any) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        english = (get_language() or "").startswith("en")
        found = [depot] if depot else depots_to_plan(user).order_by("is_exercise", "code")
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
            return list(said.get("classes", []))
        text = said.get({Scope.BINS: "bins", Scope.ITEMS: "items"}.get(said["scope"], ""), "")
        return [code for code in re.split(r"[,;\s]+", text) if code]

    def cut_off_at(self) -> datetime | None:
        """Return the instant whose stock is stated, None for now."""
        day = self.cleaned_data.get("cut_off_date")
        clock = self.cleaned_data.get("cut_off_time", time(0, 0))
        return None if day is None else datetime.combine(day, clock, tzinfo=_ZONE)


def depots_to_plan(user: User) -> Any:
    """Return the open depots where `user` may keep stocktakes."""
    posting, approving = access.depot_ids(user, Right.POST), access.depot_ids(user, Right.APPROVE)
    found = Depot.objects.filter(id__in=posting) | Depot.objects.filter(id__in=approving)
    return found.open_on(timezone.localdate())


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Answer the form of a new stocktake, and plan what is written into it; in several parts where asked."""
    user = cast("User", request.user)
    if not depots_to_plan(user).exists():
        raise Forbidden(_("You keep no depot, so you plan no stocktake."))
    posted = request.POST if request.method == "POST" else None
    initial = {"depot": addresses.text(request, "depot"), "scope": Scope.DEPOT}
    form = PlanForm(posted, user=user, initial=initial)
    members = _rows(posted)
    name = _id(request.POST.get("id", ""))
    faults: list[tuple[int, str, str]] = []
    cut: list[Part] = []
    if posted is not None and not form.is_valid():
        faults = _also(form, members, user)
    elif posted is not None:
        asked = _asked(form, members)
        at, is_cut = timezone.now(), posted.get("action") == "parts"
        try:
            if is_cut:
                many = dividing.plan_in_parts(asked, stocktake_id=name, by=user, at=at, source=Source.WEB)
            else:
                made = planning.plan(asked, stocktake_id=name, by=user, at=at, source=Source.WEB)
        except Invalid as error:
            cut = [] if is_cut else _cut(error, asked, user, at)
            faults = _place(error.faults, form, members)
        else:
            if is_cut:
                words = ngettext("%(count)s stocktake is planned.", "%(count)s stocktakes are planned.", len(many))
                messages.success(request, words % {"count": len(many)})
                query = urlencode({"depot": asked.depot, "status": Status.PLANNED.value})
                return redirect(f"{reverse('stocktakes')}?{query}")
            messages.success(request, _("The stocktake is planned. Open it when the counting begins."))
            return redirect("stocktake", stocktake_id=made.pk)
    context = {"form": form, "members": members, "roles": Member.Role.choices, "name": name, "faults": faults}
    status = 200 if posted is None else 422
    return render(request, "stocktakes/plan.html", context | {"parts": cut}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, stocktake_id: UUID) -> HttpResponse:
    """Answer the plan of a stocktake that nobody opened yet, and change it to what is written.

    Raises: NotFound, Forbidden; StocktakeMoved where it was opened or cancelled.
    """
    user = cast("User", request.user)
    one = planning.stocktake_of(user, stocktake_id)
    planning.keepers_place(user, one.depot.code)
    planning.refuse_unless(one, {Status.PLANNED}, None, _("A plan is changed until the counting begins."))
    posted = request.POST if request.method == "POST" else None
    form = PlanForm(posted, user=user, depot=one.depot, initial=_initial(one))
    members = _rows(posted, list(one.members.select_related("user")))
    given = request.POST.get("version", "")
    version = int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else one.version
    faults: list[tuple[int, str, str]] = []
    if posted is not None and not form.is_valid():
        faults = _also(form, members, user)
    elif posted is not None:
        asked = _asked(form, members)
        if _to_the_minute(asked.cut_off_at) == _to_the_minute(one.cut_off_at):
            asked = replace(asked, cut_off_at=one.cut_off_at)
        try:
            planning.change(one.pk, asked, version=version, by=user, at=timezone.now(), source=Source.WEB)
        except Invalid as error:
            faults = _place(error.faults, form, members)
        except planning.StocktakeMoved as error:
            form.add_error(None, error.detail)
        else:
            messages.success(request, _("The plan is changed; what it said before stands below."))
            return redirect("stocktake", stocktake_id=one.pk)
    context = {
        "form": form, "members": members, "roles": Member.Role.choices, "faults": faults, "changed": one,
        "version": version,
    }  # fmt: skip
    return render(request, "stocktakes/plan.html", context, status=200 if posted is None else 422)


def _also(form: PlanForm, members: list[dict[str, str]], user: User) -> list[tuple[int, str, str]]:
    """Put what is wrong with codes and council beside what the form itself refuses: all of it is told at once."""
    if not {"depot", "scope"} <= form.cleaned_data.keys():
        return []
    refused = set(form.errors)
    found = planning.faults(_asked(form, members), by=user)
    return _place(tuple(one for one in found if one.pointer.split("/")[1] not in refused), form, members)


def _initial(one: Stocktake) -> dict[str, Any]:
    """Return what the boxes of a plan say at first."""
    moment = timezone.localtime(one.cut_off_at)
    codes = ", ".join(one.codes)
    return {
        "depot": one.depot.code,
        "scope": one.scope,
        "bins": codes if one.scope == Scope.BINS else "",
        "items": codes if one.scope == Scope.ITEMS else "",
        "classes": one.codes if one.scope == Scope.CLASSES else [],
        "cut_off_date": moment.date(),
        "cut_off_time": f"{moment:%H:%M}",
        "is_blind": one.is_blind,
        "basis": one.basis,
        "reason": one.reason,
    }


def _to_the_minute(at: datetime | None) -> datetime | None:
    """Return an instant as the form shows it: without what a box for hours and minutes has no room for."""
    return None if at is None else at.replace(second=0, microsecond=0)


def _cut(refusal: Invalid, asked: Asked, user: User, at: datetime) -> list[Part]:
    """Return the parts in which a stocktake refused only for its length might be planned; none where no cut helps."""
    if {fault.code for fault in refusal.faults} != {"too-many-lines"}:
        return []
    try:
        return dividing.parts(asked, by=user, at=at)
    except Invalid as error:
        refusal.faults = error.faults
        return []


def _rows(posted: QueryDict | None, seated: Sequence[Member] = ()) -> list[dict[str, str]]:
    """Return the rows of the council as typed; before anything was, those `seated`."""
    names = ("name", "rank", "title", "role", "user")

    def said(member: str, number: int) -> str:
        if posted is not None:
            return str(posted.get(f"{member}-{number}", "")).replace("\x00", "").strip()[:200]
        if number > len(seated):
            return ""
        one = seated[number - 1]
        return (one.user.login if one.user else "") if member == "user" else str(getattr(one, member))

    shown = max(MEMBERS, min(len(seated) + 2, planning.MOST_MEMBERS))
    rows = [{"number": str(n), **{member: said(member, n) for member in names}} for n in range(1, shown + 1)]
    for number, row in enumerate(rows):
        row["role"] = row["role"] or (Member.Role.CHAIR if number == 0 else Member.Role.MEMBER)
    return rows


def _asked(form: PlanForm, members: list[dict[str, str]]) -> Asked:
    """Return what was written, an account's own name standing in for one left blank; depot and scope were read."""
    said = form.cleaned_data
    named = {one.login: one for one in User.objects.filter(login__in=[row["user"] for row in members if row["user"]])}
    council = []
    for row in members:
        if row["user"] and not row["name"] and (account := named.get(row["user"])) is not None:
            row |= {"name": str(account), "rank": account.rank, "title": account.title}
        if row["name"] or row["user"]:
            council.append(AskedMember(**{key: row[key] for key in ("name", "rank", "title", "role", "user")}))
    return Asked(
        depot=said["depot"],
        scope=said["scope"],
        codes=form.codes(),
        cut_off_at=form.cut_off_at(),
        is_blind=said["is_blind"],
        basis=said.get("basis", ""),
        reason=said.get("reason", ""),
        members=council,
    )


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

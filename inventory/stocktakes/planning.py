"""Stocktakes planned, planned otherwise, opened and given up. Every verb locks the stocktake's row first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from depots import access
from depots.access import DepotAccess
from depots.models import Bin, Depot
from inventory.catalogue.models import Item, SupplyClass
from inventory.ledger.drafts import MOST_LINES
from inventory.stocktakes.models import Member, Scope, SheetLine, Status, Stocktake
from inventory.vouchers import branches
from logistics import history, sql
from logistics.accounts.models import User
from logistics.errors import Conflict, Fault, Forbidden, Invalid, NotFound, gettext_noop
from logistics.fields import format_moment, told_quantity

MOST_CODES: Final = 500
MOST_MEMBERS: Final = 20
MOST_BASIS: Final = 80  # of the order's number in the logbook
_MOST_WORDS: Final = 300  # of a reason in the history
_PLANNED: Final = ("scope", "codes", "cut_off_at", "is_blind", "basis", "reason")  # what a plan says, its council aside
_PEOPLE: Final = ("planned_by", "opened_by", "review_by", "finalised_by", "cancelled_by")


class StocktakeMoved(Conflict):
    """The stocktake does not stand where this step starts from, or what it says changed meanwhile."""

    slug = "stocktake-moved"
    title = gettext_noop("The stocktake does not stand there any more")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedMember:
    """One of the council as named; `user` is the login of those who have an account here."""

    name: str
    rank: str = ""
    title: str = ""
    role: str = Member.Role.MEMBER
    user: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a stocktake is to be, in business codes. Without `cut_off_at` it states the stock of when it is planned."""

    depot: str
    reason: str
    scope: str = Scope.DEPOT
    codes: Sequence[str] = ()
    cut_off_at: datetime | None = None
    is_blind: bool = True
    basis: str = ""
    members: Sequence[AskedMember] = ()


# --- Reading ----------------------------------------------------------------------------------------------------


def stocktake_of(user: User, stocktake_id: UUID) -> Stocktake:
    """Return one stocktake with the names it bears. Raises NotFound where the user may not know of it."""
    found = Stocktake.objects.visible_to(user).select_related("depot__unit", *_PEOPLE).filter(pk=stocktake_id).first()
    if found is None:
        raise NotFound(_("There is no stocktake %(id)s in your scope.") % {"id": str(stocktake_id)})
    return found


def keepers_place(user: User, code: str) -> DepotAccess:
    """Return the depot `code` if `user` may keep its stocktakes: who posts there or approves there.

    Raises: NotFound where it is out of scope, Forbidden where the user does neither.
    """
    try:
        return access.depot_for_posting(user, code)
    except Forbidden:
        return access.depot_for_approving(user, code)


def locked(stocktake_id: UUID, by: User) -> Stocktake:
    """Return a stocktake that `by` may read, its row locked until the transaction ends. Raises NotFound."""
    stocktake_of(by, stocktake_id)
    return Stocktake.objects.select_related("depot", *_PEOPLE).select_for_update(of=("self",)).get(pk=stocktake_id)


# --- Writing ----------------------------------------------------------------------------------------------------


@transaction.atomic
def plan(asked: Asked, *, stocktake_id: UUID, by: User, at: datetime, source: history.Source) -> Stocktake:
    """Plan a stocktake with its council and return it; the id makes asking twice harmless.

    Raises, with nothing written:
        NotFound, Forbidden: the depot is not in scope, or the planner neither posts nor approves there.
        Invalid: codes are unknown, the reason is missing, names are too long; every fault is listed.
    """
    place = keepers_place(by, asked.depot)
    if (found := Stocktake.objects.filter(pk=stocktake_id).first()) is not None:
        if found.depot_id != place.id or found.planned_by_id != by.pk:
            text = _("This id names another stocktake; give a new one a new id.")
            raise Invalid([Fault("/id", "id-taken", text)])
        return found
    depot = Depot.objects.get(pk=place.id)
    made = Stocktake(pk=stocktake_id, depot=depot, planned_by=by, planned_at=at)
    members = _put(made, asked, place, at=at)
    with history.changing(by=by, reason=_("Planned"), source=source):
        made.save(force_insert=True)
        for member in members:
            member.stocktake = made
            member.save()
    return made


@transaction.atomic
def change(
    stocktake_id: UUID, asked: Asked, *, version: int | None = None, by: User, at: datetime, source: history.Source
) -> Stocktake:
    """Plan a stocktake otherwise that nobody opened yet, and return it; what it said before stays in its history.

    Where nothing differs nothing is written. Its depot stays: a count of another one is another stocktake.

    Raises, with nothing written:
        NotFound, Forbidden: as `plan`.
        StocktakeMoved: it was opened or cancelled, or changed since `version`.
        Invalid: as `plan`; or another depot is named.
    """
    one = locked(stocktake_id, by)
    place = keepers_place(by, one.depot.code)
    refuse_unless(one, {Status.PLANNED}, version, _("A plan is changed until the counting begins."))
    if asked.depot != one.depot.code:
        text = _("A stocktake stays with its depot: plan another one for %(depot)s.")
        raise Invalid([Fault("/depot", "differs", text % {"depot": asked.depot[:40]})])
    before = {name: getattr(one, name) for name in _PLANNED}
    members = _put(one, asked, place, at=at)
    seated = list(one.members.all())
    council = " · ".join(map(str, seated))
    differs = [name for name in _PLANNED if getattr(one, name) != before[name]]
    is_other = [_seat(member) for member in members] != [_seat(member) for member in seated]
    if not differs and not is_other:
        return one
    told = [_was(name, before[name]) for name in differs if name not in {"scope", "codes"}]
    if {"scope", "codes"} & set(differs):
        label = " ".join([str(Scope(before["scope"]).label), ", ".join(before["codes"])]).strip()
        told.insert(0, _was("scope", label))
    if is_other:
        told.append(_("council (was: %(before)s)") % {"before": council or "—"})
    words = _("Plan changed: %(what)s") % {"what": "; ".join(told)}
    keep(one, words if len(words) <= _MOST_WORDS else f"{words[: _MOST_WORDS - 1]}…", by=by, source=source)
    with history.changing(by=by, reason=_("Plan changed"), source=source):
        for old, new in zip_longest(seated, members):
            if new is None:
                old.delete()
            elif old is None or _seat(old) != _seat(new):
                new.stocktake, new.pk = one, None if old is None else old.pk
                new.save()
    return one


@transaction.atomic
def open_sheet(
    stocktake_id: UUID, *, version: int | None = None, by: User, at: datetime, source: history.Source
) -> Stocktake:
    """Begin the counting: write the sheet of what is there, and return the stocktake. Opening it again is harmless.

    Raises, with nothing written:
        NotFound, Forbidden: as `plan`; or goods of a branch are not the opener's.
        StocktakeMoved: it is over, was changed since `version`, or its cut-off lies ahead.
        Invalid: the sheet would be longer than one movement.
    """
    one = locked(stocktake_id, by)
    place = keepers_place(by, one.depot.code)
    if one.is_running:
        return one
    refuse_unless(one, {Status.PLANNED}, version, _("Only a planned stocktake is opened."))
    if one.cut_off_at > at:
        text = _("It states the stock of %(at)s, which lies ahead: open it then.")
        raise StocktakeMoved(text % {"at": format_moment(one.cut_off_at)})
    there = piles(one)
    branches.refuse(branches.outside(place.supply_classes, [("/scope", row[-1]) for row in there]))
    SheetLine.objects.bulk_create(
        [
            SheetLine(
                stocktake=one,
                number=number,
                bin_id=bin_id,
                item_id=item_id,
                lot=lot,
                expires_date=expires,
                grade_id=grade,
                purpose_id=purpose,
                is_expected=True,
                added_at=at,
                added_by=by,
            )
            for number, (bin_id, item_id, lot, expires, grade, purpose, _code) in enumerate(there, start=1)
        ]
    )
    one.status, one.opened_by, one.opened_at = Status.COUNTING, by, at
    keep(one, _("Opened for counting"), by=by, source=source)
    return one


@transaction.atomic
def cancel(stocktake_id: UUID, *, reason: str, by: User, at: datetime, source: history.Source) -> Stocktake:
    """Give a stocktake up that is not posted; what was counted stays to be read. Cancelling again is harmless.

    Raises: NotFound, Forbidden; StocktakeMoved where it is posted (reverse its movement); Invalid without a reason.
    """
    why = said(reason, "/reason")
    one = locked(stocktake_id, by)
    keepers_place(by, one.depot.code)
    if one.status == Status.CANCELLED:
        return one
    if one.status == Status.POSTED:
        text = _("It was posted as %(number)s. Reverse that movement instead.")
        raise StocktakeMoved(text % {"number": one.number})
    one.status, one.cancelled_by, one.cancelled_at, one.end_reason = Status.CANCELLED, by, at, why
    keep(one, why, by=by, source=source)
    return one


def faults(asked: Asked, *, by: User) -> list[Fault]:
    """Return everything that planning would refuse in what is asked, how long the sheet would be aside.

    Raises: NotFound, Forbidden: as `plan`.
    """
    place = keepers_place(by, asked.depot)
    return _checked(asked, Depot.objects.get(pk=place.id), place)[2]


def _checked(asked: Asked, depot: Depot, place: DepotAccess) -> tuple[list[str], list[Member], list[Fault]]:
    """Return the codes of the scope as the depot writes them, the council, and what is wrong with what is asked."""
    codes = list(dict.fromkeys(code.strip() for code in asked.codes if code.strip()))
    if asked.scope == Scope.BINS:
        known = {code.upper(): code for code in Bin.objects.filter(depot=depot).values_list("code", flat=True)}
        codes = [code if code in known.values() else known.get(code.upper(), code) for code in codes]
    elif asked.scope == Scope.ITEMS:
        codes = [code.upper() for code in codes]
    found = [*_header_faults(asked), *_scope_faults(asked.scope, codes, depot, place)]
    members, more = _members(asked.members, depot)
    return codes, members, [*found, *more]


def _put(one: Stocktake, asked: Asked, place: DepotAccess, *, at: datetime) -> list[Member]:
    """Put what is asked into a stocktake that is not saved yet, and return its council. Raises Invalid."""
    codes, members, found = _checked(asked, one.depot, place)
    if found:
        raise Invalid(found)
    one.scope, one.codes, one.cut_off_at = asked.scope, codes, asked.cut_off_at or at
    one.is_blind, one.basis, one.reason = asked.is_blind, asked.basis.strip(), asked.reason.strip()
    piles(one)
    return members


def piles(one: Stocktake, *, most: int | None = None) -> list[Any]:
    """Return the piles that a stocktake's sheet would begin with now (`piles_to_count.sql`), in the order of a walk.

    Raises: Invalid, with the code `too-many-lines`, where they are more than `most`: a movement's lines, unless said.
    """
    most = MOST_LINES if most is None else most
    asked = {
        "depot_id": one.depot_id,
        "scope": one.scope,
        "codes": one.codes,
        "cut_off_at": one.cut_off_at,
        "most": most + 1,
    }
    found = sql.rows("stocktakes/piles_to_count", asked)
    if len(found) > most:
        text = _("More than %(most)s piles: plan it in parts, by bins or by items.")
        raise Invalid([Fault("/scope", "too-many-lines", text % {"most": told_quantity(Decimal(most))})])
    return found


def _seat(member: Member) -> tuple[Any, ...]:
    """Return what is said of a member of the council, without which row keeps it."""
    return (member.order, member.name, member.rank, member.title, member.role, member.user_id)


def _was(name: str, before: Any) -> str:
    """Return in words what a field of a plan said before it was changed."""
    told = format_moment(before) if isinstance(before, datetime) else before
    if isinstance(before, bool):
        told = _("yes") if before else _("no")
    label = Stocktake._meta.get_field(name).verbose_name  # type: ignore[union-attr]  # noqa: SLF001
    return _("%(field)s (was: %(before)s)") % {"field": label, "before": told or "—"}


# --- Steps shared with the review ---------------------------------------------------------------------------------


def keep(one: Stocktake, words: str, *, by: User, source: history.Source) -> None:
    """Write a stocktake under its next version, with its history."""
    one.version += 1
    with history.changing(by=by, reason=words, source=source):
        one.save()


def refuse_unless(one: Stocktake, statuses: set[Status], version: int | None, words: str) -> None:
    """Raise StocktakeMoved where a stocktake stands elsewhere, or was changed since `version`."""
    if one.status not in statuses:
        text = _("%(words)s This one stands at: %(status)s.")
        raise StocktakeMoved(text % {"words": words, "status": one.get_status_display()})
    if version is not None and version != one.version:
        raise StocktakeMoved(_("It was changed meanwhile: look at it again."))


def said(text: str, pointer: str, *, most: int = 300) -> str:
    """Return a reason without blanks around it. Raises Invalid when it is empty or too long."""
    found = text.strip()
    if not found:
        raise Invalid([Fault(pointer, "reason-required", _("Say why."))])
    if len(found) > most:
        raise Invalid([_too_long(pointer, most)])
    return found


# --- Faults -----------------------------------------------------------------------------------------------------


def _too_long(pointer: str, most: int) -> Fault:
    return Fault(pointer, "too-long", _("At most %(max_length)s characters.") % {"max_length": most})


def _header_faults(asked: Asked) -> list[Fault]:
    faults = []
    if not asked.reason.strip():
        faults.append(Fault("/reason", "reason-required", _("Say why.")))
    for name, text, most in (("reason", asked.reason, 300), ("basis", asked.basis, MOST_BASIS)):
        if len(text.strip()) > most:
            faults.append(_too_long(f"/{name}", most))
    if asked.cut_off_at is not None and asked.cut_off_at.tzinfo is None:
        text = _("A time needs its offset from UTC, as in 2026-11-20T08:00:00+07:00.")
        faults.append(Fault("/cut_off_at", "no-offset", text))
    return faults


def _scope_faults(scope: str, codes: list[str], depot: Depot, place: DepotAccess) -> list[Fault]:
    if scope not in Scope.values:
        return [Fault("/scope", "one-of", _("Choose what is counted from the list."))]
    if scope == Scope.DEPOT:
        return [Fault("/codes", "not-here", _("The whole depot needs no codes."))] if codes else []
    if not 1 <= len(codes) <= MOST_CODES:
        text = _("Name 1 to %(most)s of what is to be counted.") % {"most": MOST_CODES}
        return [Fault("/codes", "codes-required", text)]
    known: set[str] = {
        Scope.BINS: lambda: set(Bin.objects.filter(depot=depot, code__in=codes).values_list("code", flat=True)),
        Scope.CLASSES: lambda: set(SupplyClass.objects.filter(code__in=codes).values_list("code", flat=True)),
        Scope.ITEMS: lambda: set(Item.objects.filter(code__in=codes).values_list("code", flat=True)),
    }[Scope(scope)]()
    unknown = [code for code in codes if code not in known]
    if unknown:
        text = {
            Scope.BINS: _("Depot %(depot)s has no bin %(codes)s."),
            Scope.CLASSES: _("There is no supply class %(codes)s."),
            Scope.ITEMS: _("There is no item %(codes)s: check the code, or search by name."),
        }[Scope(scope)]
        told = ", ".join(code[:24] for code in unknown[:10])
        return [Fault("/codes", "unknown-code", text % {"depot": depot.code, "codes": told})]
    if scope == Scope.ITEMS:
        return branches.outside(place.supply_classes, [("/codes", code) for code in codes])
    if scope == Scope.CLASSES and place.supply_classes is not None and (set(codes) - place.supply_classes):
        words = _("Your role here covers only %(classes)s.") % {"classes": ", ".join(sorted(place.supply_classes))}
        return [Fault("/codes", "outside-your-classes", words)]
    return []


def _members(asked: Sequence[AskedMember], depot: Depot) -> tuple[list[Member], list[Fault]]:
    if len(asked) > MOST_MEMBERS:
        text = _("A council has at most %(most)s members.") % {"most": MOST_MEMBERS}
        return [], [Fault("/members", "too-many-members", text)]
    users = {user.login: user for user in User.objects.filter(login__in={one.user for one in asked}, is_active=True)}
    members, faults = [], []
    for index, one in enumerate(asked):
        here = f"/members/{index}"
        if not one.name.strip():
            faults.append(Fault(f"{here}/name", "required", _("Write the member's full name.")))
        for name, text, most in (("name", one.name, 120), ("rank", one.rank, 60), ("title", one.title, 120)):
            if len(text.strip()) > most:
                faults.append(_too_long(f"{here}/{name}", most))
        if one.role not in Member.Role.values:
            faults.append(Fault(f"{here}/role", "one-of", _("Choose the member's role from the list.")))
        user = users.get(one.user)
        if one.user and (user is None or not Depot.objects.visible_to(user).filter(pk=depot.pk).exists()):
            text = _("Nobody who reads this depot signs in as %(login)s.")
            faults.append(Fault(f"{here}/user", "unknown-user", text % {"login": one.user[:60]}))
        members.append(
            Member(
                order=index + 1, name=one.name.strip(), rank=one.rank.strip(), title=one.title.strip(),
                role=one.role, user=user,
            )
        )  # fmt: skip
    if sum(one.role == Member.Role.CHAIR for one in asked) > 1:
        faults.append(Fault("/members", "one-chair", _("A council has one chair.")))
    return members, faults

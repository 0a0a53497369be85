"""What a plan is made of: where it goes, what lies where for it now, what it weighs, and what norms keep back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import ROUND_UP, Decimal
from functools import cache
from typing import TYPE_CHECKING, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from depots import access, whereabouts
from depots.models import Depot, OrganisationUnit
from inventory.catalogue.models import Item
from inventory.norms import shortfalls as norms
from inventory.sourcing.goods import AVAILABLE, Pile
from logistics import sql
from logistics.accounts.rights import Right
from logistics.errors import Fault, Invalid

if TYPE_CHECKING:
    from logistics.accounts.models import User

_KILOGRAMS: Final = {"KGM": Decimal(1), "GRM": Decimal("0.001"), "TNE": Decimal(1000)}  # UN/CEFACT Rec 20
_THOUSANDTH: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a plan goes: a depot, or a unit, whose place is that of `near`."""

    depot: Depot | None
    unit: OrganisationUnit | None
    near: Depot


def destination(*, depot: str = "", unit: str = "", by: User, at: datetime) -> Destination:
    """Return the destination that a depot's or a unit's code names.

    A unit stands where its first depot does, else where that of the nearest higher unit that has one does.

    Raises:
        Invalid: not one of the two is named, the code names none the asker may see, or the unit has no place.
    """
    today = timezone.localdate(at)
    if bool(depot) == bool(unit):
        raise Invalid([Fault("/destination", "required", _("Name one destination: a depot or a unit."))])
    seen = Depot.objects.filter(id__in=access.scope(by, only_counted=True)).open_on(today).select_related("unit")
    if depot:
        found = seen.filter(code=depot).first()
        if found is None:
            text = _("There is no depot “%(code)s” in your scope that keeps books today.") % {"code": depot[:40]}
            raise Invalid([Fault("/destination", "unknown-depot", text)])
        return Destination(found, None, found)
    asked = OrganisationUnit.objects.filter(code=unit).first()
    higher, passed = asked, set[int]()
    while higher is not None and higher.pk not in passed:
        if near := seen.filter(unit=higher).order_by("code").first():
            assert asked is not None
            return Destination(None, asked, near)
        passed.add(higher.pk)
        higher = higher.parent
    text = (
        _("There is no unit “%(code)s”.")
        if asked is None
        else _(
            "Unit %(code)s has no depot in your scope to reckon distances from, nor has a unit above it. Name a depot."
        )
    )
    raise Invalid([Fault("/destination", "unknown-unit", text % {"code": unit[:40]})])


def gather(items: Collection[str], to: Destination, *, by: User, at: datetime, right: Right = Right.PLAN) -> list[Pile]:
    """Return what lies of some items in the depots `by` may plan for, each with what speaks against promising it.

    Distances run from where the asker may know each depot to be; what is hidden from them gives nothing, and neither
    does an exercise depot. With `right` READ it is those whose books they may read.

    Raises:
        Invalid: the asker may not know where the destination is.
    """
    sight = whereabouts.sight(by)
    scope = Depot.objects.filter(id__in=access.scope(by, right, only_counted=True))
    points = {depot: sight.spot(depot, point) for depot, point in scope.values_list("id", "coordinates")}
    seen = {depot: spot for depot, spot in points.items() if spot is not None}
    here = sight.spot(to.near.pk, to.near.coordinates)
    if here is None:
        text = _("You may not see where %(depot)s is, so nothing can be reckoned from there.") % {"depot": to.near.code}
        raise Invalid([Fault("/destination", "unknown-depot", text)])
    given = {
        "items": sorted(items),
        "depots": list(seen),
        "lons": [spot.lon for spot in seen.values()],
        "lats": [spot.lat for spot in seen.values()],
        "lon": here.lon,
        "lat": here.lat,
        "destination": to.depot.pk if to.depot else None,
        "today": timezone.localdate(at),
    }
    names = [field.name for field in fields(Pile)]
    return [Pile(**dict(zip(names, row, strict=True))) for row in sql.rows("sourcing/gather", given, prepare=False)]


def weights(items: Iterable[Item], *, at: datetime) -> dict[str, Decimal | None]:
    """Return what one base unit of each item weighs in kg, None where the catalogue does not know.

    What the catalogue says of its gross weight; else its base unit, where that is one of weight; else a packaging that
    is a unit of weight, the other way round. The items need their packagings.
    """
    today = timezone.localdate(at)
    found: dict[str, Decimal | None] = {}
    for item in items:
        known = item.gross_weight_kg or _KILOGRAMS.get(item.base_unit_id)
        if known is None:
            for packaging in item.packagings.all():
                is_valid = (packaging.valid_from or today) <= today <= (packaging.valid_to or today)
                if is_valid and packaging.unit_id in _KILOGRAMS:
                    known = (_KILOGRAMS[packaging.unit_id] / packaging.factor).quantize(Decimal("0.000001"))
        found[item.code] = known
    return found


def kept(piles: Sequence[Pile], *, by: User, at: datetime) -> dict[tuple[str, str], Decimal]:
    """Return what reserve norms keep back of (depot, item), in base units, of what could be promised.

    A depot keeps its own norm. Depots of a unit that has one keep it together, each by its share of what the unit could
    promise. Norms of ring-fenced purposes keep back nothing here: their stock is not available anyway.
    """
    free: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for pile in piles:
        if pile.deduction == AVAILABLE:
            free[pile.depot, pile.item, pile.purpose] += pile.on_hand - pile.allocated
    items = {pile.item for pile in piles}
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    in_force = norms.in_force(by=by, on=timezone.localdate(at)).filter(item__code__in=items)

    @cache
    def depots_of(unit: str) -> list[str]:
        below = Depot.objects.counted().filter(unit__in=norms.units_below(unit))
        return list(below.values_list("code", flat=True))

    for norm in in_force.exclude(purpose__is_ring_fenced=True):
        item, purpose = norm.item.code, norm.purpose_id
        if norm.depot is not None:
            found[norm.depot.code, item] += norm.required
            continue
        assert norm.unit is not None, "a norm is a depot's or a unit's"
        below = depots_of(norm.unit.code)
        shares = {depot: free[depot, item, purpose] for depot in below if free[depot, item, purpose]}
        total = sum(shares.values(), Decimal(0))
        for depot, share in shares.items():
            found[depot, item] += (norm.required * share / total).quantize(_THOUSANDTH, rounding=ROUND_UP)
    return dict(found)

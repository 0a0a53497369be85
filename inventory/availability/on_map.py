"""The depots on the map: where each stands as its reader may know, what it has of an item, how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from depots import access, geojson, whereabouts
from depots.models import Depot, Province
from depots.past import as_they_stood
from depots.whereabouts import Spot
from inventory.availability.instants import Instant, ask
from inventory.availability.question import NO_BRANCH, Question, Stock, params
from inventory.availability.routes import Routes, routes_of
from inventory.catalogue.models import Item, SupplyClass
from inventory.ledger.chain import exact
from logistics import wire
from logistics.errors import Fault, Invalid
from logistics.search import fold

if TYPE_CHECKING:
    from logistics.accounts.models import User

MOST_KM: Final = 20_040  # half the Earth's girth
GENERAL: Final = "general"  # the branch of a depot that serves every branch
NONE, LITTLE, MIDDLE, MUCH = range(4)
_PROVINCE: Final = "province:"


@dataclass(frozen=True, kw_only=True, slots=True)
class MapQuestion:
    """What the map is asked. `stock` is the question about stock, whose `item` fills the symbols.

    `branch` is a supply class or "general", of the depots. `near` is a depot's code, a province's name or
    "province:" and its code as provinces are now: where distances start. `quantity` is what is needed, in base units.
    `plan` draws the routes of a plan.
    """

    stock: Question = field(default_factory=Question)
    when: Instant = field(default_factory=Instant)
    branch: str | None = None
    near: str | None = None
    radius_km: float | None = None
    quantity: Decimal | None = None
    plan: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where distances start, longitude first: a depot or a province's centre point. `code` names it in addresses."""

    code: str
    name: str
    at: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Steps:
    """What tells the fillings of a symbol apart, in base units: none, below `low`, below `high`, `high` and more."""

    low: Decimal
    high: Decimal

    def of(self, amount: Decimal) -> int:
        """Return the filling of an amount: NONE, LITTLE, MIDDLE or MUCH."""
        if amount <= 0:
            return NONE
        return LITTLE if amount < self.low else MIDDLE if amount < self.high else MUCH


@dataclass(frozen=True, slots=True)
class Marked:
    """One depot on the map. `spot` is None where its reader may not know its place, `stock` where nothing is known.

    `filling` and `is_enough` are None without an item (or a quantity), `distance_km` without an origin.
    """

    depot: Depot
    spot: Spot | None
    stock: Stock | None
    filling: int | None
    distance_km: float | None
    is_enough: bool | None

    @property
    def sign(self) -> str:
        """The symbol: its shape is the depot's level, its filling what the depot has."""
        return f"{self.depot.level}-{'no' if self.filling is None else self.filling}"

    def document(self) -> dict[str, Any]:
        """Return the properties of the depot as the API spells them."""
        stock: dict[str, Any] | None = None
        if self.stock is not None:
            stock = {key: value for key, value in self.stock.document().items() if key not in {"item", "depot"}}
        return {
            "kind": "depot",
            "code": self.depot.code,
            "name": self.depot.name,
            "unit": self.depot.unit.code,
            "level": self.depot.level,
            "branch": self.depot.branch_id,
            "province": self.depot.province.code if self.depot.province else None,
            "province_name": self.depot.province.name if self.depot.province else None,
            "rounded_to": self.spot.rounded_to if self.spot else None,
            "stock": stock,
            "filling": self.filling,
            "distance_km": None if self.distance_km is None else round(self.distance_km, 2),
            "enough": self.is_enough,
        }


@dataclass(frozen=True, slots=True)
class Map:
    """What the map shows. `rows` are nearest first with an origin, else by code."""

    rows: tuple[Marked, ...]
    item: Item | None
    steps: Steps | None
    origin: Origin | None
    routes: Routes | None

    @property
    def spots(self) -> dict[str, Spot]:
        """Where each depot stands that may be placed, by code."""
        return {row.depot.code: row.spot for row in self.rows if row.spot}


def depots_on_map(question: MapQuestion, *, by: User, at: datetime) -> Map:
    """Return the depots `by` may read that the question leaves, those for training aside, with what they have.

    Of a past instant: the depots that kept books that day, as they stood then. With an origin those out of the radius
    are left out, and those whose place `by` may not know; they come nearest first, ties by code. Distances run along
    the ellipsoid from the origin to the point that `by` sees. `at` is now. About as many queries for any number of
    depots.

    Raises:
        Invalid: codes name nothing, or numbers are out of range; all of them are listed.
        NotFound: the plan is none `by` may see.
    """
    faults: list[Fault] = []
    asked = question.stock
    day, today = question.when.day, timezone.localdate(at)
    keys: list[int] = []
    try:
        keys = params(asked, by=by, on=day, now_on=today)["depots"]
    except Invalid as refusal:
        faults += refusal.faults
    faults += _faults(question, today)
    sight = whereabouts.sight(by)
    origin = None
    if question.near and (origin := _origin(question.near, by=by, sight=sight)) is None:
        text = _("There is no depot in your scope, nor a province, called “%(name)s” whose place is known.")
        faults.append(Fault("/query/near", "unknown-code", text % {"name": question.near[:40]}))
    if faults:
        raise Invalid(faults)
    routes = routes_of("plan", question.plan, by=by) if question.plan else None

    depots = _depots(question, keys)
    stock = _stock(question, by=by, at=at) if asked.item else {}
    spots = {depot.pk: spot for depot in depots if (spot := sight.spot(depot.pk, depot.coordinates))}
    far = whereabouts.distances(origin.at, spots) if origin else {}
    if origin is not None:
        most = question.radius_km
        depots = [depot for depot in depots if depot.pk in far and (most is None or far[depot.pk] <= most)]
        depots.sort(key=lambda depot: (far[depot.pk], depot.code))
    amounts = {code: row.available for code, row in stock.items()}
    steps = _steps(list(amounts.values()), question.quantity) if asked.item else None

    def marked(depot: Depot) -> Marked:
        amount = amounts.get(depot.code, Decimal(0))
        is_enough = None if steps is None or question.quantity is None else amount >= question.quantity
        filling = None if steps is None else steps.of(amount)
        return Marked(depot, spots.get(depot.pk), stock.get(depot.code), filling, far.get(depot.pk), is_enough)

    item = Item.objects.select_related("base_unit").get(code=asked.item) if asked.item else None
    return Map(tuple(marked(depot) for depot in depots), item, steps, origin, routes)


def _faults(question: MapQuestion, today: date) -> list[Fault]:
    branch, when = question.branch, question.when
    is_branch = not branch or branch == GENERAL or SupplyClass.objects.filter(code=branch).exists()
    told = [
        *(
            (
                name,
                "in-the-future",
                moment is None or timezone.localdate(moment) <= today,
                _("Nothing is known of a day to come; ask about today or earlier."),
            )
            for name, moment in (("as_of", when.as_of), ("recorded_as_of", when.recorded_as_of))
        ),
        (
            "branch",
            "unknown-code",
            is_branch,
            _(NO_BRANCH) % {"code": f"“{(branch or '')[:40]}”"},
        ),
        (
            "radius_km",
            "out-of-range",
            question.radius_km is None or 0 <= question.radius_km <= MOST_KM,
            _("A radius goes from 0 to 20,040 km."),
        ),
        (
            "quantity",
            "out-of-range",
            question.quantity is None or question.quantity >= 0,
            _("A quantity asked for is not below zero."),
        ),
    ]
    return [Fault(f"/query/{name}", code, text) for name, code, is_good, text in told if not is_good]


def _depots(question: MapQuestion, keys: Sequence[int]) -> list[Depot]:
    found = Depot.objects.filter(id__in=keys).select_related("unit", "province").order_by("code")
    if question.branch:
        found = found.filter(branch=None if question.branch == GENERAL else question.branch)
    moment = question.when.as_of or question.when.recorded_as_of
    return as_they_stood(found, moment) if moment else list(found.open_on(question.when.day))


def _stock(question: MapQuestion, *, by: User, at: datetime) -> dict[str, Stock]:
    page = ask(question.stock, question.when, by=by, at=at, limit=100_000)  # one item: a row a depot
    return {row.depot: row for row in page.rows}


def _origin(text: str, *, by: User, sight: whereabouts.Sight) -> Origin | None:
    """Return the depot of that code, else the province; None where there is none, or its place is not for `by`."""
    depot = Depot.objects.filter(id__in=access.depot_ids(by), code__iexact=text).first()
    if depot is not None:
        spot = sight.spot(depot.pk, depot.coordinates)
        return Origin(depot.code, str(depot), spot.at) if spot else None
    today = timezone.localdate()
    provinces = Province.objects.filter(Q(valid_to=None) | Q(valid_to__gte=today), valid_from__lte=today)
    code = text.removeprefix(_PROVINCE)
    for province in provinces.exclude(centre=None):
        if (code == province.code) if code != text else (fold(text) == fold(province.name)):
            assert province.centre is not None, "asked for"
            lon, lat = (round(value, whereabouts.DECIMALS) for value in province.centre.coords)
            return Origin(f"{_PROVINCE}{province.code}", province.name, (lon, lat))
    return None


def _steps(amounts: Sequence[Decimal], wanted: Decimal | None) -> Steps:
    """Return where fillings change: at what is wanted and twice that, else at thirds of the depots that have some."""
    if wanted:
        return Steps(wanted, wanted * 2)
    some = sorted(amount for amount in amounts if amount > 0)
    if not some:
        return Steps(Decimal(1), Decimal(2))
    low, high = (_round(some[len(some) * part // 3]) for part in (1, 2))
    return Steps(low, high if high > low else low * 2)


def _round(amount: Decimal) -> Decimal:
    """Return an amount rounded down to 1, 2 or 5 of its power of ten: what a legend can say."""
    power = Decimal(1).scaleb(amount.adjusted())
    return max(step * power for step in (1, 2, 5) if step * power <= amount)


def document(found: Map, question: MapQuestion) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the GeoJSON features of a map, depots then routes, and what the collection says besides."""
    features = [geojson.point(row.depot.code, row.spot.at if row.spot else None, row.document()) for row in found.rows]
    spots = found.spots
    for number, route in enumerate(found.routes.routes if found.routes else (), 1):
        ends = [spots.get(route.from_depot), spots.get(route.to_depot)]
        properties = {"kind": "route", "from": route.from_depot, "to": route.to_depot, "what": route.what}
        features.append(geojson.line(f"route/{number}", [spot.at for spot in ends if spot], properties))
    origin, when = found.origin, question.when
    members = {
        "item": found.item.code if found.item else None,
        "unit": found.item.base_unit_id if found.item else None,
        "steps": [exact(found.steps.low), exact(found.steps.high)] if found.steps else None,
        "origin": origin and {"code": origin.code, "name": origin.name, "coordinates": list(origin.at)},
        "radius_km": question.radius_km if origin else None,
        "as_of": when.as_of and wire.local(when.as_of),
        "recorded_as_of": when.recorded_as_of and wire.local(when.recorded_as_of),
    }
    return features, members

"""Depots, their bins and the organisation's units, as the API tells them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from depots import access, boundaries, geojson, whereabouts
from depots.models import Bin, Boundary, Depot, DepotQuerySet, OrganisationUnit
from depots.past import as_they_stood
from depots.whereabouts import Sight
from logistics import paging, wire
from logistics.accounts.rights import Right
from logistics.accounts.tokens import asker
from logistics.audit.trail import TrailPage, trail
from logistics.errors import NotFound

if TYPE_CHECKING:
    from logistics.accounts.models import User

router = Router(tags=["depots"])

# Reference data of the organisation is for everybody who works with stock or keeps it, not for the export client.
KNOWERS = (Right.READ, Right.KEEP_CATALOGUE, Right.KEEP_PEOPLE)


class DepotOut(Schema):
    """A place that keeps a logbook."""

    code: str = Field(examples=["K01"])
    name: str
    unit: str = Field(description="Agency code of the organisation unit.")
    level: str
    branch: str | None = Field(description="Supply class, or null for a general depot.")
    province: str | None = Field(description="GSO code, of the era at the depot's opening.")
    province_name: str | None
    address: str
    lon: float | None = Field(description="WGS 84 degrees; null where your roles are not told.")
    lat: float | None = Field(description="WGS 84 degrees; null where your roles are not told.")
    rounded_to: float | None = Field(description="Degrees the point was rounded to for your roles; null: it was not.")
    opened_on: str
    closed_on: str | None
    is_exercise: bool = Field(description="For training: its stock is in no total and no export.")
    updated_at: str


class DepotPage(Schema):
    """Depots by code."""

    items: list[DepotOut]
    next: str | None


class BinOut(Schema):
    """A place inside a depot."""

    code: str
    name: str
    kind: str
    is_default: bool
    is_active: bool


class BinPage(Schema):
    """Bins by code."""

    items: list[BinOut]
    next: str | None


class UnitOut(Schema):
    """A unit of the organisation."""

    code: str = Field(examples=["G11.05.001"])
    alias: str
    name: str
    level: str
    parent: str | None
    valid_from: str
    valid_to: str | None
    updated_at: str


class UnitPage(Schema):
    """Organisation units by code."""

    items: list[UnitOut]
    next: str | None


class MapQuery(Schema):
    """What part of the map is asked for."""

    bbox: str | None = Field(
        None, max_length=100, description="west,south,east,north in degrees (WGS 84).", examples=["105,20,107,22"]
    )
    as_of: wire.Instant | None = Field(
        None, description="The depots that kept books on that day, and their data as it stood then."
    )


class BoundaryQuery(Schema):
    """Which lines of the official map are asked for."""

    layer: Boundary.Layer | None = Field(None, description="All three when not given.")
    on: wire.Day | None = Field(None, description="The lines that held on that day; else today.")


def known_depots(user: User) -> DepotQuerySet:
    """Return the depots whose reference data `user` may see: those they may read, or all for who keeps them."""
    depots = Depot.objects.select_related("unit", "province")
    return depots.filter(id__in=access.depot_ids(user)) | depots.filter(
        id__in=access.depot_ids(user, Right.KEEP_CATALOGUE)
    )


def _document(depot: Depot, sight: Sight) -> dict[str, Any]:
    spot = sight.spot(depot.pk, depot.coordinates)
    return {
        "code": depot.code,
        "name": depot.name,
        "unit": depot.unit.code,
        "level": depot.level,
        "branch": depot.branch_id,
        "province": depot.province.code if depot.province else None,
        "province_name": depot.province.name if depot.province else None,
        "address": depot.address,
        "lon": spot.lon if spot else None,
        "lat": spot.lat if spot else None,
        "rounded_to": spot.rounded_to if spot else None,
        "opened_on": depot.opened_date.isoformat(),
        "closed_on": wire.iso(depot.closed_date),
        "is_exercise": depot.is_exercise,
        "updated_at": wire.local(depot.updated_at),
    }


def _one(user: User, code: str) -> Depot:
    depot = known_depots(user).filter(code=code).first()
    if depot is None:
        raise NotFound(_("There is no depot %(code)s in your scope.") % {"code": code[:40]})
    return depot


@router.get("/depots", response=DepotPage)
def list_depots(request: HttpRequest, query: Query[paging.ChangedQuery]) -> HttpResponse:
    """List the depots in your scope, by code."""
    user = asker(request)
    access.require(user, Right.READ, Right.KEEP_CATALOGUE)
    depots = known_depots(user).order_by("code")
    if query.updated_since is not None:
        depots = depots.filter(updated_at__gte=query.updated_since)
    if (key := paging.after(query.cursor, parts=1)) is not None:
        depots = depots.filter(code__gt=key[0])
    found = list(depots[: query.limit + 1])
    following = paging.cursor(found[query.limit - 1].code) if len(found) > query.limit else None
    sight = whereabouts.sight(user)
    return paging.page(request, [_document(depot, sight) for depot in found[: query.limit]], following=following)


@router.get("/depots.geojson", openapi_extra=geojson.ANSWER)
def map_depots(request: HttpRequest, query: Query[MapQuery]) -> HttpResponse:
    """Return the depots in your scope as GeoJSON points (longitude first, WGS 84), now or as of a past day.

    A depot whose place your roles are not told has a null geometry, and lies in no box.
    """
    user = asker(request)
    access.require(user, Right.READ, Right.KEEP_CATALOGUE)
    box = None if query.bbox is None else geojson.box(query.bbox)
    depots = known_depots(user).order_by("code")
    found = list(depots) if query.as_of is None else as_they_stood(depots, query.as_of)
    sight = whereabouts.sight(user)
    features = []
    for depot in found:
        properties = _document(depot, sight)
        spot = sight.spot(depot.pk, depot.coordinates)
        del properties["lon"], properties["lat"]
        if box is None or (spot and box.holds(spot.lon, spot.lat)):
            features.append(geojson.point(depot.code, spot.at if spot else None, properties))
    return geojson.answer(request, features)


@router.get("/boundaries.geojson", openapi_extra=geojson.ANSWER)
def map_boundaries(request: HttpRequest, query: Query[BoundaryQuery]) -> HttpResponse:
    """Return the lines of the owner's official map that hold on a day, simplified for the screen.

    None of them is bundled: without `import_boundaries` there are none. Ask with `If-None-Match` to be spared what you
    have.
    """
    access.require(asker(request), *KNOWERS)
    return boundaries.answer(request, layer=query.layer, on=query.on or timezone.localdate())


@router.get("/depots/{depot}", response=DepotOut)
def get_depot(request: HttpRequest, depot: str) -> HttpResponse:
    """Return one depot."""
    user = asker(request)
    document = _document(_one(user, depot), whereabouts.sight(user))
    return HttpResponse(wire.dump(document), content_type="application/json")


@router.get("/depots/{depot}/bins", response=BinPage)
def list_bins(request: HttpRequest, depot: str, query: Query[paging.PageQuery]) -> HttpResponse:
    """List the bins of a depot, by code."""
    bins = Bin.objects.filter(depot=_one(asker(request), depot)).order_by("code")
    if (key := paging.after(query.cursor, parts=1)) is not None:
        bins = bins.filter(code__gt=key[0])
    found = list(bins[: query.limit + 1].values("code", "name", "kind", "is_default", "is_active"))
    following = paging.cursor(found[query.limit - 1]["code"]) if len(found) > query.limit else None
    return paging.page(request, [dict(row) for row in found[: query.limit]], following=following)


@router.get("/depots/{depot}/history", response=TrailPage)
def get_depot_history(request: HttpRequest, depot: str, query: Query[paging.PageQuery]) -> HttpResponse:
    """Return who changed a depot, when, what and why, newest first."""
    user = asker(request)
    found = _one(user, depot)
    blurred = partial(whereabouts.sight(user).blurred, found.pk)
    return trail(request, found, query, shown={"coordinates": blurred})


@router.get("/organisation-units", response=UnitPage)
def list_organisation_units(request: HttpRequest, query: Query[paging.ChangedQuery]) -> HttpResponse:
    """List the units of the organisation, by agency code."""
    access.require(asker(request), *KNOWERS)
    units = OrganisationUnit.objects.select_related("parent").order_by("code")
    if query.updated_since is not None:
        units = units.filter(updated_at__gte=query.updated_since)
    if (key := paging.after(query.cursor, parts=1)) is not None:
        units = units.filter(code__gt=key[0])
    found = list(units[: query.limit + 1])
    following = paging.cursor(found[query.limit - 1].code) if len(found) > query.limit else None
    return paging.page(request, [_unit(unit) for unit in found[: query.limit]], following=following)


@router.get("/organisation-units/{code}", response=UnitOut)
def get_organisation_unit(request: HttpRequest, code: str) -> HttpResponse:
    """Return one unit of the organisation."""
    return HttpResponse(wire.dump(_unit(_one_unit(asker(request), code))), content_type="application/json")


@router.get("/organisation-units/{code}/history", response=TrailPage)
def get_organisation_unit_history(request: HttpRequest, code: str, query: Query[paging.PageQuery]) -> HttpResponse:
    """Return who changed a unit of the organisation, when, what and why, newest first."""
    return trail(request, _one_unit(asker(request), code), query)


def _one_unit(user: User, code: str) -> OrganisationUnit:
    access.require(user, *KNOWERS)
    unit = OrganisationUnit.objects.select_related("parent").filter(code=code).first()
    if unit is None:
        raise NotFound(_("There is no organisation unit %(code)s.") % {"code": code[:40]})
    return unit


def _unit(unit: OrganisationUnit) -> dict[str, Any]:
    return {
        "code": unit.code,
        "alias": unit.alias,
        "name": unit.name,
        "level": unit.level,
        "parent": unit.parent.code if unit.parent else None,
        "valid_from": unit.valid_from.isoformat(),
        "valid_to": wire.iso(unit.valid_to),
        "updated_at": wire.local(unit.updated_at),
    }

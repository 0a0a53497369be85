"""The map over HTTP: the depots as GeoJSON, with what they have."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from depots import access, geojson
from inventory.availability.api import DAYS_LEFT
from inventory.availability.instants import Instant
from inventory.availability.on_map import MOST_KM, MapQuestion, depots_on_map, document
from inventory.availability.question import Question
from logistics import wire
from logistics.accounts.rights import Right
from logistics.accounts.tokens import asker

router = Router(tags=["availability"])


class MapQuery(Schema):
    """What the map is asked."""

    item: str | None = Field(None, max_length=40, description="Fills the depots with what they have of it.")
    unit: str | None = Field(None, max_length=40, description="Depots of this organisation unit and every one below.")
    province: str | None = Field(None, max_length=40, description="Depots in this province, by its GSO code now.")
    branch: str | None = Field(None, max_length=40, description="Depots of this branch; `general`: of every branch.")
    grade: int | None = Field(None, ge=1, le=5)
    purpose: str | None = Field(None, max_length=40)
    min_days_left: int | None = DAYS_LEFT
    near: str | None = Field(
        None,
        max_length=60,
        description="Where distances start, nearest first: a depot, or `province:` and a GSO code of now.",
        examples=["K01"],
    )
    radius_km: float | None = Field(None, ge=0, le=MOST_KM, description="Only depots this near; needs `near`.")
    quantity: wire.QuantityText | None = Field(None, description="What is needed, in base units: tells `enough`.")
    plan: UUID | None = Field(None, description="Also the routes of a sourcing plan, as lines.")
    bbox: str | None = Field(
        None, max_length=100, description="west,south,east,north in degrees (WGS 84).", examples=["105,20,107,22"]
    )
    as_of: wire.Instant | None = Field(None, description="As things stood then, late entries included.")
    recorded_as_of: wire.Instant | None = Field(None, description="As the books said then. Both may be given.")


@router.get("/availability/map.geojson", openapi_extra=geojson.ANSWER, summary="The depots on the map")
def map_availability(request: HttpRequest, query: Query[MapQuery]) -> HttpResponse:
    """The depots in your scope as GeoJSON points, what each has of an item, how far each is; a plan's routes as lines.

    `filling` is 0 for none available, then 1, 2, 3 as it reaches the two `steps` of the collection. Points are as exact
    as your roles may know (`rounded_to`), and distances start and end at them. Depots for training are not shown.
    """
    stock = Question(
        item=query.item,
        unit=query.unit,
        province=query.province,
        grade=query.grade,
        purpose=query.purpose,
        min_days_left=query.min_days_left,
    )
    question = MapQuestion(
        stock=stock,
        when=Instant(as_of=query.as_of, recorded_as_of=query.recorded_as_of),
        branch=query.branch,
        near=query.near,
        radius_km=query.radius_km,
        quantity=None if query.quantity is None else Decimal(query.quantity),
        plan=None if query.plan is None else str(query.plan),
    )
    box = None if query.bbox is None else geojson.box(query.bbox)
    by = asker(request)
    access.require(by, Right.READ)
    features, members = document(depots_on_map(question, by=by, at=timezone.now()), question)
    return geojson.answer(request, features if box is None else box.cut(features), **members)

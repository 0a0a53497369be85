"""One consignment on its way to a depot, over HTTP: what the entry page fills its lines from."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from depots import access
from inventory.ledger.chain import exact
from inventory.ledger.models import Movement
from inventory.vouchers import road
from inventory.vouchers.road import RoadLine
from logistics import openapi, wire
from logistics.accounts.tokens import asker
from logistics.errors import NotFound

router = Router(tags=["desk"])


class ArrivingLineOut(Schema):
    """One line of a consignment; quantities in the item's base unit."""

    line_no: int
    item: str = Field(examples=["QN-02-0001230"])
    lot: str
    expires_on: str | None = Field(description="Last day of use.")
    grade: int
    purpose: str
    sent: str = Field(examples=["120.000"])
    received: str
    settled: str
    in_transit: str = Field(description="Sent less received and settled; negative: more arrived than was sent.")
    unit: str


class ArrivalOut(Schema):
    """A consignment as its receiver sees it."""

    consignment: str = Field(description="Its name in a transfer in.", examples=["K01/15"])
    depot: str = Field(description="Who sent it.")
    to_depot: str
    number: str = Field(description="Of the sender's voucher.")
    sent_at: str
    order_number: str
    order_date: str | None
    lines: list[ArrivingLineOut]


@router.get("/depots/{depot}/arrivals/{sender}/{position:position}", response=ArrivalOut)
def get_arrival(request: HttpRequest, depot: str, sender: str, position: int) -> HttpResponse:
    """Read one consignment that was sent to a depot: every line with what is still on the road."""
    place = access.depot_for_reading(asker(request), depot)
    name = road.named(f"{sender}/{position}", to_depot=place.id)
    if name is None:
        text = _("No consignment %(name)s was sent to %(depot)s. Look at the number on the slip.")
        raise NotFound(text % {"name": f"{sender[:40]}/{position}", "depot": place.code})
    (found,) = road.consignments([name], to_depot=place.id)
    order_date = Movement.objects.values_list("order_date", flat=True).get(depot=name[0], position=name[1])
    head = found.head
    document = {
        "consignment": head.name,
        "depot": head.sender,
        "to_depot": head.to_depot,
        "number": head.number,
        "sent_at": wire.local(head.sent_at),
        "order_number": head.order_number,
        "order_date": wire.iso(order_date),
        "lines": [_line(line) for line in found.lines],
    }
    return HttpResponse(wire.dump(document), content_type=openapi.JSON)


def _line(line: RoadLine) -> dict[str, object]:
    return {
        "line_no": line.line_no,
        "item": line.item.code,
        "lot": line.lot,
        "expires_on": wire.iso(line.expires_date),
        "grade": line.grade,
        "purpose": line.purpose,
        "sent": exact(line.sent),
        "received": exact(line.received),
        "settled": exact(line.settled),
        "in_transit": exact(line.in_transit),
        "unit": line.item.base_unit_id,
    }

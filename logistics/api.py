"""The API under /api/v1: who may ask, which rooms answer, and how it is described."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from ninja import NinjaAPI, Swagger
from ninja.errors import HttpError
from ninja.errors import ValidationError as NinjaValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser

from depots.api import router as depots
from inventory.availability.api import router as availability
from inventory.availability.map_api import router as on_map
from inventory.catalogue.api import router as catalogue
from inventory.foresight.api import router as foresight
from inventory.reports.api import router as reports
from inventory.requisitions.api import router as requisitions
from inventory.requisitions.orders_api import router as orders
from inventory.sourcing.api import router as plans
from inventory.stocktakes.device_api import router as stocktakes
from inventory.vouchers.api import router as movements
from inventory.vouchers.arriving import router as arriving
from inventory.vouchers.desk_api import router as vouchers
from inventory.vouchers.on_device import router as on_device
from logistics import openapi, wire
from logistics.accounts.tokens import DOORS
from logistics.errors import Invalid
from logistics.exports.api import router as exports
from logistics.http import answer_to

DESCRIPTION = """
The central stock ledger. Codes in addresses are business codes; times are RFC 3339 with offset; quantities and money
are decimal **strings**; text is NFC UTF-8. A refusal is an `application/problem+json` document (RFC 9457) and writes
nothing. A parameter or member not described here is refused, not ignored.

Sign in with `Authorization: Bearer TOKEN`. Lists come in pages: follow `next`, or the `Link` header. `detail` and
`title` follow `Accept-Language` (vi, en); `type` and `code` never change.
"""


class StrictParser(Parser):
    """Reads bodies as `logistics.wire` does: one text, one meaning."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the body's JSON. Raises BadRequest, Invalid."""
        return wire.parse(request.body)


class StoreAPI(NinjaAPI):
    """ninja's API with our problems in its description, which is made once."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        """Return the description (OpenAPI 3.1)."""
        return self._description

    @cached_property
    def _description(self) -> OpenAPISchema:
        schema = super().get_openapi_schema()
        openapi.complete(schema)
        return schema

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the view's own name, which the rooms keep unique."""
        return operation.view_func.__name__


def strict_query(run: Callable[..., Any]) -> Callable[..., Any]:
    """Make an operation notice unknown and repeated parameters before it reads those it knows."""
    operation: Operation = run.__self__  # type: ignore[attr-defined]
    models = [model for model in operation.models if getattr(model, "__ninja_param_source__", "") == "query"]
    known = frozenset(name for model in models for name in getattr(model, "__ninja_flatten_map__", {}))
    lists = frozenset(name for model in models for name in getattr(model, "__ninja_collection_fields__", ()))

    @wraps(run)
    def noticing(request: HttpRequest, **arguments: Any) -> Any:
        request.query_faults = wire.query_faults(request, known=known, lists=lists)  # type: ignore[attr-defined]
        return run(request, **arguments)

    return noticing


def refusing(view: Callable[..., Any]) -> Callable[..., Any]:
    """Make a view refuse what `strict_query` noticed, once the rest of the input was found good."""

    @wraps(view)
    def refuse_or_answer(request: HttpRequest, **arguments: Any) -> Any:
        if request.query_faults:  # type: ignore[attr-defined]
            raise Invalid(request.query_faults)  # type: ignore[attr-defined]
        return view(request, **arguments)

    return refuse_or_answer


def described(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Make a page of the description as strict as an operation: ninja answers any method and any parameter there."""

    @csrf_exempt  # a change is told 405, not how it should have been proved
    @require_GET
    def answer_strictly(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        faults = wire.query_faults(request, known=frozenset(), lists=frozenset())
        return answer_to(request, Invalid(faults)) if faults else view(request, **arguments)

    return answer_strictly


api = StoreAPI(
    title="Kho Hậu cần",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    auth=DOORS,
    parser=StrictParser(),
    # Swagger would ask a validator on the Internet otherwise.
    docs_decorator=described,
    docs=Swagger(settings={"validatorUrl": None, "persistAuthorization": False, "tryItOutEnabled": True}),
)
api.add_decorator(strict_query, mode="view")
api.add_decorator(refusing)
for expected in (Exception, HttpError, Http404, NinjaValidationError):
    api.add_exception_handler(expected, answer_to)

# The first is asked most: addresses are tried in this order.
for room in (
    movements,
    vouchers,
    on_device,
    arriving,
    availability,
    on_map,
    depots,
    catalogue,
    foresight,
    reports,
    exports,
    plans,
    requisitions,
    orders,
    stocktakes,
):
    api.add_router("", room)

"""What programs and pages of ours send and are answered: a JSON body read as a model, its door, a document written."""

from __future__ import annotations

from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from logistics import openapi, wire
from logistics.errors import Invalid
from logistics.history import Source
from logistics.http import UnsupportedMedia

Body = TypeVar("Body", bound=BaseModel)


def document_of(request: HttpRequest) -> Any:
    """Return the body's JSON. Raises UnsupportedMedia, BadRequest, Invalid."""
    kind = request.content_type
    if kind and kind != openapi.JSON and not kind.endswith("+json"):
        raise UnsupportedMedia(_("Send JSON, with Content-Type: application/json."))
    return wire.parse(request.body)


def read(request: HttpRequest, model: type[Body]) -> Body:
    """Return the body as `model`. Raises UnsupportedMedia, BadRequest, and Invalid with every fault there is."""
    value = document_of(request)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Invalid(wire.faults_of(error.errors(include_url=False, include_input=False))) from error


def door(request: HttpRequest) -> Source:
    """Return whether a program asks, with a token, or a person's page, with a session."""
    return Source.API if "HTTP_AUTHORIZATION" in request.META else Source.WEB


def answer(document: Any, status: int = 200) -> HttpResponse:
    """Return a document of plain values as the API answers it."""
    return HttpResponse(wire.dump(document), content_type=openapi.JSON, status=status)

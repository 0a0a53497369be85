"""Refusals as RFC 9457 problems, for everything under /api/; and the short way in for programs.

A view raises; what it raised is turned into an answer here and nowhere else. Nothing that can be expected answers
500: a database that is down, full or busy is 503 with Retry-After, and the caller's idempotency key makes trying
again harmless.
"""

from __future__ import annotations

import contextlib
import logging
import re
import uuid
from collections.abc import Callable
from typing import Any, ClassVar, Final

import psycopg
from django.conf import settings
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    RawPostDataException,
    StreamingHttpResponse,
    UnreadablePostError,
)
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import Resolver404, get_resolver, resolve
from django.utils import translation
from django.utils.translation import gettext as _
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as NinjaValidationError

from logistics import language, wire
from logistics.errors import (
    BadRequest,
    Conflict,
    DomainError,
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
    Unavailable,
    gettext_noop,
)

logger = logging.getLogger(__name__)
PROBLEM: Final = "application/problem+json"
MOST_DRAINED: Final = 100_000_000  # bytes of a refused body that are still taken off the wire
GetResponse = Callable[[HttpRequest], HttpResponse]


# --- Refusals that only HTTP knows ------------------------------------------------------------------------------


class MethodNotAllowed(DomainError):
    """The address exists, but not for this method; `Allow` lists those it has."""

    slug = "method-not-allowed"
    title = gettext_noop("This address does not do that")
    status = 405


class LengthRequired(DomainError):
    """The body came without its length."""

    slug = "length-required"
    title = gettext_noop("The body needs its length")
    status = 411


class TooLarge(DomainError):
    """The body is over the limit."""

    slug = "too-large"
    title = gettext_noop("The body is too large")
    status = 413


class UnsupportedMedia(DomainError):
    """The body is in a format this address does not read."""

    slug = "unsupported-media-type"
    title = gettext_noop("This format is not read here")
    status = 415


class CrossSite(Forbidden):
    """A signed-in browser sent a change without proof that our own page asked for it."""

    slug = "cross-site"
    title = gettext_noop("The request did not come from our own page")


class TooMany(DomainError):
    """The caller asks faster than agreed. `retry_after` is in seconds."""

    slug = "too-many-requests"
    title = gettext_noop("Too many requests")
    status = 429

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class InternalError(DomainError):
    """A fault of ours."""

    slug = "internal-error"
    title = gettext_noop("A fault of ours")
    status = 500


_BY_STATUS: Final[dict[int, type[DomainError]]] = {
    refusal.status: refusal
    for refusal in (
        BadRequest, Unauthenticated, Forbidden, NotFound, MethodNotAllowed, Conflict, LengthRequired, TooLarge,
        UnsupportedMedia, Unavailable, InternalError,
    )
}  # fmt: skip


def refusal(error: BaseException) -> DomainError | None:
    """Return the refusal that `error` amounts to, or None when nobody expected it."""
    match error:
        case DomainError():
            return error
        case NinjaValidationError():
            return _invalid(error)
        case AuthenticationError():
            return Unauthenticated(
                _("No token came with this request. Send “Authorization: Bearer TOKEN”, or sign in on the site first.")
            )
        case HttpError():
            # ninja wraps whatever reading the body raised.
            return refusal(error.__cause__) if error.__cause__ else _by_status(error.status_code, str(error))
        case Http404():
            return NotFound(_("There is no such address. Check it against /api/v1/docs."))
        case PermissionDenied():
            return Forbidden(_("Your roles do not allow this."))
        case RequestDataTooBig():
            return too_large()
        case RawPostDataException():  # a form was read for its CSRF token
            return UnsupportedMedia(_("Send JSON, with Content-Type: application/json."))
        case UnreadablePostError():
            return BadRequest(_("The body broke off before its end."))
        case ValidationError():
            return Invalid([Fault("", "rule", message) for message in error.messages])
        case SuspiciousOperation():
            return BadRequest(_("The request is malformed."))
        case _:
            return _of_database(error)


def _by_status(status: int, detail: str) -> DomainError:
    return _BY_STATUS.get(status, BadRequest)(detail)


def _of_database(error: BaseException) -> DomainError | None:
    if isinstance(error, (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)):
        logger.warning("database unavailable: %s", error)
        return Unavailable(_("The database cannot answer now. Send the same request again, with the same key."))
    if isinstance(error, (DataError, psycopg.DataError)):
        logger.error("a value passed every check but the database's", exc_info=error)
        return Invalid([Fault("", "out-of-range", _("A value is outside what the store can hold."))])
    if isinstance(error, (IntegrityError, psycopg.IntegrityError)):
        logger.error("a constraint stopped what no rule had refused", exc_info=error)
        return Conflict(_("Somebody changed the same thing just now, or it breaks a rule of the store. Read it again."))
    if isinstance(error, (DatabaseError, psycopg.Error)) and "current transaction is aborted" in str(error):
        return Unavailable(_("The database cannot answer now. Send the same request again, with the same key."))
    return None


def _invalid(error: NinjaValidationError) -> DomainError:
    """Return what is wrong with the input; a part of the path that names nothing we could have is not found."""
    faults: list[Fault] = []
    of_path: list[Fault] = []
    for found in error.errors:
        source, *where = found["loc"]
        # A body's first part is the name of the view's argument, which the sender has never heard of.
        pointer = wire.join_pointer("", where[1:]) if source == "body" else wire.join_pointer("", [source, *where])
        fault = Fault(pointer, *wire.meaning({**found, "loc": tuple(where)}))
        (of_path if source == "path" else faults).append(fault)
    if of_path:
        text = _("There is nothing under this address: %(why)s") % {"why": " ".join(one.detail for one in of_path)}
        return NotFound(text, errors=[fault.document() for fault in of_path])
    return Invalid(faults)


def too_large() -> TooLarge:
    """Return the refusal of a body over the limit."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    return TooLarge(_("A body has at most %(most)s bytes; send it in parts.") % {"most": most})


# --- Answers ----------------------------------------------------------------------------------------------------


def request_id(request: HttpRequest) -> str:
    """Return the name this request has in our log and in its answer."""
    return str(request.META.get("kho.request_id", ""))


def problem(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return a refusal as `application/problem+json`, with the headers its status calls for."""
    document = error.document()
    document["title"] = _(error.title)
    document["request_id"] = request_id(request)
    answer = HttpResponse(wire.dump(document), status=error.status, content_type=PROBLEM)
    if error.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="kho"'
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after)
    if error.status == 503:
        answer.headers["Retry-After"] = "2"
    answer.headers["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
    return answer


def answer_to(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    """Return the problem that answers an exception of an API view; one nobody expected is logged whole."""
    assert isinstance(error, Exception)
    found = refusal(error)
    if found is None:
        logger.error("%s %s failed, request %s", request.method, request.path, request_id(request), exc_info=error)
        found = InternalError(
            _("Something broke on our side and was logged. Quote request %(id)s to the operators.")
            % {"id": request_id(request)}
        )
    asked_wrongly: list[Fault] = getattr(request, "query_faults", [])
    if isinstance(error, NinjaValidationError) and isinstance(found, Invalid) and asked_wrongly:
        found = Invalid([*asked_wrongly, *found.faults])
    return problem(request, found)


# --- Middleware -------------------------------------------------------------------------------------------------

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:/+=-]{1,64}")


def is_api(request: HttpRequest) -> bool:
    """Return whether a request is answered in JSON, problems included."""
    return request.path_info.startswith("/api/")


class ProblemMiddleware:
    """Names every request, refuses those that cannot be read, and makes every refusal under /api/ a problem."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; under /api/ whatever is 400 or above is a problem document."""
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        name = given if given and _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.META["kho.request_id"] = name
        language.listen(request)  # first: what is refused before anybody else looks is told in it too
        if not is_api(request):
            answer = self.get_response(request)
        else:
            is_head = request.method == "HEAD"
            if is_head:
                request.method = "GET"  # the same headers, whatever they cost; the body is left out at the end
            unreadable = _unreadable(request)
            answer = problem(request, unreadable) if unreadable else self.get_response(request)
            if answer.status_code >= 400:
                if answer.headers.get("Content-Type") != PROBLEM:
                    answer = self._problem_instead(request, answer)
                drain(request)
            answer.headers.setdefault("Cache-Control", "no-store")
            answer.headers.setdefault("X-Content-Type-Options", "nosniff")
            if not answer.streaming and answer.status_code != 304:
                answer.headers.setdefault("Content-Length", str(len(answer.content)))
            if is_head:
                _empty(answer)
        answer.headers["X-Request-ID"] = name
        return answer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a page's refusal with a page; leave to Django what nobody expected, and its own 404 and 403."""
        if is_api(request) or isinstance(exception, (Http404, PermissionDenied, SuspiciousOperation, ValidationError)):
            return None
        found = refusal(exception)
        if found is None:
            return None
        context: dict[str, Any] = {"error": found, "title": _(found.title)}
        if found.status != 503:
            return render(request, "refusal.html", context, status=found.status)
        context["may_repeat"] = request.method == "GET"  # a form's answer is typed text: repeating would throw it away
        answer = HttpResponse(render_to_string("unavailable.html", {**context, "request": request}), status=503)
        answer.headers["Retry-After"] = "2"
        return answer

    @staticmethod
    def _problem_instead(request: HttpRequest, old: HttpResponseBase) -> HttpResponse:
        """Return a problem with the status and the telling headers of an answer that Django or ninja made."""
        details = {
            400: _("The request is malformed."),
            403: _("Your roles do not allow this."),
            404: _("There is no such address. Check it against /api/v1/docs."),
            405: _("This address is not for %(method)s.") % {"method": request.method},
            500: _("Something broke on our side and was logged. Quote request %(id)s to the operators.")
            % {"id": request_id(request)},
        }
        kind = _BY_STATUS.get(old.status_code)
        new = problem(request, (kind or BadRequest)(details.get(old.status_code, _("The request is refused."))))
        if kind is None:
            new.status_code = old.status_code
        for header, value in old.headers.items():
            if not header.startswith("Content-") or header == "Content-Security-Policy":
                new.headers[header] = value
        return new


def _unreadable(request: HttpRequest) -> DomainError | None:
    meta = request.META
    if "\x00" in request.path_info:
        return NotFound(_("There is no such address. Check it against /api/v1/docs."))
    length = meta.get("CONTENT_LENGTH") or ""
    if not length:
        if "chunked" in meta.get("HTTP_TRANSFER_ENCODING", "").lower():
            return LengthRequired(_("Send the body with a Content-Length, not in chunks."))
    elif len(length) > 12 or (length.isdecimal() and int(length) > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)):
        return too_large()
    return None


def _empty(answer: HttpResponseBase) -> None:
    """Take the body away and leave the headers, its length among them (RFC 9110, section 9.3.2)."""
    if isinstance(answer, StreamingHttpResponse):
        answer.streaming_content = []  # what was to be streamed is still closed with the answer
    elif isinstance(answer, HttpResponse):
        answer.content = b""


def drain(request: HttpRequest) -> None:
    """Read a body that nobody read, within reason: a client still sending would see a broken pipe, not our answer."""
    if getattr(request, "_body", None) is not None:
        return
    left = MOST_DRAINED
    with contextlib.suppress(OSError):
        while left > 0 and (piece := request.read(min(left, 1 << 16))):
            left -= len(piece)


class NotFoundMiddleware:
    """Answers with our own page what is not there, also where DEBUG is on and Django would list every address.

    The demo runs so, and its visitors would take that list for a fault.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; an address that leads nowhere has no match."""
        answer = self.get_response(request)
        is_told_by_django = settings.DEBUG and answer.status_code == 404 and request.resolver_match is None
        return self._page(request) if is_told_by_django and not is_api(request) else answer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer what a view did not find."""
        is_told_by_django = settings.DEBUG and isinstance(exception, Http404)
        return self._page(request) if is_told_by_django and not is_api(request) else None

    @staticmethod
    def _page(request: HttpRequest) -> HttpResponse:
        page: Any = get_resolver().resolve_error_handler(404)
        return page(request, exception=None)  # type: ignore[no-any-return]


class ProgramMiddleware:
    """Lets a request that brings its own credentials go straight to its view.

    Sessions, the CSRF cookie, messages and CSP are for people's browsers and cost more than posting a line does. An
    `Authorization` header is never added by a browser on its own, so no forged page can use this door.
    """

    POLICY: ClassVar[str] = "default-src 'none'; frame-ancestors 'none'"

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer through the view alone, or pass the request on."""
        path = request.path_info
        if "HTTP_AUTHORIZATION" in request.META and path.startswith("/api/"):
            request.get_host()  # refuses a Host we do not serve
        elif not path.startswith("/healthz/"):
            return self.get_response(request)
        try:
            found = resolve(path)
        except Resolver404:
            return problem(request, NotFound(_("There is no such address. Check it against /api/v1/docs.")))
        request.resolver_match = found
        answer: Any = found.func(request, *found.args, **found.kwargs)
        answer.headers.setdefault("Content-Security-Policy", self.POLICY)
        return answer  # type: ignore[no-any-return]

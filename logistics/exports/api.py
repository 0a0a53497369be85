"""The feed over HTTP: ask for a run, fetch its files as often as needed, answer what became of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from logistics import openapi, paging, wire
from logistics.accounts import rights
from logistics.accounts.rights import Right
from logistics.accounts.tokens import asker
from logistics.audit import reads
from logistics.errors import DomainError, Fault, Forbidden, Invalid, NotFound, gettext_noop
from logistics.exports import archive, runs, signing, tasks
from logistics.exports.models import ExportRun
from logistics.exports.signing import MANIFEST_FILE, PUBLIC_FILE, SIGNATURE_FILE
from logistics.http import problem

router = Router(tags=["exports"])
Body = TypeVar("Body", bound=BaseModel)
_PIECE: Final = 1 << 18  # bytes
_RANGE: Final = re.compile(r"bytes=(\d{1,18})?-(\d{1,18})?")
_PEM: Final = "application/x-pem-file"
_TYPES: Final = {MANIFEST_FILE: openapi.JSON, SIGNATURE_FILE: "application/jose", PUBLIC_FILE: _PEM}


class RangeNotSatisfiable(DomainError):
    """The part asked for lies outside the file."""

    slug = "range-not-satisfiable"
    title = gettext_noop("The file has no such part")
    status = 416


class ExportIn(BaseModel):
    """What is asked for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    full: bool = Field(False, description="Carry every log from its beginning, not from the last accepted run.")


class AnswerIn(BaseModel):
    """What became of a run at the warehouse."""

    model_config = ConfigDict(extra="forbid", strict=True)

    status: Literal["accepted", "rejected"]
    reason: str = Field("", max_length=500, description="Needed with `rejected`.")
    manifest_sha256: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="Of the manifest as received; refused when it is another."
    )


class RunOut(Schema):
    """A run, in a list."""

    run: str = Field(examples=["20261122T0200-0001"])
    state: Literal["queued", "writing", "ready", "accepted", "rejected", "failed"]
    full: bool
    requested_at: str
    requested_by: str
    created_at: str | None = Field(description="The instant of the snapshot.")
    previous_run: str | None
    manifest_sha256: str | None
    movements: int
    lines: int
    problem: str | None


class FileOut(Schema):
    """One file of a run."""

    name: str
    sha256: str
    bytes: int
    rows: int | None


class RangeOut(Schema):
    """What a run carries of one depot's log, and what it adds up to."""

    code: str
    from_position: int
    from_hash: str
    to_position: int
    head_hash: str
    movements: int
    withheld: int
    lines: int
    quantity_in: str
    quantity_out: str


class AnswerOut(Schema):
    """What the warehouse answered."""

    status: str
    reason: str
    answered_at: str
    answered_by: str


class RunDetailOut(RunOut):
    """A run with its ranges, totals, files and signature (detached JWS over datapackage.json)."""

    signature: str | None
    depots: list[RangeOut]
    files: list[FileOut]
    acknowledgements: list[AnswerOut]


class RunPage(Schema):
    """Runs, newest first."""

    items: list[RunOut]
    next: str | None


# --- Who ----------------------------------------------------------------------------------------------------------


def _client(request: HttpRequest) -> Any:
    """Return the asker, who may export the whole store: a run cannot be cut down to part of it.

    Raises:
        Forbidden: they may not.
    """
    user = asker(request)
    whole = rights.assignments(user, Right.EXPORT, on=timezone.localdate()).filter(
        unit=None, depot=None, supply_classes=None
    )
    if not user.is_active or not whole.exists():
        raise Forbidden(_("Exports are for the warehouse's account: no role of yours covers them for the whole store."))
    return user


def _note(request: HttpRequest, action: str, subject: str) -> None:
    reads.note(request, by=asker(request), action=action, subject=subject)


def _read(request: HttpRequest, model: type[Body]) -> Body:
    """Return the body as `model`; no body is an empty object. Raises BadRequest, Invalid."""
    try:
        return model.model_validate(wire.parse(request.body) if request.body else {})
    except ValidationError as error:
        raise Invalid(wire.faults_of(error.errors(include_url=False, include_input=False))) from error


# --- Documents ----------------------------------------------------------------------------------------------------


def _address(run: ExportRun) -> str:
    return f"/api/v1/exports/{run.name}"


def _document(run: ExportRun) -> dict[str, Any]:
    depots = run.manifest["depots"] if run.manifest else []
    return {
        "run": run.name,
        "state": run.state,
        "full": run.is_full,
        "requested_at": wire.local(run.requested_at),
        "requested_by": run.requested_by.login,
        "created_at": wire.local(run.created_at) if run.created_at else None,
        "previous_run": run.previous.name if run.previous else None,
        "manifest_sha256": run.manifest_sha256 or None,
        "movements": sum(depot["movements"] for depot in depots),
        "lines": sum(depot["lines"] for depot in depots),
        # What broke may name paths and statements: that is for our own log.
        "problem": _("It could not be written; our log says why.") if run.state == ExportRun.State.FAILED else None,
    }


def _detail(run: ExportRun) -> dict[str, Any]:
    listed = runs.files_of(run)
    resources = {resource["path"]: resource for resource in run.manifest["resources"]} if run.manifest else {}
    folder = Path(run.folder)
    files = [
        {
            "name": name,
            "sha256": sha256,
            "bytes": resources[name]["bytes"] if name in resources else (folder / name).stat().st_size,
            "rows": resources[name]["rows"] if name in resources else None,
        }
        for name, sha256 in listed.items()
    ]
    answers = run.acknowledgements.select_related("answered_by").order_by("id")
    return {
        **_document(run),
        "signature": (folder / SIGNATURE_FILE).read_text(encoding="ascii") if listed else None,
        "depots": run.manifest["depots"] if run.manifest else [],
        "files": files,
        "acknowledgements": [
            {
                "status": answer.status,
                "reason": answer.reason,
                "answered_at": wire.local(answer.answered_at),
                "answered_by": answer.answered_by.login,
            }
            for answer in answers
        ],
    }


def _answer(run: ExportRun, *, status: int = 200) -> HttpResponse:
    answer = HttpResponse(wire.dump(_detail(run)), content_type=openapi.JSON, status=status)
    if run.state in {ExportRun.State.QUEUED, ExportRun.State.WRITING}:
        answer.headers["Retry-After"] = "5"
    return answer


# --- Operations ---------------------------------------------------------------------------------------------------


_ASKED: Final = openapi.body(ExportIn, examples={"the night's": {"full": False}})


@router.post("/exports", response={202: RunDetailOut}, openapi_extra={"requestBody": {**_ASKED, "required": False}})
def request_export(request: HttpRequest) -> HttpResponse:
    """Ask for a run. The worker writes it; follow `Location`. While one like it is waiting, that one is answered."""
    user = _client(request)
    asked = _read(request, ExportIn)
    with transaction.atomic():
        run = runs.waiting(full=asked.full) or runs.request(by=user, at=timezone.now(), full=asked.full)
        # Also for a run that waits already: should its place in the queue be lost, this brings it back.
        tasks.enqueue(run)
        _note(request, "export.request", run.name)
    answer = _answer(run, status=202)
    answer.headers["Location"] = _address(run)
    return answer


@router.get("/exports", response=RunPage)
def list_exports(request: HttpRequest, query: Query[paging.PageQuery]) -> HttpResponse:
    """List runs, newest first."""
    _client(request)
    found = ExportRun.objects.select_related("previous", "requested_by").order_by("-id")
    if (key := paging.after(query.cursor, parts=1)) is not None:
        if not key[0].isdecimal() or len(key[0]) > 18:
            raise paging.no_cursor()
        found = found.filter(id__lt=int(key[0]))
    page = list(found[: query.limit + 1])
    following = paging.cursor(str(page[query.limit - 1].pk)) if len(page) > query.limit else None
    return paging.page(request, [_document(run) for run in page[: query.limit]], following=following)


@router.get(
    "/exports/public-key",
    openapi_extra={"responses": {200: {"description": "PEM", "content": {_PEM: {}}}}},
)
def get_export_public_key(request: HttpRequest) -> HttpResponse:
    """Return the key that manifests are signed with, as PEM. Compare it with one you got another way."""
    _client(request)
    key = signing.signing_key(settings.KEY_DIR)
    return HttpResponse(signing.public_pem(key), content_type=_PEM)


@router.get("/exports/{run}", response=RunDetailOut)
def get_export(request: HttpRequest, run: str) -> HttpResponse:
    """Return a run: its state, ranges, totals, files and signature."""
    _client(request)
    return _answer(runs.find(run))


@router.post(
    "/exports/{run}/acknowledgement",
    response=RunDetailOut,
    openapi_extra={"requestBody": openapi.body(AnswerIn, examples={"accepted": {"status": "accepted", "reason": ""}})},
)
def acknowledge_export(request: HttpRequest, run: str) -> HttpResponse:
    """Say what became of a run. `accepted` moves the watermark: the next run starts where this one ended."""
    user = _client(request)
    given = _read(request, AnswerIn)
    if given.status == "rejected" and not given.reason.strip():
        raise Invalid([Fault("/reason", "required", _("Say why the run is rejected."))])
    answered = runs.acknowledge(
        run,
        status=given.status,
        reason=given.reason.strip(),
        by=user,
        at=timezone.now(),
        manifest_sha256=given.manifest_sha256,
    )
    return _answer(answered)


_BYTES: Final = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@router.get(
    "/exports/{run}/files/{name}",
    openapi_extra={
        "responses": {
            200: {"description": "The file; `ETag` is its SHA-256.", **_BYTES},
            206: {"description": "The part asked for with `Range`.", **_BYTES},
            304: {"description": "You have it: `If-None-Match` names it."},
            416: {"description": "The file has no such part."},
        }
    },
)
def get_export_file(request: HttpRequest, run: str, name: str) -> HttpResponseBase:
    """Return a file of a run, whole or in part (`Range`, `If-Range`, `If-None-Match`)."""
    _client(request)
    found = runs.find(run)
    sha256 = runs.files_of(found).get(name)
    if sha256 is None:
        raise NotFound(_("Run %(run)s has no file %(name)s.") % {"run": found.name, "name": name[:60]})
    etag = f'"{sha256}"'
    file = Path(found.folder) / name
    known = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    answer: HttpResponseBase
    if "*" in known or etag in known or f"W/{etag}" in known:
        answer = HttpResponse(status=304)
    else:
        answer = _part(request, file, etag)
        if answer.status_code == 416:
            return answer
        answer.headers["Content-Type"] = _TYPES.get(name, "application/vnd.apache.parquet")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        _note(request, "export.file", f"{found.name}/{name}")
    answer.headers["ETag"] = etag
    answer.headers["Accept-Ranges"] = "bytes"
    # A run's files never change, but whoever asks must be let in anew.
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@router.get(
    "/exports/{run}/archive",
    openapi_extra={"responses": {200: {"description": "A tar archive.", "content": {"application/x-tar": {}}}}},
)
def get_export_archive(request: HttpRequest, run: str) -> HttpResponseBase:
    """Return a run's whole folder as one tar archive, for a one-way gateway; always the same bytes."""
    _client(request)
    found = runs.find(run)
    names = runs.files_of(found)
    if not names or found.created_at is None:
        raise NotFound(_("Run %(run)s has no files.") % {"run": found.name})
    files = [Path(found.folder) / name for name in sorted(names)]
    answer = StreamingHttpResponse(
        archive.pieces(files, run=found.name, at=found.created_at), content_type="application/x-tar"
    )
    answer.headers["Content-Length"] = str(archive.size(files, run=found.name, at=found.created_at))
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.name}.tar"'
    _note(request, "export.archive", found.name)
    return answer


def _part(request: HttpRequest, file: Path, etag: str) -> HttpResponseBase:
    """Return the file, the one part of it that `Range` asks for, or 416 (RFC 9110, section 14)."""
    size = file.stat().st_size
    start, stop, status = 0, size, 200
    # More than one range, or a unit we do not know, may be answered with the whole file.
    asked = _RANGE.fullmatch(request.META.get("HTTP_RANGE", "").replace(" ", ""))
    condition = request.META.get("HTTP_IF_RANGE")
    if asked and (asked[1] or asked[2]) and condition in {None, etag}:
        if asked[1]:
            start, stop = int(asked[1]), min(int(asked[2]) + 1 if asked[2] else size, size)
        else:
            start = max(size - int(asked[2]), 0)
        if asked[1] and asked[2] and int(asked[2]) < int(asked[1]):
            start, stop = 0, size  # not a range at all
        elif start >= stop:
            beyond = problem(request, RangeNotSatisfiable(_("The file has %(size)s bytes.") % {"size": size}))
            beyond.headers["Content-Range"] = f"bytes */{size}"
            return beyond
        else:
            status = 206
    answer = StreamingHttpResponse(_read_part(file, start, stop), status=status)
    answer.headers["Content-Length"] = str(stop - start)
    if status == 206:
        answer.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return answer


def _read_part(file: Path, start: int, stop: int) -> Iterator[bytes]:
    with file.open("rb") as opened:
        opened.seek(start)
        while start < stop and (piece := opened.read(min(_PIECE, stop - start))):
            start += len(piece)
            yield piece

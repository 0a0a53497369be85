"""The page of one file: all that is wrong, doubtful or would change, what to do with it and what became of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from inventory.ledger.models import Movement
from inventory.openings import bringing, story, workbook
from inventory.openings.bring_page import TONES, MeaningForm
from inventory.openings.checking import sort_of
from inventory.openings.models import Meaning, Purpose, State, Upload
from inventory.openings.purposes import told as told_as
from logistics import asking
from logistics.accounts.models import User
from logistics.errors import Fault, Forbidden, Invalid, NotFound
from logistics.language import language

ROWS_A_PAGE: Final = 50  # each with boxes to put it right
_DIGITS: Final = 8  # no row and no column of a file has a number that long
_SHOWS: Final = ("errors", "doubts", "right", "all")


def upload_of(request: HttpRequest, key: UUID, *, without: tuple[str, ...] = ()) -> Upload:
    """Return a file the reader may see; what it is `without` is read only where it is looked at. Raises NotFound."""
    found = Upload.objects.visible_to(cast("User", request.user)).filter(pk=key)
    found = found.select_related("depot", "mapping", "uploaded_by", "submitted_by", "posted_by")
    upload = found.defer(*without).first()
    if upload is None:
        raise NotFound(_("There is no such file in your scope."))
    return upload


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, key: UUID) -> HttpResponse:
    """Answer one file: what is wrong and doubtful, what it would change, what became of it; do what its buttons say."""
    user, now = cast("User", request.user), timezone.now()
    # The file itself is for whoever reads it; its rows are many, and nobody is shown any while it is being worked on.
    upload = upload_of(request, key, without=("content", "rows"))
    meaning: MeaningForm | None = None
    busy: bringing.FileBusy | None = None
    if request.method == "POST":
        meaning = _meaning_form(request, upload)
        try:
            answer = _do(request, upload, meaning, by=user, at=now)
        except bringing.FileBusy as error:
            busy, meaning, upload = error, None, upload_of(request, key, without=("content", "rows"))
        else:
            if answer is not None:
                return answer
    context = _shown(request, upload, user, at=now)
    context["meaning"], context["busy"] = meaning or _meaning_form(None, upload), busy
    status = busy.status if busy else 422 if meaning is not None else 200
    answer = render(request, "openings/file.html", context, status=status)
    if upload.is_at_work and not upload.is_stuck(now):
        answer.headers["Refresh"] = "2"
    return answer


def _meaning_form(request: HttpRequest | None, upload: Upload) -> MeaningForm:
    if request is not None:
        return MeaningForm(request.POST, label_suffix="")
    day = asking.local_day(upload.occurred_at) if upload.occurred_at else None
    return MeaningForm(initial={"meaning": upload.meaning, "on": day, "reason": upload.reason}, label_suffix="")


def _do(request: HttpRequest, upload: Upload, meaning: MeaningForm, *, by: User, at: datetime) -> HttpResponse | None:
    """Do what a button of the page says; None where its form is to be shown again with what is wrong."""
    action = next((name for name in ("use", "out", "in") if request.POST.get(name)), request.POST.get("do", ""))
    row = request.POST.get(action, "")
    if action in {"out", "in"} and not (row.isascii() and row.isdecimal() and len(row) < _DIGITS):
        action = ""
    match action:
        case "fix" | "use" | "out" | "in":
            rows = [int(row)] if action in {"out", "in"} else []
            out, back_in = (rows, []) if action == "out" else ([], rows)
            bringing.fix(upload, _typed(request, upload), by=by, at=at, out=out, back_in=back_in)
        case "change":
            if not meaning.is_valid():
                return None
            given = meaning.cleaned_data
            bringing.change(
                upload, meaning=given["meaning"] or Meaning.ADD, reason=given["reason"], by=by, at=at,
                occurred_at=asking.midnight(given["on"]) if given["on"] else None,
            )  # fmt: skip
        case "check":
            bringing.check_again(upload, by=by, at=at)
        case "submit":
            bringing.submit(upload, by=by, at=at)
            messages.success(request, _("Submitted: nothing is written before somebody else approves it."))
        case "back":
            bringing.send_back(upload, by=by, at=at)
        case "withdraw":
            bringing.withdraw(upload, by=by, at=at)
            messages.success(request, _("Withdrawn: it will not be written."))
        case "write":
            bringing.write(upload, by=by, at=at)
            if upload.state == State.POSTED:
                messages.success(request, _("Written."))
        case _:
            raise Invalid([Fault("/do", "one-of", _("Use one of the buttons of this page."))])
    query = request.GET.urlencode()
    back = redirect("opening", upload.pk)
    if query:
        back["Location"] += f"?{query}"
    return back


def _typed(request: HttpRequest, upload: Upload) -> dict[tuple[int, str], str]:
    """Return the cells that were typed anew; the button of a suggestion takes that suggestion besides."""
    columns = upload.found.get("columns", [])
    shown = {row[0]: row for row in upload.rows}
    cells: dict[tuple[int, str], str] = {}
    used = request.POST.get("use", "")
    for name in (*(name for name in request.POST if name.startswith("cell-")), *([f"use-{used}"] if used else [])):
        _start, _hyphen, where = name.partition("-")
        number, _colon, place = where.partition(":")
        if not all(one.isdecimal() and len(one) < _DIGITS for one in (number, place)):
            continue
        if not (int(place) < len(columns) and int(number) in shown):
            continue
        row, column = shown[int(number)], columns[int(place)]
        if name.startswith("use-"):
            told = row[2].get(column) or ["", *row[3].get(column, ["", ""])]
            text = told[2]
        else:
            text = request.POST[name]
        if text != row[1][int(place)]:
            cells[int(number), column] = text
    return cells


def _shown(request: HttpRequest, upload: Upload, user: User, *, at: datetime) -> dict[str, Any]:
    found = upload.found
    show = asking.text(request, "show")
    if show not in _SHOWS:
        show = "errors" if found.get("wrong") else "doubts" if found.get("doubtful") else "all"
    reason = request.GET.get("reason", "")[:300]
    chosen = [] if upload.is_at_work else [row for row in upload.rows if _is_shown(row, show, reason)]
    page = asking.numbered(asking.page_number(request), of=len(chosen), size=ROWS_A_PAGE)
    rows = chosen[page.start_index() - 1 : page.end_index()] if chosen else []
    needs_approval = bringing.needs_approval(upload)
    may_change = _may_change(upload, user)
    wrong, doubtful, count = found.get("wrong", 0), found.get("doubtful", 0), found.get("rows", 0)
    return {
        "upload": upload,
        "tone": TONES[State(upload.state)],
        "found": found,
        "rows": _told(rows, found.get("columns", []), upload),
        "can_be_fixed": any(row[2] or row[3] for row in rows),
        "sum": Decimal(found["sum"]) if found.get("sum") else None,
        "page": page,
        "show": show,
        "reason": reason,
        "right": count - wrong,
        "shares": [("errors", _("with errors"), wrong, "bad"), ("doubts", _("to be looked at"), doubtful, "warn"),
                   ("right", _("right"), count - wrong, ""), ("all", _("all"), count, "")],
        "same": bringing.same_before(upload) if upload.state != State.POSTED else None,
        "needs_approval": needs_approval,
        "may_change": may_change and upload.is_open,
        "may_withdraw": may_change and (upload.is_open or upload.state == State.SUBMITTED),
        "may_submit": may_change and needs_approval and upload.state == State.CHECKED and not wrong,
        "may_write": (
            upload.state == (State.SUBMITTED if needs_approval else State.CHECKED)
            and not wrong and bool(count) and bringing.may_write(upload, user)
        ),
        "is_stuck": upload.is_stuck(at),
        "movements": _movements(upload),
        "story": story.told(upload, columns=found.get("columns", []), language=language()),
        "is_set": upload.meaning == Meaning.SET,
        "is_opening": upload.purpose == Purpose.OPENING,
    }  # fmt: skip


def _is_shown(row: list[Any], show: str, reason: str) -> bool:
    if reason:
        return any(f"{column}: {sort_of(told[0])}" == reason for column, told in row[2].items())
    return {"errors": bool(row[2]), "doubts": bool(row[3]), "right": not row[2], "all": True}[show]


def _told(rows: list[list[Any]], columns: list[str], upload: Upload) -> list[dict[str, Any]]:
    """Return rows as the page shows them: the cells in words, and each error and doubt with its cell."""
    told: list[dict[str, Any]] = []
    reader = language()
    for number, cells, errors, doubts, before, after in rows:
        named = dict(zip(columns, cells, strict=False))
        places = {column: place for place, column in enumerate(columns)}
        notes = [
            {"column": told_as(upload.purpose, column, columns, reader), "value": named.get(column, ""),
             "reason": reason, "hint": hint, "use": use,
             "place": places.get(column), "tone": tone}
            for tone, found in (("bad", errors), ("warn", {c: [d[0], "", d[1]] for c, d in doubts.items()}))
            for column, (reason, hint, use) in found.items()
        ]  # fmt: skip
        notes.sort(key=lambda note: (note["place"] is None, note["place"] or 0))
        was, will = (None if one is None else Decimal(one) for one in (before, after))
        told.append(
            {
                "number": number,
                "cells": [(column, text) for column, text in named.items() if text],
                "notes": notes,
                "before": was,
                "after": will,
                "change": None if was is None or will is None else will - was,
                "is_fixed": bool(upload.fixes.get(str(number))),
                "is_wrong": bool(errors),
            }
        )
    return told


def _may_change(upload: Upload, user: User) -> bool:
    try:
        bringing.place_of(upload, user)
    except (Forbidden, NotFound):
        return False
    return True


def _movements(upload: Upload) -> list[dict[str, Any]]:
    """Return the movements a file became, with what undid them."""
    if not upload.movements or upload.depot is None:
        return []
    made = Movement.objects.filter(depot=upload.depot, position__in=upload.movements[:ROWS_A_PAGE]).order_by("position")
    undone = dict(
        Movement.objects.filter(depot=upload.depot, reverses__in=upload.movements).values_list("reverses", "position")
    )
    return [{"position": one.position, "number": one.number, "undone": undone.get(one.position)} for one in made]


@login_required
@require_safe
def errors(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """Answer the file's own rows with two columns more: what is wrong with each, and what to do."""
    return workbook.with_errors(upload_of(request, key), language=language())

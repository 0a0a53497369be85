"""Making, changing, closing and reading meeting packs. `Right.PLAN` makes them; closing freezes what they say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import rfc8785
from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from depots import access
from inventory.availability.instants import NAMES, Instant
from inventory.reports.definition import Asked, Result
from inventory.reports.known import REPORTS, report
from inventory.reports.models import Pack, PackContent
from logistics import history
from logistics.accounts.rights import Right
from logistics.errors import Conflict, Fault, Invalid, NotFound, gettext_noop

if TYPE_CHECKING:
    from logistics.accounts.models import User

MOST_PARTS: Final = 20
MOST_NOTE: Final = 500
Move = Literal["up", "down", "out"]


class PackClosed(Conflict):
    """The pack is closed: what it says stays as it is."""

    slug = "pack-closed"
    title = gettext_noop("The meeting pack is closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One report of a pack as it is shown: what it said, the note beside it, whether its chart is drawn."""

    result: Result | None
    note: str
    with_chart: bool
    refusal: str = ""


def pack_for(user: User, key: UUID) -> Pack:
    """Return a pack that `user` may look at.

    Raises:
        NotFound: there is none, or it tells of a depot that is not theirs.
    """
    found = Pack.objects.visible_to(user).select_related("made_by", "closed_by").filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such meeting pack in your scope."))
    return found


def make(
    *, title: str, meeting_date: date, as_of: datetime | None, recorded_as_of: datetime | None, note: str = "",
    parts: Sequence[str] = (), by: User, at: datetime,
) -> Pack:  # fmt: skip
    """Make a pack of an instant, with the reports at the addresses `parts`; return it, open.

    It may tell of every depot that `by` may read and that counts.

    Raises:
        Forbidden: `by` may not plan.
        Invalid: a part is no report's address, the instant lies ahead, or `by` has no depots.
    """
    access.require(by, Right.PLAN)
    faults = [
        Fault(f"/{name}", "in-the-future", _("Nothing is known of a day to come; ask about today or earlier."))
        for name, moment in (("as_of", as_of), ("recorded_as_of", recorded_as_of))
        if moment and timezone.localdate(moment) > timezone.localdate(at)
    ]
    depots = access.scope(by, only_counted=True)
    if not depots:
        faults.append(Fault("/title", "no-depots", _("You may read no depot, so there is nothing to put into a pack.")))
    if faults:
        raise Invalid(faults)
    pack = Pack(
        title=title, meeting_date=meeting_date, as_of=as_of, recorded_as_of=recorded_as_of, note=note,
        parts=[_part(address, by=by) for address in parts], depots=sorted(depots), made_by=by, made_at=at,
    )  # fmt: skip
    with history.changing(by=by, reason=_("Meeting pack made"), source=history.Source.WEB):
        pack.save(force_insert=True)
    return pack


def add(pack: Pack, address: str, *, note: str, with_chart: bool, by: User) -> None:
    """Add the report at `address` (its page's, filters and all) to the end of an open pack.

    Raises:
        Forbidden: `by` may not plan.
        PackClosed: it is closed.
        Invalid: the address is no report's, asks for what it does not know, or the pack is full.
    """
    with _open(pack, by=by, reason=_("Report added")) as held:
        if len(held.parts) >= MOST_PARTS:
            text = _("A pack holds %(most)s reports; take one out first.")
            raise Invalid([Fault("/address", "too-many-parts", text % {"most": MOST_PARTS})])
        held.parts.append(_part(address, by=by) | {"note": note[:MOST_NOTE], "chart": with_chart})


def move(pack: Pack, place: int, way: Move, *, by: User) -> None:
    """Move the report at `place` (from 0) of an open pack up or down, or take it out.

    Raises:
        Forbidden: `by` may not plan.
        PackClosed: it is closed.
        NotFound: it has no report there.
    """
    with _open(pack, by=by, reason=_("Order of reports changed")) as held:
        if not 0 <= place < len(held.parts):
            raise NotFound(_("The pack has no report at that place any more: look at it again."))
        taken = held.parts.pop(place)
        if way != "out":
            held.parts.insert(max(place + (-1 if way == "up" else 1), 0), taken)


def close(pack: Pack, *, by: User, at: datetime) -> None:
    """Freeze an open pack: run its reports as `by` sees them, in every language, and keep what they say for ever.

    Raises:
        Forbidden: `by` may not plan.
        PackClosed: it is closed already.
        Invalid: it has no report, or one of them cannot be had.
    """
    with _open(pack, by=by, reason=_("Meeting pack closed")) as held:
        if not held.parts:
            raise Invalid([Fault("/parts", "required", _("The pack has no report yet: add one, then close it."))])
        results: dict[str, list[dict[str, Any]]] = {}
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                results[language] = [_run(held, part, by=by, at=at).document() for part in held.parts]
        held.closed_by, held.closed_at = by, at
        held.depots = sorted(access.scope(by, only_counted=True))
        PackContent.objects.create(pack=held, results=results, digest=hashlib.sha256(rfc8785.dumps(results)).digest())


def parts(pack: Pack, *, by: User, at: datetime) -> list[Part]:
    """Return what a pack says: of a closed one what was kept, of an open one what its reports say to `by` now."""
    if pack.is_closed:
        kept = pack.content.results
        results = kept.get((get_language() or "")[:2]) or kept[settings.LANGUAGE_CODE]
        return [
            Part(result=Result.read(result), note=part["note"], with_chart=part["chart"])
            for result, part in zip(results, pack.parts, strict=True)
        ]
    found = []
    for part in pack.parts:
        result, refusal = None, ""
        try:
            result = _run(pack, part, by=by, at=at)
        except Invalid as error:
            refusal = " ".join(fault.detail for fault in error.faults)
        except NotFound as error:
            refusal = str(error)
        found.append(Part(result=result, note=part["note"], with_chart=part["chart"], refusal=refusal))
    return found


def instant_of(pack: Pack) -> Instant:
    """Return of when a pack's figures are."""
    return Instant(as_of=pack.as_of, recorded_as_of=pack.recorded_as_of)


def _run(pack: Pack, part: dict[str, Any], *, by: User, at: datetime) -> Result:
    found, when = report(part["slug"]), instant_of(pack)
    asks = found.asks.of(part["query"], by=by, today=when.day)
    if asks.errors:
        raise Invalid(
            [Fault(f"/{name}", "unreadable", str(error)) for name, errors in asks.errors.items() for error in errors]
        )
    return found.run(Asked(by=by, at=at, instant=when, values=asks.values()), facts=asks.facts())


def _part(address: str, *, by: User) -> dict[str, Any]:
    """Return the part that a report's address names; of when it is belongs to the pack and not to the part.

    Raises:
        Invalid: it is no report's address, or asks for what the report does not know.
    """
    try:
        split = urlsplit(address.strip())
        slug = split.path.strip("/").removeprefix("reports/").partition(".")[0]
        pairs = parse_qsl(split.query, max_num_fields=40)
    except ValueError:
        slug, pairs = "", []
    if slug not in REPORTS:
        text = _("“%(address)s” is no address of a report: open the report and copy what its address bar shows.")
        raise Invalid([Fault("/address", "no-report", text % {"address": address[:80]})])
    asked = {name: value for name, value in pairs if name not in {*NAMES, "page"} and value}
    asks = REPORTS[slug].asks.of(urlencode(asked), by=by, today=timezone.localdate())
    if asks.errors:
        errors = [str(error) for found in asks.errors.values() for error in found]
        raise Invalid([Fault("/address", "unreadable", " ".join(errors))])
    known = {name: value for name, value in asked.items() if name in asks.fields}
    return {"slug": slug, "query": urlencode(known), "note": "", "chart": True}


@contextmanager
def _open(pack: Pack, *, by: User, reason: str) -> Iterator[Pack]:
    """Hold an open pack to be changed: locked, and saved with its history when the block ends well."""
    access.require(by, Right.PLAN)
    with transaction.atomic(), history.changing(by=by, reason=reason, source=history.Source.WEB):
        held = Pack.objects.select_for_update().get(pk=pack.pk)
        if held.is_closed:
            raise PackClosed(_("The pack is closed: its figures are fixed. Make another one."))
        yield held
        held.save()
    for name in ("parts", "closed_by", "closed_at", "depots"):
        setattr(pack, name, getattr(held, name))

"""What every problem type means and what to do about it: the pages that `type` of a problem document points to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from logistics.errors import DomainError
from logistics.faults import CODES, FAMILIES


class Meaning(NamedTuple):
    """What a problem says has happened, and what its reader can do."""

    happened: str | Promise
    remedy: str | Promise


MEANINGS: Final[dict[str, Meaning]] = {
    "pack-closed": Meaning(
        gettext_lazy("The meeting pack is closed: what it says stays as it was at the meeting."),
        gettext_lazy("Make another pack, and say in its title which one it replaces."),
    ),
    "file-busy": Meaning(
        gettext_lazy("The file is no longer where this step starts from: somebody changed, submitted or wrote it."),
        gettext_lazy("Load its page again and see where it stands."),
    ),
    "refused": Meaning(
        gettext_lazy("The store refused for a reason given in words only."),
        gettext_lazy("Read “detail”."),
    ),
    "bad-request": Meaning(
        gettext_lazy("The request cannot be understood at all: no JSON, no UTF-8, or a needed header is missing."),
        gettext_lazy("Correct the request; sending it again as it is cannot help."),
    ),
    "unauthenticated": Meaning(
        gettext_lazy("Nobody we know is asking: there is no token, or it is unknown, expired or revoked."),
        gettext_lazy("Sign in, or send Authorization: Bearer with a good token."),
    ),
    "forbidden": Meaning(
        gettext_lazy("You may know of this but not do it: none of your roles, or not this token, carries the right."),
        gettext_lazy("Ask an administrator for a role over this depot, or use another token."),
    ),
    "cross-site": Meaning(
        gettext_lazy("A signed-in browser sent a change without the proof that our own page asked for it."),
        gettext_lazy("Send the page's CSRF token in X-CSRFToken; programs use a token of their own."),
    ),
    "not-found": Meaning(
        gettext_lazy("There is no such thing, or none in your scope: both look the same on purpose."),
        gettext_lazy("Check the code; ask an administrator if it should be in your scope."),
    ),
    "method-not-allowed": Meaning(
        gettext_lazy("The address exists, but does not do that."),
        gettext_lazy("Use one of the methods in the Allow header."),
    ),
    "length-required": Meaning(
        gettext_lazy("The body came in chunks, without its length."),
        gettext_lazy("Send it with a Content-Length."),
    ),
    "too-large": Meaning(
        gettext_lazy("The body is over 10 MB."),
        gettext_lazy("Send it in parts; a batch has at most 10,000 movements."),
    ),
    "unsupported-media-type": Meaning(
        gettext_lazy("The body is in a format this address does not read."),
        gettext_lazy("Send JSON, with Content-Type: application/json."),
    ),
    "too-many-requests": Meaning(
        gettext_lazy("You ask faster than agreed, or too many sign-ins from your address failed."),
        gettext_lazy("Wait as long as Retry-After says; send many movements as one batch."),
    ),
    "internal-error": Meaning(
        gettext_lazy("Something broke on our side. It was logged under the request's id."),
        gettext_lazy("Tell the operators that id. Trying again with the same idempotency key is safe."),
    ),
    "unavailable": Meaning(
        gettext_lazy("The database is down, full or busy."),
        gettext_lazy("Send the same request again after Retry-After, with the same idempotency key."),
    ),
    "conflict": Meaning(
        gettext_lazy("The request is well-formed, but the state of the store does not allow it."),
        gettext_lazy("Read the thing again and decide anew."),
    ),
    "precondition": Meaning(
        gettext_lazy("Something that must come first is missing."),
        gettext_lazy("“detail” names it; do that first."),
    ),
    "invalid": Meaning(
        gettext_lazy("The input breaks rules. “errors” lists every one that was found: where, which rule, in words."),
        gettext_lazy("Correct all of them and send it again; nothing was written."),
    ),
    "key-reused": Meaning(
        gettext_lazy("This idempotency key already names another movement of the depot."),
        gettext_lazy("Give a new movement a new key; a retry sends exactly what was sent before."),
    ),
    "insufficient-stock": Meaning(
        gettext_lazy("Piles hold less than the movement takes. “shortages” says what is there and who holds the rest."),
        gettext_lazy("Take less, choose another lot, or ask another depot."),
    ),
    "would-go-negative": Meaning(
        gettext_lazy("A late entry would leave a pile below zero on a day already recorded, named in “day”."),
        gettext_lazy("Date it later, take less, or post what came in first."),
    ),
    "period-closed": Meaning(
        gettext_lazy("The movement is dated in a month the depot has closed."),
        gettext_lazy("Date it in the open month and say in its reason when it happened."),
    ),
    "already-reversed": Meaning(
        gettext_lazy("The movement has been reversed before; at most one reversal names it."),
        gettext_lazy("Post the right movement anew, or an adjustment with its reason."),
    ),
    "consignment-moved": Meaning(
        gettext_lazy("What is on the road does not allow it: received already, or less than asked is outstanding."),
        gettext_lazy("Read the consignment again; settle a difference by an adjustment that names it."),
    ),
    "serial-elsewhere": Meaning(
        gettext_lazy("A serial number names one piece, and that piece is already in stock or on the road."),
        gettext_lazy("Check the number on the piece; transfer or return it from where the store has it."),
    ),
    "count-holds": Meaning(
        gettext_lazy("A stocktake holds: an older count is not posted over it, and what others lean on is not undone."),
        gettext_lazy("Leave the pile out, or count again; undo the late entry rather than what offsets it."),
    ),
    "period-out-of-order": Meaning(
        gettext_lazy("Months are closed one after the other, and only when they are over."),
        gettext_lazy("Close the earlier month first."),
    ),
    "voucher-changed": Meaning(
        gettext_lazy("Somebody changed the voucher after the version you started from. “theirs” is what it says now."),
        gettext_lazy("Compare the two, keep the right lines of each, and send it with the version of “theirs”."),
    ),
    "inspection-moved": Meaning(
        gettext_lazy("The inspection is finished, or somebody wrote on it after you opened it."),
        gettext_lazy("Open it again. What is finished stays: cancel it, and write what the council finds now."),
    ),
    "voucher-closed": Meaning(
        gettext_lazy("The voucher is approved, posted or cancelled; what it says stays. “theirs” is what that is."),
        gettext_lazy("Reverse a posted movement; copy an approved or cancelled voucher to a new one."),
    ),
    "voucher-not-waiting": Meaning(
        gettext_lazy("The voucher does not stand where this step starts from; “theirs” says where it stands."),
        gettext_lazy("Read the voucher again; somebody may have decided already."),
    ),
    "self-approval": Meaning(
        gettext_lazy("Who made, changed or submitted a voucher does not decide on it."),
        gettext_lazy("Ask somebody else who may approve in this depot."),
    ),
    "second-approval-missing": Meaning(
        gettext_lazy("The voucher takes from a ring-fenced reserve, and only one person approved it."),
        gettext_lazy("Cancel it and copy it to a new voucher; two approvers other than its makers approve that one."),
    ),
    "requisition-moved": Meaning(
        gettext_lazy("The requisition does not stand where this step starts from, or somebody changed it meanwhile."),
        gettext_lazy("Read it again: it may be decided on, or served by orders that have to be cancelled first."),
    ),
    "stocktake-moved": Meaning(
        gettext_lazy("The stocktake does not stand where this step starts from, or its counts or books changed."),
        gettext_lazy("Read it again: look at the lines that are named, then decide or finalise anew."),
    ),
    "plan-ordered": Meaning(
        gettext_lazy("Orders were made of the sourcing plan, so it stays as it is."),
        gettext_lazy("Look at its orders; to plan anew, copy it."),
    ),
    "plan-changed": Meaning(
        gettext_lazy("Somebody else has changed the sourcing plan since it was read."),
        gettext_lazy("Read it again, then decide."),
    ),
    "plan-stock-moved": Meaning(
        gettext_lazy("Some piles hold less than the sourcing plan takes; “changes” names each and who took it."),
        gettext_lazy("Solve the plan again, or order what is still there."),
    ),
    "plan-not-orderable": Meaning(
        gettext_lazy("The sourcing plan is too old, or no depot of it has anything to give."),
        gettext_lazy("Solve it again, then make the orders."),
    ),
    "order-ended": Meaning(
        gettext_lazy("The order is done, cancelled or lapsed, or the requisition is open to no order."),
        gettext_lazy("Read it again; have a new order given where goods are still needed."),
    ),
    "ring-fenced": Meaning(
        gettext_lazy("The stock is kept for a purpose, and two approvers have not agreed to give it away."),
        gettext_lazy("Write a requisition for that purpose; two approvers other than its makers agree to it."),
    ),
    "forecast-running": Meaning(
        gettext_lazy("Another run is making forecasts; two never overlap."),
        gettext_lazy("Wait until it has ended: a night's run takes minutes."),
    ),
    "export-running": Meaning(
        gettext_lazy("An export is being written; two never overlap."),
        gettext_lazy("Wait until it is finished, then look at the list of exports."),
    ),
    "stale-run": Meaning(
        gettext_lazy("The answer would move the watermark back, leave a gap behind it, or undo an acceptance."),
        gettext_lazy("Load the newest run and answer that one; where files were lost, ask for a full run."),
    ),
    "range-not-satisfiable": Meaning(
        gettext_lazy("The part asked for lies outside the file."),
        gettext_lazy("Ask for a part within its size, or for the whole file."),
    ),
}


def refusals(of: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """Yield every kind of refusal that the rooms have, the general ones first."""
    yield of
    for kind in of.__subclasses__():
        yield from refusals(kind)


def _described(slug: str) -> dict[str, object]:
    kinds = [kind for kind in refusals() if kind.slug == slug]
    kind = kinds[0] if kinds else DomainError
    return {"slug": slug, "title": _(kind.title), "status": kind.status, "meaning": MEANINGS[slug]}


def index(request: HttpRequest) -> HttpResponse:
    """Answer the page that lists every problem type, and every code that may stand in `errors`."""
    described = sorted((_described(slug) for slug in MEANINGS), key=lambda one: (str(one["status"]), str(one["slug"])))
    codes = [
        *sorted(CODES.items()),
        *((f"…{part}" if part[0] == "_" else f"{part}…", FAMILIES[part]) for part in FAMILIES),
    ]
    return render(request, "problems.html", {"problems": described, "codes": codes})


def one(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer the page of one problem type."""
    if slug not in MEANINGS:
        raise Http404
    return render(request, "problems.html", {"problems": [_described(slug)]})

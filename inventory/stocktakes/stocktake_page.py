"""One stocktake: how far the counting is, what differs, what is decided, and what it became."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from depots import access
from inventory.ledger.models import Movement
from inventory.requisitions.story import story
from inventory.stocktakes import counting, planning, prices, report, review, standing
from inventory.stocktakes.lists import TONES
from inventory.stocktakes.models import Cause, Decision, Status, Stocktake
from inventory.stocktakes.prices import Prices
from inventory.stocktakes.review import Ruling
from inventory.stocktakes.standing import NOTHING, LineStanding, Standing
from inventory.vouchers.standing import SelfApproval
from logistics import asking as addresses
from logistics.accounts.models import User
from logistics.errors import DomainError, Fault, Forbidden, Invalid, NotFound
from logistics.history import Source

A_PAGE: Final = 100
_LATE_SHOWN: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What the asker may do to a stocktake now."""

    keeps: bool = False
    counts: bool = False
    approves: bool = False
    own: str = ""  # why they may not finalise what they might otherwise

    @property
    def finalises(self) -> bool:
        """Tell whether they may finalise it."""
        return self.approves and not self.own


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A line as the page shows it: quantities beside their value in đồng, and what may be said about it."""

    line: LineStanding
    unit: str
    cause: str
    book: Decimal | None
    difference: Decimal | None
    value: Decimal | None
    causes: Sequence[Cause]
    late: Decimal
    typed: dict[str, str]
    fault: str


# What the table may show, as the address names it.
_PARTS: Final = ("open", "differs", "uncounted", "disputed", "all")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def stocktake(request: HttpRequest, stocktake_id: UUID) -> HttpResponse:
    """Answer one stocktake: its progress, its differences, what may be done; and do what its buttons ask for."""
    user = cast("User", request.user)
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            words = _act(request.POST, user, stocktake_id)
        except DomainError as error:
            if isinstance(error, NotFound):
                raise
            refusal = error
        else:
            messages.success(request, words)
            query = request.GET.urlencode()
            answer = redirect("stocktake", stocktake_id=stocktake_id)
            answer["Location"] += f"?{query}" if query else ""
            return answer
    one = planning.stocktake_of(user, stocktake_id)
    sheet = standing.of(one)
    context = {
        "found": one,
        "tone": TONES[Status(one.status)],
        "members": list(one.members.all()),
        "sheet": sheet,
        "doing": _doing(user, one),
        "story": story(one),
        "refusal": refusal,
        "problems": [fault.detail for fault in refusal.faults] if isinstance(refusal, Invalid) else [],
        "asked": request.POST.get("action", ""),
        "reason": request.POST.get("reason", ""),
        "reversal": _reversal(one),
        **_lines(request, one, sheet, refusal),
    }
    return render(request, "stocktakes/stocktake.html", context, status=refusal.status if refusal else 200)


def _doing(user: User, one: Stocktake) -> Doing:
    keeps = counts = approves = False
    own = ""
    try:
        planning.keepers_place(user, one.depot.code)
        keeps = True
    except Forbidden:
        pass
    try:
        counting.gate(user, one.pk)
        counts = True
    except Forbidden:
        pass
    try:
        access.depot_for_approving(user, one.depot.code)
        approves = True
        review.refuse_own(one, user)
    except SelfApproval as error:
        own = error.detail
    except Forbidden:
        pass
    return Doing(keeps=keeps, counts=counts, approves=approves, own=own)


def _reversal(one: Stocktake) -> Movement | None:
    if one.position is None:
        return None
    return Movement.objects.filter(depot=one.depot_id, reverses=one.position).first()


def _lines(request: HttpRequest, one: Stocktake, sheet: Standing, refusal: DomainError | None) -> dict[str, Any]:
    """Return the lines that the page shows, and in which parts they may be looked at."""
    is_over = one.status == Status.POSTED
    late = [] if one.hides_books or not sheet.lines else report.late_entries(sheet)
    effects = report.explained(late)
    known = Prices({}, {}) if one.hides_books else prices.of(one)
    members: dict[str, list[LineStanding]] = {
        "open": [] if one.hides_books or is_over else sheet.unsettled,
        "differs": [] if one.hides_books else [line for line in sheet.lines if _difference(line, is_over=is_over)],
        "uncounted": sheet.uncounted,
        "disputed": [line for line in sheet.lines if line.held and (line.held.is_disputed or line.is_moving)],
        "all": list(sheet.lines),
    }
    if one.hides_books:
        members["disputed"] = []
    chosen = addresses.text(request, "show")
    if chosen not in _PARTS:
        chosen = next((name for name in ("open", "differs") if members[name]), "all")
    found = members[chosen]
    if chosen in {"open", "differs", "disputed"}:
        found = sorted(found, key=lambda line: -_weight(line, known, is_over=is_over))
    number = addresses.page_number(request)
    page = addresses.numbered(number, of=len(found), size=A_PAGE)
    causes = list(Cause.objects.filter(is_active=True)) if one.status == Status.REVIEWING else []
    problems = _by_line(refusal, request.POST)
    labels = {
        "open": _("to be decided"), "differs": _("differing"), "uncounted": _("not counted"),
        "disputed": _("counted differently"), "all": _("all lines"),
    }  # fmt: skip
    return {
        "chosen": chosen,
        "parts": [
            (name, labels[name], len(members[name]))
            for name in _PARTS
            if members[name] or name in {"all", chosen}
        ],
        "rows": [
            _shown(
                line, one=one, known=known, causes=causes, effects=effects, posted=request.POST, problems=problems
            )
            for line in found[page.start_index() - 1 : page.end_index()]
        ] if found else [],
        "page": page,
        "causes": causes,
        "rest": request.POST.get("rest-cause", ""),
        "late": late[:_LATE_SHOWN],
        "late_more": max(len(late) - _LATE_SHOWN, 0),
        "worth": _worth(sheet, known, is_over=is_over),
        "settled": len(sheet.lines) - len(sheet.unsettled),
    }  # fmt: skip


def _difference(line: LineStanding, *, is_over: bool) -> Decimal | None:
    return line.booked_change if is_over else line.difference


def _weight(line: LineStanding, known: Prices, *, is_over: bool) -> Decimal:
    difference = abs(_difference(line, is_over=is_over) or NOTHING)
    return difference * (known.of(line) or NOTHING)


def _worth(sheet: Standing, known: Prices, *, is_over: bool) -> dict[str, Decimal]:
    """Return what surplus and shortage come to in đồng, over the lines whose price is known and that are booked."""
    found = {"surplus": NOTHING, "shortage": NOTHING}
    for line in sheet.lines:
        difference, price = _difference(line, is_over=is_over), known.of(line)
        if difference and price is not None and not line.is_left_out:
            found["surplus" if difference > 0 else "shortage"] += abs(difference) * price
    return {name: round(value, 0) for name, value in found.items()}


def _shown(
    line: LineStanding, *, one: Stocktake, known: Prices, causes: Sequence[Cause], effects: dict[int, Decimal],
    posted: QueryDict, problems: dict[str, str],
) -> Shown:  # fmt: skip
    english = (get_language() or "").startswith("en")
    is_over = one.status == Status.POSTED
    difference = _difference(line, is_over=is_over)
    price = known.of(line)
    uses = {Cause.Use.LEFT_OUT}
    if difference:
        uses |= {Cause.Use.BOTH, Cause.Use.SURPLUS if difference > 0 else Cause.Use.SHORTAGE}
    key = str(line.id)
    decision = line.decision if line.decision and line.decision.holds else None
    typed = {
        "cause": posted.get(f"cause-{key}", decision.cause if decision else ""),
        "note": posted.get(f"note-{key}", decision.note if decision else ""),
        "recount": "on" if key in posted.getlist("recount") else "",
    }
    return Shown(
        line=line,
        unit=(english and line.unit_name_en) or line.unit_name,
        cause=((english and decision.cause_name_en) or decision.cause_name) if decision else "",
        book=line.booked_book if is_over else line.book,
        difference=difference,
        value=None if difference is None or price is None else round(difference * price, 0),
        causes=[cause for cause in causes if cause.use in uses],
        late=effects.get(line.number, NOTHING),
        typed=typed,
        fault=problems.get(key, ""),
    )


def _by_line(refusal: DomainError | None, posted: QueryDict) -> dict[str, str]:
    """Return what is refused of the decisions typed, by line."""
    if not isinstance(refusal, Invalid) or posted.get("action") != "decide":
        return {}
    rulings = _rulings(posted)
    found: dict[str, str] = {}
    for fault in refusal.faults:
        parts = fault.pointer.split("/")[1:]
        if len(parts) >= 2 and parts[0] == "lines" and parts[1].isdecimal() and int(parts[1]) < len(rulings):
            found.setdefault(str(rulings[int(parts[1])].line), fault.detail)
    return found


# --- What the buttons do ------------------------------------------------------------------------------------------


def _act(posted: QueryDict, user: User, name: UUID) -> str:
    """Do what a button asks for and return what was done, in words. Raises DomainError."""
    at, reason = timezone.now(), str(posted.get("reason", "")).replace("\x00", "")
    given = posted.get("version", "")
    version = int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None
    match posted.get("action", ""):
        case "open":
            planning.open_sheet(name, version=version, by=user, at=at, source=Source.WEB)
            return _("The counting has begun.")
        case "end":
            review.end_counting(name, version=version, by=user, at=at, source=Source.WEB)
            return _("The counting has ended: look at the differences.")
        case "decide":
            rulings = _rulings(posted)
            review.decide(name, rulings, by=user, at=at, source=Source.WEB)
            text = ngettext("%(count)s decision is kept.", "%(count)s decisions are kept.", len(rulings))
            return text % {"count": len(rulings)}
        case "decide-rest":
            rulings = _rest(posted, planning.stocktake_of(user, name))
            review.decide(name, rulings, by=user, at=at, source=Source.WEB)
            text = ngettext("%(count)s decision is kept.", "%(count)s decisions are kept.", len(rulings))
            return text % {"count": len(rulings)}
        case "recount":
            lines = [line for text in posted.getlist("recount") if (line := _id(text)) is not None]
            review.ask_recount(name, lines=lines, reason=reason, by=user, at=at, source=Source.WEB)
            text = ngettext("%(count)s line is counted anew.", "%(count)s lines are counted anew.", len(lines))
            return text % {"count": len(lines)}
        case "finalise":
            done = review.finalise(name, version=version, by=user, at=at, source=Source.WEB)
            return _("Posted as %(number)s") % {"number": done.number}
        case "cancel":
            planning.cancel(name, reason=reason, by=user, at=at, source=Source.WEB)
            return _("The stocktake is cancelled.")
        case _:
            raise Invalid([Fault("/action", "one-of", _("Use one of the buttons of this page."))])


def _rulings(posted: QueryDict) -> list[Ruling]:
    """Return what was decided in the rows of the page; a row without a cause says nothing."""
    uses = dict(Cause.objects.values_list("code", "use"))
    found = []
    for name, cause in posted.items():
        line = _id(name.removeprefix("cause-")) if name.startswith("cause-") else None
        code = str(cause)[:24]
        if line is None or not code:
            continue
        action = Decision.Action.LEAVE_OUT if uses.get(code) == Cause.Use.LEFT_OUT else Decision.Action.BOOK
        note = str(posted.get(f"note-{line}", "")).replace("\x00", "")
        found.append(Ruling(line=line, action=action, cause=code, note=note))
    return found


def _rest(posted: QueryDict, one: Stocktake) -> list[Ruling]:
    """Return one cause for all lines that wait and that it explains. Raises Invalid where there are none.

    To leave out is a word about what nobody counted: what was counted and differs is left out one by one.
    """
    cause = Cause.objects.filter(code=str(posted.get("rest-cause", ""))[:24]).first()
    note = str(posted.get("rest-note", "")).replace("\x00", "")
    found = []
    for line in standing.of(one).unsettled if cause is not None else ():
        assert cause is not None, "nothing is looked at without one"
        is_out = cause.use == Cause.Use.LEFT_OUT
        side = Cause.Use.SURPLUS if (line.difference or NOTHING) > 0 else Cause.Use.SHORTAGE
        if line.state == "uncounted" if is_out else line.state == "differs" and cause.use in {"both", side.value}:
            action = Decision.Action.LEAVE_OUT if is_out else Decision.Action.BOOK
            found.append(Ruling(line=line.id, action=action, cause=cause.code, note=note))
    if not found:
        raise Invalid([Fault("/lines", "unknown-line", _("No line that waits is explained by this cause."))])
    return found


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

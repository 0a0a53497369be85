"""Entering at the desk what was counted on paper: labelled goods, which no device is told of; where no phone goes.

Each number is a count like any other (`counting.py`), of the moment that stands on the paper; blank is not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID, uuid4, uuid5

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from depots.access import DepotAccess
from inventory.catalogue.models import Item, QualityGrade, ReservePurpose
from inventory.ledger.drafts import Observed
from inventory.stocktakes import counting, planning, standing
from inventory.stocktakes.counting import Counted, Kept
from inventory.stocktakes.models import RUNNING, Status, Stocktake
from inventory.stocktakes.standing import LineStanding
from inventory.vouchers.drawn import ClockField
from logistics import asking as addresses
from logistics.accounts.models import User
from logistics.fields import DayField, QuantityField, format_moment

A_PAGE: Final = 100
FOUND_ROWS: Final = 3
_READ: Final = ("temperature", "density")  # of a liquid fuel
_FOUND: Final = ("item", "lot", "expires", "bin", "grade", "purpose", "quantity", *_READ)
_PREFIXES: Final = {"quantity": "q", "temperature": "t", "density": "d"}
_SPELLED: Final = {"expires_on": "expires"}
_EVERYDAY: Final = "THUONG_XUYEN"


class MomentForm(forms.Form):
    """When the numbers of a page were counted; blank: as they are entered."""

    use_required_attribute = False

    day = DayField(label=gettext_lazy("Counted on day"), required=False)
    time = ClockField(
        label=gettext_lazy("Counted at what time"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "placeholder": "14:30"}),
    )

    def __init__(self, data: QueryDict | None, *, one: Stocktake, at: datetime) -> None:
        super().__init__(data, label_suffix="")
        self.one, self.at = one, at
        self.moment = at

    def clean(self) -> dict[str, Any]:
        """Find the moment. Raises ValidationError where the stocktake was not being counted then."""
        given = super().clean() or {}
        if self.errors:
            return given
        day, minutes = given.get("day"), given.get("time")
        if day is not None and minutes is None:
            raise ValidationError(_("Write the time too: each count is compared with the books of its moment."))
        if minutes is not None:
            self.moment = addresses.midnight(day or addresses.local_day(self.at)) + timedelta(minutes=minutes)
        opened, ended = self.one.opened_at, self.one.review_at
        assert opened is not None, "what runs was opened"
        if opened.replace(second=0, microsecond=0) <= self.moment < opened:
            self.moment = opened  # a clock on the wall tells no seconds
        if self.moment > self.at:
            raise ValidationError(_("It has not been then yet: write when it was counted."))
        if self.moment < opened:
            text = _("The counting began at %(at)s: nothing was counted before.")
            raise ValidationError(text % {"at": format_moment(opened)})
        if self.one.status == Status.REVIEWING and ended is not None and self.moment > ended:
            text = _("The counting ended at %(at)s: write when it was counted, or have the line counted anew.")
            raise ValidationError(text % {"at": format_moment(ended)})
        return given


@dataclass(slots=True, kw_only=True)
class Box:
    """A line of the sheet with the boxes for its numbers: what was typed, what is wrong with it and where.

    `temperature` and `density` are those of a liquid fuel; other goods have no such boxes.
    """

    line: LineStanding
    unit: str
    typed: str = ""
    temperature: str = ""
    density: str = ""
    fault: str = ""
    member: str = "quantity"  # which box the fault is about

    @property
    def is_typed(self) -> bool:
        """Whether anything stands in its boxes."""
        return bool(self.typed or self.temperature or self.density)

    @property
    def wrong(self) -> str:
        """The id of the box that the fault is about."""
        return f"{_PREFIXES[self.member]}-{self.line.id}"

    def refuse(self, member: str, words: str) -> None:
        """Say what is wrong, at the box it is about; what is about none of them is said at the number."""
        self.member, self.fault = (member if member in _PREFIXES else "quantity"), words

    def empty(self) -> None:
        """Make it blank again: what was typed is kept."""
        self.typed = self.temperature = self.density = ""


@dataclass(slots=True, kw_only=True)
class FoundRow:
    """Goods that the sheet does not list, as typed, and what is wrong with them."""

    number: int
    typed: dict[str, str]
    fault: str = ""
    member: str = "item"  # which box the fault is about

    @property
    def wrong(self) -> str:
        """The id of the box that the fault is about."""
        return f"{self.member}-{self.number}"

    def refuse(self, member: str, words: str) -> None:
        """Say what is wrong, at the box it is about; what is about none of them is said at the item."""
        member = _SPELLED.get(member, member)
        self.member, self.fault = (member if member in _FOUND else "item"), words

    def empty(self) -> None:
        """Make it blank again: what was typed is kept."""
        self.typed = dict.fromkeys(_FOUND, "")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest, stocktake_id: UUID) -> HttpResponse:
    """Answer the lines of a sheet with a box each, and keep the numbers written into them as counts.

    One number that is refused loses no other: those that were good are kept, the others stand there with why not.

    Raises:
        NotFound: there is no such stocktake in the visitor's scope.
        Forbidden: the visitor may see the stocktake but not count there.
        StocktakeMoved: it is not being counted.
    """
    user, at = cast("User", request.user), timezone.now()
    one, place = counting.gate(user, stocktake_id)
    planning.refuse_unless(one, set(RUNNING), None, _("Only what is being counted takes numbers."))
    posted = request.POST if request.method == "POST" else None
    moment = MomentForm(posted, one=one, at=at)
    chosen = "all" if request.GET.get("show") == "all" else "left"
    lines = _lines(one, place)
    boxes, found, kept = _boxes(lines, posted), _found(posted), 0
    if posted is not None:
        if moment.is_valid():
            batch = _id(posted.get("batch", ""))
            kept, odd = _keep(one, boxes, found, batch=batch, moment=moment.moment, by=user, at=at)
            for words in odd:
                messages.warning(request, words)
        is_refused = bool(moment.errors) or any(box.fault for box in boxes) or any(row.fault for row in found)
        if kept:
            text = ngettext("%(count)s number is kept.", "%(count)s numbers are kept.", kept)
            messages.success(request, text % {"count": kept})
        if not is_refused:
            if not kept:
                messages.info(request, _("Nothing was written. Where nothing is left, write 0: blank is not zero."))
            asked = request.GET.copy()
            if chosen == "left":
                asked.pop("page", None)  # what was on it is counted by now
            query = asked.urlencode()
            answer = redirect("stocktake-entry", stocktake_id=one.pk)
            answer["Location"] += f"?{query}" if query else ""
            return answer
        lines = _lines(one, place)
        boxes = _again(lines, boxes)
    left = [box for box in boxes if box.line.held is None]
    rows = boxes if chosen == "all" else [box for box in boxes if box.line.held is None or box.fault or box.is_typed]
    number = addresses.page_number(request)
    if posted is not None:
        number = min(number, max(1, -(-len(rows) // A_PAGE)))  # others count too: the list may be shorter by now
    page = addresses.numbered(number, of=len(rows), size=A_PAGE)
    context = {
        "found": one,
        "moment": moment,
        "rows": rows[page.start_index() - 1 : page.end_index()] if rows else [],
        "page": page,
        "chosen": chosen,
        "parts": [("left", _("not counted"), len(left)), ("all", _("all lines"), len(lines))],
        "found_rows": found,
        "has_fuel": Item.objects.exclude(fuel_group="").exists(),
        "grades": QualityGrade.objects.order_by("grade"),
        "purposes": ReservePurpose.objects.order_by("code"),
        "batch": uuid4(),
        "faults": [box for box in boxes if box.fault],
        "found_faults": [row for row in found if row.fault],
    }
    is_wrong = bool(moment.errors or context["faults"] or context["found_faults"])
    return render(request, "stocktakes/entry.html", context, status=422 if is_wrong else 200)


def _lines(one: Stocktake, place: DepotAccess) -> list[LineStanding]:
    """Return the lines whose goods the visitor may count."""
    allowed = place.supply_classes
    return [line for line in standing.of(one).lines if allowed is None or line.supply_class in allowed]


def _boxes(lines: Sequence[LineStanding], posted: QueryDict | None) -> list[Box]:
    english = (get_language() or "").startswith("en")
    return [
        Box(
            line=line,
            unit=(english and line.unit_name_en) or line.unit_name,
            typed=_typed(posted, f"q-{line.id}"),
            temperature=_typed(posted, f"t-{line.id}"),
            density=_typed(posted, f"d-{line.id}"),
        )
        for line in lines
    ]


def _found(posted: QueryDict | None) -> list[FoundRow]:
    return [
        FoundRow(number=number, typed={name: _typed(posted, f"{name}-{number}") for name in _FOUND})
        for number in range(1, FOUND_ROWS + 1)
    ]


def _again(lines: Sequence[LineStanding], boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes over lines as they stand now, with what was refused."""
    before = {box.line.id: box for box in boxes}
    fresh = _boxes(lines, None)
    for box in fresh:
        if (old := before.get(box.line.id)) is not None:
            box.typed, box.temperature, box.density = old.typed, old.temperature, old.density
            box.fault, box.member = old.fault, old.member
    return fresh


def _typed(posted: QueryDict | None, name: str) -> str:
    return "" if posted is None else str(posted.get(name, "")).replace("\x00", "").strip()[:60]


def _keep(
    one: Stocktake, boxes: Sequence[Box], found: Sequence[FoundRow], *, batch: UUID, moment: datetime, by: User,
    at: datetime,
) -> tuple[int, list[str]]:  # fmt: skip
    """Keep what was typed and return how much of it was, and what to look at again in what was.

    A box that was kept is blank again, the others say why not.
    """
    asked: list[tuple[Box | FoundRow, Counted]] = []
    written: list[Box | FoundRow] = [*boxes, *found]
    for row in written:
        try:
            told = _of_box(row, batch, moment) if isinstance(row, Box) else _of_found(row, batch, moment)
        except _Wrong as error:
            row.refuse(error.member, error.words)
        else:
            asked += [] if told is None else [(row, told)]
    kept, odd = 0, []
    for start in range(0, len(asked), counting.MOST_COUNTS):
        part = asked[start : start + counting.MOST_COUNTS]
        answers: Sequence[Kept] = counting.count(one.pk, [told for _row, told in part], by=by, at=at)
        for (row, _told), answer in zip(part, answers, strict=True):
            if answer.problem is not None:
                row.refuse(answer.problem.pointer.rpartition("/")[2], answer.problem.detail)
                continue
            kept += 1
            if answer.warning is not None:
                odd.append(_told_of(row, answer.warning.detail))
            row.empty()
    return kept, odd


def _told_of(row: Box | FoundRow, text: str) -> str:
    if isinstance(row, Box):
        return _("Line %(number)s: %(text)s") % {"number": row.line.number, "text": text}
    return _("Found, row %(number)s: %(text)s") % {"number": row.number, "text": text}


class _Wrong(Exception):
    """A box whose text means nothing: which one, and why."""

    def __init__(self, member: str, words: str) -> None:
        super().__init__(words)
        self.member, self.words = member, words


def _read(field: forms.Field, typed: str, member: str) -> Any:
    """Return what a box says. Raises _Wrong."""
    try:
        return field.clean(typed)
    except ValidationError as error:
        raise _Wrong(member, " ".join(error.messages)) from error


def _reading(temperature: str, density: str) -> Observed | None:
    """Return what was read of a liquid fuel, None where nothing was; half of it is refused as it is counted."""
    if not temperature and not density:
        return None
    return Observed(
        temperature=_read(QuantityField(scale=2, required=False), temperature, "temperature"),
        density=_read(QuantityField(scale=1, above=Decimal(0), required=False), density, "density"),
    )


def _of_box(box: Box, batch: UUID, moment: datetime) -> Counted | None:
    """Return the count a line's boxes say, None where they are blank. Raises _Wrong."""
    if not box.is_typed:
        return None
    # With a reading the litres may not be left out: nobody reads a tank to say nothing.
    quantity = _read(QuantityField(scale=box.line.scale, min_value=Decimal(0)), box.typed, "quantity")
    reading = _reading(box.temperature, box.density)
    # Drawn once, sent perhaps twice: the same page's number for the same line is the same count.
    key = uuid5(batch, f"{box.line.id} {box.line.round}")
    return Counted(
        key=key, line=box.line.id, round=box.line.round, quantity=quantity, counted_at=moment, reading=reading
    )


def _of_found(row: FoundRow, batch: UUID, moment: datetime) -> Counted | None:
    """Return the count of goods the sheet does not list, None where the row is blank. Raises _Wrong."""
    said = row.typed
    if not any(said[name] for name in ("item", "lot", "expires", "bin", "quantity", *_READ)):
        return None
    if not said["item"]:
        raise _Wrong("item", _("Write the code of what was found."))
    quantity = _read(QuantityField(scale=3, min_value=Decimal(0)), said["quantity"], "quantity")
    grade = said["grade"]
    return Counted(
        key=uuid5(batch, f"found {row.number}"),
        item=said["item"].upper(),
        lot=said["lot"],
        expires_date=_read(DayField(required=False, month_is_last_day=True), said["expires"], "expires"),
        bin=said["bin"].upper(),
        grade=int(grade) if grade.isascii() and grade.isdecimal() and len(grade) < 5 else 1,
        purpose=said["purpose"] or _EVERYDAY,
        quantity=quantity,
        counted_at=moment,
        reading=_reading(said["temperature"], said["density"]),
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()

"""Which form is printed for a unit on a day, and the parts of a sheet that it lays down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext as _
from reportlab.platypus import Flowable

from depots.models import OrganisationUnit
from inventory.printing.models import Column, FormTemplate, RegimeChoice, Signer, columns_of, signers_of
from logistics import paper
from logistics.errors import Precondition

_MONEY: Final = frozenset({"price", "amount", "book_amount", "counted_amount", "surplus_amount", "shortage_amount"})
_CENTRED: Final = frozenset({"no", "code", "unit", "day", "in_number", "out_number", "moved", "grade"})
_LARGEST, _SMALLEST = 8.5, 5.5  # points: of the letters in a table
_TEXT: Final = frozenset({"goods", "lots", "told", "signed", "method", "note"})
_BREAKS: Final = _TEXT | {"unit", "grade"}  # what may stand on several lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A form as it is printed: its template read."""

    regime: str
    number: str
    source: str
    title: str
    columns: tuple[Column, ...]
    signers: tuple[Signer, ...]

    def grid(
        self,
        rows: Sequence[Mapping[str, object]],
        *,
        width: float,
        money: bool,
        bold_rows: Sequence[int] = (),
        room_below: float = 0,
    ) -> Flowable:
        """Return the ruled table of a form over `width` millimetres, each row by what its columns show.

        Without `money` the columns of price and amount are left out and the others grow. The letters are made smaller,
        down to a limit, until no number or code is broken over two lines.
        """
        shown = [column for column in self.columns if money or column.key not in _MONEY]
        share = width / sum(column.width for column in shown)
        head: list[tuple[str, ...]] = [tuple(column.group or column.name for column in shown)]
        spans: list[tuple[tuple[int, int], tuple[int, int]]] = []
        if any(column.group for column in shown):
            head = _two_lines(shown, spans)
        if any(column.letter for column in shown):
            head.append(tuple(column.letter for column in shown))
        return paper.grid(
            head,
            [[row.get(column.key, "") for column in shown] for row in rows],
            size=_size(shown, rows, share=share, bold_rows=bold_rows),
            widths=[column.width * share for column in shown],
            align="".join(_align(column.key) for column in shown),
            spans=spans,
            bold_rows=bold_rows,
            room_below=room_below,
        )

    def signatures(self, names: Mapping[str, str], *, above: str, is_blank: bool = False) -> Flowable:
        """Return the places to sign, with the names of those the paper knows (`models.SIGNERS`).

        A second approver's place is left out where there is none; a blank form shows it.
        """
        places = [one for one in self.signers if is_blank or one.who != "seconder" or names.get("seconder")]
        return paper.signatures([(one.title, names.get(one.who, "")) for one in places], above=above)


def _size(
    shown: Sequence[Column], rows: Sequence[Mapping[str, object]], *, share: float, bold_rows: Sequence[int]
) -> float:
    """Return the size of letters, in points, in which every number and code stands on one line."""
    bold = {index % len(rows) for index in bold_rows} if rows else set()
    size = _LARGEST
    for column in shown:
        if column.key in _BREAKS:
            continue
        room = column.width * share - paper.ROUND_TEXT
        words = [
            (word, index in bold) for index, row in enumerate(rows) for word in str(row.get(column.key, "")).split("\n")
        ]
        # Of thousands of rows only the longest texts are measured: letters of numbers and codes are much alike.
        longest = max((len(word) for word, _is_bold in words), default=0)
        for word, is_bold in words:
            if len(word) < longest - 2:
                continue
            wanted = paper.text_width(word, bold=is_bold)
            if wanted * size > room:
                size = room / wanted
    return max(size, _SMALLEST)


def _align(key: str) -> str:
    return "c" if key in _CENTRED else "l" if key in _TEXT else "r"


def _two_lines(shown: Sequence[Column], spans: list[tuple[tuple[int, int], tuple[int, int]]]) -> list[tuple[str, ...]]:
    """Return the two head lines of grouped columns; what is to be joined is added to `spans`."""
    top, below = [], []
    for place, column in enumerate(shown):
        if not column.group:
            top.append(column.name)
            below.append("")
            spans.append(((place, 0), (place, 1)))
            continue
        below.append(column.name)
        is_first = place == 0 or shown[place - 1].group != column.group
        top.append(column.group if is_first else "")
        if is_first:
            last = place
            while last + 1 < len(shown) and shown[last + 1].group == column.group:
                last += 1
            spans.append(((place, 0), (last, 0)))
    return [tuple(top), tuple(below)]


def read(template: FormTemplate) -> Printed:
    """Return a template as it is printed. Raises ValidationError where it says what cannot be printed."""
    return Printed(
        regime=template.regime,
        number=template.number,
        source=template.legal_heading,
        title=template.title,
        columns=tuple(columns_of(template.columns, template.form)),
        signers=tuple(signers_of(template.signers)),
    )


def form_for(form: str, *, unit: int, on: date) -> Printed:
    """Return the form that a unit (by key) prints on a day: of the regime chosen for it, in force on that day.

    Before the first day of all its templates, the earliest lays out the sheet, without its number and legal heading,
    because that rule did not hold yet.

    Raises:
        Precondition: the unit's regime has no such form.
    """
    regime = regime_of(unit, on=on)
    templates = sorted(
        FormTemplate.objects.filter(regime=regime, form=form), key=lambda one: one.valid_from or date.min
    )
    begun = [one for one in templates if one.valid_from is None or one.valid_from <= on]
    if not templates:
        text = _("The regime “%(regime)s” has no form “%(form)s”. Add one under Upkeep, Printed forms.")
        raise Precondition(text % {"regime": regime, "form": form})
    chosen = begun[-1] if begun else templates[0]
    if not begun or (chosen.valid_to is not None and chosen.valid_to < on):
        chosen.number = chosen.legal_heading = ""
    return read(chosen)


def regime_of(unit: int, *, on: date) -> str:
    """Return the regime whose forms a unit prints on a day: its own choice, the nearest above it, or the site's.

    Raises:
        Precondition: nothing is chosen for the site.
    """
    chosen: dict[int | None, str] = {}
    for choice in sorted(RegimeChoice.objects.all(), key=lambda one: one.valid_from or date.min):
        if choice.valid_from is None or choice.valid_from <= on:
            chosen[choice.unit_id] = choice.regime
    parents = dict(OrganisationUnit.objects.values_list("pk", "parent_id")) if set(chosen) - {None} else {}
    seen: set[int] = set()
    at: int | None = unit
    while at is not None and at not in seen:  # a circle in the tree ends
        if at in chosen:
            return chosen[at]
        seen.add(at)
        at = parents.get(at)
    if None not in chosen:
        raise Precondition(_("No forms are chosen for the whole site. Add a choice under Upkeep, Choices of forms."))
    return chosen[None]

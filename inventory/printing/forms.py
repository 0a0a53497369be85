"""Which form is printed for a unit on a day, and the parts of a sheet that it lays down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from django.utils.translation import gettext as _
from reportlab.platypus import Flowable

from depots.models import OrganisationUnit
from inventory.printing.models import Column, FormTemplate, RegimeChoice, Signer, columns_of, signers_of
from logistics import paper
from logistics.errors import Precondition

_MONEY: Final = frozenset({"price", "amount", "book_amount", "counted_amount", "surplus_amount", "shortage_amount"})
_CENTRED: Final = frozenset({"no", "code", "unit", "day", "in_number", "out_number", "moved", "grade"})
_SIZES: Final = (8.5, 8.0, 7.5, 7.0, 6.5, 6.0, 5.5)  # points: of the letters in a table
_TEXT: Final = frozenset({"goods", "lots", "told", "signed", "method", "note"})
_BREAKS: Final = _TEXT | {"unit", "grade"}  # what may stand on several lines
_NARROWEST: Final = 0.6  # of its column as the template has it, for what may
_NAMES: Final = 36.0  # millimetres that names of goods have, sooner than large letters
_BY_HAND: Final = frozenset({"signed", "note", "method", "done", "planned"})  # what a pen fills in where it is empty
_ROOMY: Final = 2.0  # millimetres that a column of numbers is to be wider than they are


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
        below: Sequence[Flowable] = (),
        by_hand: bool = False,
    ) -> Flowable:
        """Return the ruled table of a form over `width` millimetres, each row by what its columns show.

        Without `money` the columns of price and amount are left out and the others grow. Numbers and codes have the
        room they need on one line, what a pen fills in has the template's, and words get the rest; the letters are
        made smaller, down to a limit, until that comes out. `below` is what the caller puts after the table
        (`paper.grid`). `by_hand`: whatever is empty will be filled in by hand.
        """
        shown = [column for column in self.columns if money or column.key not in _MONEY]
        head: list[tuple[str, ...]] = [tuple(column.group or column.name for column in shown)]
        spans: list[tuple[tuple[int, int], tuple[int, int]]] = []
        if any(column.group for column in shown):
            head = _two_lines(shown, spans)
        if any(column.letter for column in shown):
            head.append(tuple(column.letter for column in shown))
        widths, size = _widths(shown, rows, width=width, bold_rows=bold_rows, by_hand=by_hand)
        return paper.grid(
            head,
            [[row.get(column.key, "") for column in shown] for row in rows],
            size=size,
            widths=widths,
            align="".join(_align(column.key) for column in shown),
            spans=spans,
            bold_rows=bold_rows,
            below=below,
        )

    def signatures(self, names: Mapping[str, str], *, above: str, is_blank: bool = False) -> Flowable:
        """Return the places to sign, with the names of those the paper knows (`models.SIGNERS`).

        A second approver's place is left out where there is none; a blank form shows it.
        """
        places = [one for one in self.signers if is_blank or one.who != "seconder" or names.get("seconder")]
        return paper.signatures([(one.title, names.get(one.who, "")) for one in places], above=above)


class _Needs(NamedTuple):
    """What a column needs, in millimetres for each point of size: its longest line and word, its heading's word.

    `two` is the width at which the heading stands on two lines.
    """

    line: float
    word: float
    head: float
    two: float


def _widths(
    shown: Sequence[Column],
    rows: Sequence[Mapping[str, object]],
    *,
    width: float,
    bold_rows: Sequence[int],
    by_hand: bool,
) -> tuple[list[float], float]:
    """Return the columns' widths, in millimetres, that make up `width`, and the size of the letters, in points."""
    thick = {index % len(rows) for index in bold_rows} if rows else set()
    needs = [_needs(column, rows, thick) for column in shown]
    scale = width / sum(column.width for column in shown)
    given = [column.width * scale for column in shown]
    least: list[float] = []
    for size in _SIZES:
        least = [_least(*one, size=size, by_hand=by_hand) for one in zip(shown, given, needs, strict=True)]
        if sum(least) <= width:
            break
    else:
        # Not even in the smallest letters: then everything gives way alike.
        return [one * width / sum(least) for one in least], size
    found, rest = list(least), width - sum(least)
    wanted = {}
    for place, (column, need) in enumerate(zip(shown, needs, strict=True)):
        line = paper.ROUND_TEXT + size * need.line + (0 if column.key in _BREAKS else _ROOMY)
        wanted[place] = max(line, min(paper.ROUND_TEXT + size * need.two, 1.25 * given[place])) - least[place]
    # Who needs little to stand on one line is served first; the longest names take what is left.
    for place in sorted(wanted, key=lambda one: wanted[one]):
        more = min(max(wanted[place], 0.0), rest)
        found[place] += more
        rest -= more
    return [own + rest * one / width for own, one in zip(found, given, strict=True)], size


def _least(column: Column, given: float, need: _Needs, *, size: float, by_hand: bool) -> float:
    head = paper.ROUND_TEXT + size * need.head
    if not need.line:
        return max(given, head) if by_hand or column.key in _BY_HAND else head
    if column.key in _BREAKS:
        line, word = (paper.ROUND_TEXT + size * one for one in (need.line, need.word))
        narrowest = _NAMES if column.key == "goods" else given * _NARROWEST
        return max(head, min(line, narrowest), min(word, given))
    return max(paper.ROUND_TEXT + size * need.line, head)


def _needs(column: Column, rows: Sequence[Mapping[str, object]], thick: set[int]) -> _Needs:
    lines = [
        (line, index in thick) for index, row in enumerate(rows) for line in str(row.get(column.key, "")).split("\n")
    ]
    words = [(word, is_bold) for line, is_bold in lines for word in line.split()] if column.key in _BREAKS else []
    head = [(word, True) for word in f"{column.name} {column.letter}".split()]
    two = paper.text_width(column.name, bold=True) * 0.58  # lines are never broken in the very middle
    return _Needs(_widest(lines), _widest(words), _widest(head), two if " " in column.name else 0.0)


def _widest(texts: Sequence[tuple[str, bool]]) -> float:
    """Return the width of the widest text, each with whether it is bold."""
    # Of thousands only the longest are measured: letters of numbers and codes are much alike.
    longest = max((len(one) for one, _is_bold in texts), default=0)
    near = {text for text in texts if len(text[0]) >= longest - 2}
    return max((paper.text_width(one, bold=is_bold) for one, is_bold in near), default=0.0)


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

"""The workbooks of this room: an empty template that names what may be named, and a file with its errors beside."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import xlsxwriter
from django.http import FileResponse
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_col_to_name

from depots.access import DepotAccess
from depots.models import Bin, Depot, Level, OrganisationUnit
from inventory.catalogue.models import Item, ItemGroup, QualityGrade, ReservePurpose, Unit
from inventory.openings import reading
from inventory.openings.models import OF_STOCK, Purpose, Upload
from inventory.openings.purposes import LANGUAGES, SORTS, head, kinds, told
from logistics.cells import Form
from logistics.sheets import XLSX
from logistics.tables import NOTES, NativeCell

_IN_MEMORY_BYTES: Final = 1_000_000
_CHECKED_ROWS: Final = 5_000  # of a template, for which drop-downs are laid
_NO_FORMULAS: Final = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def template(purpose: str, place: DepotAccess | None, *, language: str) -> FileResponse:
    """Return the template for files of one purpose: its columns, drop-downs of what may be named, and how to fill it.

    Days are columns of text, so that no spreadsheet program turns day and month round.
    """
    sort = SORTS[purpose]
    names = [name for name in (*sort.heads, *sort.notes) if name != "name"]
    if "name" in sort.notes:
        names.insert(names.index("item") + 1, "name")
    targets = {target.name: target for target in sort.targets}
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, _NO_FORMULAS)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#E8EDE6"})
    needed = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#CFE3D4"})
    text = book.add_format({"num_format": "@"})
    sheet = book.add_worksheet(_("Data"))
    lists = book.add_worksheet(_("What may be named"))
    help_sheet = book.add_worksheet(_("How to fill in"))
    sheet.freeze_panes(1, 0)
    listed = 0
    for column, name in enumerate(names):
        target = targets.get(name)
        is_needed = target is not None and target.is_required
        sheet.write_string(0, column, head(sort, name, language), needed if is_needed else bold)
        is_number = target is not None and target.form in {Form.QUANTITY, Form.MONEY, Form.FACTOR, Form.WHOLE}
        sheet.set_column(column, column, 30 if name == "name" else 16, None if is_number else text)
        known = _known(name, purpose, place, language)
        if known:
            listed = _list(lists, listed, head(sort, name, language), known, bold)
            letter = xl_col_to_name(listed - len(known[0]))
            source = f"='{lists.get_name()}'!${letter}$2:${letter}${len(known) + 1}"
            sheet.data_validation(
                1, column, _CHECKED_ROWS, column,
                {"validate": "list", "source": source, "error_type": "warning",
                 "error_title": _("Not in the list"), "error_message": _("Choose from the list.")},
            )  # fmt: skip
    _explain(
        help_sheet, purpose, [(name, head(sort, name, language), targets.get(name)) for name in names], place, book
    )
    book.close()
    written.seek(0)
    name = f"{purpose}-{place.code}.xlsx" if place else f"{purpose}.xlsx"
    return FileResponse(written, as_attachment=True, filename=name, content_type=XLSX)


def _list(lists: Any, column: int, title: str, known: Sequence[Sequence[str]], bold: Any) -> int:
    """Write a list of what may be named, its words beside the codes; return the next free column."""
    lists.write_string(0, column, title, bold)
    for row, words in enumerate(known, start=1):
        for place, word in enumerate(words):
            lists.write_string(row, column + place, word)
    width = len(known[0])
    lists.set_column(column, column + width - 1, 24)
    return column + width


def _known(name: str, purpose: str, place: DepotAccess | None, language: str) -> list[tuple[str, ...]]:
    """Return what a column may name, each with what it is called where that is not the same."""
    english = language == "en"
    answers: dict[str, Callable[[], Iterable[tuple[str, ...]]]] = {
        "item": lambda: _items(place, english=english),
        "bin": lambda: ((code,) for code in Bin.objects.filter(depot=place.id if place else None).order_by("code")
                        .values_list("code", flat=True)),
        "grade": lambda: ((str(one.grade), one.name_en if english else one.name) for one in QualityGrade.objects.all()),
        "purpose": lambda: ((one.name_en if english else one.name,) for one in ReservePurpose.objects.all()),
        "kind": lambda: ((labels[1 if english and len(labels) > 1 else 0],) for labels in kinds().values()),
        "level": lambda: ((str(label),) for label in Level.labels),
        "depot": lambda: Depot.objects.filter(is_exercise=False).order_by("code").values_list("code", "name"),
        "group": lambda: ((f"{one.supply_class_id}-{one.number}", one.name) for one in ItemGroup.objects.all()),
        "tracking": lambda: ((str(label),) for label in Item.Tracking.labels),
    }  # fmt: skip
    units = {"base_unit", "package_unit"} | ({"unit"} if purpose in {Purpose.OPENING, Purpose.MOVEMENTS} else set())
    if name in units:
        return [(one.name_en if english else one.name,) for one in Unit.objects.order_by("name")]
    if name == "unit":
        return list(OrganisationUnit.objects.order_by("code").values_list("code", "name"))
    return list(answers[name]()) if name in answers else []


def _items(place: DepotAccess | None, *, english: bool) -> Iterable[tuple[str, ...]]:
    items = Item.objects.filter(is_active=True).select_related("base_unit").order_by("code")
    if place is not None and place.supply_classes is not None:
        items = items.filter(group__supply_class__in=place.supply_classes)
    return [
        (
            one.code,
            (english and one.name_en) or one.name,
            one.base_unit.name_en if english else one.base_unit.name,
            str(Item.Tracking(one.tracking).label),
        )
        for one in items
    ]


def _explain(
    sheet: Any, purpose: str, columns: Sequence[tuple[str, str, Any]], place: DepotAccess | None, book: Any
) -> None:
    """Write the sheet that says how the template is filled in."""
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    bold = book.add_format({"bold": True, "valign": "top"})
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 90)
    about = [(_("What this is"), str(Purpose(purpose).label))]
    if place is not None:
        about.append((_("Depot"), place.code))
    about += [
        (_("Where to write"), _("On the first sheet, from the second row on. Leave the first row as it is.")),
        (_("Days"), _("As text, day first: 05/02/2027. Do not let the program turn them into dates.")),
        (_("Numbers"), _("As numbers of the program, or as text in the notation of this template's language.")),
        (_("Formulas"), _("None: copy them and paste their values. Files with macros are refused.")),
        (_("Afterwards"), _("Bring the file to the page it came from. Nothing is written before you say so.")),
    ]  # fmt: skip
    row = 0
    for title, text in about:
        sheet.write_string(row, 0, title, bold)
        sheet.write_string(row, 1, text, wrap)
        row += 1
    row += 1
    empty = _empty() if purpose in OF_STOCK else {}
    for name, title, target in columns:
        sheet.write_string(row, 0, title, bold)
        sheet.write_string(row, 1, _meaning(target, empty.get(name, "")), wrap)
        row += 1


def _empty() -> dict[str, str]:
    """Return what an empty cell of stock means, by field."""
    return {
        "unit": _("empty: the unit the item is counted in"),
        "lot": _("needed for goods kept by lot or by serial number, empty for others"),
        "expires_on": _("empty: as the store keeps it for this lot, or none"),
        "bin": _("empty: the depot's default bin"),
        "grade": _("empty: grade 1"),
        "purpose": _("empty: regular use"),
        "temperature": _("of liquid fuel only"),
        "density": _("of liquid fuel only"),
    }


def _meaning(target: Any, empty: str) -> str:
    if target is None:
        return _("To help you; it is not read.")
    forms = {
        Form.QUANTITY: _("a quantity, at most 3 decimals"),
        Form.MONEY: _("an amount in dong, at most 2 decimals"),
        Form.FACTOR: _("a number, at most 6 decimals"),
        Form.WHOLE: _("a whole number"),
        Form.DAY: _("a day, as 05/02/2027"),
        Form.MOMENT: _("a day, as 05/02/2027"),
        Form.FLAG: _("có or không"),
        Form.TEXT: _("text"),
    }
    parts = [forms[target.form]]
    if target.most:
        parts.append(_("at most %(most)s characters") % {"most": target.most})
    parts.append(_("needed") if target.is_required else empty or _("may stay empty"))
    return "; ".join(parts)


# --- What is wrong, beside the rows -------------------------------------------------------------------------------


def with_errors(upload: Upload, *, language: str) -> FileResponse:
    """Return the file's own rows, as they stand with their fixes, and two columns more: what is wrong, what to do.

    Put right and brought again it is read as it is: the two columns are left out.
    """
    read = reading.read(upload)
    notes: dict[int, tuple[str, str]] = {}
    for number, _cells, errors, doubts, _before, _after in upload.rows:
        said = [
            f"{told(upload.purpose, column, read.table.columns, language)}: {found[0]}" if column else found[0]
            for column, found in errors.items()
        ]
        hints = [found[1] for found in errors.values() if found[1]]
        hints += [f"{column}: {found[0]}" for column, found in doubts.items()]
        if said or hints:
            notes[number] = ("\n".join(said), "\n".join(hints))
    written: Any = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115  # closed by the answer
    book = xlsxwriter.Workbook(written, {"constant_memory": True, **_NO_FORMULAS})
    bold = book.add_format({"bold": True, "bottom": 1})
    bad = book.add_format({"font_color": "#A11212", "text_wrap": True, "valign": "top"})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet(_("Data"))
    columns = [*read.table.columns, *NOTES[language if language in LANGUAGES else "vi"]]
    sheet.set_column(0, len(columns) - 3, 16)
    sheet.set_column(len(columns) - 2, len(columns) - 1, 60)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column, bold)
    sheet.freeze_panes(1, 0)
    rows = sorted([*read.table.rows, *read.table.odd_rows], key=lambda row: row.number)
    for line, row in enumerate(rows, start=1):
        for place, cell in enumerate(row.cells):
            _put(sheet, line, place, cell, day)
        for place, text in enumerate(notes.get(row.number, ())):
            sheet.write_string(line, len(row.cells) + place, text, bad)
    book.close()
    written.seek(0)
    stem = upload.file_name.rpartition(".")[0] or upload.file_name
    return FileResponse(written, as_attachment=True, filename=f"{stem}-{_('errors')}.xlsx", content_type=XLSX)


def _put(sheet: Any, row: int, column: int, cell: str, day: Any) -> None:
    native = cell.native if isinstance(cell, NativeCell) and not cell.fault else None
    if isinstance(native, Decimal):
        sheet.write_number(row, column, native)
    elif isinstance(native, (datetime, date)):
        sheet.write_datetime(row, column, native, day)
    elif cell:
        sheet.write_string(row, column, cell)

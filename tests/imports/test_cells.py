"""What the text of a cell means, form by form."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from logistics.cells import ZONE, CellError, Form, Notation, reader_of
from logistics.tables import NativeCell

ISO = Notation()
COMMA = Notation(decimal=",")
TWO_FORMS = Notation(dates=("%d/%m/%Y", "%d-%b-%y"))
BOTH_ORDERS = Notation(dates=("%d/%m/%Y", "%m/%d/%Y"))
NULLS = Notation(nulls=frozenset({"N/A", "0"}))


@pytest.mark.parametrize(
    ("form", "notation", "cell", "value"),
    [
        (Form.TEXT, ISO, "Hòa", "Hòa"),
        (Form.QUANTITY, ISO, "120", Decimal(120)),
        (Form.QUANTITY, ISO, "-7.500", Decimal("-7.5")),
        (Form.QUANTITY, COMMA, "1.234,5", Decimal("1234.5")),
        (Form.QUANTITY, COMMA, "1234", Decimal(1234)),
        (Form.MONEY, ISO, "15000.25", Decimal("15000.25")),
        (Form.FACTOR, ISO, "0.000001", Decimal("0.000001")),
        (Form.WHOLE, ISO, "3", 3),
        (Form.DAY, ISO, "2028-02-29", date(2028, 2, 29)),
        (Form.DAY, TWO_FORMS, "05/02/2026", date(2026, 2, 5)),
        (Form.DAY, TWO_FORMS, "2-Jun-06", date(2006, 6, 2)),
        (Form.DAY, BOTH_ORDERS, "05/05/2026", date(2026, 5, 5)),
        (Form.DAY, BOTH_ORDERS, "25/12/2026", date(2026, 12, 25)),
        (Form.MOMENT, ISO, "2026-11-20", datetime(2026, 11, 20, tzinfo=ZONE)),
        (Form.MOMENT, ISO, "2026-11-20 08:00", datetime(2026, 11, 20, 8, tzinfo=ZONE)),
        (Form.MOMENT, ISO, "2026-11-20T01:00:00Z", datetime(2026, 11, 20, 8, tzinfo=ZONE)),
        (Form.MOMENT, ISO, "2026-11-20T08:00:00+07:00", datetime(2026, 11, 20, 8, tzinfo=ZONE)),
        (Form.MOMENT, TWO_FORMS, "2-Jun-06", datetime(2006, 6, 2, tzinfo=ZONE)),
        (Form.FLAG, ISO, "Có", True),
        (Form.FLAG, ISO, "false", False),
        (Form.QUANTITY, NULLS, "0", None),
        (Form.DAY, NULLS, "N/A", None),
        (Form.DAY, ISO, "", None),
        (Form.QUANTITY, COMMA, NativeCell.of("7.5", Decimal("7.5")), Decimal("7.5")),
        (Form.WHOLE, ISO, NativeCell.of("3", Decimal(3)), 3),
        (Form.TEXT, ISO, NativeCell.of("12345", Decimal(12345)), "12345"),
        (Form.DAY, TWO_FORMS, NativeCell.of("2026-02-05", date(2026, 2, 5)), date(2026, 2, 5)),
        (Form.MOMENT, ISO, NativeCell.of("2026-02-05", date(2026, 2, 5)), datetime(2026, 2, 5, tzinfo=ZONE)),
    ],
)
def test_reads(form, notation, cell, value):
    assert reader_of(form, notation)(cell) == value


@pytest.mark.parametrize(
    ("form", "notation", "cell", "word"),
    [
        (Form.QUANTITY, ISO, "1,234", "1234.5"),
        (Form.QUANTITY, ISO, "1e3", "1234.5"),
        (Form.QUANTITY, ISO, "=1+1", "1234.5"),
        (Form.QUANTITY, ISO, "١٢", "1234.5"),
        (Form.QUANTITY, ISO, "NaN", "1234.5"),
        (Form.QUANTITY, ISO, "1" * 16, "1234.5"),
        (Form.QUANTITY, ISO, "1.2345", "3"),
        (Form.QUANTITY, COMMA, "1.23", "1.234,5"),
        (Form.MONEY, ISO, "0.001", "2"),
        (Form.WHOLE, ISO, "1.5", "whole"),
        (Form.DAY, ISO, "20/11/2026", "2026-11-20"),
        (Form.DAY, ISO, "2026-02-30", "no such day"),
        (Form.DAY, ISO, "0026-02-03", "year"),
        (Form.DAY, TWO_FORMS, "11/13/06", "form"),
        (Form.DAY, BOTH_ORDERS, "05/06/2026", "2026-05-06"),
        (Form.MOMENT, ISO, "2026-11-20 8h", "2026-11-20 08:00"),
        (Form.MOMENT, ISO, "2026-11-20T25:00:00", "no such time"),
        (Form.FLAG, ISO, "maybe", "true"),
        (Form.QUANTITY, ISO, NativeCell.of("2026-02-05", date(2026, 2, 5)), "date"),
        (Form.DAY, ISO, NativeCell.of("46058", Decimal(46058)), "number"),
        (Form.TEXT, ISO, NativeCell.of("2", None, "a formula"), "a formula"),
    ],
)
def test_refuses(form, notation, cell, word):
    with pytest.raises(CellError) as refused:
        reader_of(form, notation)(cell)
    assert word in refused.value.reason
    assert refused.value.value == cell


def test_holds_choices_lengths_and_needed_cells():
    read = reader_of(Form.TEXT, NULLS, choices=("a", "bb"), most=1, is_required=True)
    assert read("a") == "a"
    for cell, word in [
        ("b", "a, bb"),
        ("bb", "1"),
        ("", "needed"),
        ("N/A", "needed"),
        (NativeCell.of("7", Decimal(7)), "a, bb"),
    ]:
        with pytest.raises(CellError, match=word):
            read(cell)

"""What a mapping file may say, and what it does to the rows."""

from __future__ import annotations

import pytest

from inventory.vouchers.importing.columns import MOVEMENTS
from logistics import mappings, tables
from logistics.mappings import MappingRefused
from logistics.tables import TableRefused

NEEDED = """
for = "movements"
[fields]
document = "No"
kind = { constant = "receipt" }
occurred_at = "Day"
item = "What"
quantity = "How many"
"""
ROW = {"No": "1", "Day": "2026-11-20", "What": "x", "How many": "5"}


@pytest.fixture
def read(tmp_path, table):
    """Read rows by a mapping: what is needed, and `more`."""

    def read(rows, more="", top=""):
        path = tmp_path / "mapping.toml"
        path.write_text(top + NEEDED + more, encoding="utf-8")
        mapping = mappings.load(path, MOVEMENTS, purpose="movements")
        return mapping.read(tables.read(table(rows)))

    return read


def errors(reading):
    return [(error.row, error.column) for record in reading.records for error in record.errors.values()]


class TestFaults:
    @pytest.mark.parametrize(
        ("text", "pointers"),
        [
            ("for = ", [""]),
            ('for = "catalogue"\n[fields]\n', None),
            (NEEDED.replace('document = "No"\n', ""), ["/fields/document"]),
            (NEEDED + 'quantty = "x"\n', ["/fields/quantty"]),
            (NEEDED + "lot = { column = 'a', constant = 'b' }\n", ["/fields/lot"]),
            (NEEDED + "lot = { colum = 'a' }\n", ["/fields/lot/colum", "/fields/lot"]),
            (NEEDED + "lot = 5\n", ["/fields/lot"]),
            (NEEDED + "lot = { column = 'a', lookup = 'name' }\n", ["/fields/lot/lookup"]),
            ("decimal = ';'\nnulls = 'x'\n" + NEEDED, ["/nulls", "/decimal"]),
            (NEEDED + "[[rows]]\nis = 'x'\n", ["/rows/0/column", "/rows/0/is"]),
            (NEEDED + "[[checks]]\ncolumn = 'a'\nis = 'money'\nabov = '1'\n", ["/checks/0/abov", "/checks/0/is"]),
            (NEEDED + "[[checks]]\ncolumn = 'a'\nreference = '('\nrefers_to = 'b'\n", ["/checks/0/reference"]),
            (NEEDED + "[[checks]]\ncolumn = 'a'\nreference = '(?P<row>x)'\n", ["/checks/0/reference"]),
            (NEEDED + "[[checks]]\ncolumn = 'a'\nunless = { column = 'b' }\n", ["/checks/0/unless"]),
            (NEEDED + "[totals]\na = 1\n", ["/totals"]),
        ],
    )
    def test_are_told_all_at_once(self, tmp_path, text, pointers):
        path = tmp_path / "mapping.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(MappingRefused) as refused:
            mappings.load(path, MOVEMENTS, purpose="movements")
        found = [fault.pointer for fault in refused.value.faults]
        assert found == pointers if pointers is not None else {"/for", "/fields/item"} < set(found)

    def test_of_columns_the_file_lacks_are_told_with_those_it_has(self, read):
        with pytest.raises(TableRefused) as refused:
            read([{"No": "1", "Day": "2026-11-20"}], 'lot = "Lô"\n')
        assert [error.column for error in refused.value.errors] == ["How many", "Lô", "What"]
        assert "No, Day" in refused.value.errors[0].reason

    def test_of_unknown_columns_are_told_only_without_a_mapping(self, table):
        header = ["document", "kind", "occurred_at", "item", "quantity", "expire_on"]
        with pytest.raises(TableRefused) as refused:
            mappings.default(MOVEMENTS).read(tables.read(table([["1"] * 6], header=header)))
        assert [error.column for error in refused.value.errors] == ["expire_on"]
        assert "expires_on" in refused.value.errors[0].reason


class TestFields:
    def test_come_from_columns_constants_and_templates(self, read):
        reading = read([ROW | {"A": "x", "B": ""}], 'counterparty = { template = "{A} ({B})" }\n')
        values = reading.records[0].values
        assert (values["document"], values["kind"], values["counterparty"]) == ("1", "receipt", "x ()")

    def test_translate_words_and_refuse_others(self, read):
        more = 'unit = { column = "U", values = { "hộp" = "BX" }, nulls = ["-"] }\n'
        reading = read([ROW | {"U": "hộp"}, ROW | {"U": "-"}, ROW | {"U": "thùng"}, ROW | {"U": ""}], more)
        assert [record.values["unit"] for record in reading.records] == ["BX", None, None, None]
        assert errors(reading) == [(4, "U")]

    def test_have_their_own_notation(self, read):
        more = 'unit_price = { column = "P", decimal = "," }\n'
        reading = read([ROW | {"P": "1.234,5", "Day": "5/2/26"}], more, top='dates = ["%d/%m/%y"]\n')
        assert str(reading.records[0].values["unit_price"]) == "1234.5"
        assert reading.records[0].values["occurred_at"].isoformat() == "2026-02-05T00:00:00+07:00"


def test_filters_leave_rows_out_and_count_them(read):
    rows = [ROW | {"S": state} for state in ("in", "out", "draft")]
    reading = read(rows, '[[rows]]\ncolumn = "S"\nis_not = ["draft"]\n[[rows]]\ncolumn = "S"\nis = ["in", "draft"]\n')
    assert [record.row.number for record in reading.records] == [2]
    assert [row.number for row in reading.left_out] == [3, 4]


class TestChecks:
    @pytest.mark.parametrize(
        ("check", "good", "bad"),
        [
            ('is = "number"\nabove = "0"', ["1", "0.01", ""], ["0", "-1", "x", "1,5"]),
            ('is = "number"\nat_least = "0"\nrequired = true', ["0", "2"], ["", "-0.1"]),
            ('is = "date"\nwords = ["Not Captured"]', ["2026-01-02", "Not Captured"], ["not captured", "2/1/26"]),
            ('is = "date"\nnot_before = "Day"', ["2026-11-20", "2026-11-21", ""], ["2026-11-19"]),
            ('is = "date"\nnot_after = "Day"', ["2026-11-20"], ["2026-11-21"]),
            ('is = "number"\nproduct_of = ["How many", "P"]\nwithin = "0.005"', ["10", "10.02"], ["10.04", "0"]),
            ('is = "number"\nabove = "0"\nunless = { column = "What", contains = "x" }', ["0", "word"], []),
        ],
    )
    def test_judge_a_cell(self, read, check, good, bad):
        rows = [ROW | {"C": cell, "P": "2"} for cell in (*good, *bad)]
        reading = read(rows, f'[[checks]]\ncolumn = "C"\n{check}\n')
        assert errors(reading) == [(number, "C") for number in range(2 + len(good), 2 + len(rows))]

    def test_follow_references_to_a_value_and_no_further(self, read):
        rows = [
            ROW | {"ID": "1", "Doc": "A-1", "W": "12.5"},
            ROW | {"ID": "2", "Doc": "A-1", "W": "See A-1 (1)"},
            ROW | {"ID": "3", "Doc": "A-1", "W": "See A-1 (99)"},  # dangling
            ROW | {"ID": "4", "Doc": "A-1", "W": "See A-1 (2)"},  # to another reference
            ROW | {"ID": "5", "Doc": "B-2", "W": "See B-2 (1)"},  # to a row of another document
            ROW | {"ID": "6", "Doc": "C-3", "W": "Elsewhere"},
            ROW | {"ID": "7", "Doc": "C-3", "W": "See C-3 (6)"},  # to a row without a number
            ROW | {"ID": "8", "Doc": "C-3", "W": "see above"},
            ROW | {"ID": "9", "Doc": "C-3", "W": "See C-3 (10)"},  # to a blank
            ROW | {"ID": "10", "Doc": "C-3", "W": ""},
        ]
        check = """
[[checks]]
column = "W"
is = "number"
words = ["Elsewhere"]
reference = 'See (?P<doc>\\S+) \\((?P<row>[0-9]+)\\)'
refers_to = "ID"
agrees = { doc = "Doc" }
"""
        reading = read(rows, check)
        assert errors(reading) == [(row, "W") for row in (4, 5, 6, 8, 9, 10)]
        assert reading.noted["W"] == {"read": 1, "reference": 1, "Elsewhere": 1, "wrong": 6, "blank": 1}

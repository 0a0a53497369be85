"""A real history of 10,324 deliveries, dirty as life left it, taken in by the mappings we ship.

What the clerk's rules say is worked out here a second time, from the published table alone.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from datetime import datetime
from decimal import Decimal

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import F, Sum

from inventory.catalogue.models import Item
from inventory.ledger.models import Holding, Movement, MovementLine
from inventory.ledger.verifying import verify
from tests.factories import a_depot, a_unit, telling
from tests.published import rows as published
from tests.published import table as published_table

pytestmark = pytest.mark.django_db

MAPPINGS = settings.BASE_DIR / "fixtures" / "mappings"
NAME = "scms_delivery_history.csv"
REFERENCE = re.compile(r"See (?:ASN|DN)-\d+ \(ID#:(\d+)\)")


def is_number(text):
    return re.fullmatch(r"\d+(\.\d+)?", text) is not None


def day(text, form="%d-%b-%y"):
    return datetime.strptime(text, form).date()


def is_bad(row, by_id):
    """What a receiving clerk would not book, in the words of the mapping's comment."""
    for column in ("Weight (Kilograms)", "Freight Cost (USD)"):
        if found := REFERENCE.fullmatch(row[column]):
            there = by_id[found[1]]
            assert there["ASN/DN #"] == row["ASN/DN #"]
            if not is_number(there[column]):
                return True
    if row["Weight (Kilograms)"] == "0":
        return True
    if Decimal(row["Pack Price"]) == 0 and "[DON]" not in row["Item Description"]:
        return True
    if day(row["Delivery Recorded Date"]) < day(row["Delivered to Client Date"]):
        return True
    ordered = row["PO Sent to Vendor Date"]
    return "/" in ordered and ordered[0].isdigit() and day(ordered, "%m/%d/%y") > day(row["Delivered to Client Date"])


def test_the_history_is_taken_in_and_reconciles_with_the_file(run, tmp_path):
    file, rows = published_table(NAME), published(NAME)
    call_command("load_reference", stdout=io.StringIO())
    a_unit("G11")
    depot = a_depot("K12")
    by_id = {row["ID"]: row for row in rows}
    bad_documents = {row["ASN/DN #"] for row in rows if is_bad(row, by_id)}
    good = [row for row in rows if row["ASN/DN #"] not in bad_documents]
    waiting = [row for row in rows if row["ASN/DN #"] in bad_documents]
    assert len([row for row in rows if is_bad(row, by_id)]) == 149

    catalogue = MAPPINGS / "scms_catalogue.toml"
    assert run("import_catalogue", file, "--mapping", catalogue).report["posted"] == 184
    assert run("import_catalogue", file, "--mapping", catalogue).report["posted"] == 0
    assert Item.objects.filter(external_code__in={row["Item Description"] for row in rows}).count() == 184

    movements, rejects = MAPPINGS / "scms_movements.toml", tmp_path / "rejects.csv"
    strict = run("import_movements", file, "--depot=K12", "--mapping", movements)
    assert (strict.code, strict.report["posted"]) == (1, 0)
    assert not Movement.objects.exists()

    ran = run("import_movements", file, "--depot=K12", "--mapping", movements, "--reject", rejects)
    assert ran.code == 3
    report = ran.report
    assert len({row for row, _column in ran.places}) == 149
    assert report["posted"] == len({row["ASN/DN #"] for row in good}) == Movement.objects.count()
    for part, of in (("file", rows), ("taken", good), ("rejected", waiting)):
        assert report["totals"][part]["rows"] == str(len(of))
        assert Decimal(report["totals"][part]["quantity"]) == sum(Decimal(row["Line Item Quantity"]) for row in of)
        assert Decimal(report["totals"][part]["value"]) == sum(Decimal(row["Line Item Value"]) for row in of)

    with rejects.open(encoding="utf-8-sig", newline="") as written:
        found = list(csv.DictReader(written))
    assert [{name: cell for name, cell in row.items() if name in rows[0]} for row in found] == waiting
    assert [rows[int(row["row"]) - 2]["ID"] for row in found] == [row["ID"] for row in waiting]
    assert all(row["reason"] for row in found)

    # What the ledger holds is what the good rows say, item by item and cent by cent.
    packs: dict[str, Decimal] = defaultdict(Decimal)
    for row in good:
        packs[row["Item Description"]] += Decimal(row["Line Item Quantity"])
    held = Holding.objects.filter(depot=depot).values_list("item__external_code").annotate(Sum("on_hand"))
    assert dict(held) == dict(packs)
    worth = MovementLine.objects.filter(depot=depot).aggregate(worth=Sum(F("change") * F("unit_price")))["worth"]
    assert worth == sum(Decimal(row["Line Item Quantity"]) * Decimal(row["Pack Price"]) for row in good)
    first = Movement.objects.get(key="import:ASN-8")
    source = next(row for row in rows if row["ASN/DN #"] == "ASN-8")
    assert (first.counterparty, first.order_number, first.order_date) == (source["Vendor"], source["PO / SO #"], None)
    assert verify("K12").is_sound

    again = run("import_movements", file, "--depot=K12", "--mapping", movements, "--reject", rejects)
    assert (again.code, again.report["posted"], again.report["counts"]["movements_there_before"]) == (
        3,
        0,
        report["posted"],
    )
    # The rejects, as they were written, are the same bad rows again.
    alone = run("import_movements", rejects, "--depot=K12", "--mapping", movements)
    assert (alone.code, len(alone.report["errors"])) == (1, len(report["errors"]))


def test_every_check_catches_what_it_is_there_for(run, tmp_path):
    """Each cell spoilt on purpose in a copy of the file's first rows is the one error found."""
    rows = published(NAME)[:4]
    call_command("load_reference", stdout=io.StringIO())
    a_unit("G11")
    a_depot("K12")
    spoilt = [
        ("ASN/DN #", ""), ("Delivered to Client Date", "Date Not Captured"), ("Delivered to Client Date", "6/2/06"),
        ("Scheduled Delivery Date", ""), ("Line Item Quantity", "0"), ("Line Item Quantity", "N/A"),
        ("Pack Price", ""), ("Pack Price", "0"), ("Line Item Value", "1"), ("Weight (Kilograms)", "unknown"),
        ("Weight (Kilograms)", "See ASN-8 (ID#:999999)"), ("Freight Cost (USD)", ""), ("Freight Cost (USD)", "TBD"),
        ("Line Item Insurance (USD)", "none"), ("Item Description", "Aspirin"),
        ("PQ First Sent to Client Date", "2-Jun-06"),
        ("Delivery Recorded Date", "1-Jan-06"), ("PO Sent to Vendor Date", "Not known"),
    ]  # fmt: skip
    file = tmp_path / "scms.csv"

    def write(changed):
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(changed)
        return file

    with telling():
        assert run("import_catalogue", write(rows), "--mapping", MAPPINGS / "scms_catalogue.toml").code == 0
    arguments = ("--depot=K12", "--mapping", MAPPINGS / "scms_movements.toml", "--dry-run")
    assert run("import_movements", write(rows), *arguments).report["counts"]["lines"] == 4
    for column, cell in spoilt:
        changed = [dict(row) for row in rows]
        changed[1][column] = cell
        ran = run("import_movements", write(changed), *arguments)
        assert (3, column) in ran.places, (column, cell)
        assert {row for row, _column in ran.places} == {3}, (column, cell, ran.report["errors"])

"""How long a file of 20,000 rows with 37 errors takes to look at, the corrected one to write, and both to undo.

`python -m benchmarks.openings [--rows N] [--json]`: in a scratch database of its own, by the verbs of the pages.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

import xlsxwriter
from django.conf import settings
from django.utils import timezone

from logistics import scratch

HEADS: Final = (
    "Mã vật chất", "Tên vật chất", "Đơn vị tính", "Số lượng", "Số lô", "Hạn dùng", "Vị trí", "Phân cấp", "Mục đích",
    "Đơn giá", "Ghi chú",
)  # fmt: skip
ITEM, _NAME, UNIT, QUANTITY, LOT, DAY, BIN, GRADE, PURPOSE, PRICE, NOTE = range(len(HEADS))
FORMULA: Final = object()  # stands for a cell that holds a formula
ITEMS: Final = 400
AIM_S: Final = 15  # seconds to write 20,000 rows

# What is wrong in the file: the column, and what stands in it, each twice; 37 in all with those below.
_TWICE: Final[tuple[tuple[int, Any], ...]] = (
    (ITEM, "QN-01-0000018"), (ITEM, ""), (ITEM, "Vật chất 12"), (UNIT, "thùng to"), (UNIT, "lít"),
    (QUANTITY, "năm"), (QUANTITY, "12,5 kg"), (QUANTITY, "-5"), (QUANTITY, "0"), (QUANTITY, "1,2345"),
    (LOT, ""), (DAY, "31/02/2030"), (DAY, "12/31/2030"), (BIN, "A-09"), (GRADE, "9"), (PURPOSE, "thường suyên"),
    (NOTE, "=cmd|' /C calc'!A0"),
)  # fmt: skip
_ONCE: Final[tuple[tuple[int, Any], ...]] = ((DAY, 45000), (QUANTITY, FORMULA), (DAY, "other"))
WRONG: Final = 2 * len(_TWICE) + len(_ONCE)


def rows(codes: Sequence[str], count: int) -> list[list[Any]]:
    """Return `count` rows of the template that are right: each a lot of its own."""
    return [
        [codes[number % len(codes)], "", "kg", number % 97 + 1, f"L{number:05d}", "31/12/2030", "A-01", "1",
         "Thường xuyên", 15_500, ""]
        for number in range(count)
    ]  # fmt: skip


def spoilt(good: Sequence[Sequence[Any]]) -> tuple[list[list[Any]], dict[int, int]]:
    """Return the rows with the errors among them, and which column is wrong in which row of the file, the head being 1.

    One lot stands twice, with two last days of use.
    """
    bad = [list(row) for row in good]
    wrong: dict[int, int] = {}
    kinds = [*_TWICE, *_TWICE, *_ONCE]
    step = len(bad) // (len(kinds) + 1)
    for number, (column, cell) in enumerate(kinds, start=1):
        place = number * step
        row = bad[place]
        row[column] = cell
        if cell == "other":  # the lot of another row, with another last day
            twin = bad[place - 1]
            row[ITEM], row[LOT], row[BIN], row[DAY] = twin[ITEM], twin[LOT], "A-02", "30/11/2030"
        wrong[place + 2] = column
    return bad, wrong


def workbook(table: Sequence[Sequence[Any]]) -> bytes:
    """Return the rows as an .xlsx with the template's columns."""
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, {"constant_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("Số dư")
    for column, head in enumerate(HEADS):
        sheet.write_string(0, column, head)
    for line, row in enumerate(table, start=1):
        for column, cell in enumerate(row):
            if cell is FORMULA:
                sheet.write_formula(line, column, "=3+4", None, 7)
            elif isinstance(cell, str):
                sheet.write_string(line, column, cell)
            else:
                sheet.write_number(line, column, cell)
    book.close()
    return written.getvalue()


# --- Inside the store ---------------------------------------------------------------------------------------------


def _world() -> tuple[Any, list[str]]:
    """Make a depot, its goods and who brings the file; return the person and the codes of the goods."""
    from django.contrib.gis.geos import Point  # noqa: PLC0415 - models need the apps

    import depots.reference  # noqa: PLC0415
    import inventory.catalogue.reference  # noqa: PLC0415
    from depots.models import Bin, Depot, Level, OrganisationUnit  # noqa: PLC0415
    from inventory.catalogue.codes import item_code  # noqa: PLC0415
    from inventory.catalogue.models import Item, ItemGroup  # noqa: PLC0415
    from logistics import history  # noqa: PLC0415
    from logistics.accounts.models import Assignment, Role, User  # noqa: PLC0415

    commands, now = User.objects.for_commands(), timezone.now()
    for load in (inventory.catalogue.reference.load, depots.reference.load):
        list(load(by=commands, at=now))
    with history.changing(by=commands, reason="Benchmark", source=history.Source.COMMAND):
        unit = OrganisationUnit.objects.create(
            code="G90", name="Đơn vị đo", level=Level.STRATEGIC, valid_from=date(2000, 1, 1)
        )
        depot = Depot.objects.create(
            code="K01", name="Kho đo", unit=unit, level=Level.STRATEGIC, coordinates=Point(105.8, 21.0, srid=4326),
            opened_date=date(2000, 1, 1),
        )  # fmt: skip
        for number, code in enumerate(("A-01", "A-02")):
            Bin.objects.create(depot=depot, code=code, is_default=number == 0)
        keeper = User.objects.create_user("do", None, full_name="Đo")
        Assignment.objects.create(user=keeper, role=Role.STOREKEEPER, depot=depot)
        group = ItemGroup.objects.filter(supply_class="QN").order_by("number").first()
        assert group is not None, "the reference data has groups"
        codes = [item_code("QN", int(group.number), 1000 + number) for number in range(ITEMS)]
        history.bulk_create(
            [Item(code=code, name=f"Vật chất {number}", group=group, base_unit_id="KGM", tracking=Item.Tracking.LOT)
             for number, code in enumerate(codes)]
        )  # fmt: skip
    return keeper, codes


def measured(count: int) -> dict[str, Any]:
    """Return the seconds of each step over `count` rows, and what was found, as the application role."""
    from depots import access  # noqa: PLC0415 - models need the apps
    from inventory.ledger.drafts import Draft  # noqa: PLC0415
    from inventory.ledger.models import Holding, Kind  # noqa: PLC0415
    from inventory.ledger.posting import post  # noqa: PLC0415
    from inventory.openings import bringing  # noqa: PLC0415
    from inventory.openings.models import Purpose, State  # noqa: PLC0415

    bringing.AT_ONCE_ROWS = count  # what the worker does is done here, where its time is taken  # type: ignore[misc]
    keeper, codes = _world()
    place = access.depot_for_posting(keeper, "K01")
    good = rows(codes, count)
    bad, wrong = spoilt(good)
    files = {"wrong": workbook(bad), "right": workbook(good)}
    seconds: dict[str, float] = {}
    ours: dict[str, float] = {}  # of them, spent in this process: what a busier machine does not change

    def bring(name: str) -> Any:
        started = time.perf_counter()
        upload = bringing.take_in(
            files[name], f"{name}.xlsx", purpose=Purpose.OPENING, depot=place, by=keeper, at=timezone.now()
        )
        seconds[f"look_{name}"] = time.perf_counter() - started
        return upload

    found = bring("wrong").found
    right = bring("right")
    assert not right.found["wrong"], right.found
    started, before = time.perf_counter(), time.process_time()
    bringing.write(right, by=keeper, at=timezone.now())
    seconds["write"], ours["write"] = time.perf_counter() - started, time.process_time() - before
    right.refresh_from_db()
    assert right.state == State.POSTED, right.found
    (position,) = right.movements
    held = sum(Holding.objects.values_list("on_hand", flat=True), Decimal(0))
    started = time.perf_counter()
    undo = Draft(
        depot="K01", kind=Kind.REVERSAL, occurred_at=timezone.now(), key="undo", reason="Nhầm kho", reverses=position
    )
    post([undo], by=keeper, at=timezone.now())
    seconds["reverse"] = time.perf_counter() - started
    return {
        "rows": count,
        "errors": found["errors"],
        "rows_wrong": found["wrong"],
        "errors_expected": len(wrong),
        "bytes": len(files["right"]),
        "held": f"{held:f}",
        "left_after_reversal": f"{sum(Holding.objects.values_list('on_hand', flat=True), Decimal(0)):f}",
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "seconds_of_this_process": {name: round(value, 2) for name, value in ours.items()},
        "aim_s": AIM_S,
    }


def main() -> int:
    """Measure and print; 0 when all errors were found and writing keeps to its aim, 1 when not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.openings", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        import django  # noqa: PLC0415

        django.setup()
        print(json.dumps(measured(asked.rows)))
        return 0
    template = scratch.template()
    with scratch.clone(template, f"{template}_openings_{uuid4().hex[:8]}") as name:
        command = [sys.executable, "-m", "benchmarks.openings", "--inside", "--rows", str(asked.rows)]
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, env=os.environ | scratch.environment(name), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return done.returncode
    found = json.loads(done.stdout.splitlines()[-1])
    if asked.json:
        print(json.dumps(found, indent=2))
    else:
        for part, value in found.items():
            print(f"{part}: {value}")
    is_right = found["errors"] == found["errors_expected"] and not Decimal(found["left_after_reversal"])
    return 0 if is_right and found["seconds"]["write"] <= AIM_S else 1


if __name__ == "__main__":
    sys.exit(main())

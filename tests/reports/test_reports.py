"""The other reports, a worked table each; and what all are: the same on screen, on paper, in files and by the API."""

from __future__ import annotations

import csv
import io
import subprocess
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from django.utils import translation
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from depots.models import OrganisationUnit
from inventory.norms.models import ReserveNorm
from inventory.printing.forms import form_for
from inventory.printing.models import Form
from inventory.reports.definition import Result
from inventory.reports.known import REPORTS
from inventory.reports.printed import MOST_LINES, report_pdf
from logistics.accounts.models import Role
from logistics.errors import Invalid
from logistics.fields import format_quantity
from tests import factories
from tests.api.conftest import Caller, a_token
from tests.availability.histories import put
from tests.availability.test_as_of import NOW, day
from tests.factories import a_line
from tests.notation import rows
from tests.reports.conftest import table

pytestmark = pytest.mark.django_db


def expires(on: str) -> date:
    return datetime.strptime(f"{on}/2026", "%d/%m/%Y").date()


@pytest.fixture
def goods(poster, north, south, rice, blanket):
    """Rice in lots that expire, blankets that nobody asks for; K02 writes down late. Today is 20/11/2026."""
    for lot, last in (("L1", "01/11"), ("L2", "20/11"), ("L3", "15/12")):
        factories.a_lot(rice, lot, expires_date=expires(last))
    factories.a_lot(rice, "L4", expires_date=date(2028, 1, 1))
    put(
        poster, "receipt", "K01", *(a_line(rice, 10 * number, lot=f"L{number}") for number in range(1, 5)),
        occurred=day("01/02"), recorded=day("01/02"),
    )  # fmt: skip
    put(poster, "receipt", "K01", a_line(blanket, 40, unit_price=Decimal(250_000)), occurred=day("01/03"),
        recorded=day("01/03"))  # fmt: skip
    put(poster, "issue", "K01", a_line(blanket, 5), occurred=day("02/03"), recorded=day("02/03"))
    put(poster, "relocation", "K01", a_line(blanket, 5, to_bin="A-02"), occurred=day("10/11"), recorded=day("10/11"))
    put(poster, "receipt", "K02", a_line(blanket, 8), occurred=day("01/10"), recorded=day("21/10"))
    put(poster, "issue", "K02", a_line(blanket, 1), occurred=day("22/10"), recorded=day("22/10"))
    put(poster, "reversal", "K02", reverses=2, occurred=day("23/10"), recorded=day("25/10"))
    return rice


def test_what_expired_and_what_will_within_the_days_asked_for(ask, goods):
    for row in rows("""
        days | as of | lots
        30   |       | L1 -19, L2 0, L3 25
        20   |       | L1 -19, L2 0
        20   | 01/11 | L1 0, L2 19
        60   | 31/01 |
    """):
        found = ask("expiring", f"days={row['days']}", as_of=day(row["as of"]) if row["as of"] else None)
        assert ", ".join(f"{one['lot']} {one['left']}" for one in table(found, "lot", "left")) == row["lots"], row
    found = ask("expiring", "days=30")
    assert [(section.heading, len(section.rows)) for section in found.sections] == [("Quá hạn", 1), ("Dưới 3 tháng", 2)]
    assert found.total("on_hand") == 60
    assert [(bar.label, bar.value) for bar in found.chart.bars] == [("Quá hạn", 1), ("Dưới 3 tháng", 2)]


def test_what_nobody_asks_for(ask, goods):
    """A move from bin to bin is no use of it; what came lately is not slow."""
    for row in rows("""
        months | as of | found
        6      |       | rice K01 01/02 292 -, blanket K01 02/03 263 8750000
        9      |       | rice K01 01/02 292 -
        10     |       |
        1      | 20/04 | rice K01 01/02 78 -, blanket K01 02/03 49 8750000
    """):
        found = ask("slow-moving", f"months={row['months']}", as_of=day(row["as of"]) if row["as of"] else None)
        told = [
            f"{'rice' if one['item'] == goods.code else 'blanket'} {one['depot']} "
            f"{date.fromisoformat(one['last_out_date'] or one['since_date']):%d/%m} {one['idle']} {one['value'] or '-'}"
            for one in table(found, "item", "depot", "last_out_date", "since_date", "idle", "value")
        ]
        assert ", ".join(told) == row["found"], row


def test_every_number_that_was_given_out(ask, goods):
    found = ask("register", "from=2026-01-01")
    assert [(section.heading, len(section.rows)) for section in found.sections] == [
        ("K01 Kho mẫu K01", 4), ("K02 Kho mẫu K02", 3),
    ]  # fmt: skip
    assert table(found, "number", "reverses", "reversed_by", "missing") == rows("""
        number           | reverses         | reversed_by      | missing
        DC-K01-2026-00001 |                  |                  |
        PN-K01-2026-00001 |                  |                  |
        PN-K01-2026-00002 |                  |                  | 0
        PX-K01-2026-00001 |                  |                  |
        PN-K02-2026-00001 |                  |                  |
        PX-K02-2026-00001 |                  | PX-K02-2026-00001-Đ1 |
        PX-K02-2026-00001-Đ1 | PX-K02-2026-00001 |              |
    """)
    assert found.total("missing") == 0
    assert found.total("lines") == sum(int(one["lines"]) for one in table(found, "lines"))
    assert ask("register", "from=2026-01-01&kind=issue").count == 2
    assert ask("register", "from=2026-10-21&to=2026-10-21").count == 1


def test_who_reports_late(ask, goods):
    """Two of K02's three entries were written down days after they happened."""
    found = ask("lateness", "from=2026-10-01&to=2026-11-20")
    told = ("depot", "age_days", "entries", "late", "share", "mean_days", "longest_days", "drafts")
    assert table(found, *told) == rows("""
        depot           | age_days | entries | late | share | mean_days | longest_days | drafts
        K02 Kho mẫu K02 |       26 |       3 |    2 |  66.7 |        11 |           20 |      0
        K01 Kho mẫu K01 |       10 |       1 |    0 |     0 |           |            0 |      0
    """)
    assert table(ask("lateness", "from=2026-10-01&to=2026-11-20&late=5"), "late") == [{"late": "1"}, {"late": "0"}]


def test_what_norms_require_then_and_now(ask, poster, north, south, blanket):
    with factories.telling():
        for where, required in (({"unit": OrganisationUnit.objects.get(code="G11")}, 60), ({"depot": north}, 30)):
            ReserveNorm.objects.create(
                item=blanket, purpose_id="SSCD", required=required, valid_from=date(2026, 2, 1), **where
            )
    put(poster, "receipt", "K01", a_line(blanket, 20, purpose="SSCD"), occurred=day("01/03"), recorded=day("01/03"))
    put(poster, "receipt", "K02", a_line(blanket, 25, purpose="SSCD"), occurred=day("01/05"), recorded=day("01/05"))
    put(poster, "regrade", "K01", a_line(blanket, 4, purpose="SSCD", to_grade=5), occurred=day("01/06"),
        recorded=day("01/06"))  # fmt: skip
    for row in rows("""
        as of | unit     | depot
        15/01 |          |
        15/02 | 0 0 60   | 0 0 30
        15/03 | 20 0 40  | 20 0 10
        15/05 | 45 0 15  | 20 0 10
              | 45 4 19  | 20 4 14
    """):
        found = ask("reserve", as_of=day(row["as of"]) if row["as of"] else None)
        told = {
            "depot" if one["place"].startswith("K01") else "unit": f"{one['on_hand']} {one['unusable']} {one['short']}"
            for one in table(found, "place", "on_hand", "unusable", "short")
        }
        assert told == {key: row[key] for key in ("unit", "depot") if row[key]}, row


# --- What every report is ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", REPORTS)
def test_screen_paper_files_and_api_say_the_same(slug, goods, ask, django_assert_max_num_queries):
    """Asked of the store as it is now, by its page, its three files and the API."""
    reader = factories.a_user("doc", role=Role.AUDITOR)
    client = Client(headers={"accept-language": "en"})
    client.cookies["django_language"] = "en"
    client.force_login(reader, backend="logistics.accounts.backends.RoleBackend")
    query = "?from=2026-01-01" if "from" in REPORTS[slug].asks.boxes else ""
    with django_assert_max_num_queries(40):
        page = client.get(f"/reports/{slug}/{query}")
    assert page.status_code == 200
    result = page.context["result"]
    assert result.count == len(Caller(a_token(reader)).get(f"/reports/{slug}{query}").json()["rows"])

    written = list(csv.reader(io.StringIO(b"".join(client.get(f"/reports/{slug}.csv{query}")).decode("utf-8-sig"))))
    assert written[0] == [result.title]
    blank = written.index([])
    later = client.get(f"/reports/{slug}/{query}").context["result"]  # a minute may have passed since the page
    moments = [["As of", dict(one.facts)["As of"]] for one in (result, later)]
    assert any(moment in written[:blank] for moment in moments)
    body = written[blank + 2 : -1]
    assert len(body) == result.count + (result.totals is not None)
    assert written[-1] == [f"End of the list: {len(body)} rows"]
    book = CalamineWorkbook.from_filelike(BytesIO(b"".join(client.get(f"/reports/{slug}.xlsx{query}"))))
    assert len(book.get_sheet_by_index(0).to_python()) == len(written)

    paper = client.get(f"/reports/{slug}.pdf{query}")
    text = " ".join(" ".join(one.extract_text() for one in PdfReader(BytesIO(paper.content)).pages).split())
    assert "Người lập báo cáo" in text
    for total in filter(None, result.totals or ()):
        assert format_quantity(total, "vi") in text, total


def test_a_report_survives_being_kept(ask, goods):
    for slug in REPORTS:
        found = ask(slug, "from=2026-01-01" if "from" in REPORTS[slug].asks.boxes else "")
        again = Result.read(found.document())
        assert again.document() == found.document()
        assert (again.sections, again.totals, again.chart) == (found.sections, found.totals, found.chart)


def test_what_a_report_refuses(goods, planner):
    caller = Caller(a_token(planner))
    for row in rows("""
        address                                  | pointer
        /reports/turnover?months=3               | /query/months
        /reports/turnover?class=ZZ               | /query/class
        /reports/turnover?depot=K99              | /query/depot
        /reports/turnover?from=2026-05-02&to=2026-05-01 | /query/from
        /reports/expiring?as_of=2030-01-01T00:00:00Z    | /query/as_of
        /reports/turnover?grade=9                | /query/grade
    """):
        answer = caller.get(row["address"])
        assert answer.status_code == 422, row
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [row["pointer"]], row
    assert caller.get("/reports/nothing").status_code == 404


def test_a_depot_out_of_scope_is_in_no_report(goods, poster, north):
    keeper = factories.a_user("thukho-k01", role=Role.STOREKEEPER, depot=north)
    caller = Caller(a_token(keeper))
    everything = caller.get("/reports/turnover?from=2026-01-01&by=depot").json()
    assert {row["depot"] for row in everything["rows"]} == {"K01"}
    assert {row["depot"] for row in caller.get("/reports/lateness").json()["rows"]} == {"K01 Kho mẫu K01"}
    assert caller.get("/reports/turnover?depot=K02").status_code == 422


def _printed(result: Result) -> bytes:
    unit = OrganisationUnit.objects.get(code="G11").pk
    with translation.override("vi"):
        return report_pdf(result, form=form_for(Form.REPORT, unit=unit, on=NOW.date()), unit="Kho", printed_at=NOW)


@pytest.mark.parametrize("count", [0, 1, 200])
def test_paper_of_any_length_is_printed_with_head_pages_and_places_to_sign(ask, poster, north, count, tmp_path):
    items = [
        factories.an_item(f"QN-01-{number:07d}", name=f"Vật chất số {number} tên dài vừa phải")
        for number in range(count)
    ]
    if items:
        put(poster, "receipt", "K01", *(a_line(item, 1_234_567, unit_price=Decimal(1000)) for item in items),
            occurred=day("01/03"), recorded=day("01/03"))  # fmt: skip
    found = ask("turnover", "from=2026-01-01&prices=last")
    assert found.count == count
    file = tmp_path / "report.pdf"
    file.write_bytes(_printed(found))
    pages = [page.extract_text() for page in PdfReader(file).pages]
    assert all("STT" in page for page in pages)
    assert all(f"{number}/{len(pages)}" in page for number, page in enumerate(pages[1:], start=2))
    assert "Người lập báo cáo" in pages[-1]
    if count:
        assert "Tổng số tiền (viết bằng chữ)" in pages[-1]
        assert sum(page.count("QN-01-") for page in pages) == count
        assert format_quantity(Decimal(1_234_567 * 1000 * count), "vi") in pages[-1]
        assert f"QN-01-{count - 1:07d}" in pages[-1]  # places to sign never stand on a sheet of their own
    # What a printer would make of it: ink inside the margins, none beyond them.
    subprocess.run(["pdftoppm", "-r", "40", "-gray", str(file), str(tmp_path / "p")], check=True)
    for image in tmp_path.glob("p-*.pgm"):
        head, pixels = image.read_bytes().split(b"\n255\n", 1)
        width, height = map(int, head.split()[1:3])
        lines = [pixels[row * width : (row + 1) * width] for row in range(height)]
        edge = int(width * 10 / 297)  # 10 mm
        assert all(min(line[:edge]) > 200 and min(line[-edge:]) > 200 for line in lines)
        assert any(min(line) < 100 for line in lines)


def test_paper_refuses_what_paper_cannot_carry(ask, goods):
    found = ask("turnover", "from=2026-01-01")
    section = found.sections[0]
    long = Result(
        **{name: getattr(found, name) for name in Result.__dataclass_fields__ if name != "sections"},
        sections=(type(section)(heading="", rows=section.rows * (MOST_LINES + 1), totals=None),),
    )
    with pytest.raises(Invalid, match="spreadsheet|bảng tính"):
        _printed(long)


def test_days_not_asked_for_are_this_month_and_early_in_it_the_one_before(planner):
    for row in rows("""
        today      | from
        2026-11-20 | 2026-11-01
        2026-11-06 | 2026-11-01
        2026-11-05 | 2026-10-01
        2026-01-01 | 2025-12-01
    """):
        today = date.fromisoformat(row["today"])
        asks = REPORTS["turnover"].asks.of("", by=planner, today=today)
        assert not asks.errors
        assert (asks.values()["from"].isoformat(), asks.values()["to"]) == (row["from"], today)

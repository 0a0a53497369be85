"""Meeting packs: who makes them, what is frozen when they are closed, one paper with contents, and no network."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
import rfc8785
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.utils import timezone, translation
from pypdf import PdfReader

from inventory.availability.instants import read
from inventory.reports import packs
from inventory.reports.models import Pack
from inventory.reports.pack_paper import pack_pdf
from inventory.reports.packs import PackClosed
from logistics.accounts.models import Role, User
from logistics.errors import Forbidden, Invalid, NotFound
from tests import factories
from tests.availability.histories import put
from tests.availability.test_as_of import NOW, day
from tests.factories import a_line
from tests.notation import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def stocked(poster, north, south, blanket):
    for depot in ("K01", "K02"):
        put(poster, "receipt", depot, a_line(blanket, 40, unit_price=Decimal(1000)), occurred=day("01/03"),
            recorded=day("01/03"))  # fmt: skip
    put(poster, "issue", "K01", a_line(blanket, 5), occurred=day("02/05"), recorded=day("02/05"))
    return blanket


def make(by: User, *addresses: str, **given) -> Pack:
    fields = {
        "title": "Giao ban <b>",
        "meeting_date": date(2026, 11, 25),
        "as_of": day("01/11"),
        "recorded_as_of": None,
    }
    return packs.make(**fields | given, parts=addresses, by=by, at=NOW)


def said(pack: Pack, by: User) -> list[list[str]]:
    """What the reports of a pack say, as text."""
    found = [part.result for part in packs.parts(pack, by=by, at=NOW)]
    return [[str(cell) for row in result.rows for cell in row.cells] for result in found if result]


def test_a_closed_pack_says_the_same_whatever_is_posted_later(poster, planner, stocked):
    pack = make(
        planner, "/reports/turnover/?from=2026-01-01&by=depot&as_of=2026-05-01&page=2", "https://kho/reports/lateness/"
    )
    assert [part["query"] for part in pack.parts] == ["from=2026-01-01&by=depot", ""]
    before = said(pack, planner)
    late = {"occurred": day("03/05"), "recorded": day("20/11")}
    put(poster, "issue", "K01", a_line(stocked, 7), **late)
    assert said(pack, planner) != before  # an open one tells what is known today
    now = said(pack, planner)
    packs.close(pack, by=planner, at=NOW)
    put(poster, "issue", "K01", a_line(stocked, 9), **late)
    kept = Pack.objects.get(pk=pack.pk)
    assert said(kept, planner) == now
    assert (kept.closed_by, kept.closed_at) == (planner, NOW)
    assert bytes(kept.content.digest) == hashlib.sha256(rfc8785.dumps(kept.content.results)).digest()
    with translation.override("en"):
        assert packs.parts(kept, by=planner, at=NOW)[1].result.title == "Who reports late"
    assert [row.history_change_reason for row in kept.history.all()][-1]


def test_nobody_changes_a_closed_pack(planner, stocked):
    pack = make(planner, "/reports/turnover/")
    packs.close(pack, by=planner, at=NOW)
    for change in (
        lambda: packs.close(pack, by=planner, at=NOW),
        lambda: packs.move(pack, 0, "out", by=planner),
        lambda: packs.add(pack, "/reports/register/", note="", with_chart=True, by=planner),
    ):
        with pytest.raises(PackClosed):
            change()
    for statement in (
        "UPDATE reports_pack SET title = 'x'",
        "DELETE FROM reports_pack",
        "UPDATE reports_packcontent SET results = '{}'",
        "DELETE FROM reports_packcontent",
    ):
        with (
            pytest.raises(DatabaseError, match="closed|append-only|permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_who_may_make_and_who_may_look(planner, poster, stranger, north, stocked):
    pack = make(planner, "/reports/turnover/")
    keeper = factories.a_user("thukho", role=Role.STOREKEEPER, depot=north)
    auditor = factories.a_user("kiemtoan", role=Role.AUDITOR)
    for user in (keeper, auditor, stranger, factories.a_user("quantri", role=Role.ADMINISTRATOR)):
        with pytest.raises(Forbidden):
            make(user)
        with pytest.raises(Forbidden):
            packs.close(pack, by=user, at=NOW)
    assert packs.pack_for(auditor, pack.pk) == pack
    for user in (keeper, stranger):  # it tells of K02 too
        with pytest.raises(NotFound):
            packs.pack_for(user, pack.pk)
    own = make(factories.a_user("ke-hoach", role=Role.PLANNER, depot=north), "/reports/turnover/")
    assert packs.pack_for(keeper, own.pk) == own


def test_what_is_no_report_or_lies_ahead_is_refused(planner, stocked):
    for row in rows("""
        address                            | code
        /reports/nothing/                  | no-report
        /depots/K01/                       | no-report
        [::1                               | no-report
        /reports/turnover/?from=31/02/2026 | unreadable
        /reports/turnover/?depot=K99       | unreadable
    """):
        with pytest.raises(Invalid) as refused:
            make(planner, row["address"])
        assert [fault.code for fault in refused.value.faults] == [row["code"]], row
    with pytest.raises(Invalid):
        make(planner, as_of=day("01/12"))
    with pytest.raises(Invalid):
        packs.close(make(planner), by=planner, at=NOW)


def test_reports_are_put_in_order(planner, stocked):
    pack = make(planner, "/reports/turnover/", "/reports/register/")
    packs.add(pack, "/reports/lateness.pdf", note="Xem kỹ", with_chart=False, by=planner)
    for row in rows("""
        place | way  | order
        2     | up   | turnover lateness register
        0     | down | lateness turnover register
        0     | up   | lateness turnover register
        1     | out  | lateness register
    """):
        packs.move(pack, int(row["place"]), row["way"], by=planner)  # type: ignore[arg-type]
        assert " ".join(part["slug"] for part in pack.parts) == row["order"]
    with pytest.raises(NotFound):
        packs.move(pack, 7, "up", by=planner)
    assert pack.parts[0]["note"] == "Xem kỹ"


def test_the_paper_has_a_cover_contents_that_are_right_and_every_report(planner, stocked):
    days = "from=2026-01-01"
    pack = make(
        planner, f"/reports/turnover/?{days}&item={stocked.code}", f"/reports/register/?{days}", "/reports/slow-moving/"
    )
    draft = _text(pack_pdf(pack, packs.parts(pack, by=planner, at=NOW), printed_at=NOW))
    assert "DỰ THẢO" in draft[0]
    packs.close(pack, by=planner, at=NOW)
    with translation.override("vi"):
        data = pack_pdf(pack, packs.parts(pack, by=planner, at=NOW), printed_at=NOW)
    pages = _text(data)
    assert "TÀI LIỆU HỌP" in pages[0]
    assert "Giao ban <b>" in pages[0]
    assert bytes(pack.content.digest).hex() in pages[0]
    assert "DỰ THẢO" not in " ".join(pages)
    reader = PdfReader(BytesIO(data))
    outline = {entry.title: reader.get_destination_page_number(entry) + 1 for entry in reader.outline}
    assert len(outline) == 3
    for title, number in outline.items():
        line = next(line for line in pages[1].splitlines() if line.startswith(title))
        assert line.endswith(f" {number}") or f"{number}" in pages[1].split(title)[1].split()
        assert title.partition(". ")[2].upper() in pages[number - 1]
    # Charts are drawn with lines, not made of dots.
    assert all("/XObject" not in page["/Resources"] for page in reader.pages)
    assert all(f"{number}/{len(pages)}" in page for number, page in enumerate(pages[1:], start=2))


def _text(data: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(data)).pages]


def test_pages_make_change_and_close_a_pack(planner, stocked):
    client = Client(headers={"accept-language": "en"})
    client.cookies["django_language"] = "en"
    client.force_login(planner, backend="logistics.accounts.backends.RoleBackend")
    shown = client.get("/reports/turnover/?by=depot").content.decode()
    assert "/packs/?add=%2Freports%2Fturnover%2F%3Fby%3Ddepot" in shown
    initial = client.get("/packs/new/").context["form"].initial["as_of"]
    assert read(initial, today=timezone.localdate())  # what the box offers can be sent as it is
    wrong = client.post("/packs/new/", {"title": "", "meeting_date": "45/1", "as_of": "hôm qua"})
    assert wrong.status_code == 422
    assert set(wrong.context["form"].errors) == {"title", "meeting_date", "as_of"}
    given = {
        "title": "Họp",
        "meeting_date": "25/11/2026",
        "as_of": "t",
        "clock": "both",
        "add": "/reports/turnover/?by=depot",
    }
    made = client.post("/packs/new/", given)
    there = made["Location"]
    pack = Pack.objects.get()
    assert (pack.as_of, timezone.localdate(pack.as_of)) == (pack.recorded_as_of, timezone.localdate())
    assert client.post(there, {"do": "add", "address": "", "report": ""}).status_code == 422
    assert client.post(there, {"do": "add", "report": "register", "note": "n"}).status_code == 302
    assert client.post(there, {"do": "down", "place": "0"}).status_code == 302
    assert client.post(there, {"do": "explode"}).status_code == 404
    assert client.post(there, {"do": "up", "place": "9" * 5000}).status_code == 404
    assert client.post(there, {"do": "close"}).status_code == 302
    assert client.post(there, {"do": "close"}).status_code == 409
    page = client.get(there)
    assert page["Kho-Kept"] == "1"
    assert [part["result"].slug for part in page.context["parts"]] == ["register", "turnover"]
    assert client.get(f"{there.partition('#')[0].rstrip('/')}.pdf")["Content-Type"] == "application/pdf"

"""The contract of the planners' questions, success and refusal side by side."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from urllib.parse import quote, urlencode

import pytest
from django.utils import timezone
from pypdf import PdfReader

from tests import factories
from tests.api.conftest import RICE, Caller, issue, receipt

pytestmark = pytest.mark.django_db
CARD = f"/items/{RICE}/stock-card"
ADDRESSES = (
    "/availability", f"/availability?item={RICE}", f"/availability/nearest?item={RICE}&lon=105.8&lat=21",
    f"{CARD}?depot=K01", f"{CARD}.pdf?depot=K01", f"{CARD}.xlsx?depot=K01",
)  # fmt: skip


@pytest.fixture
def busy(keeper: Caller) -> Caller:
    """The storekeeper of K01, who has received 120 and issued 20."""
    assert keeper.post("/depots/K01/movements", receipt(), key="1").status_code == 201
    assert keeper.post("/depots/K01/movements", issue("20"), key="2").status_code == 201
    return keeper


def test_availability_shows_every_deduction(busy: Caller) -> None:
    assert busy.get(f"/availability?item={RICE}&depot=K01&grade=1&purpose=THUONG_XUYEN&class=QN&unit=G11").json() == {
        "items": [
            {
                "item": RICE, "depot": "K01", "on_hand": "100.000", "allocated": "0.000", "on_hold": "0.000",
                "expired": "0.000", "reserve": "0.000", "disposal": "0.000", "available": "100.000",
                "in_transit_in": "0.000", "unit": "KGM",
            }
        ],
        "next": None,
    }  # fmt: skip


def test_words_groups_and_provinces_are_asked_in_the_address(busy: Caller) -> None:
    now = quote(timezone.localtime().isoformat())
    for clock in ("", f"&as_of={now}", f"&recorded_as_of={now}"):
        assert len(busy.get(f"/availability?q={quote('vat chất')}&group=QN-02{clock}").json()["items"]) == 1
        assert busy.get(f"/availability?q={quote('vật khác')}{clock}").json()["items"] == []
        assert busy.get(f"/availability?group=QN-01{clock}").json()["items"] == []


def test_both_clocks_are_asked_in_the_address(busy: Caller) -> None:
    """What was received an hour ago was recorded just now."""
    half_an_hour_ago = quote((timezone.localtime() - timedelta(minutes=30)).isoformat())
    (row,) = busy.get(f"/availability?as_of={half_an_hour_ago}").json()["items"]
    assert row["on_hand"] == "120.000"
    assert busy.get(f"/availability?recorded_as_of={half_an_hour_ago}").json()["items"] == []
    now = quote(timezone.localtime().isoformat())
    (row,) = busy.get(f"/availability?as_of={now}&recorded_as_of={now}").json()["items"]
    assert row["on_hand"] == "100.000"


def test_pages_follow_next(busy: Caller, reader: Caller) -> None:
    blanket = factories.an_item("QN-02-0000011")
    poster = factories.User.objects.get(login="nguoi-ghi")
    for depot in ("K01", "K02"):
        factories.posting(poster, "receipt", depot, factories.a_line(blanket, 1))
    seen, path = [], "/availability?limit=1"
    while path:
        answer = reader.get(path)
        (row,) = answer.json()["items"]
        seen.append((row["item"], row["depot"]))
        following = answer.json()["next"]
        assert ("Link" in answer.headers) == (following is not None)
        path = following and "/availability?" + urlencode({"limit": 1, "cursor": following})
    assert seen == [(blanket.code, "K01"), (blanket.code, "K02"), (RICE, "K01")]


def test_nearest_tells_distance_and_whether_it_is_enough(busy: Caller) -> None:
    path = f"/availability/nearest?item={RICE}&lon=105.8&lat=21.0&quantity="
    (near,) = busy.get(path + "100.000&radius_km=5&min_days_left=30").json()["items"]
    assert (near["depot"], near["distance_km"], near["available"], near["enough"]) == ("K01", 0.0, "100.000", True)
    (near,) = busy.get(path + "100.001").json()["items"]
    assert near["enough"] is False


def test_the_card_runs_from_opening_to_closing(busy: Caller) -> None:
    today = timezone.localdate()
    days = f"from={today - timedelta(days=1)}&to={today}"
    card = busy.get(f"{CARD}?depot=K01&{days}").json()
    assert (card["opening"], card["in"], card["out"], card["closing"]) == ("0.000", "120.000", "20.000", "100.000")
    assert [(line["kind"], line["in"], line["out"], line["balance"]) for line in card["lines"]] == [
        ("receipt", "120.000", None, "120.000"),
        ("issue", None, "20.000", "100.000"),
    ]
    assert (card["changed_in"], card["lines"][0]["inside"]) == ("0.000", None)
    assert card["lines"][0]["counterparty"] == "Công ty Lương thực"
    first = busy.get(f"{CARD}?depot=K01&{days}&limit=1").json()
    second = busy.get(f"{CARD}?depot=K01&{days}&limit=1&cursor={first['next']}").json()
    assert first["lines"] + second["lines"] == card["lines"]
    assert (second["next"], second["closing"]) == (None, "100.000")


def test_the_card_comes_on_paper_and_as_a_sheet(busy: Caller) -> None:
    paper = busy.get(f"{CARD}.pdf?depot=K01")
    assert paper.headers["Content-Type"] == "application/pdf"
    assert RICE in PdfReader(BytesIO(paper.content)).pages[0].extract_text()
    sheet = busy.get(f"{CARD}.xlsx?depot=K01")
    assert sheet.headers["Content-Type"].endswith("spreadsheetml.sheet")
    assert sheet.headers["Content-Disposition"].startswith(f'attachment; filename="the-kho-{RICE}-K01-')
    assert sheet.content.startswith(b"PK")


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/availability?itm=x", "/query/itm"),
        ("/availability?item=x", "/query/item"),
        ("/availability?class=x", "/query/class"),
        ("/availability?group=QN", "/query/group"),
        ("/availability?province=x", "/query/province"),
        ("/availability?text=x", "/query/text"),
        ("/availability?grade=6", "/query/grade"),
        ("/availability?min_days_left=-1", "/query/min_days_left"),
        ("/availability?as_of=2026-01-01", "/query/as_of"),
        ("/availability?as_of=2199-01-01T00:00:00Z", "/query/as_of"),
        ("/availability?recorded_as_of=2199-01-01T00:00:00Z", "/query/recorded_as_of"),
        ("/availability?cursor=x", "/query/cursor"),
        ("/availability?limit=0", "/query/limit"),
        ("/availability/nearest?lon=1&lat=1", "/query/item"),
        (f"/availability/nearest?item={RICE}&lon=nan&lat=1", "/query/lon"),
        (f"/availability/nearest?item={RICE}&lon=1&lat=91", "/query/lat"),
        (f"/availability/nearest?item={RICE}&lon=1&lat=1&quantity=-1", "/query/quantity"),
        (f"{CARD}", "/query/depot"),
        (f"{CARD}?depot=K01&from=2026-13-01", "/query/from"),
        (f"{CARD}?depot=K01&from=2026-02-01&to=2026-01-01", "/query/from"),
        (f"{CARD}?depot=K01&cursor=WyJ4IiwiMSIsIjEiXQ", "/query/cursor"),
        (f"{CARD}.pdf?depot=K01&limit=3", "/query/limit"),
        (f"{CARD}.xlsx?depot=K01&colour=red", "/query/colour"),
    ],
)
def test_wrong_questions_are_told_what_is_wrong(reader: Caller, path: str, pointer: str) -> None:
    answer = reader.get(path)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid"), answer.content
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def test_strangers_learn_nothing(busy: Caller, stranger: Caller, nobody: Caller) -> None:
    for path in ADDRESSES:
        assert nobody.get(path).status_code == 401
        answer = stranger.get(path)
        expected = (200, []) if path.startswith("/availability") else (404, None)
        assert (answer.status_code, answer.json().get("items")) == expected, path
    for depot in ("K02", "K99"):  # one exists and is not theirs, one does not exist: no telling which
        for path in (f"/availability?depot={depot}", f"{CARD}?depot={depot}", f"{CARD}.pdf?depot={depot}"):
            assert busy.get(path).status_code == 404
    assert busy.get("/items/QN-02-9999999/stock-card?depot=K01").status_code == 404

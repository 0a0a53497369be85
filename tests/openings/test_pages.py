"""The pages of files, as people use them, and who may."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.ledger.models import Movement
from inventory.openings import bringing
from inventory.openings.models import ColumnMapping, State, Upload
from logistics.accounts.models import User
from tests.notation import rows
from tests.openings.conftest import BANDAGE, MILK, House, a_csv, a_workbook, good_row

Visit = Callable[[User], Client]


def send(browser: Client, content: bytes, name: str = "tồn.xlsx", **fields: str) -> str:
    """Bring a file through the form; return the address of its page."""
    file = SimpleUploadedFile(name, content)
    given = {"purpose": "opening", "depot": "K01", "meaning": "add", "file": file} | fields
    answer = browser.post("/openings/", given)
    assert answer.status_code == 302, re.findall(r'<div class="summary".*?</div>', answer.content.decode(), re.DOTALL)
    return str(answer["Location"])


def test_from_the_file_to_the_logbook(house: House, visit: Visit) -> None:
    browser = visit(house.keeper)
    page = send(browser, a_workbook([good_row(1, "năm"), good_row(2, bin="A-09"), good_row(3)]))
    shown = browser.get(page).content.decode()
    assert "with errors" in shown
    assert "Put A-0" in shown
    assert "Write 3 rows" not in shown
    assert browser.post(page, {"do": "write"}).status_code == 422
    assert browser.post(page, {"cell-2:3": "7,5", "cell-3:6": "A-02", "do": "fix"}).status_code == 302
    shown = browser.get(page).content.decode()
    assert "Write 3 rows" in shown
    assert "put right here" in shown
    assert "2 things done with this file" in shown
    typed = f"cell-{'2' * 5000}:3=1&do=fix"
    kind = "application/x-www-form-urlencoded"
    assert browser.post(page, typed, content_type=kind).status_code == 302, "no such row"
    assert browser.post(page, {"do": "write"}, follow=True).status_code == 200
    shown = browser.get(page).content.decode()
    assert "What became of it" in shown
    assert "/depots/K01/movements/1/" in shown
    again = browser.get(send(browser, a_workbook([good_row(1)]), "khác.xlsx")).content.decode()
    assert "The same file was brought before" not in again
    first = bytes(Upload.objects.get(pk=page.split("/")[2]).content)
    same = browser.get(send(browser, first, "lần hai.xlsx")).content.decode()
    assert "The same file was brought before" in same
    assert page in same
    assert browser.get("/openings/").content.decode().count('scope="row"') == 3


def test_the_button_of_a_suggestion_puts_it(house: House, visit: Visit) -> None:
    browser = visit(house.keeper)
    page = send(browser, a_csv([good_row(1, "12,5 kg"), good_row(2, day="12/31/2030")]), "tồn.csv")
    assert browser.post(page, {"use": "2:3"}).status_code == 302
    assert browser.post(page + "?show=all", {"use": "3:5"})["Location"].endswith("?show=all")
    upload = Upload.objects.get()
    assert (upload.found["wrong"], upload.rows[0][1][3], upload.rows[1][1][5]) == (0, "12,5", "31/12/2030")


def test_the_meaning_can_be_changed_before_writing(house: House, visit: Visit) -> None:
    browser = visit(house.keeper)
    page = send(browser, a_csv([[MILK, "", "", "3"]]), "tồn.csv")
    long_ago = timezone.localdate() - timedelta(days=200)
    given = {"do": "change", "meaning": "set", "on": f"{long_ago:%d/%m/%Y}", "reason": ""}
    assert browser.post(page, given).status_code == 422, "a day long past wants a reason"
    assert browser.post(page, given | {"reason": "Kiểm kê mở sổ"}).status_code == 302
    upload = Upload.objects.get()
    assert (upload.meaning, upload.reason, timezone.localdate(upload.occurred_at)) == ("set", "Kiểm kê mở sổ", long_ago)
    browser.post(page, {"do": "write"})
    assert Movement.objects.get().kind == "stocktake"


def test_columns_of_another_program_are_chosen_once(house: House, visit: Visit) -> None:
    browser = visit(house.keeper)
    heads = ("Ma hang", "SL", "Vi tri")
    page = send(browser, a_csv([["SUA-01", "7", "A-01"]], heads), "cũ.csv")
    assert "neither those of our template" in browser.get(page).content.decode()
    columns = f"{page}columns/"
    assert "Ma hang" in browser.get(columns).content.decode()
    given = {
        "column-item": "Ma hang", "column-quantity": "SL", "column-bin": "Vi tri", "days": "dmy", "decimal": ",",
        "way": "external_code", "name": "Chương trình cũ",
    }  # fmt: skip
    refused = browser.post(columns, given | {"column-quantity": ""})
    assert refused.status_code == 422
    assert "This field is needed" in refused.content.decode()
    assert browser.post(columns, given).status_code == 302
    upload = Upload.objects.get()
    assert (upload.state, upload.found["wrong"], upload.rows[0][5]) == (State.CHECKED, 0, "7.000")
    saved = ColumnMapping.objects.get()
    assert saved.history.get().history_user == house.keeper
    send(browser, a_csv([["SUA-01", "9", "A-01"]], heads), "mới.csv")
    assert Upload.objects.latest("uploaded_at").state == State.CHECKED, "the next file is read by it unasked"


def test_who_may(house: House, visit: Visit) -> None:
    page = send(visit(house.keeper), a_csv([[MILK, "", "", "3"]]), "tồn.csv")
    key = page.split("/")[2]
    items = a_csv([["", "Muối", "QN-01", "kg"]], ("Mã vật chất", "Tên vật chất", "Nhóm", "Đơn vị tính"))
    lists = send(visit(house.catalogue_keeper), items, "vật chất.csv", purpose="catalogue", depot="")
    for row in rows("""
        who              | list | opening | errors | template | write | items | new opening
        keeper           |  200 |     200 |    200 |      200 |   302 |   404 |         302
        chief            |  200 |     200 |    200 |      403 |   403 |   404 |         403
        stranger         |  200 |     404 |    404 |      404 |   404 |   404 |         422
        catalogue_keeper |  200 |     404 |    404 |      404 |   404 |   200 |         422
    """):
        browser = visit(getattr(house, row["who"]))
        file = SimpleUploadedFile("mới.csv", a_csv([[BANDAGE, "", "", "1"]]))
        given = {"purpose": "opening", "depot": "K01", "file": file}
        answers = {
            "list": browser.get("/openings/"),
            "opening": browser.get(page),
            "errors": browser.get(f"{page}errors.xlsx"),
            "template": browser.get("/openings/template.xlsx?depot=K01"),
            "items": browser.get(lists),
            "new opening": browser.post("/openings/", given),
            "write": browser.post(page, {"do": "write"}),
        }
        for what, answer in answers.items():
            assert answer.status_code == int(row[what]), (row["who"], what)
    assert key not in visit(house.stranger).get("/openings/").content.decode()
    assert Client().get(page)["Location"].startswith("/sign-in/")
    assert Upload.objects.get(pk=key).state == State.POSTED


def test_a_list_costs_the_same_however_long(house: House, visit: Visit) -> None:
    browser = visit(house.keeper)
    counts = []
    for number in range(3):
        house.bring(a_csv([[MILK, "", "", str(number + 1)]]))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get("/openings/")
        counts.append(len(queries))
    assert counts[0] == counts[-1]
    asked = [query["sql"].partition("FROM")[0] for query in queries if "openings_upload" in query["sql"]]
    assert not any("content" in columns for columns in asked)


def test_what_hangs_can_be_begun_again(house: House, visit: Visit) -> None:
    browser = visit(house.keeper)
    page = send(browser, a_csv([[MILK, "", "", "3"]]), "tồn.csv")
    busy = {"state": State.POSTING, "stage": "Weighing and posting", "progress": 60}
    Upload.objects.update(**busy, at_work_since=timezone.now())
    answer = browser.get(page)
    assert answer["Refresh"] == "2"
    assert 'value="60"' in answer.content.decode()
    assert browser.post(page, {"do": "check"}).status_code == 409
    Upload.objects.update(at_work_since=timezone.now() - timedelta(minutes=11))
    assert "Refresh" not in browser.get(page).headers
    assert browser.post(page, {"do": "check"}).status_code == 302
    assert Upload.objects.get().state == State.CHECKED


@pytest.mark.parametrize("show", ["errors", "doubts", "right", "all", "x"])
def test_rows_are_shown_by_what_is_about_them(house: House, visit: Visit, show: str) -> None:
    browser = visit(house.keeper)
    page = send(browser, a_csv([good_row(1, "năm"), good_row(2, "1.500"), good_row(3)]), "tồn.csv")
    shown = browser.get(f"{page}?show={show}").content.decode()
    count = {"errors": 1, "doubts": 1, "right": 2, "all": 3, "x": 1}[show]
    assert len(re.findall(r'<th scope="row" class="n">', shown)) == count
    assert browser.get(f"{page}?page=99").status_code == 404


def test_a_withdrawn_file_is_only_looked_at(house: House, visit: Visit) -> None:
    browser = visit(house.keeper)
    page = send(browser, a_csv([[MILK, "", "", "3"]]), "tồn.csv")
    assert browser.post(page, {"do": "withdraw"}).status_code == 302
    for action in ("write", "check", "submit", "fix", "change", "withdraw"):
        assert browser.post(page, {"do": action, "meaning": "add"}).status_code == 409, action
    assert browser.post(page, {"do": "nonsense"}).status_code == 422
    assert bringing.same_before(house.bring(a_csv([[MILK, "", "", "3"]]))) is None

"""Long files: the worker checks and writes them, their page tells how far it is, and one reversal undoes them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from benchmarks import openings as long_file
from inventory.catalogue.models import ReservePurpose
from inventory.ledger.models import Holding, Movement, MovementLine
from inventory.ledger.verifying import verify
from inventory.openings import bringing, tasks
from inventory.openings.models import State
from inventory.vouchers.importing import movements
from logistics import tables
from tests import factories
from tests.openings.conftest import RICE, House, a_csv, a_house

ROWS = 2_000


@pytest.fixture
def own_house(committed: str) -> House:
    """The house in a database of its own, where what is written can be seen from beside."""
    made = a_house()
    with factories.telling():
        ReservePurpose.objects.filter(code="THUONG_XUYEN").update(name="Thường xuyên")
    return made


def test_the_worker_writes_a_long_file_and_tells_how_far_it_is(
    own_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = own_house.bring(long_file.workbook(long_file.rows([RICE], ROWS)))
    assert (upload.state, upload.progress) == (State.CHECKING, 0)
    job = ProcrastinateJob.objects.get(task_name="openings.work")
    assert job.args == {"upload": str(upload.pk), "login": "thukho", "language": "en"}
    tasks.work.func(**job.args)
    upload.refresh_from_db()
    assert (upload.state, upload.found["wrong"], upload.found["rows"]) == (State.CHECKED, 0, ROWS)

    seen: list[tuple[Any, ...]] = []
    post = movements.post

    def watched(*args: Any, **given: Any) -> Any:
        beside = connection.copy()
        with beside.cursor() as cursor:
            cursor.execute("SELECT state, stage, progress FROM openings_upload WHERE id = %s", [upload.pk])
            seen.extend(cursor.fetchall())
        beside.close()
        return post(*args, **given)

    monkeypatch.setattr(movements, "post", watched)
    bringing.write(upload, by=own_house.keeper, at=timezone.now())
    assert upload.state == State.POSTING
    with CaptureQueriesContext(connection) as asked:
        tasks.work.func(str(upload.pk), "thukho", "en")
    ((state, stage, progress),) = seen
    assert (state, stage) == (State.POSTING, "Weighing and posting")
    assert 0 < progress < 100
    upload.refresh_from_db()
    assert (upload.state, upload.progress, upload.movements) == (State.POSTED, 100, [1])
    assert MovementLine.objects.filter(depot=own_house.k01, position=1).count() == ROWS
    assert len(asked) < ROWS / 10, "no statement of its own for each row"
    # Asked again by a worker that was started anew, it does nothing.
    tasks.work.func(str(upload.pk), "thukho", "en")
    assert Movement.objects.count() == 1

    factories.posting(own_house.keeper, "reversal", "K01", reverses=1, reason="Nhầm kho")
    assert not Holding.objects.filter(on_hand__gt=0).exists()
    assert verify("K01").is_sound


@pytest.mark.usefixtures("db")
class TestManyLines:
    def test_a_movement_is_shown_in_pages_and_undone_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from inventory.vouchers import reversal_page, views

        monkeypatch.setattr(views, "LINES_A_PAGE", 5)
        monkeypatch.setattr(reversal_page, "MOST_TICKED", 5)
        house = a_house()
        lines = [factories.a_line(RICE, "2", lot=f"L{number}") for number in range(12)]
        factories.posting(house.keeper, "opening", "K01", *lines)
        browser = Client(headers={"accept-language": "en"})
        browser.force_login(house.keeper, backend="logistics.accounts.backends.RoleBackend")
        browser.cookies["django_language"] = "en"
        counts = [browser.get(f"/depots/K01/movements/1/?page={page}").content.count(b'scope="row"') for page in (1, 3)]
        assert counts == [5, 2]
        assert browser.get("/depots/K01/movements/1/?page=4").status_code == 404
        undoing = browser.get("/depots/K01/movements/1/reversal/")
        shown = undoing.content.decode()
        assert "has 12 lines and is undone whole; 5 of them are shown" in shown
        assert 'name="entry"' not in shown
        form = undoing.context["form"]
        given = {"voucher": str(form["voucher"].value()), "version": "0", "reason": "Nhầm kho", "action": "post"}
        assert browser.post("/depots/K01/movements/1/reversal/", given).status_code == 302
        assert not Holding.objects.filter(on_hand__gt=0).exists()


class TestWhatIsWrongWithALongFile:
    def test_as_a_whole_is_told_by_its_check(self, own_house: House) -> None:
        """The request looks at its length alone; the worker, who reads its rows, says on its page why it cannot."""
        twice = [*long_file.HEADS[:-1], long_file.HEADS[0]]
        upload = own_house.bring(a_csv([["x"] * len(twice)] * (bringing.AT_ONCE_ROWS + 1), twice), "dài.csv")
        assert upload.state == State.CHECKING
        tasks.work.func(**ProcrastinateJob.objects.get(task_name="openings.work").args)
        upload.refresh_from_db()
        assert (upload.state, upload.found["wrong"]) == (State.CHECKED, 1)
        (error,) = upload.found["general"]
        assert (error["column"], "Two columns" in error["reason"]) == (long_file.HEADS[0], True)
        browser = Client()
        browser.force_login(own_house.keeper, backend="logistics.accounts.backends.RoleBackend")
        browser.cookies["django_language"] = "en"
        page = browser.get(f"/openings/{upload.pk}/")
        assert (page.status_code, "Two columns" in page.content.decode()) == (200, True)
        assert f"/openings/{upload.pk}/columns" not in page.content.decode()
        assert browser.post(f"/openings/{upload.pk}/", {"do": "withdraw"}).status_code == 302

    def test_its_rows_are_read_by_the_worker_alone(self, own_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        read: list[str] = []
        lines = tables.lines

        def noted(*args: Any, **given: Any) -> Any:
            read.append(args[1])
            return lines(*args, **given)

        monkeypatch.setattr(tables, "lines", noted)
        upload = own_house.bring(long_file.workbook(long_file.rows([RICE], ROWS)))
        assert (upload.state, read) == (State.CHECKING, [])
        tasks.work.func(**ProcrastinateJob.objects.get(task_name="openings.work").args)
        assert read == [upload.file_name]

"""`doctor` says what is wrong and what to do, and says nothing is wrong only when nothing is."""

import io
import json
import unicodedata
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.core.management import call_command
from django.utils import timezone

from logistics import checkup, scratch, sql
from logistics.checkup import State
from logistics.exports.models import ExportRun
from tests import factories
from tests.conftest import connected_to
from tests.notation import rows


def found(check):
    return [finding for finding in checkup.examine().findings if finding.check == check]


def state_of(check):
    (finding,) = found(check)
    return finding.state


def facts_with(monkeypatch, *, seconds_off=0, **changed):
    """Let the database tell something else than it does; `seconds_off`: of the time, as it is when it is asked."""
    real = sql.records

    def told(name, params=None):
        found = real(name, params)
        if name != "logistics/server_facts":
            return found
        return [row | changed | {"now": row["now"] + timedelta(seconds=seconds_off)} for row in found]

    monkeypatch.setattr(sql, "records", told)


@pytest.mark.django_db
class TestHealthyStore:
    def test_nothing_is_wrong_and_every_subject_is_looked_at(self):
        out = io.StringIO()
        call_command("doctor", stdout=out, format="json")
        report = json.loads(out.getvalue())
        assert report["is_well"] is True
        assert {finding["check"] for finding in report["findings"]} == {
            "python", "django", "gdal", "fonts", "disk", "postgresql", "extensions", "postgis", "collation", "clock",
            "migrations", "append-only triggers", "append-only rights", "logbooks", "export", "demo log-ins",
        }  # fmt: skip

    def test_tells_the_heads_of_the_logs(self):
        by = factories.world()
        factories.a_depot("K01")
        posted = factories.posting(by, "receipt", "K01", factories.a_line(factories.an_item(), 5))
        out = io.StringIO()
        call_command("doctor", stdout=out)
        assert f"K01/1 {posted.hash.hex()}" in out.getvalue()

    def test_the_letters_it_wants_of_a_font_are_those_of_vietnamese_words(self):
        text = unicodedata.normalize(
            "NFC", "Điện thoại, rượu, nghĩa, ngoẵng, khuỷu, thuở, quỹ, ưỡn, ấy, ẵm, HUẾ, ĐẶNG, Ỹ"
        )
        marked = {letter for letter in text if ord(letter) > 127}
        assert marked <= checkup.vietnamese_letters()
        assert len(checkup.vietnamese_letters()) == 2 * (12 * 6 + 1)


@pytest.mark.django_db
class TestWhatItFinds:
    def test_exit_1_when_something_is_wrong(self, settings, tmp_path):
        settings.FONT_DIR = tmp_path
        with pytest.raises(SystemExit) as ended:
            call_command("doctor", stdout=io.StringIO())
        assert ended.value.code == 1

    def test_a_font_without_vietnamese_letters(self, settings, tmp_path, monkeypatch):
        class Latin:
            def __init__(self, file):
                self.charToGlyph = {number: number for number in range(256)}

        monkeypatch.setattr(checkup, "TTFontFile", Latin)
        finding, _ = found("fonts")
        assert finding.state is State.WRONG
        assert "ế" in finding.detail

    @pytest.mark.parametrize(("seconds_off", "state"), [(90, "wrong"), (-90, "wrong"), (4, "ok"), (-4, "ok")])
    def test_a_clock_that_is_off(self, monkeypatch, seconds_off, state):
        facts_with(monkeypatch, seconds_off=seconds_off)
        assert state_of("clock") == state

    def test_five_seconds_off_will_do_and_waiting_for_the_answer_is_no_difference(self):
        for row in rows("""
            before | there | after | state
                10 |     5 |    10 | ok
                10 |     4 |    10 | wrong
                10 |    15 |    10 | ok
                10 |    16 |    10 | wrong
                10 |    18 |    20 | ok
                10 |    26 |    20 | wrong
        """):
            moments = [
                datetime(2026, 11, 22, 3, 0, int(row[name]), tzinfo=UTC) for name in ("before", "there", "after")
            ]
            assert checkup._clock(*moments).state == row["state"], row

    def test_a_missing_extension_and_an_old_server(self, monkeypatch):
        facts_with(monkeypatch, extensions={"postgis": "3.3.2", "unaccent": "1.1"}, postgresql="14.9")
        (finding,) = found("extensions")
        assert finding.state is State.WRONG
        assert "btree_gist, pg_trgm" in finding.detail
        assert state_of("postgresql") is State.WRONG

    def test_a_collation_that_sorts_by_bytes(self, monkeypatch):
        facts_with(monkeypatch, sorted=sorted(checkup.IN_ORDER))
        assert state_of("collation") is State.WRONG

    def test_a_full_disk(self, monkeypatch):
        monkeypatch.setattr(checkup, "LEAST_FREE", 10**18)
        assert state_of("disk") is State.WRONG

    def test_exports_that_failed_or_are_old(self):
        by = factories.world()
        for state, days_ago, expected in [("accepted", 0, "ok"), ("ready", 3, "warning"), ("failed", 0, "wrong")]:
            ExportRun.objects.all().delete()
            ExportRun.objects.create(
                name=state,
                state=state,
                night_date=timezone.localdate(),
                requested_at=timezone.now() - timedelta(days=days_ago),
                requested_by=by,
                failure="Traceback\nDiskFull: no room" if state == "failed" else "",
            )
            (finding,) = found("export")
            assert finding.state == expected
        assert "DiskFull: no room" in finding.detail

    def test_demo_log_ins_left_on_a_site_in_service(self, settings):
        factories.world()
        factories.a_user("thukho", password="demo-thukho")
        settings.DEBUG = True
        assert state_of("demo log-ins") is State.OK
        settings.DEBUG = False
        assert state_of("demo log-ins") is State.WARNING


class TestTheDatabaseItself:
    def test_one_role_for_everything_is_a_warning(self, committed):
        with connected_to(committed, as_owner=True):
            assert state_of("append-only rights") is State.WARNING

    def test_a_role_that_may_change_the_log_is_wrong(self, committed):
        as_owner(committed, "GRANT UPDATE ON ledger_movement TO PUBLIC")
        (finding,) = found("append-only rights")
        assert (finding.state, finding.detail) == (State.WRONG, "this role may change ledger_movement")

    def test_a_trigger_taken_off_is_wrong(self, committed):
        as_owner(committed, "ALTER TABLE ledger_movementline DISABLE TRIGGER append_only")
        (finding,) = found("append-only triggers")
        assert finding.state is State.WRONG
        assert "ledger_movementline" in finding.detail

    def test_a_migration_that_is_not_applied_is_wrong(self, committed):
        as_owner(committed, "DELETE FROM django_migrations WHERE app = 'audit' AND name = '0003_append_only_branches'")
        (finding,) = found("migrations")
        assert finding.state is State.WRONG
        assert "audit.0003_append_only_branches" in finding.detail

    def test_a_log_that_does_not_end_in_its_head_is_wrong(self, committed):
        by = factories.world()
        factories.a_depot("K01")
        factories.posting(by, "receipt", "K01", factories.a_line(factories.an_item(), 5))
        as_owner(committed, "UPDATE ledger_depotlog SET hash = sha256('x')")
        (finding,) = found("logbooks")
        assert finding.state is State.WRONG
        assert "K01" in finding.detail

    def test_a_table_that_is_gone_is_said_and_the_rest_still_looked_at(self, committed):
        as_owner(committed, "DROP TABLE exports_exportrun CASCADE")
        assert state_of("export") is State.WRONG
        assert state_of("demo log-ins") is State.OK

    def test_a_database_that_does_not_answer_is_wrong(self, committed):
        with connected_to("no_such_database"):
            checkup_there = checkup.examine()
        assert [one.check for one in checkup_there.findings if one.state is State.WRONG] == ["database"]


def as_owner(database, statement):
    with psycopg.connect(scratch.owner_url(database), autocommit=True) as owner:
        owner.execute(statement)

"""The demo: big enough, true to the ledger's rules, invented throughout, the same for everybody, loaded once.

Loaded once for the module, as the application role, into a database of its own; the tests only read it.
"""

import io
import re
import unicodedata
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from django.contrib.auth import authenticate as authenticate_person
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, F, Sum
from django.test import Client
from django.utils import timezone

from depots import access
from depots.models import Bin, Depot, OrganisationUnit
from inventory.availability.as_of import as_of
from inventory.availability.current import current
from inventory.availability.instants import Instant
from inventory.availability.question import Question
from inventory.availability.stock_card import stock_card
from inventory.catalogue.models import Item, Lot, Packaging
from inventory.foresight.models import Outlook
from inventory.foresight.strength import days_by_strength
from inventory.fuel.tanks import history_of, levels
from inventory.ledger.models import (
    ClosingBalance,
    ConsignmentLine,
    DepotLog,
    Holding,
    Movement,
    MovementLine,
    PeriodClose,
)
from inventory.ledger.verifying import verify
from inventory.norms.models import ReserveNorm
from inventory.norms.shortfalls import shortfalls
from inventory.reports import packs
from inventory.reports.definition import Asked
from inventory.reports.known import report
from inventory.reports.models import Pack
from inventory.requisitions import asking, orders, progress
from inventory.sourcing import solving
from inventory.sourcing.models import Plan
from inventory.stocktakes import standing
from inventory.stocktakes.models import Stocktake
from inventory.vouchers import workflow
from inventory.vouchers.models import Voucher, VoucherPolicy
from logistics import history
from logistics.accounts import rights
from logistics.accounts.models import Assignment, Role, Token, User
from logistics.accounts.rights import Right
from logistics.accounts.tokens import authenticate
from logistics.demo import loading, people
from logistics.demo.calendar import month_of
from logistics.errors import Forbidden
from logistics.exports import runs
from tests import factories
from tests.longer import LONG_ONLY

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
QUICK_HASHER = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="module")
def demo(own_database):
    with pytest.MonkeyPatch.context() as patched:
        # The solver's work has a limit of its own; that of the clock would say how busy the machine is.
        patched.setattr(solving, "MOST_SECONDS", 600.0)
        return loading.load(at=NOW)


@pytest.mark.usefixtures("demo")
class TestSize:
    def test_reaches_what_is_promised(self, demo):
        assert demo.depots == Depot.objects.count() >= 12
        assert Depot.objects.values("province").distinct().count() >= 8
        assert demo.items == Item.objects.count() >= 200
        assert demo.lines == MovementLine.objects.count() >= 20_000
        assert demo.movements == Movement.objects.count() == loading.movements_there()

    def test_covers_every_branch_and_group_and_way_of_tracking(self):
        assert Item.objects.values("group__supply_class").distinct().count() == 5
        assert Item.objects.values("group").distinct().count() == 28
        assert set(Item.objects.values_list("tracking", flat=True)) == {"none", "lot", "serial"}

    def test_has_every_kind_of_movement_but_a_stocktake(self, demo):
        assert set(demo.kinds) == {
            "opening", "receipt", "issue", "transfer_out", "transfer_in", "relocation", "regrade", "repurpose",
            "adjustment", "disposal", "return", "reversal",
        }  # fmt: skip

    def test_has_tanks_that_were_dipped_in_litres_at_15_degrees_and_in_kg(self):
        (diesel,) = (one for one in levels(Depot.objects.filter(code="K04")) if one.bin == "T-04")
        assert diesel.piles == 1
        assert diesel.capacity > diesel.litres_15 > 0
        assert Decimal("0.82") < diesel.kg / diesel.litres_15 < Decimal("0.86")
        found = history_of(Bin.objects.get(depot__code="K04", code="T-04"), diesel.item, at=timezone.now())
        assert [dip.verdict for dip in found.dips] == ["within", ""]
        assert {row["kind"] for row in found.entries} == {"stocktake", "receipt", "issue"}

    def test_has_a_stocktake_that_is_finalised_and_one_that_is_counted(self):
        done, running = Stocktake.objects.order_by("status").reverse()
        assert (done.status, done.depot.code, running.status, running.depot.code) == (
            "posted",
            "K02",
            "counting",
            "K01",
        )
        assert done.outcomes.get().shortage == 1
        sheet = standing.of(running)
        assert 0 < sheet.counted < len(sheet.lines)

    def test_has_norms_that_are_met_and_norms_that_are_not(self, demo):
        planner = User.objects.get(login="kehoach")
        found = shortfalls(by=planner, at=NOW)
        assert len(found) == ReserveNorm.objects.count() >= 50
        assert {bool(one.norm.unit) for one in found} == {True, False}
        assert 10 <= sum(bool(one.short) for one in found) <= len(found) - 10

    def test_looks_ahead_in_two_depots_by_tried_models(self):
        told = Outlook.objects.select_related("forecast")
        assert set(told.values_list("depot__code", flat=True)) == {"K01", "K02"}
        assert told.filter(forecast__mase__isnull=False, forecast__test_points__gte=3).count() > 100
        assert told.filter(suggested__gt=0).exists()
        assert told.filter(will_expire__gt=0).exists()
        planner = User.objects.get(login="kehoach")
        assert {one.norm.days > 0 for one in days_by_strength(by=planner, at=timezone.now())} == {True}

    def test_spans_the_year_before_today(self):
        real = Movement.objects.filter(depot__is_exercise=False)
        moments = real.order_by("occurred_at").values_list("occurred_at", flat=True)
        assert timezone.localdate(moments.first()) - (TODAY - timedelta(days=365)) < timedelta(days=4)
        assert timedelta(0) < TODAY - timezone.localdate(moments.last()) < timedelta(days=4)
        assert {timezone.localtime(moment).weekday() for moment in moments} == set(range(5))


@pytest.mark.usefixtures("demo")
class TestLedger:
    def test_verifies(self):
        assert verify(None).is_sound

    def test_conserves_every_item(self):
        """Σ on hand + Σ in transit = Σ receipts − Σ issues ± adjustments, counted here without the verifier."""
        there = Holding.objects.values_list("item").annotate(total=Sum("on_hand"))
        on_the_road = dict(ConsignmentLine.objects.values_list("item").annotate(total=Sum("in_transit")))
        moved = dict(
            MovementLine.objects.values_list("holding__item").annotate(total=Sum(F("change") + F("transit_change")))
        )
        assert {item: total + on_the_road.get(item, 0) for item, total in there} == moved

    def test_closes_four_months_back_and_no_later(self):
        active = DepotLog.objects.filter(position__gt=0, depot__is_exercise=False)
        latest = set(PeriodClose.objects.values_list("month_date", flat=True))
        assert max(latest) == date(2026, 7, 1)
        assert PeriodClose.objects.filter(month_date=date(2026, 7, 1)).count() == active.count()
        assert {timezone.localdate(log.closed_until) for log in active} == {date(2026, 8, 1)}
        assert ClosingBalance.objects.exists()

    def test_has_late_entries_and_long_late_ones_say_why(self):
        late = Movement.objects.filter(recorded_at__gt=F("occurred_at") + timedelta(days=7))
        longest = late.filter(recorded_at__gt=F("occurred_at") + timedelta(days=31))
        assert late.count() >= 10
        assert longest.exists()
        assert not longest.filter(reason="").exists()

    def test_numbers_papers_without_a_gap(self):
        for depot in ("K01", "K09"):
            numbers = Movement.objects.filter(depot__code=depot, kind="issue").values_list("number", flat=True)
            by_year = {}
            for number in numbers:
                year, running = re.fullmatch(rf"PX-{depot}-(\d{{4}})-(\d{{5}})", number).groups()
                by_year.setdefault(year, set()).add(int(running))
            disposals = Movement.objects.filter(depot__code=depot, kind="disposal").values_list("number", flat=True)
            for number in disposals:
                by_year[number.split("-")[2]].add(int(number[-5:]))
            assert all(found == set(range(1, len(found) + 1)) for found in by_year.values())

    def test_receipts_name_order_and_price(self):
        receipts = Movement.objects.filter(kind="receipt")
        assert not receipts.filter(order_number="").exists()
        assert not receipts.filter(order_date=None).exists()
        priced = MovementLine.objects.filter(unit_price__gt=0).values("depot", "position").distinct().count()
        assert priced >= receipts.count()

    def test_each_storekeeper_enters_their_own_depot(self):
        # A stocktake is entered by whoever finalised it, and never by who counted.
        entries = Movement.objects.exclude(kind="stocktake")
        entered = dict(entries.values_list("depot__code").annotate(Count("actor", distinct=True)))
        assert set(entered.values()) == {1}
        actors = dict(entries.values_list("depot__code", "actor").distinct())
        assert actors["K01"] == "thukho"
        assert actors["K02"] == "thukho02"
        assert {actor for depot, actor in actors.items() if depot not in {"K01", "K02", "K99"}} == {"lienthong"}


@pytest.mark.usefixtures("demo")
class TestStockNow:
    def test_k01_has_plenty_in_its_default_bin(self):
        assert Bin.objects.get(depot__code="K01", is_default=True).code == "A-01"
        healthy = Holding.objects.filter(
            depot__code="K01", bin__code="A-01", grade=1, purpose="THUONG_XUYEN", on_hand__gte=20, lot__hold_reason=""
        ).exclude(lot__expires_date__lt=TODAY + timedelta(days=90))
        assert healthy.filter(item__tracking="lot").values("item").distinct().count() >= 40
        assert healthy.filter(item__tracking="none").values("item").distinct().count() >= 40

    def test_k01_has_the_item_that_every_example_names(self):
        item = Item.objects.get(code="QN-02-0001230")
        assert (item.base_unit_id, item.tracking) == ("KGM", "lot")
        assert not Lot.objects.filter(item=item, code="L25-01").exists()
        usable = Holding.objects.filter(
            item=item,
            depot__code="K01",
            bin__code="A-01",
            grade=1,
            purpose="THUONG_XUYEN",
            lot__expires_date__gte=TODAY,
        )
        assert usable.aggregate(total=Sum("on_hand"))["total"] >= 500

    def test_the_depot_for_old_deliveries_is_empty_and_old(self):
        reserved = Depot.objects.get(code="K12")
        assert not Movement.objects.filter(depot=reserved).exists()
        assert set(Depot.objects.counted().values_list("opened_date", flat=True)) == {date(2000, 1, 1)}

    def test_some_stock_is_expired_some_nearly_some_held_some_reserved_some_scrap(self):
        stocked = Holding.objects.filter(is_stocked=True)
        assert stocked.filter(lot__expires_date__lt=TODAY).count() >= 10
        assert stocked.filter(lot__expires_date__range=(TODAY, TODAY + timedelta(days=90))).count() >= 30
        assert stocked.exclude(lot__hold_reason="").count() >= 5
        assert not stocked.filter(depot__code="K01").exclude(lot__hold_reason="").exists()
        assert stocked.filter(purpose="SSCD").count() >= 50
        assert stocked.filter(grade__awaits_disposal=True).count() >= 3

    def test_some_goods_are_on_the_road_and_some_differences_are_settled_and_some_not(self):
        lines = ConsignmentLine.objects.all()
        recent = lines.filter(received=0, settled=0, in_transit__gt=0, sent_at__gt=NOW - timedelta(days=10))
        assert recent.values("depot", "position").distinct().count() >= 5
        assert lines.filter(settled__gt=0, in_transit=0).count() >= 5
        assert lines.filter(received__gt=0, in_transit__gt=0).count() >= 3

    def test_issues_took_what_expires_first(self):
        """Of two lots an issue drew on, the one named first is the one that expires first."""
        lines = MovementLine.objects.filter(depot__code="K01", change__lt=0).values_list(
            "position", "entry_no", "line_no", "expires_date"
        )
        issues = set(Movement.objects.filter(depot__code="K01", kind="issue").values_list("position", flat=True))
        split = {}
        for position, entry, _, expires in lines.order_by("position", "line_no"):
            if position in issues and expires:
                split.setdefault((position, entry), []).append(expires)
        several = [days for days in split.values() if len(days) > 1]
        assert several
        assert all(days == sorted(days) for days in several)

    def test_fuel_in_bulk_lies_in_tanks_and_bears_its_un_number(self):
        fuel = Item.objects.filter(group__supply_class="XD", group__number__in=["01", "02", "03"])
        assert set(fuel.values_list("dangerous_good", flat=True)) == {"1203", "1202", "1223", "1863"}
        kinds = Holding.objects.filter(item__in=fuel).values_list("bin__kind", flat=True).distinct()
        assert set(kinds) == {"tank"}


@pytest.mark.usefixtures("demo")
class TestWaiting:
    """Every page has something to show."""

    def test_the_depot_to_learn_in_is_open_and_thukho_works_there(self):
        depot = Depot.objects.get(code="K99")
        assert depot.is_exercise
        assert Holding.objects.filter(depot=depot, is_stocked=True).values("item").distinct().count() >= 50
        assert Holding.objects.filter(depot=depot, lot__is_exercise=False).count() == 0
        assert set(Depot.objects.exclude(code="K99").values_list("is_exercise", flat=True)) == {False}

    def test_vouchers_stand_at_every_step_before_posting(self):
        found = set(Voucher.objects.values_list("depot__code", "kind", "status"))
        assert found >= {
            ("K01", "receipt", "draft"), ("K01", "issue", "draft"), ("K01", "disposal", "submitted"),
            ("K01", "adjustment", "rejected"), ("K02", "issue", "submitted"), ("K02", "transfer_out", "approved"),
            ("K99", "receipt", "draft"), ("K99", "adjustment", "submitted"), ("K01", "issue", "submitted"),
        }  # fmt: skip
        half = Voucher.objects.get(depot__code="K01", kind="issue", status="submitted")
        assert half.awaits_second
        assert half.decided_by.login == "chihuy"
        assert Voucher.history.count() >= Voucher.objects.count()

    def test_k02_has_rules_of_its_own(self):
        own = VoucherPolicy.objects.filter(depot__isnull=False)
        assert set(own.values_list("depot__code", "kind", "needs_approval")) == {
            ("K02", "issue", True), ("K02", "transfer_out", True)
        }  # fmt: skip

    def test_one_transfer_waits_for_k01_and_one_arrived_short(self):
        road = ConsignmentLine.objects.filter(in_transit__gt=0)
        assert road.filter(depot__code="K02", to_depot__code="K01", received=0).exists()
        assert road.filter(depot__code="K01", to_depot__code="K02", received__gt=0, settled=0).exists()

    def test_the_approved_transfer_can_be_posted(self):
        voucher = Voucher.objects.get(depot__code="K02", status="approved")
        place = access.depot_for_posting(User.objects.get(login="thukho02"), "K02")
        with transaction.atomic():
            by = User.objects.get(login="thukho02")
            posted = workflow.post_approved(voucher.pk, place=place, by=by, at=NOW, source=history.Source.WEB)
            assert posted.status == "posted"
            transaction.set_rollback(True)


class TestExample:
    """The API's own example, sent to the demo as it is printed; what it writes is taken back."""

    def test_posts_and_the_next_issue_takes_what_expires_first(self, demo, monkeypatch):
        monkeypatch.setattr(timezone, "now", lambda: NOW)
        description = Client().get("/api/v1/openapi.json").json()
        operation = description["paths"]["/api/v1/depots/{depot}/movements"]["post"]
        examples = operation["requestBody"]["content"]["application/json"]["examples"]

        def posted(name):
            headers = {"Authorization": f"Bearer {demo.tokens['lienthong']}", "Idempotency-Key": name}
            body = examples[name]["value"]
            if name == "receipt":  # with what may be left out spelled as well
                (line,) = body["lines"]
                body = body | {"reason": "", "lines": [line | {"grade": 1, "purpose": "THUONG_XUYEN"}]}
            path = "/api/v1/depots/K01/movements"
            answer = Client().post(path, body, content_type="application/json", headers=headers)
            assert answer.status_code == 201, answer.content
            return answer.json()["lines"]

        with transaction.atomic():
            (line,) = posted("receipt")
            assert (line["item"], line["lot"], line["bin"]) == ("QN-02-0001230", "L25-01", "A-01")
            assert (line["change"], line["on_hand_after"], line["unit"]) == ("120.000", "120.000", "KGM")
            taken = posted("issue")
            assert sum(Decimal(line["change"]) for line in taken) == -20
            here = Holding.objects.filter(item__code=line["item"], depot__code="K01", grade=1, purpose="THUONG_XUYEN")
            good = here.filter(on_hand__gt=0, lot__expires_date__gte=TODAY)
            assert taken[0]["expires_on"] <= good.earliest("lot__expires_date").lot.expires_date.isoformat()
            assert taken[0]["lot"] != "L25-01"
            transaction.set_rollback(True)


@pytest.mark.usefixtures("demo")
class TestInvented:
    def test_depots_are_named_for_what_they_are_and_stand_on_centre_points(self):
        for depot in Depot.objects.select_related("province"):
            assert depot.name == f"{'Kho tập' if depot.is_exercise else 'Kho mẫu'} {depot.code}"
            assert depot.coordinates == depot.province.centre

    def test_every_row_would_pass_the_upkeep_pages(self):
        for row in [*Item.objects.select_related("group"), *Packaging.objects.all()]:
            row.clean_fields(exclude=["item", "unit", "group", "base_unit", "dangerous_good"])
            row.clean()
        assert Item.objects.filter(gtin__startswith="893").count() >= 50
        for unit in OrganisationUnit.objects.all():
            assert re.fullmatch(r"[A-Y][0-9]{2}(\.[0-9A-Z]+)*", unit.code)
            assert unit.parent is None or unit.code.startswith(f"{unit.parent.code}.")

    def test_text_is_composed_vietnamese(self):
        said = [
            *Item.objects.values_list("name", flat=True),
            *Movement.objects.values_list("counterparty", flat=True).distinct(),
            *Movement.objects.values_list("reason", flat=True).distinct(),
            *OrganisationUnit.objects.values_list("name", flat=True),
        ]
        assert all(unicodedata.is_normalized("NFC", text) and text == text.strip() for text in said)

    def test_everything_has_its_history(self):
        for model in (Item, Packaging, Depot, Bin, OrganisationUnit, User, Assignment, Token, Lot):
            keys = set(model.objects.values_list("pk", flat=True))
            assert set(model.history.values_list("id", flat=True)) >= keys
        reasons = set(Depot.history.values_list("history_change_reason", "source"))
        assert reasons == {("Nạp dữ liệu mẫu", "command"), ("Exercise depot like K01", "command")}


@pytest.mark.usefixtures("demo")
class TestPeople:
    def test_are_those_promised(self):
        told = dict(Assignment.objects.values_list("user__login", "role"))
        assert told == {
            "thukho": Role.STOREKEEPER,
            "thukho02": Role.STOREKEEPER,
            "chihuy": Role.APPROVER,
            "chihuy02": Role.APPROVER,
            "lienthong": Role.STOREKEEPER,
            "khodulieu": Role.EXPORT_CLIENT,
            "kehoach": Role.PLANNER,
            "kiemtoan": Role.AUDITOR,
            "danhmuc": Role.CATALOGUE_KEEPER,
            "quantri": Role.ADMINISTRATOR,
        }
        assert not User.objects.filter(is_superuser=True).exists()

    @pytest.mark.parametrize(
        ("login", "posts", "reads"),
        [
            ("thukho", ["K01", "K99"], ["K01", "K99"]),
            ("thukho02", ["K02"], ["K02"]),
            ("chihuy", [], "all"),
            ("lienthong", "all", "all"),
            ("khodulieu", [], []),
            ("kehoach", [], "all"),
            ("kiemtoan", [], "all"),
            ("danhmuc", [], []),
            ("quantri", [], []),
        ],
    )
    def test_reach_the_depots_of_their_role(self, login, posts, reads):
        user = User.objects.get(login=login)
        everything = set(Depot.objects.values_list("pk", flat=True))
        for right, expected in ((Right.POST, posts), (Right.READ, reads)):
            wanted = (
                everything
                if expected == "all"
                else set(Depot.objects.filter(code__in=expected).values_list("pk", flat=True))
            )
            assert set(access.scope(user, right)) == wanted

    def test_the_approver_approves_and_does_not_post(self):
        approver = User.objects.get(login="chihuy")
        assert rights.has(approver, Right.APPROVE)
        with pytest.raises(Forbidden):
            access.depot_for_posting(approver, "K01")

    def test_tokens_are_good_for_their_owner_and_kept_nowhere(self, demo):
        assert set(demo.tokens) == people.LOGINS
        for login, secret in demo.tokens.items():
            assert authenticate(secret, at=NOW + timedelta(days=1)).login == login
            assert not Token.objects.filter(digest=secret).exists()


class TestLoadingAgain:
    def test_does_nothing_and_says_so(self, demo):
        before = (Movement.objects.count(), Item.history.count(), User.history.count(), Token.objects.count())
        assert loading.load(at=NOW + timedelta(days=1)) is None
        out = io.StringIO()
        call_command("load_demo", stdout=out)
        assert "already loaded" in out.getvalue()
        assert "kho_" not in out.getvalue()
        assert (Movement.objects.count(), Item.history.count(), User.history.count(), Token.objects.count()) == before


def test_months_are_counted_over_the_turn_of_the_year():
    assert month_of(date(2026, 1, 31), back=1) == date(2025, 12, 1)
    assert month_of(date(2026, 12, 31), back=-1) == date(2027, 1, 1)
    assert month_of(date(2026, 3, 9), back=4) == date(2025, 11, 1)


@pytest.fixture
def quick(settings):
    """Load a short demo: what is tested is not its size."""
    settings.PASSWORD_HASHERS = QUICK_HASHER

    def load(**options):
        return loading.load(at=options.pop("at", NOW), days=options.pop("days", 40), **options)

    return load


@pytest.mark.django_db
class TestShortDemo:
    @LONG_ONLY
    def test_the_same_day_gives_the_same_logs_hash_for_hash(self, quick):
        from django.db import transaction

        heads = []
        for _ in range(2):
            with transaction.atomic():
                quick()
                heads.append(dict(DepotLog.objects.values_list("depot__code", "hash")))
                transaction.set_rollback(True)
        assert heads[0]
        assert {depot: bytes(head) for depot, head in heads[0].items()} == {
            depot: bytes(head) for depot, head in heads[1].items()
        }

    @LONG_ONLY
    def test_scale_multiplies_depots_and_movements(self, quick):
        loaded = quick(scale=2, days=20)
        assert loaded.depots == 33
        assert DepotLog.objects.filter(position__gt=0).count() == 32
        assert verify(None).is_sound

    @LONG_ONLY
    @pytest.mark.parametrize("today", ["2027-01-04", "2028-02-29", "2026-05-02"])
    def test_loads_on_awkward_days(self, quick, today):
        at = datetime.fromisoformat(f"{today}T00:30:00+07:00")
        assert quick(at=at, days=25).lines > 2_000
        assert Movement.objects.filter(occurred_at__gte=at).count() == 0
        assert Holding.objects.filter(
            item__code="QN-02-0001230", depot__code="K01", bin__code="A-01", grade=1, on_hand__gte=100
        ).exists()
        assert verify(None).is_sound

    def test_the_command_prints_each_token_once(self, quick, monkeypatch):
        real = loading.load
        monkeypatch.setattr(loading, "load", lambda **given: real(**given, days=10))
        out, err = io.StringIO(), io.StringIO()
        call_command("load_demo", stdout=out, stderr=err)
        for person in people.PEOPLE:
            (line,) = [line for line in out.getvalue().splitlines() if line.split()[:1] == [person.login]]
            assert authenticate(line.split()[-1], at=timezone.now()).login == person.login
        assert "DEBUG is off" in err.getvalue()

    def test_refuses_a_store_that_holds_anything_else(self, quick):
        factories.world()
        factories.a_depot("K77")
        with pytest.raises(CommandError, match="depots that are not the demo's") as refused:
            call_command("load_demo")
        assert refused.value.returncode == 5
        assert not User.objects.filter(login="thukho").exists()

    def test_a_failure_on_the_way_leaves_nothing(self, quick, monkeypatch):
        def fails(*_args, **_given):
            raise RuntimeError

        monkeypatch.setattr(loading, "_hold_some_lots", fails)
        with pytest.raises(RuntimeError):
            quick(days=10)
        assert not Depot.objects.exists()

    @pytest.mark.parametrize("scale", ["0", "-1", "x", "1000"])
    def test_refuses_a_scale_that_makes_no_sense(self, scale):
        with pytest.raises(CommandError):
            call_command("load_demo", f"--scale={scale}")


@pytest.mark.django_db
class TestDemoPasswords:
    def test_a_demo_log_in_opens_and_gets_its_full_strength_then(self, settings, rf):
        settings.DEBUG = True
        factories.world()
        with factories.telling():
            factories.a_depot("K02")
            factories.a_depot("K01")
            made = people.make()
        before = made["kehoach"].password
        user = authenticate_person(rf.post("/"), username="kehoach", password="demo-kehoach")
        assert user == made["kehoach"]
        assert User.objects.get(login="kehoach").password != before
        assert not authenticate_person(rf.post("/"), username="kehoach", password="demo-thukho")

    @pytest.fixture
    def signs_in(self, settings, rf):
        settings.PASSWORD_HASHERS = QUICK_HASHER
        factories.world()
        factories.a_user("kehoach", password="demo-kehoach", role="planner")
        factories.a_user("rieng", password="mat khau rieng", role="planner")
        return lambda login, password: authenticate_person(rf.post("/"), username=login, password=password)

    def test_open_the_door_with_debug_on_only(self, signs_in, settings):
        settings.DEBUG = True
        assert signs_in("kehoach", "demo-kehoach")
        settings.DEBUG = False
        assert not signs_in("kehoach", "demo-kehoach")

    def test_other_passwords_do_not_depend_on_debug(self, signs_in, settings):
        for debug in (True, False):
            settings.DEBUG = debug
            assert signs_in("rieng", "mat khau rieng")
            assert not signs_in("rieng", "demo-kehoach")

    def test_a_program_never_signs_in_on_a_page(self, signs_in, settings):
        settings.DEBUG = True
        factories.a_user("lienthong", password="demo-lienthong", is_program=True)
        assert not signs_in("lienthong", "demo-lienthong")


@pytest.mark.usefixtures("demo")
def test_has_a_requisition_to_decide_on_and_an_order_to_carry_out():
    waiting = asking.waiting_for(User.objects.get(login="chihuy")).get()
    assert (waiting.to_depot.code, waiting.status) == ("K02", "submitted")
    order = orders.waiting_in(Depot.objects.filter(code="K01")).get()
    served = asking.requisition_of(User.objects.get(login="thukho02"), order.basis.removeprefix(orders.REQUISITION))
    assert served.status == "part_promised"
    first = progress.lines_of(served)[0]
    assert first.promised > 0
    assert first.open > 0
    assert first.short > 0
    assert first.cut_reason


@pytest.mark.usefixtures("demo")
def test_has_one_list_solved_two_ways():
    nearest, best = Plan.objects.order_by(F("copy_of").asc(nulls_first=True))
    assert (best.copy_of, nearest.strategy, best.strategy) == (nearest, "nearest-complete", "least-effort")
    assert best.state == "optimal"
    assert len({row.need for row in nearest.sources}) >= 3
    assert {row.depot for row in nearest.sources} != {"K01"}
    assert sum(row.quantity for row in best.sources) >= sum(row.quantity for row in nearest.sources)
    assert not best.orders


@pytest.mark.usefixtures("demo")
class TestOneTotal:
    """Stock card total = holdings = as of now = report closing = export total, for every item and depot."""

    def test_is_the_same_wherever_it_is_asked(self, demo, settings, tmp_path):
        settings.EXPORT_DIR, settings.KEY_DIR = tmp_path / "exports", tmp_path / "keys"
        at, auditor = timezone.now(), User.objects.get(login="kiemtoan")
        today = timezone.localdate(at)
        first = timezone.localdate(Movement.objects.earliest("occurred_at").occurred_at)
        asked = {"by": auditor, "at": at, "limit": 100_000}

        holdings = {
            (row["item__code"], row["depot__code"]): row["total"]
            for row in Holding.objects.filter(depot__is_exercise=False)
            .values("item__code", "depot__code")
            .annotate(total=Sum("on_hand"))
        }
        assert len(holdings) > 1_000
        there = {key: total for key, total in holdings.items() if total}
        assert {(row.item, row.depot): row.on_hand for row in current(Question(), **asked).rows if row.on_hand} == there
        then = as_of(Question(), occurred=at, **asked).rows
        assert {(row.item, row.depot): row.on_hand for row in then if row.on_hand} == there

        turnover = report("turnover")
        for since in (first, (today - timedelta(days=100)).replace(day=1), today - timedelta(days=45)):
            asks = turnover.asks.of(f"by=depot&from={since}&to={today}", by=auditor, today=today)
            assert not asks.errors
            found = turnover.run(Asked(by=auditor, at=at, instant=Instant(), values=asks.values()))
            closing = {
                (found.value(row, "item"), found.value(row, "depot")): found.value(row, "closing") for row in found.rows
            }
            assert {key: total for key, total in closing.items() if total} == there
        assert closing.keys() >= there.keys()

        for (item, depot), total in holdings.items():
            card = stock_card(item, depot, by=auditor, at=at, from_date=today - timedelta(days=45), limit=1)
            assert card.closing == total, (item, depot)

        folder = runs.nightly(by=auditor, at=at, anew=True, full=True).parent
        exported = defaultdict(Decimal)
        labelled = set(Item.objects.filter(classification__gt=0).values_list("code", flat=True))
        for file in folder.rglob("holdings*.parquet"):
            for row in pq.read_table(file).to_pylist():
                exported[row["item"], row["depot"]] += row["on_hand"]
        assert {key: total for key, total in exported.items() if total} == {
            key: total for key, total in there.items() if key[0] not in labelled
        }

    def test_and_a_pack_of_it_lies_on_the_table(self, demo):
        pack = Pack.objects.get()
        assert pack.is_closed
        shown = packs.parts(pack, by=User.objects.get(login="kiemtoan"), at=timezone.now())
        assert [part.result.slug for part in shown] == ["turnover", "turnover", "reserve", "expiring", "lateness"]
        assert all(part.result.count for part in shown)
        assert shown[1].result.chart.lines

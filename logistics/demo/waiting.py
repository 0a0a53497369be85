"""What lies on the demo's desks in the morning: drafts, papers that wait for a decision, goods on the road, a depot to
learn in. So every page has something to show, and nobody has to make it up first.

Everything here follows from what the year left on the shelves; nothing is drawn at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from depots.access import DepotAccess
from depots.models import Depot
from inventory.ledger.drafts import Draft, DraftLine
from inventory.ledger.entries import Posted
from inventory.ledger.exercising import open_exercise
from inventory.ledger.models import Holding, Kind
from inventory.ledger.posting import post
from inventory.vouchers import workflow
from inventory.vouchers.content import Content
from inventory.vouchers.models import Voucher, VoucherPolicy
from logistics import history
from logistics.accounts.models import User
from logistics.demo.calendar import evening, working_day
from logistics.demo.desk import RESERVE, Desk
from logistics.demo.shelves import REGULAR, Shelves
from logistics.demo.tables import EXERCISE_CODE, Goods

PARCEL: Final = Decimal(20)  # base units of each item on a paper
MISSING: Final = Decimal(2)
STRICT_KINDS: Final = (Kind.ISSUE, Kind.TRANSFER_OUT)  # need approval in K02
OFFICE: Final = history.Source.WEB


class Waiting:
    """Lays out what waits on the evening of the last working day before `today`."""

    def __init__(self, desks: dict[str, Desk], shelves: Shelves, users: dict[str, User], *, today: date) -> None:
        self.posted: list[Posted] = []
        self._desks = desks
        self._shelves = shelves
        self._users = users
        self._today = today
        self._day = working_day(today - timedelta(days=1))
        self._noted_at = evening(self._day) + timedelta(minutes=15)
        self._papers = 0

    def lay_out(self) -> None:
        """Post the transfers, open the exercise depot, write the vouchers."""
        self._transfers()
        self._exercise()
        self._strict_depot()
        self._own_depot()
        self._reserve()
        self._lesson()

    # --- goods on the road --------------------------------------------------------------------------------------

    def _transfers(self) -> None:
        """Send something to K01 that is not there yet, and something from K01 that arrives short."""
        before = working_day(self._day - timedelta(days=1))
        sent = self._send("K01", "K02", before)
        self._send("K02", "K01", self._day)
        if sent is None:
            return
        lines = [
            DraftLine(
                item=line.item,
                lot=line.lot,
                quantity=-line.change - (MISSING if line.line_no == 1 else 0),
                scheduled_quantity=-line.change,
                reason="Bao rách dọc đường, có biên bản" if line.line_no == 1 else "",
            )
            for line in sent.lines
        ]
        self._post("thukho02", Kind.TRANSFER_IN, "K02", self._day, lines, consignment=sent.name)

    def _send(self, source: str, to: str, day: date) -> Posted | None:
        lines = [DraftLine(item=item.code, quantity=PARCEL) for item in self._plenty(source, since=day, also=to)[:3]]
        if not lines:
            return None
        login = {"K01": "thukho", "K02": "thukho02"}[source]
        return self._post(
            login, Kind.TRANSFER_OUT, source, day, lines, to_depot=to, order_number="88/LĐĐ", order_date=day,
            reason="Điều chuyển theo lệnh",
        )  # fmt: skip

    def _post(self, login: str, kind: Kind, depot: str, day: date, lines: Sequence[DraftLine], **fields: Any) -> Posted:
        self._papers += 1
        draft = Draft(
            depot=depot,
            kind=kind,
            occurred_at=evening(day),
            key=f"demo-{depot}-waiting-{self._papers}",
            lines=tuple(lines),
            **fields,
        )
        (posted,) = post([draft], by=self._users[login], at=self._noted_at)
        self.posted.append(posted)
        self._shelves.read([posted])
        return posted

    def _plenty(self, depot: str, *, since: date, also: str = "") -> list[Goods]:
        """Return the items of which a depot has plenty and that have not moved since a day, in the order of codes."""
        return [
            item
            for item in self._desks[depot].items
            if not item.is_serial
            and item.tank is None
            and (not also or item.code in self._desks[also].norms)
            and (moved := self._shelves.last_moved(depot, item.code)) is not None
            and moved < since
            and self._shelves.usable(depot, item.code, self._today) >= 5 * PARCEL
        ]

    # --- desks --------------------------------------------------------------------------------------------------

    def _strict_depot(self) -> None:
        """Give K02 its rule of approval, two issues that wait for it and a transfer that has it."""
        commands = User.objects.for_commands()
        with history.changing(by=commands, reason="Nạp dữ liệu mẫu", source=history.Source.COMMAND):
            for kind in STRICT_KINDS:
                VoucherPolicy.objects.create(
                    depot=Depot.objects.get(code="K02"), kind=kind, needs_approval=True, posts_on_approval=False
                )
        plenty = self._plenty("K02", since=self._day)
        for receiver, chosen in (("Tiểu đoàn mẫu 1", plenty[3:6]), ("Đại đội mẫu 4", plenty[6:7])):
            self._voucher(
                "thukho02", "K02", Kind.ISSUE, chosen, counterparty=receiver, order_number="112/LXK",
                reason="Cấp phát thường xuyên",
            )  # fmt: skip
        transfer = self._voucher(
            "thukho02", "K02", Kind.TRANSFER_OUT, plenty[7:9], to_depot="K01", order_number="90/LĐĐ",
            reason="Điều chuyển theo lệnh",
        )  # fmt: skip
        if transfer is not None:
            workflow.approve(
                transfer.pk, place=_place("K02"), version=None, by=self._users["chihuy"], at=self._noted_at,
                source=OFFICE,
            )  # fmt: skip

    def _own_depot(self) -> None:
        """Leave two drafts on K01's desk, a disposal that waits and an adjustment that came back."""
        plenty = self._plenty("K01", since=self._day)
        self._draft(
            "thukho", "K01", Kind.RECEIPT, [{"item": item.code} for item in plenty[3:6]],
            counterparty="Công ty Lương thực mẫu", order_number="47/HĐ",
        )  # fmt: skip
        self._draft(
            "thukho", "K01", Kind.ISSUE, [{"item": item.code, "quantity": "5"} for item in plenty[6:10]],
            counterparty="Tiểu đoàn mẫu 2", reason="Cấp phát thường xuyên",
        )  # fmt: skip
        old = [
            {"item": item.code, "lot": pile.lot, "bin": pile.bin, "quantity": f"{quantity:f}"}
            | {"grade": pile.grade, "purpose": pile.purpose}
            for item in self._desks["K01"].items
            for pile, quantity in self._shelves.piles("K01", item.code)
            if self._shelves.is_expired(item.code, pile, self._today)
        ]
        if old:
            self._send_in("thukho", "K01", Kind.DISPOSAL, old[:4], reason="Hết hạn dùng, đề nghị tiêu hủy")
        lines = [
            {"item": item.code, "lot": pile.lot, "bin": pile.bin, "quantity": "-1"}
            for item in plenty[10:11]
            for pile, _ in self._shelves.piles("K01", item.code)[:1]
            if pile.grade == 1 and pile.purpose == REGULAR
        ]
        if lines:
            sent = self._send_in("thukho", "K01", Kind.ADJUSTMENT, lines, reason="Hao hụt")
            workflow.reject(
                sent.pk, place=_place("K01"), reason="Ghi rõ số biên bản kiểm kê rồi trình lại.", version=None,
                by=self._users["chihuy"], at=self._noted_at, source=OFFICE,
            )  # fmt: skip

    def _reserve(self) -> None:
        """Leave an issue from K01's combat reserve that one of two has approved."""
        for item in self._desks["K01"].items:
            usable = [
                quantity
                for pile, quantity in self._shelves.piles("K01", item.code)
                if pile.purpose == RESERVE and pile.grade == 1
                and not self._shelves.is_expired(item.code, pile, self._today)
            ]  # fmt: skip
            moved = self._shelves.last_moved("K01", item.code)
            if item.is_serial or sum(usable) < PARCEL or moved is None or moved >= self._day:
                continue
            sent = self._send_in(
                "thukho", "K01", Kind.ISSUE, [{"item": item.code, "quantity": "10", "purpose": RESERVE}],
                counterparty="Trung đoàn mẫu 1", order_number="05/LXK-SSCĐ", reason="Xuất theo lệnh SSCĐ (mẫu)",
            )  # fmt: skip
            workflow.approve(
                sent.pk, place=_place("K01"), version=None, by=self._users["chihuy"], at=self._noted_at, source=OFFICE
            )
            return

    # --- the depot to learn in ----------------------------------------------------------------------------------

    def _exercise(self) -> None:
        open_exercise(
            EXERCISE_CODE,
            like="K01",
            storekeepers=[self._users["thukho"]],
            by=User.objects.for_commands(),
            at=self._noted_at,
        )

    def _lesson(self) -> None:
        """Leave a draft and a paper that waits on the exercise depot's desk."""
        piles = Holding.objects.filter(
            depot__code=EXERCISE_CODE, is_stocked=True, item__tracking="none", purpose=REGULAR
        ).order_by("item__code", "bin__code")
        lines = [
            {"item": item, "bin": place, "quantity": "5"}
            for item, place in piles.values_list("item__code", "bin__code")[:3]
        ]
        self._draft("thukho", EXERCISE_CODE, Kind.RECEIPT, lines, counterparty="Nơi giao để tập")
        if lines:
            asked = [line | {"quantity": "-1"} for line in lines[:1]]
            self._send_in("thukho", EXERCISE_CODE, Kind.ADJUSTMENT, asked, reason="Tập điều chỉnh")

    # --- vouchers -----------------------------------------------------------------------------------------------

    def _voucher(self, login: str, depot: str, kind: Kind, items: Sequence[Goods], **header: Any) -> Voucher | None:
        if not items:
            return None
        return self._send_in(login, depot, kind, [{"item": one.code, "quantity": "10"} for one in items], **header)

    def _send_in(self, login: str, depot: str, kind: Kind, lines: Sequence[dict[str, Any]], **header: Any) -> Voucher:
        voucher, _ = workflow.send(
            self._id(depot), self._content(kind, lines, header), place=_place(depot), version=0,
            by=self._users[login], at=self._noted_at, source=OFFICE,
        )  # fmt: skip
        return voucher

    def _draft(self, login: str, depot: str, kind: Kind, lines: Sequence[dict[str, Any]], **header: Any) -> None:
        workflow.save(
            self._id(depot), self._content(kind, lines, header), place=_place(depot), version=0,
            by=self._users[login], at=self._noted_at, source=OFFICE,
        )  # fmt: skip

    def _content(self, kind: Kind, lines: Sequence[dict[str, Any]], header: dict[str, Any]) -> Content:
        numbered = [{"id": f"l{number}", **_filled(line)} for number, line in enumerate(lines, start=1)]
        return Content(kind=kind, occurred_at=evening(self._day), lines=numbered, **header)

    def _id(self, depot: str) -> Any:
        self._papers += 1
        return uuid5(NAMESPACE_URL, f"kho-mau/{depot}/{self._papers}")


def _place(code: str) -> DepotAccess:
    return DepotAccess(Depot.objects.values_list("pk", flat=True).get(code=code), code, None)


def _filled(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if value}

"""The same page sent several times at once, as a double click does: one voucher, and every answer shows it."""

from __future__ import annotations

from typing import Any

from django.test import Client

from inventory.ledger.models import Movement
from inventory.ledger.verifying import verify
from inventory.vouchers.models import Voucher
from tests import factories
from tests.factories import in_threads
from tests.vouchers.conftest import a_desk, set_policy, user


def browser(login: str) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user(login), backend="logistics.accounts.backends.RoleBackend")
    return client


def sent_at_once(login: str, address: str, **typed: str) -> set[str]:
    """Draw a page once, send it from six connections at once, and return where the answers lead."""
    first = browser(login)
    form = first.get(address).context["form"]
    given: dict[str, Any] = {name: form[name].value() for name in form.fields}
    given = {name: "" if value is None else value for name, value in given.items()} | typed
    browsers = [browser(login) for _ in range(6)]
    answers = in_threads(6, lambda index: browsers[index].post(address, given))
    failed = [one for one in answers if isinstance(one, Exception) or one.status_code != 302]
    assert not failed, [getattr(one, "content", one) for one in failed]
    return {one["Location"] for one in answers if not isinstance(one, Exception)}


def test_a_reversal_is_posted_once(committed: str) -> None:
    desk = a_desk()
    line = factories.a_line(desk.rice, 5, lot="L24")
    position = factories.posting(user("thukho"), "receipt", "K01", line, days_ago=1).position
    address = f"/depots/K01/movements/{position}/reversal/"
    (where,) = sent_at_once("thukho", address, action="post", reason="nhầm", entry="1")
    assert where == f"/depots/K01/movements/{Movement.objects.get(reverses=position).position}/"
    assert factories.on_hand(desk.depot, desk.rice, lot__code="L24") == 40


def test_a_settlement_is_asked_for_once(committed: str) -> None:
    desk = a_desk()
    set_policy("adjustment", needs=False)
    by = user("nguoi-ghi")
    line = factories.a_line(desk.rice, 10, lot="L25")
    gone = factories.posting(by, "transfer_out", "K01", line, to_depot="K02", days_ago=1)
    less = factories.a_line(desk.rice, 8, lot="L25", reason="thiếu")
    factories.posting(by, "transfer_in", "K02", less, consignment=gone.name)
    (where,) = sent_at_once("thukho", f"/depots/K01/road/{gone.position}/", reason="Biên bản 3")
    assert where == f"/depots/K01/vouchers/{Voucher.objects.get().pk}/"
    assert Movement.objects.filter(kind="adjustment").count() == 1
    assert verify().is_sound

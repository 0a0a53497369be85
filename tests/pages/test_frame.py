"""The frame in a real browser: keys, errors, help, and signing in again without losing what was typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import CHROMIUM
from tests.pages.browsing import Watched, serious, sign_in
from tests.pages.store import PASSWORD, Store

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Debian's chromium is not installed")

# Runs in the page, as a module of ours would.
SIGN_IN_AGAIN = """
async () => { const { signInAgain } = await import("/static/logistics/session.js"); return signInAgain(); }
"""


def press(page: Page, *, key: str, **more: object) -> bool:
    """Press a key as the page sees it; return whether the page took it."""
    event = json.dumps({"key": key, "bubbles": True, "cancelable": True, **more})
    script = f"!document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {event}))"
    return bool(page.evaluate(script))


def test_keys_work_where_nobody_is_typing_and_the_map_lists_them(served: tuple[str, Store], browser: Browser) -> None:
    address, _store = served
    watched = Watched(address, browser.new_context(locale="vi-VN", service_workers="block"))
    page = watched.page()
    sign_in(page, address, "thukho")

    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Phím tắt")
    expect(keys).to_be_visible()
    assert keys.locator("dt").all_inner_texts()[:4] == ["/", "Alt + N", "F8", "?"]
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)
    page.click("button:has-text('Phím tắt')")
    expect(keys).to_be_visible()
    page.keyboard.press("Enter")
    expect(keys).to_have_count(0)

    # A letter that Telex is still composing belongs to the input method, whatever key it is made with.
    assert not press(page, key="?", isComposing=True)
    assert not press(page, key="/", keyCode=229)
    assert press(page, key="/")
    box = page.locator("input[type=search]")
    expect(box).to_be_focused()
    page.keyboard.type("a/b?")
    assert box.input_value() == "a/b?"
    expect(keys).to_have_count(0)

    page.keyboard.press("Alt+n")
    page.wait_for_url("**/depots/K01/desk/#new")
    expect(page.locator("#new:focus-within")).to_have_count(1)
    watched.check()


def test_what_is_wrong_is_told_first_and_beside_its_box(served: tuple[str, Store], browser: Browser) -> None:
    address, _store = served
    watched = Watched(address, browser.new_context(locale="vi-VN", service_workers="block"))
    page = watched.page()
    sign_in(page, address, "thukho")
    page.goto(address + "/password/")
    page.fill("input[name=old_password]", "không phải")
    page.click("form.card button")
    expect(page.locator(".summary")).to_be_focused()
    assert page.title().startswith("Lỗi: ")
    for link in page.locator(".summary a").all():
        box = page.locator(link.get_attribute("href") or "")
        assert box.get_attribute("aria-invalid") == "true"
        described = page.locator(f"[id='{box.get_attribute('aria-describedby').split()[-1]}']")  # type: ignore[union-attr]
        assert described.inner_text().removeprefix("✕ ").strip() in link.inner_text()
    assert page.locator(".summary a").count() == 3
    watched.check()


def test_the_modules_mark_boxes_and_take_the_marks_away(served: tuple[str, Store], browser: Browser) -> None:
    address, _store = served
    context = browser.new_context(locale="vi-VN", service_workers="block", permissions=["clipboard-write"])
    watched = Watched(address, context)
    page = watched.page()
    sign_in(page, address, "thukho")
    title = page.title()
    page.evaluate("""async () => {
        const { showSummary } = await import("/static/logistics/problems.js");
        const box = document.querySelector("input[type=search]");
        showSummary([{ box, detail: "<b>Dòng 12</b>: xuất 50 nhưng còn 38." }, { detail: "Kỳ đã khóa." }],
                    { type: "/problems/period-closed", requestId: "abc-1" });
    }""")
    summary = page.locator("#problems-summary")
    expect(summary).to_be_focused()
    assert page.title() == f"Lỗi: {title}"
    assert summary.locator("h2").inner_text() == "2 chỗ cần xem lại"
    assert "<b>Dòng 12</b>" in summary.inner_text()
    page.click("#problems-summary a >> nth=0")
    box = page.locator("input[type=search]")
    expect(box).to_be_focused()
    assert box.get_attribute("aria-invalid") == "true"
    assert page.locator(".fault").inner_text().endswith("<b>Dòng 12</b>: xuất 50 nhưng còn 38.")
    page.click("#problems-summary button")
    expect(page.locator("#status")).to_contain_text("period-closed abc-1")
    page.evaluate("""async () => (await import("/static/logistics/problems.js")).clearSummary()""")
    assert page.title() == title
    assert box.get_attribute("aria-invalid") is None
    assert page.locator(".fault, #problems-summary").count() == 0
    watched.check()


def test_signing_in_again_keeps_the_page(served: tuple[str, Store], browser: Browser) -> None:
    address, _store = served
    watched = Watched(address, browser.new_context(locale="vi-VN", service_workers="block"))
    page = watched.page()
    sign_in(page, address, "thukho")
    page.fill("input[type=search]", "gõ dở")
    watched.context.clear_cookies(name="sessionid")
    waiting = page.evaluate_handle(f"() => ({{ answer: ({SIGN_IN_AGAIN})() }})")
    dialog = page.get_by_role("dialog", name="Đăng nhập lại")
    expect(dialog).to_contain_text("thukho")
    expect(page.locator("#again-password")).to_be_focused()
    page.keyboard.type("sai")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("không khớp")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    assert waiting.evaluate("({ answer }) => answer") is True
    assert page.input_value("input[type=search]") == "gõ dở"
    tokens = page.eval_on_selector_all("input[name=csrfmiddlewaretoken]", "all => all.map(one => one.value)")
    cookie = next(one["value"] for one in watched.context.cookies() if one["name"] == "csrftoken")
    assert set(tokens) == {cookie}

    watched.context.clear_cookies(name="sessionid")
    waiting = page.evaluate_handle(f"() => ({{ answer: ({SIGN_IN_AGAIN})() }})")
    dialog.get_by_role("button", name="Để sau").click()
    assert waiting.evaluate("({ answer }) => answer") is False
    watched.check()


def test_the_end_is_told_before_it_comes(served: tuple[str, Store], browser: Browser) -> None:
    address, _store = served
    watched = Watched(address, browser.new_context(locale="vi-VN", service_workers="block"))
    page = watched.page()
    page.clock.install()
    sign_in(page, address, "thukho")
    # The server's session ends when this browser believes it does.
    page.route("**/session/", lambda route: route.abort())
    page.clock.fast_forward("11:55:00")
    warning = page.locator("#session-warning")
    expect(warning).to_contain_text("Phiên đăng nhập kéo dài tới")
    page.unroute("**/session/")
    warning.get_by_role("button").click()
    expect(warning).to_have_count(0)
    assert page.locator("dialog").count() == 0
    assert not watched.outside


def test_nobody_goes_on_in_anothers_name(served: tuple[str, Store], browser: Browser) -> None:
    address, _store = served
    watched = Watched(address, browser.new_context(locale="vi-VN", service_workers="block"))
    mine, other = watched.page(), watched.page()
    sign_in(mine, address, "thukho")
    other.goto(address + "/")
    other.click("button:has-text('Đăng xuất')")
    other.wait_for_url("**/sign-in/**")  # going elsewhere now would take the signing out back
    sign_in(other, address, "kehoach")
    # The tab of the first person is told at once, and is not theirs any more once it goes on.
    dialog = mine.get_by_role("dialog", name="Người khác đã đăng nhập")
    expect(dialog).to_contain_text("kehoach")
    dialog.get_by_role("button", name="Tải lại trang cho kehoach").click()
    expect(mine.locator("html")).to_have_attribute("data-login", "kehoach")
    watched.check()


def test_the_list_narrows_while_typing_and_the_address_follows(served: tuple[str, Store], browser: Browser) -> None:
    address, store = served
    watched = Watched(address, browser.new_context(locale="vi-VN", service_workers="block"))
    page = watched.page()
    sign_in(page, address, "thukho")
    depot = f"{address}/depots/K01/"
    page.goto(depot)
    page.evaluate("document.documentElement.dataset.probe = 'the same page'")
    rows = page.locator("#stock-results tbody tr")
    many = rows.count()
    page.locator("#q").press_sequentially("gao")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(store.rice.code)
    expect(page).to_have_url(f"{depot}?q=gao")
    assert page.evaluate("document.documentElement.dataset.probe") == "the same page"
    expect(page.locator("#q")).to_be_focused()
    page.go_back()
    page.wait_for_url(depot)
    expect(rows).to_have_count(many)

    # A part asked for after the session ended is not replaced by the sign-in page.
    watched.context.clear_cookies(name="sessionid")
    page.fill("#q", "gạo")
    page.fill("#again-password", PASSWORD)
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(re.escape(f"{depot}?q=g")))
    watched.check()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dialogs_and_warnings_are_usable_by_everybody(scheme: Any, served: tuple[str, Store], browser: Browser) -> None:
    address, _store = served
    context = browser.new_context(
        locale="vi-VN", service_workers="block", bypass_csp=True, color_scheme=scheme,
        viewport={"width": 360, "height": 640},
    )  # fmt: skip
    page = context.new_page()
    sign_in(page, address, "thukho")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Phím tắt")
    expect(keys).to_be_visible()
    found = serious(page, "keys")
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)
    for tone in ("good", "warn", "bad", "plain"):
        page.evaluate(f"""async () => {{
            const {{ say }} = await import("/static/logistics/say.js");
            say("Dòng 7 · Gạo tẻ lô L25 · +1 → 13", {{ tone: "{tone}" }});
        }}""")
        expect(page.locator("#status")).to_contain_text("Dòng 7")
        found += serious(page, f"status {tone}")
    page.evaluate("""async () => {
        const { showSummary, markBox } = await import("/static/logistics/problems.js");
        showSummary([{ box: document.querySelector("#q"), detail: "Dòng 12: còn 38." }], { requestId: "abc" });
        markBox(document.querySelector("#q"), "Hạn quá xa.", { tone: "warn" });
    }""")
    found += serious(page, "summary")
    context.clear_cookies(name="sessionid")
    page.evaluate(f"() => {{ ({SIGN_IN_AGAIN})(); }}")
    expect(page.locator("#again-password")).to_be_focused()
    found += serious(page, "sign in again")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert found == []


# Last, because whoever does it has another password from then on.
def test_a_form_outlives_its_session(served: tuple[str, Store], browser: Browser) -> None:
    """The session is over when the form is sent: its sender signs in over the page, and it goes out as typed."""
    address, _store = served
    watched = Watched(address, browser.new_context(locale="vi-VN", service_workers="block"))
    page = watched.page()
    page.clock.install()
    sign_in(page, address, "thukho")
    page.goto(address + "/password/")
    page.fill("input[name=old_password]", PASSWORD)
    page.fill("input[name=new_password1]", f"{PASSWORD} mới")
    page.fill("input[name=new_password2]", f"{PASSWORD} mới")
    assert page.locator("#session-warning").count() == 0
    watched.context.clear_cookies(name="sessionid")
    page.clock.fast_forward("13:00:00")
    expect(page.locator("#session-warning")).to_contain_text("Phiên đăng nhập đã hết")
    page.click("form.card button")
    page.fill("#again-password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(address + "/")
    expect(page.locator(".notices")).to_contain_text("Đã đổi mật khẩu")
    watched.check()

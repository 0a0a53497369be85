"""A real browser that is watched: nothing leaves the origin, and the policy stops nothing of ours."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from tests.browsers import PATIENCE_MS
from tests.pages.store import PASSWORD

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
# What WCAG 2.2 AA asks, as axe can see it.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}

# What htmx says of a part that was still on its way when its page was left. A server that fails is told otherwise: by
# the browser (net::…) or as htmx:responseError.
LEFT = ("htmx:afterRequest", "htmx:sendError", "htmx:sendAbort")


@dataclass
class Watched:
    """What a browser context did that it must not do."""

    address: str
    context: BrowserContext
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def page(self) -> Page:
        """Open a tab that is watched."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda request: self._asked(request.url))
        page.on("console", lambda message: self._said(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address + "/", "data:")):
            self.outside.append(url)

    def _said(self, kind: str, text: str) -> None:
        # A refused form or a missing page is an answer, which the console calls an error; it has no CSP in it.
        refused = "Failed to load resource: the server responded with a status of 4"
        if kind == "error" and not text.startswith((refused, *LEFT)):
            self.complaints.append(text)

    def check(self) -> None:
        """Fail when anything left the origin, or the policy stopped something."""
        assert self.outside == []
        assert self.complaints == []


def sign_in(page: Page, address: str, login: str) -> None:
    """Sign in on the page, as a person does."""
    page.goto(address + "/")
    page.fill("input[name=username]", login)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(address + "/")


def serious(page: Page, where: str) -> list[str]:
    """Return axe's serious findings on the page as it is now; its context must bypass the policy, axe being ours."""
    page.add_script_tag(path=str(AXE))
    result = page.evaluate(f"axe.run(document, {json.dumps(RULES)})")
    return [
        f"{where}: {fault['id']} {fault['nodes'][0]['html'][:160]}"
        for fault in result["violations"]
        if fault["impact"] in {"serious", "critical"}
    ]

"""The browser of the tests: Debian's chromium without a window, the build that draws into memory alone.

It is the same engine as the one with windows in a third of the time, which the many pages of a run need.
"""

from __future__ import annotations

from typing import Final

from playwright.sync_api import expect

CHROMIUM: Final = "/usr/bin/chromium-headless-shell"
PATIENCE_MS: Final = 60_000  # a busy machine is slow, not wrong: for whatever is waited for, never slept
ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]

expect.set_options(timeout=PATIENCE_MS)

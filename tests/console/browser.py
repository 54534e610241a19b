"""A page of the console in Debian's Chromium, which records everything that goes wrong in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it has no types
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

CHROMIUM: Final = shutil.which("chromium")
TIMEOUT_MS: Final = 120_000  # a slow machine is no failure
WIDE: Final[ViewportSize] = {"width": 1360, "height": 900}
PHONE: Final[ViewportSize] = {"width": 390, "height": 800}
# Root may start it only without its sandbox, and it asks no host for updates.
_FLAGS: Final = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-gpu"]


@dataclass
class Tab:
    """An open page, and the errors that the browser has reported for it: also what its policy has refused."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def violations(self) -> list[str]:
        """Return what a person with a screen reader or a keyboard cannot use, by the rules of axe."""
        found = Axe().run(self.page).response["violations"]
        return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start the browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_tab(browser: Browser, url: str, viewport: ViewportSize = WIDE, *, has_touch: bool = False) -> Iterator[Tab]:
    """Open a page in a context of its own."""
    context = browser.new_context(viewport=viewport, has_touch=has_touch, is_mobile=has_touch)
    context.set_default_timeout(TIMEOUT_MS)
    tab = Tab(context.new_page())
    tab.page.on("console", lambda message: tab.faults.append(message.text) if message.type == "error" else None)
    tab.page.on("pageerror", lambda error: tab.faults.append(str(error)))
    try:
        tab.page.goto(url)
        yield tab
    finally:
        context.close()

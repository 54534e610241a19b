"""A page of the console in Debian's Chromium, which records everything that goes wrong in it."""

import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped] # it has no types
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, ViewportSize, sync_playwright

# Without windows it takes half of the processor time of the whole browser.
CHROMIUM: Final = shutil.which("chromium-headless-shell") or shutil.which("chromium")
TIMEOUT_MS: Final = 120_000  # a slow machine is no failure
WIDE: Final[ViewportSize] = {"width": 1360, "height": 900}
PHONE: Final[ViewportSize] = {"width": 390, "height": 800}
# Root may start it only without its sandbox, and it asks no host for updates.
_FLAGS: Final = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-features=RenderDocument",  # a new frame for each page is a sixth of the browser's work here
]

# Without the nodes that keep to the rules, which are most of axe's answer.
_FIND_VIOLATIONS: Final = "async () => (await axe.run({ resultTypes: ['violations'] })).violations"


@dataclass
class Tab:
    """An open page, and the errors that the browser has reported for it: also what its policy has refused."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def violations(self) -> list[str]:
        """Return what a person with a screen reader or a keyboard cannot use, by the rules of axe."""
        self.page.evaluate(AXE_SCRIPT)
        found = self.page.evaluate(_FIND_VIOLATIONS)
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
    """Open a page in a context of its own: the browser has nothing of it yet."""
    page = _new_page(browser, viewport, has_touch=has_touch)
    try:
        with _watch(page) as tab:
            page.goto(url)
            yield tab
    finally:
        page.context.close()


class KeptPages:
    """Pages that one test after the other uses: a new one costs three CPU seconds more, for what it loads again.

    A page keeps what the browser has cached, but no cookie, and nothing that the site it showed last has stored. A test
    that fails leaves no page.
    """

    def __init__(self, browser: Browser) -> None:
        """They are pages of this browser, and end with it."""
        self._browser: Final = browser
        self._free: Final = defaultdict[str, list[Page]](list)

    @contextmanager
    def open_tab(self, url: str, viewport: ViewportSize = WIDE) -> Iterator[Tab]:
        """Open a page that no other block uses."""
        free = self._free[str(viewport)]
        page = free.pop() if free else _new_page(self._browser, viewport)
        with _watch(page) as tab:
            if url != page.url:
                page.goto(url)
            yield tab
        _reset(page)
        free.append(page)


def _new_page(browser: Browser, viewport: ViewportSize, *, has_touch: bool = False) -> Page:
    context = browser.new_context(viewport=viewport, has_touch=has_touch, is_mobile=has_touch)
    context.set_default_timeout(TIMEOUT_MS)
    return context.new_page()


@contextmanager
def _watch(page: Page) -> Iterator[Tab]:
    """Record in the block what goes wrong."""
    tab = Tab(page)

    def record_message(message: ConsoleMessage) -> None:
        if message.type == "error":
            tab.faults.append(message.text)

    def record_error(error: Error) -> None:
        tab.faults.append(str(error))

    page.on("console", record_message)
    page.on("pageerror", record_error)
    try:
        yield tab
    finally:
        page.remove_listener("console", record_message)
        page.remove_listener("pageerror", record_error)


def _reset(page: Page) -> None:
    """Remove what a test has set, and what the console has stored."""
    page.unroute_all(behavior="ignoreErrors")
    page.evaluate("location.protocol === 'about:' || (localStorage.clear(), sessionStorage.clear())")
    page.context.clear_cookies()
    page.emulate_media(color_scheme="null")
    page.goto("about:blank")

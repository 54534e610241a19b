"""The whole system on this machine, and a browser. Without Chromium the tests are skipped, and the summary says so."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from local.system import System
from tests.warm_system import make_system

from .browser import CHROMIUM, KeptPages, Tab, open_browser

SKIP_REASON = "THE CONSOLE WAS NOT TESTED: install Chromium (Debian: apt-get install chromium-headless-shell)"


@pytest.fixture(scope="package")  # its driver runs an event loop, which tests of other folders would find
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip(SKIP_REASON)
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="package")
def kept_pages(browser: Browser) -> KeptPages:
    return KeptPages(browser)


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One for all files, with the jobs of all their tests."""
    with make_system(tmp_path_factory.mktemp("system"), os.environ) as running:
        yield running


@pytest.fixture
def tab(kept_pages: KeptPages, system: System) -> Iterator[Tab]:
    """The page, as a visitor opens it. A test that uses it fails if the browser reports an error."""
    with kept_pages.open_tab(system.url) as tab:
        yield tab
        assert tab.faults == []

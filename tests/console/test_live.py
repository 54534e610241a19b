"""What changes shows at once, and the page recovers by itself from what happens to a laptop."""

import re
from collections.abc import Callable
from itertools import count

import pytest
from playwright.sync_api import Browser, Request, expect

from contract.job import DocumentJob
from local.system import System
from longhand_client import Client

from .browser import TIMEOUT_MS, KeptPages, Tab, open_tab

expect.set_options(timeout=TIMEOUT_MS)
_NUMBERS = count(1)

type Send = Callable[[], str]


@pytest.fixture
def send(system: System) -> Send:
    """A function that sends a job which fails soon, and returns its id."""

    def send_job() -> str:
        job_id = f"live-{next(_NUMBERS)}"
        fields = {"jobId": job_id, "documentUrl": "https://[::1]/refused.pdf", "requesterId": "live"}
        Client(system.url).submit(DocumentJob.read(fields))
        return job_id

    return send_job


def wait_for_live(tab: Tab) -> None:
    expect(tab.page.locator(".connection")).to_have_text("live")


def is_stream(request: Request) -> bool:
    return request.resource_type == "eventsource"


def test_changes_are_streamed(kept_pages: KeptPages, system: System, send: Send) -> None:
    with kept_pages.open_tab("about:blank") as tab:
        with tab.page.expect_request(is_stream):
            tab.page.goto(system.url)
        job_id = send()
        expect(tab.page.locator(f'.jobs li:has-text("{job_id}") .pill')).to_have_text("failed")
        assert tab.faults == []


def test_the_stream_of_a_job_ends_with_the_job(browser: Browser, system: System, send: Send) -> None:
    """The page then asks for its end; what has ended is streamed no more."""
    with open_tab(browser, system.url) as tab:
        wait_for_live(tab)
        job_id = send()
        tab.page.get_by_role("link", name=job_id).click()
        expect(tab.page.locator("main .pill")).to_have_text("failed")
        streams = list[str]()
        tab.page.on("request", lambda request: streams.append(request.url) if is_stream(request) else None)
        tab.page.reload()
        expect(tab.page.locator("main .pill")).to_have_text("failed")
        expect(tab.page.locator(f'.jobs li:has-text("{send()}")')).to_be_visible()
        assert [url for url in streams if url.endswith(job_id)] == []


def test_a_hidden_page_holds_no_connection(tab: Tab, send: Send) -> None:
    """A browser has six of them for a host, and a visitor many tabs."""
    wait_for_live(tab)
    with tab.page.expect_event("requestfailed", is_stream):
        set_hidden(tab, is_hidden=True)
    job_id = send()
    set_hidden(tab, is_hidden=False)
    expect(tab.page.locator(".jobs")).to_contain_text(job_id)


def set_hidden(tab: Tab, *, is_hidden: bool) -> None:
    """Do what the browser does when another tab comes to the front."""
    tab.page.evaluate(
        "isHidden => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => isHidden });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        is_hidden,
    )


def test_a_frozen_page_goes_on(tab: Tab, send: Send) -> None:
    """As a browser freezes a tab that was hidden for minutes, and an operating system a laptop with its lid closed."""
    wait_for_live(tab)
    session = tab.page.context.new_cdp_session(tab.page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    job_id = send()
    session.send("Page.setWebLifecycleState", {"state": "active"})
    expect(tab.page.locator(".jobs")).to_contain_text(job_id)


def test_a_network_that_was_away_is_noticed_when_it_is_back(kept_pages: KeptPages, system: System, send: Send) -> None:
    with kept_pages.open_tab(system.url) as tab:
        wait_for_live(tab)
        tab.page.context.set_offline(True)
        tab.page.get_by_role("button", name="Failed").click()  # it asks at once; by itself it does after ten seconds
        expect(tab.page.get_by_role("alert")).to_contain_text(re.compile("does not answer"))
        job_id = send()
        tab.page.context.set_offline(False)
        expect(tab.page.locator(".jobs")).to_contain_text(job_id)
        expect(tab.page.get_by_role("alert")).to_have_count(0)

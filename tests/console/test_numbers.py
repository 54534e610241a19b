"""The numbers of the console, in a real browser on the whole system."""

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from contract.job import DocumentJob
from local.samples import make_invoice
from local.system import System
from longhand_client import Client
from tests.warm_system import make_system

from .browser import PHONE, TIMEOUT_MS, KeptPages, Tab

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with two jobs: one is done, one has failed."""
    with make_system(tmp_path_factory.mktemp("system"), os.environ) as running, Client(running.url) as client:
        for name, content in (("good", make_invoice()), ("bad", b"%PDF-1.7 and no more")):
            upload = client.upload(f"{name}.pdf", content)
            client.submit(DocumentJob(job_id=name, upload_id=upload, requester_id="me", type="invoice"))
            client.wait(name)
        yield running


def test_a_visitor_sees_what_became_of_the_jobs(tab: Tab) -> None:
    """The tables have the counts of the bars, for a screen reader too. A link shows the same numbers."""
    tab.page.get_by_role("link", name="Numbers").click()
    facts = tab.page.locator(".facts")
    expect(facts).to_contain_text(re.compile(r"done\s*1\s*failed\s*1\s*canceled\s*0\s*open\s*0\s*cost\s*0\.00 USD"))
    expect(tab.page.get_by_role("table", name="Failures by code")).to_contain_text(re.compile(r"document_damaged\s*1"))
    cells = tab.page.get_by_role("table", name="Jobs by hour").get_by_role("cell")
    assert sum(int(text) for text in cells.all_inner_texts()) == 2
    assert tab.violations() == []
    tab.page.get_by_role("link", name="30 days").click()
    expect(tab.page.get_by_role("table", name="Jobs by day")).to_be_visible()
    expect(tab.page.get_by_role("table", name="Cost by day and type")).to_contain_text("invoice")
    assert tab.page.locator(".bars .failed").count() == 1
    tab.page.reload()
    expect(tab.page.get_by_role("link", name="30 days")).to_have_attribute("aria-current", "true")
    expect(facts).to_be_visible()


def test_the_numbers_keep_the_filter_of_the_list_and_lead_back(tab: Tab) -> None:
    tab.page.get_by_role("button", name="Failed").click()
    tab.page.get_by_role("link", name="Numbers").click()
    expect(tab.page.locator(".facts")).to_be_visible()
    tab.page.locator(".jobs a").first.click()
    expect(tab.page.locator("main .failed code")).to_have_text("document_damaged")
    tab.page.get_by_role("link", name="Longhand").click()
    expect(tab.page.get_by_text("Drop a document")).to_be_visible()
    expect(tab.page.get_by_role("button", name="Failed")).to_have_attribute("aria-pressed", "true")


def test_a_phone_shows_the_numbers_alone(kept_pages: KeptPages, system: System) -> None:
    """In the dark, and no wider than the screen."""
    with kept_pages.open_tab(f"{system.url}/#/numbers", PHONE) as phone:
        phone.page.emulate_media(color_scheme="dark")
        expect(phone.page.locator(".facts")).to_be_visible()
        assert not phone.page.locator(".side").is_visible()
        assert phone.violations() == []
        assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        phone.page.get_by_role("link", name="All jobs").click()
        expect(phone.page.locator(".side")).to_be_visible()


def test_numbers_that_cannot_be_counted_say_so(kept_pages: KeptPages, system: System) -> None:
    with kept_pages.open_tab(system.url) as tab:
        answer = '{"error": "the list cannot be read now: try again", "code": "unavailable"}'
        tab.page.route("**/numbers?*", lambda route: route.fulfill(status=503, body=answer))
        tab.page.get_by_role("link", name="Numbers").click()
        expect(tab.page.get_by_role("status")).to_have_text("the list cannot be read now: try again")
        tab.page.unroute("**/numbers?*")
        tab.page.get_by_role("button", name="Count again").click()
        expect(tab.page.locator(".facts")).to_be_visible()

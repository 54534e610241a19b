"""`longhand console`: the page on this machine for a system elsewhere, with the user's credentials beside it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from local.samples import make_invoice
from local.server_process import HOST, free_port
from local.system import System

from .browser import open_tab
from .served import TOKEN, Served


@pytest.fixture(scope="module")
def served(system: System) -> Iterator[Served]:
    with Served.start(system.url) as served:
        yield served


def test_a_document_takes_its_whole_way_through_the_command(browser: Browser, served: Served) -> None:
    """Its upload, its page's image and its document go through this host: the page may reach no other."""
    with open_tab(browser, served.url) as tab:
        invoice = FilePayload(name="invoice.pdf", mimeType="application/pdf", buffer=make_invoice())
        tab.page.set_input_files("#files", invoice)
        tab.page.wait_for_url(re.compile("#/jobs/invoice-"))
        expect(tab.page.get_by_label("number")).to_have_value("INV-2026-00417")
        expect(tab.page.get_by_alt_text("Page 1 of the document")).to_be_visible()
        with tab.page.expect_download() as download:
            tab.page.get_by_role("link", name="Document").click()
        assert download.value.path().read_bytes() == make_invoice()
        assert TOKEN not in tab.page.content()
        assert tab.faults == []
    assert ("POST", f"{served.api}/jobs") in served.signed


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Content-Type": "text/plain"},
    ],
)
def test_a_request_of_another_page_is_refused_and_never_signed(served: Served, headers: dict[str, str]) -> None:
    before = len(served.signed)
    own = {"Host": f"{HOST}:{served.port}", "Content-Type": "application/json"}
    status, text = served.ask("POST", "/jobs", own | headers, b"{}")
    assert (status, "foreign_page" in text) == (403, True)
    assert len(served.signed) == before


def test_an_upload_that_was_not_started_here_is_refused(served: Served) -> None:
    status, text = served.ask("PUT", "/console/uploads/unknown", {"Host": f"localhost:{served.port}"}, b"x")
    assert (status, "unknown_upload" in text) == (404, True)


def test_an_api_that_is_away_is_said_so() -> None:
    with Served.start(f"http://{HOST}:{free_port()}") as served:
        status, text = served.ask("GET", "/jobs", {"Host": f"{HOST}:{served.port}"})
    assert (status, "does not answer" in text) == (502, True)

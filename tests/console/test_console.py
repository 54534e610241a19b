"""What a visitor does in the console, in a real browser on the whole system. The browser reports no error meanwhile."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from contract.job import DocumentJob
from local.samples import make_invoice
from local.server_process import HOST, free_port
from local.system import System
from longhand_client import Client
from tests.warm_system import start_gateway
from tests.worker.documents import make_pdf

from .browser import PHONE, TIMEOUT_MS, KeptPages, Tab, open_tab
from .figures import count_lines

expect.set_options(timeout=TIMEOUT_MS)
PDF = "application/pdf"
PAGE_SIZE = 50  # of the list


def drop(tab: Tab, content: bytes, name: str = "invoice.pdf") -> str:
    """Choose a file on the first page, and return the id of its job, which opens by itself."""
    tab.page.get_by_role("link", name="Longhand").click()
    tab.page.set_input_files("#files", FilePayload(name=name, mimeType=PDF, buffer=content))
    tab.page.wait_for_url(re.compile("#/jobs/"))
    return tab.page.url.rpartition("/")[2]


def test_a_dropped_document_is_read_before_the_visitors_eyes(tab: Tab) -> None:
    job_id = drop(tab, make_invoice())
    findings = tab.page.get_by_label("Findings")
    expect(findings).to_contain_text("Invoice INV-2026-00417")
    expect(tab.page.get_by_label("number")).to_have_value("INV-2026-00417")
    expect(tab.page.locator("main .pill")).to_have_text("done")
    expect(tab.page.locator(f'.jobs a:has-text("{job_id}") .pill')).to_have_text("done")
    assert tab.violations() == []


def test_each_value_is_marked_on_the_image_of_its_page(tab: Tab) -> None:
    """In both directions: a field lights its box, and a click on a box leads to its field."""
    drop(tab, make_invoice())
    expect(tab.page.get_by_alt_text("Page 1 of the document")).to_be_visible()
    tab.page.get_by_label("tax").focus()
    expect(tab.page.locator(".picture rect.on")).to_have_attribute("data-field", "tax")
    tab.page.locator('.picture rect[data-field="date"]').click()
    expect(tab.page.get_by_label("date")).to_be_focused()


def test_a_reviewer_corrects_a_value_and_approves(tab: Tab) -> None:
    tab.page.get_by_label("Let me review it").check()
    job_id = drop(tab, make_invoice())
    expect(tab.page.locator("main .pill")).to_have_text("to review")
    tab.page.get_by_role("button", name="To review").click()
    expect(tab.page.locator(".jobs")).to_contain_text(job_id)
    assert tab.violations() == []
    tab.page.get_by_label("number").fill("INV-4711")
    tab.page.get_by_role("button", name="Approve with 1 correction").click()
    expect(tab.page.locator("main .pill")).to_have_text("done")
    expect(tab.page.get_by_label("number")).to_have_value("INV-4711")


def test_a_reviewer_rejects_a_job(tab: Tab) -> None:
    tab.page.get_by_label("Let me review it").check()
    drop(tab, make_invoice())
    tab.page.get_by_role("button", name="Reject").click()
    expect(tab.page.locator("main .failed code")).to_have_text("rejected_by_reviewer")


def test_a_job_that_fails_says_why_and_can_be_tried_again(tab: Tab) -> None:
    failed = drop(tab, b"%PDF-1.7 and no more")
    expect(tab.page.locator("main .failed code")).to_have_text("document_damaged")
    tab.page.get_by_role("button", name="Try again").click()
    tab.page.wait_for_url(lambda url: not url.endswith(failed))
    expect(tab.page.locator("main .facts")).to_contain_text(failed)


def test_an_upload_that_breaks_off_says_so_and_becomes_no_job(kept_pages: KeptPages, system: System) -> None:
    with kept_pages.open_tab(system.url) as tab:
        tab.page.route("**/store/**", lambda route: route.abort())
        tab.page.set_input_files("#files", FilePayload(name="broken.pdf", mimeType=PDF, buffer=make_invoice()))
        expect(tab.page.locator(".uploads")).to_contain_text("the upload broke off: drop the file again")
        expect(tab.page.locator(".jobs")).not_to_contain_text("broken")


def test_the_list_is_filtered_in_the_address(tab: Tab) -> None:
    damaged = drop(tab, b"%PDF-1.7 damaged")
    expect(tab.page.locator("main .pill")).to_have_text("failed")
    tab.page.get_by_role("button", name="Failed").click()
    expect(tab.page.locator(".jobs")).to_contain_text(damaged)
    expect(tab.page.locator(".jobs .pill.done")).to_have_count(0)
    tab.page.reload()
    expect(tab.page.get_by_role("button", name="Failed")).to_have_attribute("aria-pressed", "true")
    expect(tab.page.locator(".jobs .pill.done")).to_have_count(0)
    tab.page.get_by_label("Words of id").fill(f"{damaged[-8:].upper()} {damaged[:3]}")
    tab.page.get_by_label("Words of id").press("Enter")
    expect(tab.page.locator(".jobs li")).to_have_count(1)
    tab.page.reload()
    expect(tab.page.locator(".jobs li")).to_have_count(1)
    tab.page.get_by_label("Words of id").fill("")
    tab.page.get_by_label("Words of id").press("Enter")
    tab.page.get_by_label("Requester").fill("a stranger")
    tab.page.get_by_label("Requester").press("Enter")
    expect(tab.page.locator(".side")).to_contain_text("No job fits this filter")


def test_markup_in_a_document_stays_text(tab: Tab) -> None:
    text = "Invoice date: 14 March 2026 <script>alert(1)</script><img src=x onerror=alert(2)>"
    drop(tab, make_pdf(text, size=(842, 595)), name="<img src=x onerror=alert(3)>.pdf")
    expect(tab.page.get_by_label("Findings")).to_contain_text("<script>alert(1)</script>")
    assert tab.page.locator("main script, main img[src=x]").count() == 0


def test_a_missing_job_is_said_so(kept_pages: KeptPages, system: System) -> None:
    with kept_pages.open_tab(f"{system.url}/#/jobs/never-sent") as tab:
        expect(tab.page.locator("main")).to_contain_text("there is no such job. A job is missing if it never existed")


def test_a_phone_shows_the_list_or_the_job(kept_pages: KeptPages, system: System) -> None:
    with kept_pages.open_tab(system.url, PHONE) as tab:
        drop(tab, make_invoice())
        expect(tab.page.get_by_label("Jobs")).to_be_hidden()
        expect(tab.page.get_by_label("Findings")).to_be_visible()
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert tab.violations() == []
        tab.page.get_by_role("link", name="All jobs").click()
        expect(tab.page.get_by_label("Jobs")).to_be_visible()


def test_the_keyboard_reaches_everything(tab: Tab) -> None:
    tab.page.wait_for_selector("#files")
    reached = set[str]()
    for _ in range(40):
        tab.page.keyboard.press("Tab")
        reached.add(str(tab.page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")))
    assert {"files", "type", "filter-type", "filter-requester", "Failed", "Longhand"} <= reached


def test_the_page_recovers_from_an_api_that_was_away(kept_pages: KeptPages, system: System, tmp_path: Path) -> None:
    port = free_port()
    with start_gateway(system, tmp_path, port) as gateway, kept_pages.open_tab(f"http://{HOST}:{port}") as tab:
        expect(tab.page.locator(".connection")).to_have_text("live")
        gateway.stop()
        expect(tab.page.get_by_role("alert")).to_contain_text("The API does not answer")
        assert tab.page.locator(".connection").inner_text() == "offline"
        with start_gateway(system, tmp_path, port):
            expect(tab.page.locator(".connection")).to_have_text("live")
            expect(tab.page.get_by_role("alert")).to_have_count(0)


def test_older_jobs_stay_in_the_list_while_new_ones_come(kept_pages: KeptPages, system: System) -> None:
    """The first page is asked for again and again; what the visitor has added to it is not lost."""

    def send(number: int) -> None:
        fields = {"jobId": f"many-{number}", "documentUrl": "https://[::1]/refused.pdf", "requesterId": "many"}
        Client(system.url).submit(DocumentJob.read(fields))

    for number in range(PAGE_SIZE + 5):
        send(number)
    with kept_pages.open_tab(f"{system.url}/#/?requesterId=many") as tab:
        expect(tab.page.locator(".jobs li")).to_have_count(PAGE_SIZE)
        tab.page.get_by_role("button", name="Show older jobs").click()
        expect(tab.page.locator(".jobs li")).to_have_count(PAGE_SIZE + 5)
        send(PAGE_SIZE + 5)
        expect(tab.page.locator(".jobs")).to_contain_text(f"many-{PAGE_SIZE + 5}")
        expect(tab.page.locator(".jobs li")).to_have_count(PAGE_SIZE + 6)


@pytest.mark.usefixtures("tab")
def test_the_first_screen_is_small(browser: Browser, system: System) -> None:
    with open_tab(browser, "about:blank") as tab:
        sizes = dict[str, int]()
        tab.page.on(
            "requestfinished", lambda request: sizes.__setitem__(request.url, request.sizes()["responseBodySize"])
        )
        tab.page.goto(system.url)
        expect(tab.page.locator(".connection")).to_have_text("live")
    assert len(sizes) <= 10, list(sizes)
    assert sum(sizes.values()) <= 40_000, sizes


def test_our_own_javascript_is_short() -> None:
    assert count_lines() <= 1_500

"""Signing in to the console as on AWS, in a real browser: with a code and PKCE, and tokens that the API verifies."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from local.samples import make_invoice
from local.system import System

from .browser import TIMEOUT_MS, KeptPages, Tab
from .identity_provider import UNKNOWN_NAME
from .signed_in_site import SignedInSite, serve_site

expect.set_options(timeout=TIMEOUT_MS)
HOUR_SECONDS = 3_600
# The browser reports each answer that is an error, and the page expects these.
EXPECTED_FAULT = re.compile(r"Failed to load resource: the server responded with a status of 40[01] ")


@pytest.fixture(scope="module")
def site(system: System) -> Iterator[SignedInSite]:
    with serve_site(system) as site:
        yield site


@pytest.fixture
def tab(kept_pages: KeptPages, site: SignedInSite) -> Iterator[Tab]:
    """A browser that the provider does not know, at the provider's form."""
    with kept_pages.open_tab(site.url) as tab:
        expect(tab.page.get_by_label("Name")).to_be_visible()
        yield tab
        assert [fault for fault in tab.faults if not EXPECTED_FAULT.match(fault)] == []


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Continue").click()


def drop(page: Page) -> str:
    page.set_input_files("#files", FilePayload(name="invoice.pdf", mimeType="application/pdf", buffer=make_invoice()))
    page.wait_for_url(re.compile("#/jobs/"))
    return page.url.rpartition("/")[2]


def test_a_visitor_signs_in_and_reads_a_document(tab: Tab, site: SignedInSite) -> None:
    sign_in(tab.page, "ann")
    job_id = drop(tab.page)
    expect(tab.page.locator("main .pill")).to_have_text("done")
    expect(tab.page.locator("main .facts")).to_contain_text("ann")
    expect(tab.page.get_by_alt_text("Page 1 of the document")).to_be_visible()
    with tab.page.expect_download() as download:
        tab.page.get_by_role("link", name="Document").click()
    assert Path(download.value.path()).read_bytes() == make_invoice()
    kept = tab.page.evaluate("JSON.stringify([sessionStorage, localStorage, document.cookie])")
    assert kept == '[{},{},""]', "tokens are kept in memory only"
    # A reload signs in again, without a form, and comes back to the same job.
    tab.page.reload()
    expect(tab.page.locator("main .pill")).to_have_text("done")
    assert tab.page.url == f"{site.url}#/jobs/{job_id}"


def test_a_user_sees_their_own_jobs_and_an_administrator_those_of_all(
    kept_pages: KeptPages, site: SignedInSite
) -> None:
    with kept_pages.open_tab(site.url) as ann:
        sign_in(ann.page, "ann")
        job_id = drop(ann.page)
    for name, sees in {"bob": False, "boss": True}.items():
        with kept_pages.open_tab(site.url) as tab:
            sign_in(tab.page, name)
            expect(tab.page.locator(".connection")).to_have_text("live")
            expect(tab.page.locator(".jobs")).to_contain_text(job_id) if sees else expect(
                tab.page.locator(".jobs")
            ).not_to_contain_text(job_id)


def test_a_token_that_ends_is_replaced_unseen(tab: Tab, site: SignedInSite) -> None:
    sign_in(tab.page, "carl")
    expect(tab.page.locator(".connection")).to_have_text("live")
    site.provider.passed_seconds += HOUR_SECONDS
    job_id = drop(tab.page)
    expect(tab.page.locator("main .pill")).to_have_text("done")
    expect(tab.page.locator(".jobs")).to_contain_text(job_id)
    assert site.provider.refused == []
    assert [fault for fault in tab.faults if "401" in fault], "the first token has ended"


def test_the_end_of_a_session_loses_nothing_that_was_typed(tab: Tab, site: SignedInSite) -> None:
    sign_in(tab.page, "dora")
    tab.page.get_by_label("Let me review it").check()
    drop(tab.page)
    expect(tab.page.locator("main .pill")).to_have_text("to review")
    tab.page.get_by_label("number").fill("INV-4711")
    site.provider.end_sessions()
    site.provider.passed_seconds += HOUR_SECONDS
    dialog = tab.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Your session has ended.")
    assert tab.violations() == []
    with tab.page.expect_popup() as popup:
        dialog.get_by_role("button", name="Sign in again").click()
    with popup.value.expect_event("close"):
        sign_in(popup.value, "dora")
    expect(dialog).to_have_count(0)
    tab.page.get_by_role("button", name="Approve with 1 correction").click()
    expect(tab.page.locator("main .pill")).to_have_text("done")
    expect(tab.page.get_by_label("number")).to_have_value("INV-4711")
    assert site.provider.refused == ["refresh_token"]


def test_what_a_user_left_waiting_is_not_sent_as_another_user(tab: Tab, site: SignedInSite) -> None:
    sign_in(tab.page, "fred")
    tab.page.get_by_label("Let me review it").check()
    drop(tab.page)
    approve = tab.page.locator("main button", has_text="Approve")
    expect(approve).to_be_visible()
    site.provider.end_sessions()
    site.provider.passed_seconds += HOUR_SECONDS
    dialog = tab.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Your session has ended.")
    # Clicked just before the dialog came: the request waits for a token.
    approve.dispatch_event("click")
    with tab.page.expect_popup() as popup:
        dialog.get_by_role("button", name="Sign in again").click()
    with tab.page.expect_event("framenavigated"), popup.value.expect_event("close"):
        sign_in(popup.value, "boss")
    expect(tab.page.locator("main .facts")).to_contain_text("fred")
    expect(tab.page.locator("main .pill")).to_have_text("to review")


def test_a_user_signs_out_here_and_at_the_provider(tab: Tab, site: SignedInSite) -> None:
    site.provider.end_sessions()
    sign_in(tab.page, "emma")
    tab.page.get_by_role("button", name="Sign out").click()
    expect(tab.page.get_by_role("dialog")).to_contain_text("You have signed out.")
    assert (site.provider.sessions, site.provider.grants) == ({}, {})
    tab.page.get_by_role("button", name="Sign in").click()
    expect(tab.page.get_by_label("Name")).to_be_visible()


def test_a_sign_in_that_this_tab_did_not_begin_is_refused(tab: Tab, site: SignedInSite) -> None:
    """A link of an attacker would sign a visitor in as the attacker."""
    grants = dict(site.provider.grants)
    tab.page.goto(f"{site.url}?code=of-an-attacker&state=any")
    expect(tab.page.get_by_role("dialog")).to_contain_text("The sign-in did not succeed.")
    assert site.provider.grants == grants
    tab.page.get_by_role("button", name="Sign in").click()
    sign_in(tab.page, UNKNOWN_NAME)
    expect(tab.page.get_by_role("dialog")).to_contain_text("The sign-in did not succeed.")
    assert tab.page.url == site.url

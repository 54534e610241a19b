"""What a visitor does with many jobs, with notices, and with an API of another version."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from .browser import PHONE, TIMEOUT_MS, KeptPages, Tab, open_tab
from .fake_api import Body, FakeApi, FakeSite, job, make_result, problem, serve_fake_site, summary
from .test_screens import NOTICES, USUAL, drop_failures

PDF = "application/pdf"
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="module")
def site() -> Iterator[FakeSite]:
    with serve_fake_site() as site:
        yield site


@pytest.fixture
def blank(kept_pages: KeptPages) -> Iterator[Tab]:
    """An empty page; the test says what its API answers. It reports answers of 400 and more, and no other error."""
    with kept_pages.open_tab("about:blank") as tab:
        yield tab
        assert drop_failures(tab.faults) == []


def test_many_jobs_are_canceled_and_retried_and_a_refusal_is_said(blank: Tab, site: FakeSite) -> None:
    jobs = [summary("a", "failed"), summary("b", "canceled"), summary("c", "processing"), summary("d", "done")]
    api = FakeApi(
        {
            **USUAL,
            "GET /jobs": {"jobs": jobs},
            "POST /jobs/a/retry": (202, {"id": "a-retry-1"}),
            "POST /jobs/b/retry": problem(409, "request_unreadable", "the request of job b cannot be read"),
            "POST /jobs/c/cancel": {"status": "canceled"},
        }
    )
    api.install(site)
    blank.page.goto(site.url)
    blank.page.get_by_label("Select all").check()
    expect(blank.page.locator(".bulk")).to_contain_text("4 selected")
    blank.page.get_by_role("button", name="Try 2 again").click()
    expect(blank.page.locator(".side")).to_contain_text("1 of 2 done")
    expect(blank.page.locator(".failures")).to_have_text("b: the request of job b cannot be read")
    expect(blank.page.get_by_label("Select b")).to_be_checked()
    expect(blank.page.get_by_label("Select a")).not_to_be_checked()
    blank.page.get_by_role("button", name="Cancel 1").click()
    expect(blank.page.locator(".side")).to_contain_text("1 of 1 done")
    assert [path for path, _ in api.sent] == ["/jobs/a/retry", "/jobs/b/retry", "/jobs/c/cancel"]


def test_on_a_screen_for_fingers_each_job_shows_how_it_is_selected(browser: Browser, site: FakeSite) -> None:
    """A finger points at no row before it opens its job."""
    with open_tab(browser, "about:blank", PHONE, has_touch=True) as tab:
        FakeApi(USUAL).install(site)
        tab.page.goto(site.url)
        box = tab.page.get_by_label("Select b")
        expect(box).to_have_css("opacity", "1")
        box.tap()
        expect(tab.page.locator(".bulk")).to_contain_text("1 selected")


def test_an_upload_leads_to_its_job(blank: Tab, site: FakeSite) -> None:
    """Of several that are dropped together, the first job is opened; the others are found by the name of the file."""
    api = FakeApi({**USUAL, "POST /uploads": {"uploadId": "u", "url": f"{site.url}uploads/u", "headers": {}}})
    api.answers["POST /jobs"] = lambda: (202, {"id": api.sent[-1][1]["jobId"]})
    api.install(site)
    api.answers["PUT /uploads/u"] = {}
    blank.page.goto(site.url)
    blank.page.set_input_files("#files", [FilePayload(name=f"{n}.pdf", mimeType=PDF, buffer=b"%PDF") for n in "ab"])
    for name in "ab":
        link = blank.page.locator(".uploads").get_by_role("link", name=f"{name}.pdf")
        expect(link).to_have_attribute("href", re.compile(f"#/jobs/{name}-"))


def test_a_notice_is_delivered_again(blank: Tab, site: FakeSite) -> None:
    again: Body = {**NOTICES["deliveries"][0], "number": 3, "state": "pending"}
    api = FakeApi({**USUAL, "GET /jobs/a": job("a"), "GET /status/a": make_result({"amount": 1})})
    api.answers["GET /jobs/a/deliveries"] = lambda: {
        "deliveries": [*NOTICES["deliveries"], *([again] if api.sent else [])]
    }
    api.answers["POST /jobs/a/deliveries/a.done/redeliver"] = (202, again)
    api.install(site)
    blank.page.goto(f"{site.url}#/jobs/a")
    log = blank.page.get_by_label("Notices")
    expect(log).to_contain_text("timed out")
    log.get_by_role("button", name="Deliver again").click()
    expect(log).to_contain_text("done (3)")
    assert [path for path, _ in api.sent] == ["/jobs/a/deliveries/a.done/redeliver"]


def test_an_api_of_another_version_breaks_nothing(blank: Tab, site: FakeSite) -> None:
    """It lacks routes, and its answers have fields and states that the page does not know."""
    found = {"jobs": [summary("a", "resting", novelty={"x": 1})], "novelty": []}
    resting = job("a", "resting", novelty=True, question={"reason": "novelty", "decision": "a:1", "until": "?"})
    FakeApi({"GET /jobs": found, "GET /jobs/a": resting}).install(site)
    blank.page.goto(f"{site.url}#/jobs/a")
    expect(blank.page.locator("main .pill")).to_have_text("resting")
    expect(blank.page.locator(".connection")).to_have_text("live")
    blank.page.get_by_role("link", name="Longhand").click()
    blank.page.get_by_label("New job").hover()
    expect(blank.page.locator("#type option")).to_have_count(4)


def test_the_types_of_the_deployment_are_offered(blank: Tab, site: FakeSite) -> None:
    FakeApi(USUAL).install(site)
    blank.page.goto(site.url)
    blank.page.locator("#type").focus()
    expect(blank.page.locator("#type option")).to_have_text(["invoice", "delivery-note"])
    blank.page.select_option("#type", "delivery-note")


def test_a_revoked_result_is_said_so_and_shows_no_values(blank: Tab, site: FakeSite) -> None:
    api = FakeApi({**USUAL, "GET /jobs/a": job("a", "done", revokedAt="2026-11-29T10:00:00.000+00:00")})
    api.answers["GET /status/a"] = make_result({"amount": 119.0})
    api.install(site)
    blank.page.goto(f"{site.url}#/jobs/a")
    expect(blank.page.get_by_text("do not use its values")).to_be_visible()
    expect(blank.page.get_by_label("Findings")).to_have_count(0)


def test_a_job_that_vanishes_while_it_is_open_is_said_so(blank: Tab, site: FakeSite) -> None:
    api = FakeApi({**USUAL, "GET /jobs/a": job("a", "processing", links={"self": "/", "cancel": "/"})})
    api.answers["POST /jobs/a/cancel"] = problem(410, "job_erased", "job a was erased")
    api.install(site)
    blank.page.goto(f"{site.url}#/jobs/a")
    expect(blank.page.locator("main .pill")).to_have_text("running")
    api.answers["GET /jobs/a"] = problem(410, "job_erased", "job a was erased")
    blank.page.get_by_role("button", name="Cancel", exact=True).click()
    expect(blank.page.locator("main")).to_contain_text("job a was erased.")

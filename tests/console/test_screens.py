"""Every screen, in the dark and in the light, wide and on a phone: legible, within the page, and free of violations."""

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.seeds import RUN_SEED, draw_some

from .browser import PHONE, TIMEOUT_MS, WIDE, KeptPages, Tab, open_tab
from .fake_api import (
    EVIDENCE,
    Answer,
    Body,
    FakeApi,
    FakeSite,
    history,
    job,
    make_result,
    operation,
    problem,
    serve_fake_site,
    summary,
)

expect.set_options(timeout=TIMEOUT_MS)
HOSTILE = "<img src=x onerror=alert(1)> \"quoted\" 'single' =1+1 \u202egnp.exe"
QUESTION: Body = {"decision": "a:5", "until": "2026-12-02T12:00:00.000+00:00", "message": HOSTILE}
COST = {**QUESTION, "reason": "cost", "message": "recognizing 12 pages costs up to 0.1800 USD; 0.1000 USD are left"}
FIELDS: list[Body] = [
    {"name": "vendor", "kind": "literal"},
    {"name": "date", "kind": "date"},
    {"name": "payment", "kind": "choice", "choices": ["cash", "card"]},
    {"name": "parties", "kind": "literal", "many": True},
    {"name": "metrics", "kind": "figures"},
    {
        "name": "line_items",
        "kind": "text",
        "columns": [{"name": "what", "kind": "text"}, {"name": "n", "kind": "number"}],
    },
]
VALUES = {
    "vendor": HOSTILE,
    "date": "2026-11-29",
    "parties.1": "Acme",
    "metrics.revenue": 7.5,
    "line_items.1.n": 2,
}
FINDINGS = [
    {"field": name, "value": value, "evidence": {**EVIDENCE, "quote": HOSTILE}} for name, value in VALUES.items()
]
STEPS = history(
    operation("begin"),
    operation("extract", attempts=3, worker="worker-1"),
    operation("parts of read_pages", "scope"),
    operation("parts of read_pages.1", "part", depth=1, worker="worker-2"),
    operation("store", "sleep", state="pending", settledAt=None, timeoutAt=2000.0),
    costUsd=0.02,
    limitUsd=0.1,
)
NOTICES: Body = {
    "deliveries": [
        {"eventId": "a.done", "eventType": "longhand.job.done.v1", "number": 2, "receiver": "example.org",
         "state": "gave_up", "createdAt": "2026-11-29T12:00:00.000+00:00",
         "attempts": [{"at": "2026-11-29T12:00:00.000+00:00", "error": "timed_out"}]},
    ]
}  # fmt: skip
LIST: Body = {"jobs": [summary("a", "needsReview"), summary("b", "failed"), summary("c", "processing")], "cursor": "x"}
RUNNING = job("a", "processing", links={"self": "/", "cancel": "/"})
SCREENS: dict[str, tuple[str, dict[str, Answer], str]] = {
    "the first screen": ("/", {}, "Drop a document"),
    "an empty list": ("/", {"GET /jobs": {"jobs": []}}, "No jobs yet"),
    "no match": ("/?state=failed", {"GET /jobs": {"jobs": []}}, "No job fits"),
    "an API that fails": ("/", {"GET /jobs": problem(503, "unavailable", "the server is down")}, "the server is down"),
    "a job that runs": ("/jobs/a", {"GET /jobs/a": RUNNING}, "attempt 3"),
    "a job that failed": ("/jobs/a", {"GET /jobs/a": job("a", "failed", error={"code": "x", "message": HOSTILE})}, "x"),
    "a question about a cost": ("/jobs/a", {"GET /jobs/a": job("a", "waiting", question=COST)}, "needs a higher limit"),
    "a review": (
        "/jobs/a",
        {
            "GET /jobs/a": job("a", "needsReview", question={**QUESTION, "reason": "review"}),
            "GET /decisions/a:5": {"message": HOSTILE, "findings": FINDINGS, "fields": FIELDS},
            "GET /decisions": {"decisions": [{"jobId": name, "reason": "review"} for name in "cab"]},
            "GET /jobs/a/pages/1": {},
        },
        "2 of 3",
    ),
    "a result": (
        "/jobs/a",
        {
            "GET /jobs/a": job("a", links={"self": "/", "document": "/d", "text": "/t", "result": "/r"}),
            "GET /status/a": make_result(
                {"vendor": HOSTILE, "line_items": [{"n": 2}]},
                {"vendor": {**EVIDENCE, "confidence": 0.5}, "line_items.3.n": {**EVIDENCE, "verified": False}},
                warnings=[HOSTILE],
                review={"decision": "corrected", "reviewer": "ada", "at": "2026-11-29T12:00:00.000+00:00",
                        "corrections": {"vendor": {"original": "Acme", "value": HOSTILE}}},
            ),
            "GET /jobs/a/pages/1": problem(409, "page_not_drawn", "page 1 of job a cannot be drawn: document_damaged"),
        },
        "Draw it again",
    ),
    "a job that is gone": ("/jobs/a", {"GET /jobs/a": problem(410, "job_erased", "job a was erased")}, "was erased"),
}  # fmt: skip
USUAL: dict[str, Answer] = {
    "GET /jobs": LIST,
    "GET /jobs/a/why": {"explanation": f"it waits: {HOSTILE}"},
    "GET /jobs/a/history": STEPS,
    "GET /jobs/a/deliveries": NOTICES,
    "GET /types": {"types": [{"name": "invoice"}, {"name": "delivery-note"}]},
}

# Where a screen is looked at. A look costs two CPU seconds, so `make test` has one of each screen, another in each run,
# and with them each look; `make soak` has every look of every screen.
type Scheme = Literal["light", "dark"]
LOOKS: list[tuple[ViewportSize, Scheme]] = [(WIDE, "light"), (PHONE, "dark"), (WIDE, "dark"), (PHONE, "light")]
ONE_OR_ALL_LOOKS = [pytest.param(1, id="one"), pytest.param(len(LOOKS), id="all", marks=pytest.mark.soak)]
LONG_LISTS = ["/", "/jobs/a"]
SOME_OR_ALL_LONG_LISTS = [
    *draw_some(LONG_LISTS, share=1 / 2, at_least=1),
    *(pytest.param(path, marks=pytest.mark.soak, id=f"every-{path}") for path in LONG_LISTS),
]


@pytest.fixture(scope="module")
def site() -> Iterator[FakeSite]:
    with serve_fake_site() as site:
        yield site


def drop_failures(faults: list[str]) -> list[str]:
    """Return what is no answer of the API: the browser reports those of 400 and more, too."""
    return [one for one in faults if "Failed to load resource" not in one]


# A placeholder is no text of the page: its width is that of the same text in the font of its input.
LIST_CUT_PLACEHOLDERS = """
[...document.querySelectorAll("input[placeholder]")].filter((input) => input.checkVisibility()).filter((input) => {
  const style = getComputedStyle(input);
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = style.font;
  const room = input.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return pen.measureText(input.placeholder).width > room;
}).map((input) => input.placeholder)
"""


def expect_fine(tab: Tab) -> None:
    assert tab.page.evaluate(LIST_CUT_PLACEHOLDERS) == []
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.page.locator("img[src=x], main script").count() == 0
    assert drop_failures(tab.faults) == []


@pytest.mark.parametrize("count", ONE_OR_ALL_LOOKS)
@pytest.mark.parametrize(("place", "name"), [*enumerate(SCREENS)], ids=SCREENS)
def test_a_screen_is_fine_everywhere(kept_pages: KeptPages, site: FakeSite, place: int, name: str, count: int) -> None:
    path, answers, words = SCREENS[name]
    for turn in range(count):
        size, scheme = LOOKS[(RUN_SEED + place + turn) % len(LOOKS)]
        with kept_pages.open_tab("about:blank", size) as tab:
            FakeApi({**USUAL, **answers}).install(site)
            tab.page.emulate_media(color_scheme=scheme)
            tab.page.goto(f"{site.url}#{path}")
            expect(tab.page.locator("body")).to_contain_text(words)
            assert tab.violations() == []
            expect_fine(tab)


@pytest.mark.parametrize("path", SOME_OR_ALL_LONG_LISTS)
def test_five_hundred_rows_are_fine(
    kept_pages: KeptPages, site: FakeSite, path: str, request: pytest.FixtureRequest
) -> None:
    """The rules of axe take 12 CPU seconds here: `make test` has them for three rows of each kind above."""
    with kept_pages.open_tab("about:blank") as tab:
        rows = {"jobs": [summary(f"job-{number}", "failed") for number in range(500)]}
        FakeApi({**USUAL, "GET /jobs": rows, "GET /jobs/a": job("a", "processing")}).install(site)
        tab.page.goto(f"{site.url}#{path}")
        expect(tab.page.locator(".jobs li")).to_have_count(500)
        tab.page.get_by_label("Select all").check()
        expect(tab.page.get_by_role("button", name="Try 500 again")).to_be_visible()
        expect_fine(tab)
        if request.node.get_closest_marker("soak"):
            assert tab.violations() == []


def test_a_slow_network_says_what_it_waits_for(browser: Browser, site: FakeSite) -> None:
    with open_tab(browser, "about:blank") as tab:
        FakeApi({**USUAL, "GET /jobs/a": job("a", "processing")}).install(site)
        session = tab.page.context.new_cdp_session(tab.page)
        session.send("Network.enable")
        slow = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 20_000}
        session.send("Network.emulateNetworkConditions", slow)
        tab.page.goto(f"{site.url}#/jobs/a", wait_until="commit")
        expect(tab.page.locator("body")).to_contain_text(re.compile("Loading"))
        expect(tab.page.locator("main .pill")).to_have_text("running")
        expect_fine(tab)

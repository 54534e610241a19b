"""How reviewers work: editors for each kind of value, a queue by keyboard alone, and two of them at once."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import pytest
from playwright.sync_api import expect

from contract.answers import Done, JobState
from contract.decision import Decision
from contract.job import Approval, DocumentJob, ReviewRule
from local.samples import make_invoice
from local.system import System
from longhand_client import Client
from tests.waiting import wait_until
from tests.worker.documents import make_pdf

from .browser import TIMEOUT_MS, KeptPages, Tab

expect.set_options(timeout=TIMEOUT_MS)
_NUMBERS = count(1)

type Ask = Callable[..., str]


@pytest.fixture
def client(system: System) -> Iterator[Client]:
    with Client(system.url) as client:
        yield client


@pytest.fixture
def ask(client: Client) -> Ask:
    """A function that sends a document, and returns its job once it waits for a review, behind those of this test."""
    for one in client.list_decisions().decisions:
        client.decide(one.id, Decision(approve=False))

    def ask_reviewer(content: bytes, kind: str = "invoice") -> str:
        job_id = f"reviewed-{next(_NUMBERS)}"
        upload = client.upload(f"{job_id}.pdf", content)
        approval = Approval(required=ReviewRule.ALWAYS)
        job = DocumentJob(job_id=job_id, requester_id="me", type=kind, upload_id=upload, approval=approval)
        client.submit(job)
        wait_until(lambda: client.get(job_id).state is JobState.NEEDS_REVIEW, f"{job_id} waits for a review")
        return job_id

    return ask_reviewer


def read_review(client: Client, job_id: str) -> tuple[dict[str, object], dict[str, object]]:
    """Return the values of a job that is done, and its review."""
    answer = client.wait(job_id)
    assert isinstance(answer, Done)
    return answer.result["extractedData"], answer.result["review"]


def test_lists_dates_and_tables_have_editors(tab: Tab, system: System, client: Client, ask: Ask) -> None:
    """What is added, changed and removed is in the result, with what was there before, by whom and when."""
    job_id = ask(make_invoice())
    tab.page.goto(f"{system.url}/#/jobs/{job_id}")
    tab.page.get_by_label("due").fill("2026-04-13")
    tab.page.get_by_label("net", exact=True).fill("")
    tab.page.get_by_role("button", name="Add a row").click()
    tab.page.get_by_label("line items 1: description").fill("=HYPERLINK(1)")
    tab.page.get_by_label("line items 1: quantity").fill("2.5")
    assert tab.violations() == []
    tab.page.locator("#reviewer").fill("ada")
    tab.page.get_by_role("button", name=re.compile("Approve with")).click()
    values, review = read_review(client, job_id)
    assert (values["due"], "net" in values) == ("2026-04-13", False)
    assert values["line_items"] == [{"description": "=HYPERLINK(1)", "quantity": 2.5}]
    assert (review["reviewer"], bool(review["at"])) == ("ada", True)
    assert review["corrections"]["net"] == {"original": 3112.5, "value": None}  # type: ignore[index] # of any JSON
    expect(tab.page.get_by_label("due")).to_have_value("2026-04-13")
    expect(tab.page.get_by_label("Findings")).to_contain_text("was empty, corrected by ada")
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="CSV").click()
    rows = download.value.path().read_text("utf-8-sig").splitlines()
    assert '"line_items.1.description","\'=HYPERLINK(1)","","","","",""' in rows
    assert any(row.startswith('"amount",3703.87,3703.87,1,"Total EUR 3,703.87",') for row in rows)


def test_an_entry_of_a_list_is_removed_restored_and_added(tab: Tab, system: System, client: Client, ask: Ask) -> None:
    text = "This agreement is made between Halden Instruments GmbH and Quillon & Sons LLC on 1 February 2026."
    job_id = ask(make_pdf(text), "contract")
    tab.page.goto(f"{system.url}/#/jobs/{job_id}")
    first = tab.page.get_by_label("parties 1").first
    before = first.input_value()
    tab.page.get_by_role("button", name="Remove parties 1").click()
    expect(first).to_have_value("")
    tab.page.get_by_role("button", name="Restore parties 1").click()
    expect(first).to_have_value(before)
    tab.page.get_by_role("button", name="Remove parties 1").click()
    tab.page.locator("fieldset", has_text="parties").get_by_role("button", name="Add").click()
    expect(tab.page.get_by_label("parties 3").first).to_be_focused()
    tab.page.keyboard.type("Third Party Ltd")
    tab.page.get_by_role("button", name="Approve with 2 corrections").click()
    values, _ = read_review(client, job_id)
    assert before not in values["parties"]  # type: ignore[operator] # a list
    assert "Third Party Ltd" in values["parties"]  # type: ignore[operator] # a list


def test_a_reviewer_goes_through_the_queue_by_keyboard_alone(
    tab: Tab, system: System, client: Client, ask: Ask
) -> None:
    """The oldest comes first. What was typed for one is kept while the reviewer looks at another."""
    first, second = ask(make_invoice()), ask(make_invoice())
    tab.page.goto(f"{system.url}/#/jobs/{first}")
    expect(tab.page.get_by_label("Findings")).to_contain_text("1 of 2")
    tab.page.keyboard.press("Alt+n")
    tab.page.wait_for_url(re.compile(second))
    expect(tab.page.locator(".fields input").first).to_be_focused()
    tab.page.keyboard.press("ControlOrMeta+a")
    tab.page.keyboard.type("Brightwater")
    tab.page.keyboard.press("Alt+p")
    tab.page.wait_for_url(re.compile(first))
    expect(tab.page.locator(".fields input").first).to_be_focused()
    expect(tab.page.get_by_role("button", name="Approve", exact=True)).to_be_visible()
    tab.page.keyboard.press("Alt+n")
    expect(tab.page.get_by_label("vendor")).to_have_value("Brightwater")
    expect(tab.page.locator(".fields input").first).to_be_focused()
    tab.page.keyboard.press("Enter")
    values, _ = read_review(client, second)
    assert values["vendor"] == "Brightwater"
    assert client.get(first).state is JobState.NEEDS_REVIEW


def test_of_two_reviewers_the_second_learns_who_was_first(
    kept_pages: KeptPages, system: System, client: Client, ask: Ask
) -> None:
    """And loses nothing of what was typed."""
    job_id = ask(make_invoice())
    with ExitStack() as stack:
        ada, bob = (stack.enter_context(kept_pages.open_tab(f"{system.url}/#/jobs/{job_id}")) for _ in range(2))
        for tab, name in ((ada, "ada"), (bob, "bob")):
            tab.page.locator("#reviewer").fill(name)
            tab.page.get_by_label("vendor").fill(f"vendor of {name}")
        # Bob's page has not heard of the end yet.
        bob.page.route(re.compile(rf"/jobs/{job_id}$"), lambda route: route.abort())
        ada.page.get_by_role("button", name="Approve with 1 correction").click()
        values, _ = read_review(client, job_id)
        assert values["vendor"] == "vendor of ada"
        bob.page.get_by_role("button", name="Approve with 1 correction").click()
        expect(bob.page.get_by_role("status").first).to_contain_text(
            re.compile("Another decision was first: .* was approved with corrections by ada at ")
        )
        bob.page.unroute_all()
        bob.page.evaluate("dispatchEvent(new Event('online'))")  # so that it asks again at once
        expect(bob.page.get_by_label("vendor")).to_have_value("vendor of ada")
        expect(bob.page.get_by_role("note")).to_contain_text("vendor: vendor of bob")
        bob.page.get_by_role("button", name="Forget them").click()
        expect(bob.page.get_by_role("note")).to_have_count(0)

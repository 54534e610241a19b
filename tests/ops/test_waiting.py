"""A job that waits for somebody, and one that is only estimated: what a person and a script are told."""

import json

import pytest

from contract.answers import DryRun, Reason, Waiting
from contract.costs import Estimate, StepEstimate
from contract.job import DocumentJob
from contract.names import Step
from contract.reading import MediaType
from contract.use import Use
from local.server_process import ROOT
from ops.api import Api
from ops.clock import Clock
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.watch import watch_job
from tests.ops.terminal import Terminal
from tests.ops.web import Reply, Web, serving

JOB = DocumentJob(job_id="a", document_url="https://example.com/a.pdf", requester_id="me", max_cost_usd=2)
WAITING = Reply(
    200,
    b'{"status":"waiting","jobId":"a","reason":"cost","message":"it would cost 3 USD","promise":"doc/a:7",'
    b'"until":"2027-01-15T09:00:00+00:00","progress":{"step":"analyze","number":3,"of":5,"attempt":1,"since":"x"}}',
)
DONE = Reply(200, b'{"status":"done","jobId":"a","result":{}}')
ESTIMATE = Estimate(
    media_type=MediaType.PDF,
    pages=12,
    pages_to_recognize=7,
    steps=(
        StepEstimate(step=Step.EXTRACT, use=Use(seconds=21, pages=7)),
        StepEstimate(step=Step.ANALYZE, use=Use(seconds=1.5, input_tokens=900, output_tokens=100, cost_usd=0.0031)),
    ),
    seconds=22.5,
    cost_usd=0.0031,
    assumptions=("a page takes three seconds", "a page has 75 tokens"),
)
NOT_READY = Reply(503, b'{"error":"the estimate is not ready yet","code":"estimate_not_ready"}', {"Retry-After": "2"})


def estimated(**changes: object) -> Reply:
    made = ESTIMATE.model_copy(update=changes).model_dump(mode="json")
    return Reply(200, DryRun(job_id="a", estimate=made).model_dump_json().encode())


def dry_run(terminal: Terminal, web: Web, *words: str) -> tuple[int, str, str]:
    url = ("--url", web.url)
    ended = terminal.run("submit", "https://example.com/a.pdf", "--job-id", "a", "--dry-run", *url, *words)
    return ended.code, ended.out, ended.err


def test_an_estimate_says_that_the_job_would_wait(nowhere: Terminal) -> None:
    with serving(lambda _: estimated(would_wait=True)) as web:
        code, out, _ = dry_run(nowhere, web)
    assert code == 0
    assert out.startswith("a: would wait for somebody to raise its limit; nothing was started\n")


def test_a_job_that_waits_says_for_what_until_when_and_which_promise_decides(nowhere: Terminal) -> None:
    with serving(lambda _: WAITING) as web:
        ended = nowhere.run("status", "a", "--url", web.url)
        plain = nowhere.run("status", "a", "--url", web.url, "--json")
    assert (ended.code, plain.code) == (2, 2)
    assert ended.out == (
        "a: waits for somebody\n"
        "  for      it would cost 3 USD\n"
        "  until    2027-01-15T09:00:00+00:00\n"
        "  promise  doc/a:7\n"
    )
    assert json.loads(plain.out)["promise"] == "doc/a:7"


def test_a_job_that_waits_is_shown_as_the_page_about_operating_shows_it(nowhere: Terminal) -> None:
    page = (ROOT / "docs" / "operate.md").read_text()
    shown = page.partition("$ ./longhand status report-7\n")[2].partition("```")[0]
    [message, until, promise] = [line[11:] for line in shown.splitlines()[1:]]
    waiting = Waiting(job_id="report-7", reason=Reason.COST, message=message, promise=promise, until=until)
    with serving(lambda _: Reply(200, waiting.model_dump_json(exclude_none=True).encode())) as web:
        assert nowhere.run("status", "report-7", "--url", web.url).out == shown


def test_waiting_for_somebody_is_no_end(nowhere: Terminal) -> None:
    replies = [WAITING, WAITING, DONE]
    with serving(lambda _: replies.pop(0)) as web:
        outcome = list(watch_job(Api(web.url), "a", Clock(sleep=lambda _: None)))
    assert [type(answer) is Waiting for answer in outcome] == [True, False]
    replies = [WAITING, DONE]
    with serving(lambda _: replies.pop(0)) as web:
        ended = nowhere.run("status", "a", "--watch", "--url", web.url)
    assert (ended.code, ended.out) == (0, "a: done\n\n")
    assert "a: waits for somebody until 2027-01-15T09:00:00+00:00: it would cost 3 USD (doc/a:7)\n" in ended.err


def test_an_estimate_is_printed_with_what_was_guessed(nowhere: Terminal) -> None:
    with serving(lambda _: estimated()) as web:
        code, out, _ = dry_run(nowhere, web, "--max-cost", "2")
    assert code == 0
    assert out.splitlines() == [
        "a: would be done; nothing was started",
        "  type       pdf",
        "  pages      12, 7 of them to recognize",
        "  time       22.5 s",
        "  cost       0.0031 USD",
        "    extract  21.0 s, 7 pages",
        "    analyze  1.5 s, 1000 tokens, 0.0031 USD",
        "  assumed    a page takes three seconds",
        "             a page has 75 tokens",
    ]
    [asked] = web.asked
    assert asked.path == "/process-document?dryRun=true"
    assert json.loads(asked.body)["maxCostUsd"] == 2


def test_an_estimate_is_json_for_a_program(nowhere: Terminal) -> None:
    with serving(lambda _: estimated(cost_usd=None)) as web:
        code, out, err = dry_run(nowhere, web, "--json")
        _, told, _ = dry_run(nowhere, web)
    answer = json.loads(out)
    assert (code, err, answer["status"]) == (0, "", "dry_run")
    assert Estimate.model_validate(answer["estimate"]).cost_usd is None
    assert "  cost       unknown: nobody knows the price\n" in told


def test_what_the_job_would_fail_with_is_told_as_a_failure(nowhere: Terminal) -> None:
    failed = Reply(
        200,
        b'{"status":"failed","jobId":"a","error":'
        b'{"code":"document_encrypted","message":"a password","step":"extract"}}',
    )
    with serving(lambda _: failed) as web:
        code, out, _ = dry_run(nowhere, web)
    assert code == 1
    assert out == (
        "a: would fail, in step extract; nothing was started\n  code     document_encrypted\n  message  a password\n"
    )


def test_an_estimate_that_is_not_ready_is_asked_for_again_and_then_said() -> None:
    replies, pauses = [NOT_READY, NOT_READY, estimated()], list[float]()
    with serving(lambda _: replies.pop(0)) as web:
        assert Api(web.url, sleep=pauses.append).estimate(JOB).status == "dry_run"
    assert pauses == [2, 2]
    with (
        serving(lambda _: NOT_READY) as web,
        pytest.raises(UserError, match="no worker has made the estimate") as raised,
    ):
        Api(web.url, sleep=pauses.append).estimate(JOB)
    assert raised.value.code == ExitCode.BUSY


def test_an_estimate_of_another_generation_is_no_trace(nowhere: Terminal) -> None:
    with serving(lambda _: Reply(200, b'{"status":"dry_run","jobId":"a","estimate":{"pages":1}}')) as web:
        code, out, err = dry_run(nowhere, web)
    assert code == 78
    assert err == "longhand: the estimate is not one that this program knows: see it with --json\n"
    assert "pages" not in out

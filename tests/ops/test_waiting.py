"""Jobs that wait for approval, and estimates: what is printed, and the exit codes."""

import json

import pytest

from contract.answers import DryRun, Reason, Waiting
from contract.costs import Estimate, StepEstimate
from contract.job import DocumentJob
from contract.names import Step
from contract.reading import MediaType
from contract.usage import Usage
from local.server_process import ROOT
from ops.api import Api
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.job_watch import watch_job
from tests.ops.fake_server import FakeServer, Reply, serve
from tests.ops.terminal import Terminal

JOB = DocumentJob(job_id="a", document_url="https://example.com/a.pdf", requester_id="me", max_cost_usd=2)
WAITING_REPLY = Reply(
    200,
    b'{"status":"waiting","jobId":"a","reason":"cost","message":"it would cost 3 USD","promise":"doc/a:7",'
    b'"until":"2027-01-15T09:00:00.000+00:00","progress":{"step":"analyze","number":3,"of":5,"attempt":1,"since":"x"},"decision":"a:7"}',
)
DONE_REPLY = Reply(200, b'{"status":"done","jobId":"a","result":{}}')
ESTIMATE = Estimate(
    media_type=MediaType.PDF,
    pages=12,
    ocr_pages=7,
    steps=(
        StepEstimate(step=Step.EXTRACT, usage=Usage(seconds=21, pages=7)),
        StepEstimate(step=Step.ANALYZE, usage=Usage(seconds=1.5, input_tokens=900, output_tokens=100, cost_usd=0.0031)),
    ),
    seconds=22.5,
    cost_usd=0.0031,
    assumptions=("a page takes three seconds", "a page has 75 tokens"),
)
NOT_READY_REPLY = Reply(
    503, b'{"error":"the estimate is not ready yet","code":"estimate_not_ready"}', {"Retry-After": "2"}
)


def reply_estimate(**changes: object) -> Reply:
    estimate = ESTIMATE.model_copy(update=changes).model_dump(mode="json")
    return Reply(200, DryRun(job_id="a", estimate=estimate).to_json())


def dry_run(terminal: Terminal, fake: FakeServer, *words: str) -> tuple[int, str, str]:
    url = ("--url", fake.url)
    ended = terminal.run("submit", "https://example.com/a.pdf", "--job-id", "a", "--dry-run", *url, *words)
    return ended.code, ended.out, ended.err


def test_an_estimate_shows_that_the_job_would_wait_for_a_higher_limit(nowhere: Terminal) -> None:
    with serve(lambda _: reply_estimate(would_wait=True)) as fake:
        code, out, _ = dry_run(nowhere, fake)
    assert code == 0
    assert out.startswith("a: would wait for a higher cost limit; nothing was started\n")


def test_a_waiting_job_shows_its_reason_deadline_and_decision(nowhere: Terminal) -> None:
    with serve(lambda _: WAITING_REPLY) as fake:
        ended = nowhere.run("status", "a", "--url", fake.url)
        plain = nowhere.run("status", "a", "--url", fake.url, "--json")
    assert (ended.code, plain.code) == (2, 2)
    assert ended.out == (
        "a: waits for a decision\n"
        "  reason    it would cost 3 USD\n"
        "  until     2027-01-15T09:00:00.000+00:00\n"
        "  decision  a:7\n"
    )
    assert json.loads(plain.out)["promise"] == "doc/a:7"


def test_a_waiting_job_is_printed_as_the_docs_show_it(nowhere: Terminal) -> None:
    page = (ROOT / "docs" / "operate.md").read_text()
    shown = page.partition("$ ./longhand status report-7\n")[2].partition("```")[0]
    [message, until, decision] = [line[12:] for line in shown.splitlines()[1:]]
    waiting = Waiting(
        job_id="report-7", reason=Reason.COST, message=message, promise="p", until=until, decision=decision
    )
    with serve(lambda _: Reply(200, waiting.to_json())) as fake:
        assert nowhere.run("status", "report-7", "--url", fake.url).out == shown


def test_watching_continues_while_a_job_waits_for_approval(nowhere: Terminal) -> None:
    replies = [WAITING_REPLY, WAITING_REPLY, DONE_REPLY]
    with serve(lambda _: replies.pop(0)) as fake:
        answers = list(watch_job(Api(fake.url, sleep=lambda _: None), "a"))
    assert [type(answer) is Waiting for answer in answers] == [True, False]
    replies = [WAITING_REPLY, DONE_REPLY]
    with serve(lambda _: replies.pop(0)) as fake:
        ended = nowhere.run("status", "a", "--watch", "--url", fake.url)
    assert (ended.code, ended.out) == (0, "a: done\n")
    assert "a: waits for a decision until 2027-01-15T09:00:00.000+00:00: it would cost 3 USD (doc/a:7)\n" in ended.err


def test_an_estimate_is_printed_with_its_assumptions(nowhere: Terminal) -> None:
    with serve(lambda _: reply_estimate()) as fake:
        code, out, _ = dry_run(nowhere, fake, "--max-cost", "2")
    assert code == 0
    assert out.splitlines() == [
        "a: would succeed; nothing was started",
        "  type       pdf",
        "  pages      12, 7 of them need OCR",
        "  time       22.5 s",
        "  cost       0.0031 USD",
        "    extract  21.0 s, 7 pages",
        "    analyze  1.5 s, 1000 tokens, 0.0031 USD",
        "  assumed    a page takes three seconds",
        "             a page has 75 tokens",
    ]
    [asked] = fake.requests
    assert asked.path == "/process-document?dryRun=true"
    assert json.loads(asked.body)["maxCostUsd"] == 2


def test_an_estimate_can_be_json(nowhere: Terminal) -> None:
    with serve(lambda _: reply_estimate(cost_usd=None)) as fake:
        code, out, err = dry_run(nowhere, fake, "--json")
        _, text, _ = dry_run(nowhere, fake)
    answer = json.loads(out)
    assert (code, err, answer["status"]) == (0, "", "dry_run")
    assert Estimate.model_validate(answer["estimate"]).cost_usd is None
    assert "  cost       unknown: the model has no price\n" in text


def test_a_job_that_would_fail_is_reported_as_failed(nowhere: Terminal) -> None:
    failed = Reply(
        200,
        b'{"status":"failed","jobId":"a","error":'
        b'{"code":"document_encrypted","message":"a password","step":"extract"}}',
    )
    with serve(lambda _: failed) as fake:
        code, out, _ = dry_run(nowhere, fake)
    assert code == 1
    assert out == (
        "a: would fail, in step extract; nothing was started\n  code     document_encrypted\n  message  a password\n"
    )


def test_an_estimate_that_is_not_ready_is_retried_and_then_reported() -> None:
    replies, pauses = [NOT_READY_REPLY, NOT_READY_REPLY, reply_estimate()], list[float]()
    with serve(lambda _: replies.pop(0)) as fake:
        assert Api(fake.url, sleep=pauses.append).estimate(JOB).status == "dry_run"
    assert pauses == [2, 2]
    with (
        serve(lambda _: NOT_READY_REPLY) as fake,
        pytest.raises(UserError, match="no worker has made the estimate") as raised,
    ):
        Api(fake.url, sleep=pauses.append).estimate(JOB)
    assert raised.value.code == ExitCode.BUSY


def test_an_estimate_of_an_unknown_format_is_reported_without_a_traceback(nowhere: Terminal) -> None:
    with serve(lambda _: Reply(200, b'{"status":"dry_run","jobId":"a","estimate":{"pages":1}}')) as fake:
        code, out, err = dry_run(nowhere, fake)
    assert code == 78
    assert err == "longhand: the estimate has a format that this program does not know: print it with --json\n"
    assert "pages" not in out

"""`longhand numbers`: what it asks for, and what it prints."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.ops.fake_server import FakeServer, Reply, serve
from tests.ops.terminal import Terminal

BEGIN = "2026-11-29T09:10:00.001+00:00"
FIRST_HOUR = {"start": "2026-11-29T09:00:00.000+00:00", "type": "invoice", "failed": 1, "canceled": 0, "open": 0}
SECOND_HOUR = {**FIRST_HOUR, "start": "2026-11-29T10:00:00.000+00:00", "failed": 0, "open": 2}
NUMBERS = {
    "since": "2026-11-28T10:00:00.000+00:00",
    "from": BEGIN,
    "until": "2026-11-29T11:00:00.000+00:00",
    "period": "hour",
    "isComplete": False,
    "jobs": [
        {**FIRST_HOUR, "done": 10, "costUsd": 1.25, "withoutCost": 0},
        {**SECOND_HOUR, "done": 1, "costUsd": 0.01, "withoutCost": 1},
    ],
    "failures": [{"code": "document_damaged", "jobs": 1}],
    "resultSeconds": {"p50": 1.25, "p95": 60.0},
    "oldestJob": {"id": "stuck", "createdAt": "2026-11-20T10:00:00.123+00:00"},
    "oldestDecision": {"id": "a:3", "jobId": "a", "reason": "cost", "since": "2026-11-21T10:00:00.123+00:00"},
}
NOTHING = {**NUMBERS, "from": NUMBERS["since"], "isComplete": True, "jobs": [], "failures": []}
for name in ("resultSeconds", "oldestJob", "oldestDecision"):
    del NOTHING[name]


def run(terminal: Terminal, *words: str, reply: object = NUMBERS) -> tuple[int, str, str, FakeServer]:
    with serve(lambda _: Reply(200, json.dumps(reply).encode())) as fake:
        ended = terminal.run("numbers", *words, "--url", fake.url)
    return ended.code, ended.out, ended.err, fake


def test_the_numbers_are_a_table_with_its_sums(nowhere: Terminal) -> None:
    code, out, err, _ = run(nowhere)
    assert code == 0
    assert [line.split(maxsplit=6) for line in out.splitlines()[:4]] == [
        ["from", "type", "done", "failed", "canceled", "open", "cost"],
        ["2026-11-29T09:00:00Z", "invoice", "10", "1", "0", "0", "1.25 USD"],
        ["2026-11-29T10:00:00Z", "invoice", "1", "0", "0", "2", "0.0100 USD, 1 unknown"],
        ["all", "11", "1", "0", "2", "1.26", "USD, 1 unknown"],  # without a type
    ]
    assert [" ".join(line.split()) for line in out.splitlines()[4:]] == [
        "time to result 1.2 s for half of them, 60.0 s for 95 %",
        "failed with document_damaged 1",
        "oldest open job stuck, since 2026-11-20T10:00:00Z",
        "oldest decision a:3 (cost), since 2026-11-21T10:00:00Z",
    ]
    assert f"--until {BEGIN}" in err


def test_without_jobs_the_sums_are_zero(nowhere: Terminal) -> None:
    code, out, err, _ = run(nowhere, reply=NOTHING)
    assert (code, out.splitlines()[-1].split(), err) == (0, ["all", "0", "0", "0", "0", "0.00", "USD"], "")


def test_json_is_the_answer_of_the_api(nowhere: Terminal) -> None:
    code, out, _, _ = run(nowhere, "--json")
    assert (code, json.loads(out)) == (0, NUMBERS)


def test_options_are_the_parameters_of_the_api(nowhere: Terminal) -> None:
    words = ["--since", "2026-11-01", "--until", "2026-11-29", "--period", "day", "--requester", "ada"]
    _, _, _, fake = run(nowhere, *words)
    assert parse_qs(urlsplit(fake.requests[0].path).query) == {
        "since": ["2026-11-01"],
        "until": ["2026-11-29"],
        "period": ["day"],
        "requesterId": ["ada"],
    }
    _, _, _, fake = run(nowhere)
    [since] = parse_qs(urlsplit(fake.requests[0].path).query)["since"]
    assert since.endswith("+00:00")


@pytest.mark.parametrize("words", [("--period", "week"), ("--since",)])
def test_a_wrong_option_asks_nothing(nowhere: Terminal, words: tuple[str, ...]) -> None:
    code, _, _, fake = run(nowhere, *words)
    assert (code, fake.requests) == (64, [])

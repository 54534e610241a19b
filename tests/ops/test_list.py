"""`longhand list`: what it asks for, and what it prints."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.ops.fake_server import FakeServer, Reply, Request, serve
from tests.ops.terminal import Terminal

CREATED_TIME = "2026-11-29T10:00:00.123+00:00"


def make_job(name: str, **more: object) -> dict[str, object]:
    own = {"id": name, "state": "processing", "type": "invoice", "requesterId": "ada", "createdAt": CREATED_TIME}
    return {**own, **more}


WAITING_JOB = make_job(
    "asking",
    state="waiting",
    question={"decision": "asking:3", "reason": "cost", "since": CREATED_TIME, "until": CREATED_TIME},
)
ENDED_JOB = make_job("ended", state="failed", endedAt="2026-11-29T10:00:05.000+00:00")
# A page may be empty and still not be the last one.
PAGES = {"": ([WAITING_JOB], "2"), "2": ([], "3"), "3": ([ENDED_JOB], None)}


def answer(request: Request) -> Reply:
    cursor = parse_qs(urlsplit(request.path).query).get("cursor", [""])[0]
    jobs, following = PAGES[cursor]
    return Reply(200, json.dumps({"jobs": jobs} | ({"cursor": following} if following else {})).encode())


def run(terminal: Terminal, *words: str) -> tuple[int, str, str, FakeServer]:
    with serve(answer) as fake:
        ended = terminal.run("list", *words, "--url", fake.url)
    return ended.code, ended.out, ended.err, fake


def test_the_list_follows_the_cursors_to_the_last_page(nowhere: Terminal) -> None:
    code, out, _, fake = run(nowhere)
    rows = [line.split() for line in out.splitlines()]
    assert (code, len(fake.requests)) == (0, 3)
    assert rows == [
        ["job", "state", "type", "requester", "created", "ended", "decision"],
        ["asking", "waiting", "invoice", "ada", "2026-11-29T10:00:00Z", "asking:3"],
        ["ended", "failed", "invoice", "ada", "2026-11-29T10:00:00Z", "2026-11-29T10:00:05Z"],
    ]


def test_the_limit_ends_the_list_and_says_so(nowhere: Terminal) -> None:
    code, out, err, _ = run(nowhere, "--limit", "1", "--json")
    assert (code, json.loads(out)) == (0, {"jobs": [WAITING_JOB]})
    assert "There are more" in err


def test_filters_are_those_of_the_api(nowhere: Terminal) -> None:
    words = ["--status", "failed", "--type", "invoice", "--requester", "ada", "--batch", "b", "--since", "2026-11-29"]
    _, _, _, fake = run(nowhere, *words)
    query = parse_qs(urlsplit(fake.requests[0].path).query)
    assert query == {
        "state": ["failed"],
        "type": ["invoice"],
        "requesterId": ["ada"],
        "batch": ["b"],
        "since": ["2026-11-29"],
        "limit": ["51"],
    }


def test_a_duration_becomes_a_time_in_utc(nowhere: Terminal) -> None:
    _, _, _, fake = run(nowhere, "--since", "1d")
    [since] = parse_qs(urlsplit(fake.requests[0].path).query)["since"]
    assert since.endswith("+00:00")


@pytest.mark.parametrize("words", [("--status", "lost"), ("--limit", "0")])
def test_a_wrong_option_asks_nothing(nowhere: Terminal, words: tuple[str, ...]) -> None:
    code, _, _, fake = run(nowhere, *words)
    assert (code, fake.requests) == (64, [])

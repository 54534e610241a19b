"""The bounds of what agents get and of what they may spend, without a process."""

import json
from pathlib import Path
from typing import Any

import pytest

from ops.agents.bounds import MAX_CHARACTERS, cut, shorten, take, write_json
from ops.agents.catalog import TOOLS
from ops.agents.folders import Folders
from ops.agents.inputs import RULES, DocumentInput, ListInput, WaitInput, list_arguments
from ops.agents.job_tools import JobTools
from ops.api import Api
from ops.job_options import JobOptions
from tests.ops.fake_server import Reply, Request, serve

DOCUMENT = "https://example.com/a.pdf"


def make_tools(url: str, **more: Any) -> JobTools:  # noqa: ANN401 - other fields
    options = JobOptions(requester="agent", max_cost=1.0)
    return JobTools(open_api=lambda: Api(url), options=options, folders=Folders(), **more)


@pytest.mark.parametrize("text", ["a" * 50_000, '"' * 50_000, "\x01" * 50_000, "é\n" * 25_000, "", "short"])
def test_the_parts_of_a_text_are_bounded_and_make_the_whole(text: str) -> None:
    parts, offset = [], 0
    while True:
        part = cut(text, offset)
        assert len(write_json(part)) <= MAX_CHARACTERS
        parts.append(part["content"])
        if "nextOffset" not in part:
            break
        offset = part["nextOffset"]
    assert "".join(parts) == text
    assert cut(text, len(text) + 1)["content"] == ""


def test_the_parts_of_a_list_are_bounded_and_make_the_whole() -> None:
    items = [{"number": number, "message": "x" * (number % 3_000)} for number in range(200)]
    found: list[int] = []
    while len(found) < len(items):
        part = take(items, len(found), "items")
        assert len(write_json(part)) <= MAX_CHARACTERS
        found += [item["number"] for item in part["items"]]
        assert part.get("nextOffset", len(items)) == len(found)
    assert found == [*range(200)]
    assert take(items, 500, "items") == {"items": [], "total": 200}


def test_long_texts_among_fields_are_cut_and_say_so() -> None:
    short = shorten({"a": "x" * 5_000, "b": ["y" * 3_000, 1, None], "c": {"d": "z"}})
    assert short["a"].endswith("... (5000 characters)")
    assert (short["b"][1:], short["c"]) == ([1, None], {"d": "z"})
    many = shorten({str(number): "x" * 2_000 for number in range(50)})
    assert len(write_json(many)) <= MAX_CHARACTERS


@pytest.mark.parametrize(("asked", "sent"), [(None, 1.0), (0.25, 0.25), (50, 1.0)])
def test_an_agent_spends_no_more_than_its_user_allows(asked: float | None, sent: float) -> None:
    """It may ask for less."""
    body = {"status": "accepted", "jobId": "a", "statusUrl": "/status/a", "message": "", "state": "processing"}
    with serve(lambda _: Reply(202, json.dumps(body).encode())) as fake:
        given = {"document": DOCUMENT, "maxCostUsd": asked}
        make_tools(fake.url).submit(DocumentInput.model_validate(given))
    [request] = fake.requests
    assert json.loads(request.body).items() >= {"maxCostUsd": sent, "requesterId": "agent"}.items()


@pytest.mark.parametrize("state", ["processing", "waiting"])
def test_waiting_ends_with_its_time_or_when_a_person_is_asked(state: str) -> None:
    """A decision is made by a person, and takes longer than an agent can wait."""

    def answer(request: Request) -> Reply:
        question = {"reason": "cost", "message": "more", "promise": "doc/a:3", "until": "2026-12-01"}
        status = {"jobId": "a", "status": state, **(question if state == "waiting" else {})}
        times = {"id": "a", "state": state, "type": "report", "requesterId": "me", "createdAt": "2026-11-29"}
        names = ("self", "status", "why", "history", "events", "text", "document")
        job = {**times, "links": dict.fromkeys(names, "/")}
        return Reply(200, json.dumps(status if request.path.startswith("/status") else job).encode())

    now, slept = 0.0, list[float]()

    def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds

    with serve(answer) as fake:
        tools = make_tools(fake.url, now=lambda: now, sleep=sleep)
        found = tools.wait(WaitInput.model_validate({"jobId": "a", "seconds": 10}))
    assert found["state"] == state
    assert sum(slept) == (pytest.approx(10) if state == "processing" else 0)
    assert max(slept, default=0) <= 3


def test_the_largest_list_is_bounded() -> None:
    own = {"state": "waiting", "type": "t" * 40, "requesterId": "r" * 256, "batch": "b" * 128}
    times = {"createdAt": "2026-11-29T10:00:00.123+00:00", "endedAt": "2026-11-29T10:00:00.123+00:00"}
    question = {"decision": f"{'d' * 128}:1.2.3", "reason": "cost", "since": times["createdAt"], "until": "2096-10-02"}
    jobs = [{"id": f"{number:0128}", **own, **times, "question": question} for number in range(15)]
    with serve(lambda _: Reply(200, json.dumps({"jobs": jobs, "cursor": "c" * 300}).encode())) as fake:
        found = make_tools(fake.url).list_jobs(ListInput(limit=15))
    assert len(write_json(found)) <= MAX_CHARACTERS


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.pdf").write_bytes(b"a")
    return Folders((tmp_path / "in",))


def test_a_file_is_found_by_its_name_or_its_path(folders: Folders, tmp_path: Path) -> None:
    expected = (tmp_path / "in" / "a.pdf").resolve()
    assert folders.find_file("a.pdf") == folders.find_file(str(expected)) == expected


def test_each_argument_has_a_rule_that_its_refusal_names() -> None:
    assert {name for tool in TOOLS.values() for name in list_arguments(tool.input)} == RULES.keys()

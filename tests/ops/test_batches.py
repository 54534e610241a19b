"""A list of documents at the command line: sent with the request, or uploaded before if it is too large for one."""

import json
from pathlib import Path

import pytest

from contract.batches import MAX_REQUEST_BYTES
from ops.api import Api
from ops.batches import submit_list
from ops.errors import UserError
from ops.job_options import RequestOptions
from tests.ops.fake_server import FakeServer, Reply, Request, serve

ACCEPTED_REPLY = Reply(202, b'{"batchId":"b","state":"submitting","total":1,"statusUrl":"/batches/b"}')
STORED_REPLY = Reply(200, b'{"status":"complete","uploadId":"list-1"}')
OBJECT = "s3://scans/a\u2028b.pdf"  # a separator of lines, but not to JSON
LINE = json.dumps({"documentUrl": OBJECT}, ensure_ascii=False)


def answer(request: Request) -> Reply:
    return STORED_REPLY if request.path == "/uploads" else ACCEPTED_REPLY


def submit(file: Path) -> tuple[FakeServer, list[dict[str, object]]]:
    """Submit a list; return what the API received."""
    with serve(answer) as fake:
        submit_list(Api(fake.url), file, RequestOptions(requester="me"), "march")
    return fake, [json.loads(request.body) for request in fake.requests]


def test_a_list_is_sent_with_the_request(tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text(f"{LINE}\n\n{LINE}\n")
    _, [batch] = submit(tmp_path / "list.jsonl")
    assert batch == {
        "items": [{"documentUrl": OBJECT}] * 2, "requesterId": "me", "batchId": "march", "defaults": {"type": "report"}
    }  # fmt: skip


def test_a_list_that_is_too_large_for_a_request_is_uploaded_before(tmp_path: Path) -> None:
    content = "\n".join([json.dumps({"documentUrl": OBJECT, "callbackUrl": "x" * 9_000})] * 500)
    assert len(content) > MAX_REQUEST_BYTES
    (tmp_path / "list.jsonl").write_text(content)
    fake, [upload, batch] = submit(tmp_path / "list.jsonl")
    assert [request.path for request in fake.requests] == ["/uploads", "/batches"]
    assert (upload["name"], upload["size"], upload["purpose"]) == ("list.jsonl", len(content), "manifest")
    assert batch == {
        "uploadId": "list-1", "requesterId": "me", "batchId": "march", "defaults": {"type": "report"}
    }  # fmt: skip


@pytest.mark.parametrize("line", ["{", "[]"])
def test_a_line_that_is_no_object_is_named_and_nothing_is_sent(tmp_path: Path, line: str) -> None:
    (tmp_path / "list.jsonl").write_text(f"{LINE}\n{line}")
    with serve(answer) as fake, pytest.raises(UserError, match="line 2 is not"):
        submit_list(Api(fake.url), tmp_path / "list.jsonl", RequestOptions(), None)
    assert fake.requests == []


def test_a_mark_before_the_text_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text(LINE, encoding="utf-8-sig")
    _, [batch] = submit(tmp_path / "list.jsonl")
    assert batch["items"] == [{"documentUrl": OBJECT}]


def test_a_line_in_another_encoding_is_named_and_nothing_is_sent(tmp_path: Path) -> None:
    """Its letters would else be replaced, and the job be about another document."""
    second = json.dumps({"documentUrl": "s3://scans/Büro.pdf"}, ensure_ascii=False)
    (tmp_path / "list.jsonl").write_text(f"{{}}\n{second}", encoding="latin-1")
    with serve(answer) as fake, pytest.raises(UserError, match=r"line 2 of .* is not UTF-8"):
        submit_list(Api(fake.url), tmp_path / "list.jsonl", RequestOptions(), None)
    assert fake.requests == []

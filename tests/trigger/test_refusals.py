"""Requests that are refused, with what is wrong about them."""

import json

import pytest

from .conftest import JOB, Api


@pytest.mark.parametrize("missing", ["jobId", "documentUrl", "requesterId"])
@pytest.mark.parametrize("value", [None, "", "left out"])
def test_a_required_field_that_is_missing_is_refused(api: Api, missing: str, value: str | None) -> None:
    body = JOB | {missing: value}
    if value == "left out":
        del body[missing]
    reply = api.send("POST", "/process-document", json.dumps(body))
    assert reply.status == 400
    assert reply.body["error"] == "jobId, documentUrl, and requesterId are required"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"jobId": "a/b"}, 'jobId must be 1 to 128 characters of A-Z a-z 0-9 _ -, not "a/b"'),
        ({"jobId": "a\n"}, 'jobId must be 1 to 128 characters of A-Z a-z 0-9 _ -, not "a\\n"'),
        ({"jobId": "x" * 129}, "jobId must be 1 to 128 characters"),
        ({"jobId": 7}, "jobId must be 1 to 128 characters of A-Z a-z 0-9 _ -, not 7"),
        (
            {"documentUrl": "ftp://a/b"},
            'documentUrl must be an http(s):// or s3:// URL of at most 2048 characters, not "f',
        ),
        ({"documentUrl": "https://a/" + "b" * 2048}, "documentUrl must be an http(s):// or s3:// URL of at most 2048"),
        ({"documentUrl": "file:///etc/passwd"}, "documentUrl must be an http(s):// or s3:// URL"),
        ({"requesterId": "r" * 257}, "requesterId must be a string of 1 to 256 characters"),
        ({"documentUrl": "https://a/b c"}, "documentUrl must be an http(s):// or s3:// URL"),
        ({"requesterId": "a\0b"}, "requesterId must be a string of 1 to 256 characters"),
        ({"requesterId": ["me"]}, 'requesterId must be a string of 1 to 256 characters, not ["me"]'),
        ({"type": "letter"}, 'type must be one of invoice, contract, report, receipt, not "letter"'),
        ({"type": None}, "type must be one of invoice, contract, report, receipt, not null"),
        ({"type": ""}, 'type must be one of invoice, contract, report, receipt, not ""'),
        ({"type": ["report"]}, 'type must be one of invoice, contract, report, receipt, not ["report"]'),
        ({"maxCostUsd": -1}, "maxCostUsd must be a number of US dollars from 0 to 10000, not -1"),
        ({"maxCostUsd": "5"}, 'maxCostUsd must be a number of US dollars from 0 to 10000, not "5"'),
        ({"maxCostUsd": True}, "maxCostUsd must be a number of US dollars from 0 to 10000, not true"),
        ({"maxCostUsd": float("nan")}, "maxCostUsd must be a number of US dollars from 0 to 10000, not NaN"),
        ({"maxCostUsd": 10**400}, "maxCostUsd must be a number of US dollars from 0 to 10000, not 1"),
        *(
            ({"approval": approval}, "approval must be an object with required (always or lowConfidence) and perhaps")
            for approval in (
                "always",
                {},
                {"required": "sometimes"},
                {"required": "always", "bellow": 0.5},
                {"required": "always", "below": 1.1},
                {"required": "always", "timeoutHours": 0},
                {"required": "always", "timeoutHours": 601},
                {"required": "always", "reminderHours": 0.2},
                {"required": "always", "reminderHours": "1"},
                {"required": "always", "onTimeout": "wait"},
            )
        ),
        (
            {"priority": 1},
            'the field "priority" is unknown: the fields are jobId, documentUrl, requesterId, type, documentP',
        ),
        ({"type": "x", "jobId": 7}, 'not 7; type must be one of invoice, contract, report, receipt, not "x"'),
    ],
)
def test_a_wrong_field_is_named_with_the_allowed_values_and_the_sent_one(
    api: Api, changes: dict[str, object], sentence: str
) -> None:
    reply = api.submit(**changes)
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert sentence in reply.body["error"]
    assert len(reply.body["error"]) < 400


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "the body is not JSON"),
        (b'{"jobId": ', "the body is not JSON: Expecting value at line 1 column 11"),
        (b"[]", "the body must be a JSON object, not an array"),
        (b"7", "the body must be a JSON object, not 7"),
        (b'{"jobId": "a", "type": "report", "jobId": "b"}', '"jobId" is sent twice: send each field once'),
        (b'{"\\ud800": 1, "\\ud800": 1}', '"\\ud800" is sent twice'),
        (b"null", "the body must be a JSON object, not null"),
        (b'{"jobId": "\xff"}', "the body is not UTF-8"),
        (b"[" * 100_000, "the JSON of the body is nested too deeply"),
        (b"1" * 5_000, "a number in the body has too many digits"),
        (b'{"requesterId": "\\ud800"}', "the body has an unpaired surrogate escape"),
        (b'{"\\udc00": 1}', "the body has an unpaired surrogate escape"),
    ],
)
def test_an_invalid_body_is_refused(api: Api, body: bytes, sentence: str) -> None:
    reply = api.submit_bytes(body)
    assert reply.status == 400
    assert sentence in reply.body["error"]


def test_invalid_base64_is_refused(api: Api) -> None:
    assert api.send("POST", "/process-document", "\u00e9\u00e9\u00e9\u00e9", is_base64=True).status == 400
    reply = api.send("POST", "/process-document", "@@@", is_base64=True)
    assert (reply.status, reply.body["error"]) == (400, "the body is marked as base64 and cannot be decoded")


def test_a_body_over_a_megabyte_is_413(api: Api) -> None:
    assert api.submit_bytes(b"x" * 1_000_000).status == 400
    assert api.submit_bytes(b"x" * 1_000_001).status == 413
    assert api.send("POST", "/process-document", "é" * 500_001).status == 413


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/nowhere", 404, None),
        ("POST", "/", 404, None),
        ("GET", "/process-document", 405, "POST"),
        ("DELETE", "/status/job-1", 405, "GET"),
        ("GET", "/process-document/x", 404, None),
        ("POST", "/status/a/b", 404, None),
        ("GET", "/jobs/job-1/cancel", 405, "POST"),
        ("POST", "/jobs/job-1/decision", 404, None),
        ("POST", "/jobs/job-1/why", 405, "GET"),
        ("POST", "/jobs/job-1/history", 405, "GET"),
        ("POST", "/jobs/job-1", 405, "DELETE, GET"),
        ("GET", "/jobs/job-1/retry", 405, "POST"),
        ("GET", "/jobs/job-1/nothing", 404, None),
        ("GET", "/invocations", 405, "POST"),
        ("POST", "/invocations/a-1", 405, "GET"),
        ("GET", "/invocations/a-1/result", 404, None),
    ],
)
def test_an_unknown_route_is_404_and_a_wrong_method_405(
    api: Api, method: str, path: str, status: int, allow: str | None
) -> None:
    reply = api.send(method, path)
    assert (reply.status, reply.headers.get("Allow")) == (status, allow)
    verb = "are" if allow and ", " in allow else "is"
    expected = f"only {allow.replace(', ', ' and ')} {verb} allowed here" if allow else "Not found"
    assert reply.body["error"] == expected


def test_an_answer_stays_small_with_any_number_of_errors(api: Api) -> None:
    reply = api.submit(**{f"f{number}": 1 for number in range(20_000)})
    assert reply.status == 400
    assert reply.body["error"].endswith("and 19995 more")
    assert len(reply.body["error"]) < 1_000


def test_a_path_with_a_line_end_is_404(api: Api) -> None:
    assert api.send("POST", "/process-document\n").status == 404
    api.submit()
    assert api.send("GET", "/status/job-1\n").status == 404

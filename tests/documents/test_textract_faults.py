"""What goes wrong between us and Textract has a code, is tried again where that helps, and costs no other page."""

import socket
import traceback
from typing import Any

import pytest
from botocore.stub import Stubber  # type: ignore[import-untyped] # it has no types

from contract.codes import Code
from contract.reading import MediaType
from durable import JsonFormatter, PermanentError, TemporaryError
from tests.worker import documents
from worker.documents.textract.client import open_client
from worker.providers.retries import MAX_UNANSWERED_TRIES

from .letters import letters, scan_pages
from .textract import Provider, Refusal, blocks
from .textract_desk import Desk

PICTURE = documents.make_picture("something")


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal("ThrottlingException"),
        Refusal("ProvisionedThroughputExceededException"),
        Refusal("LimitExceededException"),
        Refusal("InternalServerError", 500),
        Refusal("ServiceUnavailable", 503),
        Refusal("", 502),
    ],
    ids=lambda refusal: refusal.name or "rubbish",
)
def test_what_passes_is_asked_again(desk: Desk, textract: Provider, refusal: Refusal) -> None:
    textract.see = lambda _: blocks()
    textract.refusals = [refusal, refusal]
    [page] = desk.read(PICTURE, MediaType.PNG)
    assert page.text == "something"
    assert (len(textract.asked), textract.paid, desk.waited) == (3, 1, [1.0, 2.0])


@pytest.mark.parametrize(
    ("refusal", "tries"),
    [(Refusal("ThrottlingException"), None), (Refusal("InternalServerError", 500), MAX_UNANSWERED_TRIES)],
)
def test_what_does_not_pass_in_seconds_is_worth_a_durable_wait(
    desk: Desk, textract: Provider, refusal: Refusal, tries: int | None
) -> None:
    """Throttling for as long as the job may work; an absent server only a few times."""
    textract.refusals = [refusal] * 99
    error = desk.failure(PICTURE, MediaType.PNG)
    assert (error.code, type(error), error.tries) == (Code.RECOGNIZER_UNAVAILABLE, TemporaryError, tries)
    assert error.after == 60
    assert (len(textract.asked), len(desk.waited)) == (4, 3)


def test_a_closed_port_counts_as_no_answer(desk: Desk, textract: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_TEXTRACT", address)
    error = desk.failure(PICTURE, MediaType.PNG)
    assert (error.code, error.retry, error.tries) == (Code.RECOGNIZER_UNAVAILABLE, True, MAX_UNANSWERED_TRIES)
    assert textract.asked == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("AccessDeniedException", Code.RECOGNIZER_REFUSED),
        ("UnrecognizedClientException", Code.RECOGNIZER_REFUSED),
        ("InvalidSignatureException", Code.RECOGNIZER_REFUSED),
        ("UnsupportedDocumentException", Code.UNSUPPORTED),
        ("InvalidParameterException", Code.UNSUPPORTED),
        ("BadDocumentException", Code.DAMAGED),
        ("DocumentTooLargeException", Code.TOO_LARGE),
    ],
)
def test_what_comes_back_however_often_one_asks_is_asked_once(
    desk: Desk, textract: Provider, name: str, code: Code
) -> None:
    textract.refusals = [Refusal(name)] * 99
    error = desk.failure(PICTURE, MediaType.PNG)
    assert (error.code, type(error)) == (code, PermanentError)
    assert name in error.message
    assert len(textract.asked) == 1


def test_who_we_are_to_aws_is_neither_told_nor_written_down(
    desk: Desk, textract: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    who = "arn:aws:sts::123456789012:assumed-role/Worker/4711"
    said = f"User: {who} is not authorized to perform: textract:DetectDocumentText in 123456789012"
    textract.refusals = [Refusal("AccessDeniedException", message=said)] * 99
    error = desk.failure(PICTURE, MediaType.PNG)
    assert error.message == "Textract refuses the request: HTTP 400, AccessDeniedException"
    lines = "".join(map(JsonFormatter().format, caplog.records))
    assert "User: [hidden] is not authorized to perform: textract:DetectDocumentText in [hidden]" in lines
    for secret in ("arn:", "123456789012", "assumed-role"):
        assert secret not in f"{error}{lines}{caplog.text}{''.join(traceback.format_exception(error))}"


def test_without_credentials_nothing_is_sent(desk: Desk, textract: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    error = desk.failure(PICTURE, MediaType.PNG)
    assert (error.code, type(error)) == (Code.RECOGNIZER_REFUSED, PermanentError)
    assert textract.asked == []


def test_a_page_that_fails_costs_no_other_one(desk: Desk, textract: Provider) -> None:
    """Their answers were paid for, and are there for the next try."""
    some = letters(3)
    textract.refusals = [Refusal("AccessDeniedException")]
    assert desk.failure(scan_pages(some)).code == Code.RECOGNIZER_REFUSED
    assert textract.paid == 2
    assert len(desk.read(scan_pages(some))) == 3
    assert textract.paid == 3


def test_our_calls_and_the_answers_of_these_tests_are_as_the_service_describes_them(textract: Provider) -> None:
    assert textract.url
    client = open_client()
    answer: dict[str, Any] = {"DocumentMetadata": {"Pages": 1}, "Blocks": blocks()}
    with Stubber(client) as stubber:
        stubber.add_response("detect_document_text", answer, {"Document": {"Bytes": b"png"}})
        client.detect_document_text(Document={"Bytes": b"png"})
        stubber.assert_no_pending_responses()

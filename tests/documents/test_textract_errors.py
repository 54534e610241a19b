"""An error of Textract has a code, is retried where a retry can help, and does not lose other pages."""

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
from worker.providers.retries import MAX_UNANSWERED_ATTEMPTS

from .scanned_pages import make_scan_pdf, make_scans
from .textract import FakeTextract, Refusal, make_blocks
from .textract_reader import TextractReader

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
    ids=lambda refusal: refusal.name or "not JSON",
)
def test_a_temporary_error_is_retried(reader: TextractReader, textract: FakeTextract, refusal: Refusal) -> None:
    textract.detect = lambda _: make_blocks()
    textract.refusals = [refusal, refusal]
    [page] = reader.read(PICTURE, MediaType.PNG)
    assert page.text == "something"
    assert (len(textract.requests), textract.paid_pages, reader.waits) == (3, 1, [1.0, 2.0])


@pytest.mark.parametrize(
    ("refusal", "durable_attempts"),
    [(Refusal("ThrottlingException"), None), (Refusal("InternalServerError", 500), MAX_UNANSWERED_ATTEMPTS)],
)
def test_a_lasting_temporary_error_starts_a_durable_wait(
    reader: TextractReader, textract: FakeTextract, refusal: Refusal, durable_attempts: int | None
) -> None:
    """Throttling is retried until the job's time is over, a missing answer only a few times."""
    textract.refusals = [refusal] * 99
    error = reader.expect_error(PICTURE, MediaType.PNG)
    assert (error.code, type(error), error.durable_attempts) == (Code.OCR_UNAVAILABLE, TemporaryError, durable_attempts)
    assert error.after == 60
    assert (len(textract.requests), len(reader.waits)) == (4, 3)


def test_a_closed_port_counts_as_a_missing_answer(
    reader: TextractReader, textract: FakeTextract, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_TEXTRACT", address)
    error = reader.expect_error(PICTURE, MediaType.PNG)
    assert (error.code, error.retry, error.durable_attempts) == (Code.OCR_UNAVAILABLE, True, MAX_UNANSWERED_ATTEMPTS)
    assert textract.requests == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("AccessDeniedException", Code.OCR_REFUSED),
        ("UnrecognizedClientException", Code.OCR_REFUSED),
        ("InvalidSignatureException", Code.OCR_REFUSED),
        ("UnsupportedDocumentException", Code.UNSUPPORTED),
        ("InvalidParameterException", Code.UNSUPPORTED),
        ("BadDocumentException", Code.DAMAGED),
        ("DocumentTooLargeException", Code.TOO_LARGE),
    ],
)
def test_a_permanent_error_is_not_retried(
    reader: TextractReader, textract: FakeTextract, name: str, code: Code
) -> None:
    textract.refusals = [Refusal(name)] * 99
    error = reader.expect_error(PICTURE, MediaType.PNG)
    assert (error.code, type(error)) == (code, PermanentError)
    assert name in error.message
    assert len(textract.requests) == 1


def test_the_aws_identity_is_neither_reported_nor_logged(
    reader: TextractReader, textract: FakeTextract, caplog: pytest.LogCaptureFixture
) -> None:
    identity = "arn:aws:sts::123456789012:assumed-role/Worker/4711"
    message = f"User: {identity} is not authorized to perform: textract:DetectDocumentText in 123456789012"
    textract.refusals = [Refusal("AccessDeniedException", message=message)] * 99
    error = reader.expect_error(PICTURE, MediaType.PNG)
    assert error.message == "Textract refuses the request: HTTP 400, AccessDeniedException"
    lines = "".join(map(JsonFormatter().format, caplog.records))
    assert "User: [hidden] is not authorized to perform: textract:DetectDocumentText in [hidden]" in lines
    for secret in ("arn:", "123456789012", "assumed-role"):
        assert secret not in f"{error}{lines}{caplog.text}{''.join(traceback.format_exception(error))}"


def test_without_credentials_nothing_is_sent(
    reader: TextractReader, textract: FakeTextract, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    error = reader.expect_error(PICTURE, MediaType.PNG)
    assert (error.code, type(error)) == (Code.OCR_REFUSED, PermanentError)
    assert textract.requests == []


def test_a_failed_page_keeps_the_answers_of_the_other_pages(reader: TextractReader, textract: FakeTextract) -> None:
    """The paid answers are stored for the next attempt."""
    scans = make_scans(3)
    textract.refusals = [Refusal("AccessDeniedException")]
    assert reader.expect_error(make_scan_pdf(scans)).code == Code.OCR_REFUSED
    assert textract.paid_pages == 2
    assert len(reader.read(make_scan_pdf(scans))) == 3
    assert textract.paid_pages == 3


def test_requests_and_fake_answers_match_the_service_description(textract: FakeTextract) -> None:
    assert textract.url
    client = open_client()
    answer: dict[str, Any] = {"DocumentMetadata": {"Pages": 1}, "Blocks": make_blocks()}
    with Stubber(client) as stubber:
        stubber.add_response("detect_document_text", answer, {"Document": {"Bytes": b"png"}})
        client.detect_document_text(Document={"Bytes": b"png"})
        stubber.assert_no_pending_responses()

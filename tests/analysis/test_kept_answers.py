"""Every answer of a provider is stored, and no error or log line repeats its secrets. Both in both protocols."""

import traceback
from dataclasses import replace

import pytest

from durable import JsonFormatter
from tests.analysis.analyzer_lab import INVOICE, AnalyzerLab, answer_correctly, values_by_field
from tests.analysis.provider import Form, ModelRequest, RawReply, Refusal
from worker.costs.ledger import bill_to

CORRECT_ANSWER = answer_correctly(ModelRequest("", {}, {}))


@pytest.mark.parametrize(
    ("odd", "found"),
    [
        ({"summary": "half \ud83d"}, "half \ufffd"),
        ({"summary": "fine", "\ud83d": float("nan")}, "fine"),
        ({"summary": "fine", "number": {"value": float("inf"), "page": 1, "quote": "", "confidence": 1}}, "fine"),
        ({"summary": "fine", "more": [[[]] * 3] * 40}, "fine"),
    ],
    ids=["half a character", "invalid name", "invalid number", "unknown field"],
)
def test_an_odd_answer_is_stored_and_paid_for_once(lab: AnalyzerLab, odd: Form, found: str) -> None:
    lab.provider.answer = lambda _: {**CORRECT_ANSWER, **odd}
    for _ in range(2):
        assert lab.analyze(INVOICE).summary == found
        assert lab.provider.paid <= 2  # an invalid answer is requested once more
    paid = lab.provider.paid
    lab.analyze(INVOICE)
    assert lab.provider.paid == paid


@pytest.mark.parametrize("depth", [40, 300])
def test_a_deeply_nested_form_is_paid_for_once(lab: AnalyzerLab, depth: int) -> None:
    deep: Form = {}
    for _ in range(depth):
        deep = {"in": deep}
    lab.provider.answer = lambda _: {**CORRECT_ANSWER, "vendor": deep}
    for _ in range(2):
        assert "vendor" not in values_by_field(lab.analyze(INVOICE))
        assert lab.provider.paid == 1


SECRET = "hunter-4711"  # noqa: S105 a fake secret
PROVIDER_MESSAGE = f"Received API Key = {SECRET} by arn:aws:iam::123456789012:role/Worker of 123456789012 is not valid"


@pytest.mark.parametrize(("status", "kind"), [(403, "AccessDeniedException"), (503, "ServiceUnavailableException")])
def test_a_providers_message_is_logged_without_secrets(
    lab: AnalyzerLab, caplog: pytest.LogCaptureFixture, status: int, kind: str
) -> None:
    """The error has the status, the code and the request id that the provider's support needs."""
    lab = replace(lab, api_key=SECRET)
    ids = {"x-request-id": "req-77", "x-amzn-RequestId": "req-77"}
    error = lab.analyze_with_error(Refusal(status, kind, PROVIDER_MESSAGE, ids))
    facts = [f"HTTP {status}", kind, "request req-77"]
    assert error.message.endswith(", ".join(facts))
    lines = [JsonFormatter().format(record) for record in caplog.records if record.name == "worker.providers.refusals"]
    assert len(lines) == len(lab.provider.requests)
    assert all("Received API Key = [hidden] by [hidden] of [hidden] is not valid" in line for line in lines)
    for secret in (SECRET, "arn:", "123456789012"):
        assert secret not in caplog.text
        assert secret not in "".join(map(JsonFormatter().format, caplog.records))
        assert secret not in f"{error}{''.join(traceback.format_exception(error))}"


def test_a_key_in_an_error_code_or_a_request_id_is_hidden(lab: AnalyzerLab, caplog: pytest.LogCaptureFixture) -> None:
    lab = replace(lab, api_key="secret")
    error = lab.analyze_with_error(
        Refusal(403, "secret", "secret", {"x-request-id": "secret", "x-amzn-RequestId": "secret"})
    )
    assert "secret" not in f"{error}{caplog.text}"


def test_the_next_job_repeats_a_request_that_got_no_form(lab: AnalyzerLab) -> None:
    """A failed job may have paid for both the first request and the one that lists the errors."""
    with bill_to("job-1"):
        lab.analyze_with_error(RawReply())
    lab.provider.answer = lambda _: CORRECT_ANSWER
    for name, paid in (("job-2", 3), ("job-3", 3)):
        with bill_to(name):
            assert values_by_field(lab.analyze(INVOICE))["amount"] == 1234.5
        assert lab.provider.paid == paid

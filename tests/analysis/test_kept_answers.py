"""Any response of a provider is kept, and no error repeats what it says of us. Both over the wire."""

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
    ids=["half a character", "a name that is none", "a number that is none", "more than was asked for"],
)
def test_whatever_a_model_answers_can_be_kept_so_it_is_paid_for_once(lab: AnalyzerLab, odd: Form, found: str) -> None:
    lab.provider.answer = lambda _: {**CORRECT_ANSWER, **odd}
    for _ in range(2):
        assert lab.analyze(INVOICE).summary == found
        assert lab.provider.paid <= 2  # one that does not fit is asked for once more
    paid = lab.provider.paid
    lab.analyze(INVOICE)
    assert lab.provider.paid == paid


@pytest.mark.parametrize("depth", [40, 300])
def test_a_form_without_an_end_is_paid_for_once(lab: AnalyzerLab, depth: int) -> None:
    deep: Form = {}
    for _ in range(depth):
        deep = {"in": deep}
    lab.provider.answer = lambda _: {**CORRECT_ANSWER, "vendor": deep}
    for _ in range(2):
        assert "vendor" not in values_by_field(lab.analyze(INVOICE))
        assert lab.provider.paid == 1


SECRET = "hunter-4711"  # noqa: S105 that is the test
PROVIDER_MESSAGE = f"Received API Key = {SECRET} by arn:aws:iam::123456789012:role/Worker of 123456789012 is not valid"


@pytest.mark.parametrize(("status", "kind"), [(403, "AccessDeniedException"), (503, "ServiceUnavailableException")])
def test_what_a_provider_says_is_for_the_log_and_without_what_is_secret(
    lab: AnalyzerLab, caplog: pytest.LogCaptureFixture, status: int, kind: str
) -> None:
    """An error tells what is wrong, and by which names the provider's support will find it."""
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


def test_a_key_in_place_of_a_name_is_not_told_either(lab: AnalyzerLab, caplog: pytest.LogCaptureFixture) -> None:
    lab = replace(lab, api_key="secret")
    error = lab.analyze_with_error(
        Refusal(403, "secret", "secret", {"x-request-id": "secret", "x-amzn-RequestId": "secret"})
    )
    assert "secret" not in f"{error}{caplog.text}"


def test_a_model_that_only_talked_is_asked_anew_by_the_next_job(lab: AnalyzerLab) -> None:
    """The first question as well as the one that tells the faults may have been paid for by a job that failed."""
    with bill_to("job-1"):
        lab.analyze_with_error(RawReply())
    lab.provider.answer = lambda _: CORRECT_ANSWER
    for name, paid in (("job-2", 3), ("job-3", 3)):
        with bill_to(name):
            assert values_by_field(lab.analyze(INVOICE))["amount"] == 1234.5
        assert lab.provider.paid == paid

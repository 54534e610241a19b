"""The model analyzer over HTTP in both protocols: findings, retries, and the error of each failure."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.analysis import Evidence
from contract.codes import Code
from contract.usage import ModelAnswers
from durable import PermanentError, TemporaryError
from tests.analysis.analyzer_lab import INVOICE, AnalyzerLab, answer_correctly, make_value, values_by_field
from tests.analysis.provider import ModelRequest, Provider, RawReply, Refusal, Reply, serve_provider
from tests.sources.certificates import make_server_context, write_certificate
from worker.adapters.object_store import Store
from worker.providers.retries import RetryLaterError, RetryPolicy

type Answer = Callable[[ModelRequest], Reply]


def answer_in_turn(*replies: Reply) -> Answer:
    """Answer with each reply in turn, then always with the last one."""
    left = list(replies)
    lock = threading.Lock()

    def answer(_: ModelRequest) -> Reply:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return answer


CORRECT_ANSWER = answer_correctly(ModelRequest("", {}, {}))


def test_each_finding_has_a_page_a_quote_and_a_confidence(lab: AnalyzerLab) -> None:
    analysis = lab.analyze("", INVOICE.replace("Total", "Sum"), INVOICE)
    assert values_by_field(analysis) == {"vendor": "Halden Instruments GmbH", "date": "2026-03-14", "amount": 1234.5}
    total = analysis.findings[2].evidence
    # The model named page 1, which has no text; the analyzer finds the quote on page 3.
    assert total == Evidence(page=3, quote="Total EUR 1.234,50", confidence=0.9, verified=True)
    assert analysis.summary == "Halden Instruments demands EUR 1,234.50."
    assert analysis.warnings == ()
    assert analysis.model_answers is not None
    assert analysis.model_answers == ModelAnswers(
        model="the model", count=1, input_tokens=100, output_tokens=20, seconds=analysis.model_answers.seconds
    )


def test_a_model_is_offered_only_the_form(lab: AnalyzerLab) -> None:
    """The request does not stream, which would need another permission, and limits the answer."""
    lab.analyze(INVOICE)
    [request] = lab.provider.requests
    assert [tool["name"] for tool in request.tools] == ["record"]
    assert {"summary", "vendor", "line_items"} <= request.tools[0]["schema"]["properties"].keys()
    assert request.path.endswith(("/converse", "/chat/completions"))
    limit = request.body.get("inferenceConfig", {}).get("maxTokens") or request.body.get("max_completion_tokens")
    assert limit == 4_096


def test_a_document_without_text_costs_nothing(lab: AnalyzerLab) -> None:
    assert lab.analyze("", " \n ").findings == ()
    assert lab.provider.requests == []


def test_a_throttled_request_is_retried(lab: AnalyzerLab, waited: list[float]) -> None:
    busy = Refusal(429, "ThrottlingException", headers={"Retry-After": "7"})
    lab.provider.answer = answer_in_turn(busy, busy, CORRECT_ANSWER)
    assert values_by_field(lab.analyze(INVOICE))["amount"] == 1234.5
    assert waited == [7.5, 8.0]  # Retry-After, and a little more


def test_a_long_retry_after_is_left_to_the_workflow(lab: AnalyzerLab, waited: list[float]) -> None:
    """The error carries the seconds, so that the workflow can wait durably."""
    error = lab.analyze_with_error(Refusal(429, "ThrottlingException", headers={"Retry-After": "120"}))
    assert isinstance(error, RetryLaterError)
    assert (error.code, error.after) == (Code.ANALYZER_UNAVAILABLE, 120)
    assert waited == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, "ThrottlingException"), (500, "InternalServerException"), (503, "ServiceUnavailableException")],
)
def test_a_transient_error_is_retried_and_stays_temporary(
    lab: AnalyzerLab, waited: list[float], status: int, kind: str
) -> None:
    error = lab.analyze_with_error(Refusal(status, kind))
    assert (error.code, type(error)) == (Code.ANALYZER_UNAVAILABLE, TemporaryError)
    assert waited == [1.0, 2.0, 4.0]
    assert len(lab.provider.requests) == 4


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "ValidationException"),
        (401, "UnrecognizedClientException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (402, "ServiceQuotaExceededException"),
    ],
)
def test_a_permanent_refusal_is_not_retried(lab: AnalyzerLab, status: int, kind: str) -> None:
    error = lab.analyze_with_error(Refusal(status, kind))
    assert (error.code, type(error)) == (Code.ANALYZER_REFUSED, PermanentError)
    assert len(lab.provider.requests) == 1


def test_an_unreachable_provider_is_retried(
    lab: AnalyzerLab, monkeypatch: pytest.MonkeyPatch, waited: list[float]
) -> None:
    """Nothing listens on port 1."""
    lab.provider.url = "http://127.0.0.1:1"
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", lab.provider.url)
    with pytest.raises(TemporaryError) as caught:
        lab.analyze(INVOICE)
    assert caught.value.code == Code.ANALYZER_UNAVAILABLE
    assert len(waited) == 3


def test_a_silent_provider_times_out(
    provider: Provider, store: Store, retry_policy: RetryPolicy, waited: list[float]
) -> None:
    over = threading.Event()

    def silent(_: ModelRequest) -> Reply:
        over.wait()
        return CORRECT_ANSWER

    provider.answer = silent
    lab = AnalyzerLab(provider=provider, store=store, retry_policy=retry_policy, read_timeout=0.05)
    with pytest.raises(TemporaryError) as caught:
        lab.analyze(INVOICE)
    over.set()
    assert caught.value.code == Code.ANALYZER_UNAVAILABLE
    assert len(waited) == 3


def test_without_credentials_no_request_is_sent(
    provider: Provider, store: Store, retry_policy: RetryPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", provider.url)
    with pytest.raises(PermanentError) as caught:
        AnalyzerLab(provider=provider, store=store, retry_policy=retry_policy, protocol="bedrock").analyze(INVOICE)
    assert caught.value.code == Code.ANALYZER_REFUSED
    assert provider.requests == []


def test_an_invalid_answer_is_requested_again_with_its_errors(lab: AnalyzerLab) -> None:
    wrong = {**CORRECT_ANSWER, "amount": make_value("twelve", "Total EUR 1.234,50")}
    lab.provider.answer = answer_in_turn(wrong, CORRECT_ANSWER)
    analysis = lab.analyze(INVOICE)
    assert values_by_field(analysis)["amount"] == 1234.5
    assert "amount.value" in lab.provider.requests[1].instructions
    assert "amount.value" not in lab.provider.requests[0].instructions
    assert analysis.model_answers
    assert analysis.model_answers.count == 2  # both answers were paid for


def test_the_valid_fields_of_an_invalid_answer_are_kept(lab: AnalyzerLab) -> None:
    rows = [{"description": "Hose", "page": 1, "quote": "Total", "confidence": 1}, {"description": "Nut", "page": "?"}]
    lab.provider.answer = lambda _: {**CORRECT_ANSWER, "amount": make_value("twelve", ""), "line_items": rows}
    analysis = lab.analyze(INVOICE)
    assert values_by_field(analysis).keys() == {"vendor", "date", "line_items.1.description"}
    assert {warning.partition(":")[0] for warning in analysis.warnings} == {"amount", "line_items"}
    assert len(lab.provider.requests) == 2


def test_an_answer_without_the_form_fails_the_analysis(lab: AnalyzerLab) -> None:
    error = lab.analyze_with_error(RawReply())
    assert (error.code, type(error)) == (Code.ANALYZER_ANSWER, PermanentError)
    assert len(lab.provider.requests) == 2


def make_lines(count: int) -> str:
    return "\n".join(f"Line {number} of a long document." for number in range(count))


@pytest.mark.parametrize("is_cut", [False, True], ids=["input too long", "answer truncated"])
def test_a_chunk_beyond_the_models_limit_is_split_in_halves(lab: AnalyzerLab, is_cut: bool) -> None:  # noqa: FBT001 a test parameter
    """Each refused chunk costs one more request, and no text is left out."""
    too_long = Refusal(400, "ValidationException", "Input is too long for requested model: maximum context length")
    seen: list[str] = []

    def answer(request: ModelRequest) -> Reply:
        if len(request.text) > 4_000:
            return RawReply(tool="record", form={"summary": "cut"}, is_cut=True) if is_cut else too_long
        if '"part"' not in request.text:
            seen.append(request.text)
        return {"summary": "short"}

    lab.provider.answer = answer
    analysis = lab.analyze(make_lines(250), make_lines(10))
    assert analysis.summary == "short"
    whole = "".join(seen)
    assert all(f"Line {number} of" in whole for number in range(250))
    assert len(seen) == 3


def test_a_model_that_refuses_the_smallest_chunk_fails_the_analysis(lab: AnalyzerLab) -> None:
    error = lab.analyze_with_error(Refusal(400, "ValidationException", "Input is too long: maximum context length"))
    assert (error.code, type(error)) == (Code.ANALYZER_ANSWER, PermanentError)


def test_a_server_that_no_authority_has_certified_gets_no_question(
    tmp_path: Path, store: Store, retry_policy: RetryPolicy
) -> None:
    tls = make_server_context(write_certificate(tmp_path))
    with serve_provider(answer_correctly, tls) as provider, pytest.raises(TemporaryError, match="ModelConnectionError"):
        AnalyzerLab(provider=provider, store=store, retry_policy=retry_policy).analyze(INVOICE)
    assert provider.requests == []

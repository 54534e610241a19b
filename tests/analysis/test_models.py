"""A model is asked over the wire, in both protocols: what it says is found again, and what goes wrong has its error."""

import threading
from collections.abc import Callable

import pytest

from contract.analysis import Evidence
from contract.codes import Code
from contract.use import Usage
from durable import PermanentError, TemporaryError
from tests.analysis.analyzer_lab import INVOICE, AnalyzerLab, answer_correctly, make_value, values_by_field
from tests.analysis.provider import ModelRequest, Provider, RawReply, Refusal, Reply
from worker.adapters.object_store import Store
from worker.providers.retries import RetryLaterError, RetryPolicy

type Answer = Callable[[ModelRequest], Reply]


def in_turn(*replies: Reply) -> Answer:
    """Answer with one after the other, and with the last one ever after."""
    left = list(replies)
    lock = threading.Lock()

    def answer(_: ModelRequest) -> Reply:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return answer


CORRECT_ANSWER = answer_correctly(ModelRequest("", {}, {}))


def test_what_a_model_finds_has_its_page_its_quote_and_its_confidence(lab: AnalyzerLab) -> None:
    analysis = lab.analyze("", INVOICE.replace("Total", "Sum"), INVOICE)
    assert values_by_field(analysis) == {"vendor": "Halden Instruments GmbH", "date": "2026-03-14", "amount": 1234.5}
    total = analysis.findings[2].evidence
    # The model named page 1, which has no text: the quote is looked for, and stands on page 3.
    assert total == Evidence(page=3, quote="Total EUR 1.234,50", confidence=0.9, verified=True)
    assert analysis.summary == "Halden Instruments demands EUR 1,234.50."
    assert analysis.warnings == ()
    assert analysis.usage is not None
    assert analysis.usage == Usage(
        model="the model", answers=1, input_tokens=100, output_tokens=20, seconds=analysis.usage.seconds
    )


def test_a_model_is_offered_the_form_and_nothing_else(lab: AnalyzerLab) -> None:
    """Also not the protocol that streams, which needs another permission; and the answer has a limit."""
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


def test_a_limit_of_a_rate_passes(lab: AnalyzerLab, waited: list[float]) -> None:
    busy = Refusal(429, "ThrottlingException", headers={"Retry-After": "7"})
    lab.provider.answer = in_turn(busy, busy, CORRECT_ANSWER)
    assert values_by_field(lab.analyze(INVOICE))["amount"] == 1234.5
    assert waited == [7.5, 8.0]  # as long as was asked for, and a little more


def test_a_long_wait_is_not_waited_here(lab: AnalyzerLab, waited: list[float]) -> None:
    """The error has the seconds, so that the workflow can wait durably."""
    error = lab.analyze_with_error(Refusal(429, "ThrottlingException", headers={"Retry-After": "120"}))
    assert isinstance(error, RetryLaterError)
    assert (error.code, error.after) == (Code.ANALYZER_UNAVAILABLE, 120)
    assert waited == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, "ThrottlingException"), (500, "InternalServerException"), (503, "ServiceUnavailableException")],
)
def test_what_may_pass_is_tried_again_and_is_never_final(
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
def test_what_comes_back_for_ever_is_asked_once(lab: AnalyzerLab, status: int, kind: str) -> None:
    error = lab.analyze_with_error(Refusal(status, kind))
    assert (error.code, type(error)) == (Code.ANALYZER_REFUSED, PermanentError)
    assert len(lab.provider.requests) == 1


def test_a_provider_that_is_not_there_is_worth_another_try(
    lab: AnalyzerLab, monkeypatch: pytest.MonkeyPatch, waited: list[float]
) -> None:
    """Nothing listens on port 1."""
    lab.provider.url = "http://127.0.0.1:1"
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", lab.provider.url)
    with pytest.raises(TemporaryError) as caught:
        lab.analyze(INVOICE)
    assert caught.value.code == Code.ANALYZER_UNAVAILABLE
    assert len(waited) == 3


def test_a_provider_that_says_nothing_is_given_up(
    provider: Provider, store: Store, patience: RetryPolicy, waited: list[float]
) -> None:
    over = threading.Event()

    def silent(_: ModelRequest) -> Reply:
        over.wait()
        return CORRECT_ANSWER

    provider.answer = silent
    lab = AnalyzerLab(provider=provider, store=store, patience=patience, read_timeout=0.05)
    with pytest.raises(TemporaryError) as caught:
        lab.analyze(INVOICE)
    over.set()
    assert caught.value.code == Code.ANALYZER_UNAVAILABLE
    assert len(waited) == 3


def test_without_credentials_no_request_is_sent(
    provider: Provider, store: Store, patience: RetryPolicy, monkeypatch: pytest.MonkeyPatch
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
        AnalyzerLab(provider=provider, store=store, patience=patience, protocol="bedrock").analyze(INVOICE)
    assert caught.value.code == Code.ANALYZER_REFUSED
    assert provider.requests == []


def test_an_answer_that_does_not_fit_is_asked_for_again_with_its_faults(lab: AnalyzerLab) -> None:
    wrong = {**CORRECT_ANSWER, "amount": make_value("twelve", "Total EUR 1.234,50")}
    lab.provider.answer = in_turn(wrong, CORRECT_ANSWER)
    analysis = lab.analyze(INVOICE)
    assert values_by_field(analysis)["amount"] == 1234.5
    assert "amount.value" in lab.provider.requests[1].instructions
    assert "amount.value" not in lab.provider.requests[0].instructions
    assert analysis.usage
    assert analysis.usage.answers == 2  # both were paid for


def test_of_an_answer_that_never_fits_what_fits_is_kept(lab: AnalyzerLab) -> None:
    rows = [{"description": "Hose", "page": 1, "quote": "Total", "confidence": 1}, {"description": "Nut", "page": "?"}]
    lab.provider.answer = lambda _: {**CORRECT_ANSWER, "amount": make_value("twelve", ""), "line_items": rows}
    analysis = lab.analyze(INVOICE)
    assert values_by_field(analysis).keys() == {"vendor", "date", "line_items.1.description"}
    assert {warning.partition(":")[0] for warning in analysis.warnings} == {"amount", "line_items"}
    assert len(lab.provider.requests) == 2


def test_a_model_that_only_talks_has_not_answered(lab: AnalyzerLab) -> None:
    error = lab.analyze_with_error(RawReply())
    assert (error.code, type(error)) == (Code.ANALYZER_ANSWER, PermanentError)
    assert len(lab.provider.requests) == 2


def lines(count: int) -> str:
    return "\n".join(f"Line {number} of a long document." for number in range(count))


@pytest.mark.parametrize("is_cut", [False, True], ids=["too long to read", "too much to say"])
def test_what_is_too_long_is_read_in_halves(lab: AnalyzerLab, is_cut: bool) -> None:  # noqa: FBT001 a parameter
    """The refused ones cost another question each, and nothing of the document is left out."""
    too_long = Refusal(400, "ValidationException", "Input is too long for requested model: maximum context length")
    seen: list[str] = []

    def answer(request: ModelRequest) -> Reply:
        if len(request.text) > 4_000:
            return RawReply(tool="record", form={"summary": "cut"}, is_cut=True) if is_cut else too_long
        if '"part"' not in request.text:
            seen.append(request.text)
        return {"summary": "short"}

    lab.provider.answer = answer
    analysis = lab.analyze(lines(250), lines(10))
    assert analysis.summary == "short"
    whole = "".join(seen)
    assert all(f"Line {number} of" in whole for number in range(250))
    assert len(seen) == 3


def test_a_model_that_takes_nothing_at_all_is_no_endless_story(lab: AnalyzerLab) -> None:
    error = lab.analyze_with_error(Refusal(400, "ValidationException", "Input is too long: maximum context length"))
    assert (error.code, type(error)) == (Code.ANALYZER_ANSWER, PermanentError)

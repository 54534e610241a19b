"""A job is billed for what its provider charged, although workers die; no answer is on two bills."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.environment import SettingsError
from contract.job import DocumentType
from local.server_process import ServerProcess
from tests.analysis.provider import ModelRequest, Reply
from tests.durable.worker_lab import EMBEDDED_SERVER, end_leases
from tests.waiting import TIMEOUT_SECONDS, wait_until
from tests.worker import documents
from tests.worker.document_site import Site
from tests.worker.model_lab import ANSWER_USD, LINE, ModelLab, answer_any_form, open_model_lab
from tests.worker.test_fanout import scan
from worker.analysis.answer_form import form_model
from worker.analysis.llm.prompt import build_instructions
from worker.analysis.schema import read_schemas
from worker.costs.prices import BYTES_PER_TOKEN, NO_TOKEN_PRICE, PROMPT_TOKENS, Rates, TokenPrice, rates_of
from worker.settings import Settings

PAGE_COUNT = 24  # of a thousand characters each: two questions, and one for the summary
SONNET = "bedrock:eu.anthropic.claude-sonnet-4-5-20250929-v1:0"


@pytest.fixture
def models(server: ServerProcess, site: Site, tmp_path: Path) -> Iterator[ModelLab]:
    """A server of each kind, a provider, and workers that ask it."""
    with open_model_lab(server, site, tmp_path / "lab") as models:
        yield models


def make_long_document() -> bytes:
    """Return a document that a model reads in chunks."""
    return documents.make_pdf(*(f"{LINE} {number:03} " * 18 for number in range(PAGE_COUNT)), size=(8_000, 842))


def test_a_job_is_billed_for_the_answers_of_its_provider(models: ModelLab) -> None:
    """The result and the store have the costs by step. The same document costs the next job nothing."""
    models.lab.start()
    result = models.wait_for_result(models.submit("long", make_long_document()))
    answers = len(models.provider.requests)
    assert answers == models.provider.paid == 3
    assert result.cost_usd == pytest.approx(answers * ANSWER_USD)
    assert result.usage.keys() == {"download", "extract", "analyze"}
    usage = result.usage["analyze"]
    assert (usage.input_tokens, usage.output_tokens) == (100 * answers, 20 * answers)
    assert all(usage.seconds > 0 for usage in result.usage.values())
    assert models.load_result("long").usage == result.usage
    [line] = models.find_log_lines("metered")
    assert line["promiseId"] == "doc/long"
    assert (line["pages"], line["recognized"], line["tokensIn"], line["tokensOut"]) == (PAGE_COUNT, 0, 300, 60)
    assert line["costUsd"] == result.cost_usd
    assert line["analyzeSeconds"] == usage.seconds
    again = models.wait_for_result(models.submit("again", make_long_document()))
    assert (again.cost_usd, again.usage["analyze"].input_tokens) == (0.0, 0)
    assert again.model_answers
    assert (again.model_answers.count, again.model_answers.reused) == (3, 3)
    assert len(models.provider.requests) == answers


def test_a_job_whose_worker_was_killed_is_billed_for_each_answer_once(
    server: ServerProcess, site: Site, tmp_path: Path
) -> None:
    """The worker had two answers and waited for the third. The next worker finds the two, and bills them to the job."""
    third_asked, proceed = threading.Event(), threading.Event()

    def slow(asked: ModelRequest) -> Reply:
        if "given what was said of the parts" in asked.instructions:
            third_asked.set()
            proceed.wait()
        return answer_any_form(asked)

    with open_model_lab(server, site, tmp_path / "lab", slow) as models:
        try:
            first = models.lab.start()
            job = models.submit("long", make_long_document())
            assert third_asked.wait(TIMEOUT_SECONDS)
            first.kill()
        finally:
            proceed.set()
        models.lab.start()
        end_leases(models.lab.client, first)
        result = models.wait_for_result(job)
        questions = {asked.headers["x-client-request-id"] for asked in models.provider.requests}
        assert len(questions) == 3
        assert len(models.provider.requests) == 4  # the question without an answer, again
        assert result.model_answers
        assert result.model_answers.reused == 2
        assert result.usage["analyze"].input_tokens == 300
        assert result.cost_usd == pytest.approx(3 * ANSWER_USD)


def test_pages_that_two_workers_read_are_counted_and_billed_once(models: ModelLab) -> None:
    """The worker that is killed has paid for two of three batches."""
    lab = models.lab
    first = lab.start(page_usd=0.5, waits_for=12)
    job = models.submit("scan", scan(12))
    wait_until(lambda: len(lab.find_batches("paid")) == 8 or None, lambda: f"{lab.evidence.lines()}")
    wait_until(lambda: len(lab.find_batches()) == 3 or None, lambda: f"{lab.evidence.lines()}")
    first.kill()
    lab.evidence.open_gate()
    lab.start(page_usd=0.5)
    end_leases(lab.client, first)
    result = models.wait_for_result(job)
    assert sorted(map(int, lab.find_batches("paid"))) == list(range(1, 13))
    extract = result.usage["extract"]
    assert (extract.pages, extract.cost_usd) == (12, 6.0)
    assert result.cost_usd == pytest.approx(6.0 + ANSWER_USD)


@EMBEDDED_SERVER
def test_a_job_with_an_unknown_price_has_no_cost(models: ModelLab) -> None:
    """The cost is missing rather than wrong, and the result names the setting."""
    models.lab.environ["LLM_PRICES"] = ""
    models.lab.start()
    result = models.wait_for_result(models.submit("unknown"))
    assert result.cost_usd is None
    assert json.loads((models.lab.folder / "store/jobs/unknown/result.json").read_text())["costUsd"] is None
    assert [warning for warning in result.warnings if "LLM_PRICES" in warning]
    assert result.usage["analyze"].input_tokens == 100


@pytest.mark.parametrize(
    ("analyzer", "given", "price"),
    [
        ("extractive", None, NO_TOKEN_PRICE),
        (SONNET, None, TokenPrice(read=3.3, written=16.5)),  # a tenth more than the global price, for its region
        ("bedrock:anthropic.claude-3-haiku-20240307-v1:0", None, TokenPrice(read=0.25, written=1.25)),
        (SONNET, TokenPrice(read=1, written=2), TokenPrice(read=1, written=2)),
        ("bedrock:vendor.unknown-model-v1:0", None, None),
        ("openai:gpt-4o-mini", None, TokenPrice(read=0.15, written=0.6)),
    ],
)
def test_a_models_price_is_known_by_its_name_or_set(
    analyzer: str, given: TokenPrice | None, price: TokenPrice | None
) -> None:
    assert rates_of("rapidocr", analyzer, given=given) == Rates(analyzer=analyzer, tokens=price)


def test_a_model_on_an_own_server_has_no_list_price() -> None:
    assert rates_of("rapidocr", "openai:gpt-4o-mini", is_own_server=True).tokens is None


def test_only_pages_that_textract_reads_have_a_price() -> None:
    assert rates_of("textract", "extractive").of_pages(1_000) == 1.5
    assert rates_of("mixed", "extractive").of_pages(1_000) == 0


@pytest.mark.parametrize("text", ["0.25", "0.25;1.25", "a,b", "1,2,3", "-1,2", "nan,1", "1e3,1"])
def test_invalid_prices_stop_the_worker_at_its_start(text: str) -> None:
    with pytest.raises(SettingsError, match="LLM_PRICES must be"):
        Settings.from_env({**ENVIRON, "LLM_PRICES": text})


def test_prices_are_read_from_the_settings() -> None:
    assert Settings.from_env({**ENVIRON, "LLM_PRICES": "0.25, 1.25"}).token_price == TokenPrice(read=0.25, written=1.25)
    assert Settings.from_env(ENVIRON).token_price is None


ENVIRON = {"RESONATE_URL": "http://127.0.0.1:8001", "STORE_URL": "file:///data", "NOTIFY_URL": "file:///outbox"}


@pytest.mark.parametrize("kind", DocumentType)
def test_a_question_is_never_longer_than_its_estimate(kind: DocumentType) -> None:
    """A cost limit relies on this bound for all that a question has beside the text."""
    from worker.analysis.llm.asker import Question  # noqa: PLC0415 - it takes two seconds

    schema = read_schemas()[kind]
    question = Question(instructions=build_instructions(schema, "text", "record"), text="text", form=form_model(schema))
    size = len(question.instructions) + len(json.dumps(question.tool.parameters_json_schema))
    assert size / BYTES_PER_TOKEN <= PROMPT_TOKENS

"""A client can estimate a job before it starts: the estimate recognizes no page, costs nothing and stores nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.codes import Code
from contract.costs import Estimate
from contract.engines import OcrEngine
from contract.job import DocumentJob
from contract.names import DOCUMENTS_ADDRESS, ESTIMATE_DOCUMENT, ESTIMATE_DOCUMENT_VERSION, Step
from contract.reading import MediaType, PageText, TextSource
from local import samples
from local.server_process import ServerProcess
from tests.durable.worker_lab import EMBEDDED_SERVER, value_of
from tests.worker import documents
from tests.worker.document_site import Site
from tests.worker.model_lab import ANSWER_USD, LINE, SHORT_PDF, ModelLab, open_model_lab
from worker.costs.prices import Rates, rates_of
from worker.documents.survey import TextLayerScan
from worker.steps.estimate import estimate

FREE_ANALYZER = {"ANALYZER": "extractive", "LLM_BASE_URL": "", "LLM_PRICES": ""}
SECRET = "pw"  # noqa: S105 of a test's document


@pytest.fixture
def models(server: ServerProcess, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelLab]:
    """A server of each kind, a provider, and workers with temporary files in the test's folder."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    with open_model_lab(server, site, tmp_path / "lab") as models:
        yield models


def request_estimate(
    models: ModelLab, content: bytes, *, max_cost_usd: float | None = None, kind: str = "report"
) -> str:
    """Create the promise of an estimate; return its id."""
    url = models.lab.site.serve("maybe.pdf", content)
    job = DocumentJob(job_id="maybe", document_url=url, requester_id="client", type=kind, max_cost_usd=max_cost_usd)
    version, name = ESTIMATE_DOCUMENT_VERSION, f"estimate/{kind}-{max_cost_usd}"
    return models.lab.start_workflow(name, ESTIMATE_DOCUMENT, job, DOCUMENTS_ADDRESS, version=version)


def wait_for_estimate(models: ModelLab, promise: str) -> Estimate:
    """Return the estimate once it is done."""
    settled = models.lab.wait_until_settled(promise)
    assert settled.state == "resolved", value_of(settled)
    return Estimate.model_validate(value_of(settled))


def is_tidy(models: ModelLab) -> bool:
    """Return whether the store, the outbox and the temporary folder are empty."""
    folders = [models.lab.folder / "store", models.lab.folder / "outbox", models.lab.folder.parent / "tmp"]
    return not [file for folder in folders for file in folder.rglob("*")]


def test_an_estimate_of_a_long_file_leaves_nothing_behind(models: ModelLab) -> None:
    """Eight of the thirty pages are scans. No engine recognizes them, and no model is asked."""
    models.lab.start()
    estimate = wait_for_estimate(models, request_estimate(models, samples.make_dossier()))
    assert (estimate.media_type, estimate.pages, estimate.ocr_pages) == (MediaType.PDF, 30, 8)
    assert [one.step for one in estimate.steps] == [Step.DOWNLOAD, Step.EXTRACT, Step.ANALYZE]
    download, extract, analyze = (one.usage for one in estimate.steps)
    assert download.seconds > 0
    assert (extract.pages, extract.cost_usd) == (8, 0.0)
    assert extract.seconds > 8 * OcrEngine.RAPIDOCR.page_seconds
    assert analyze.cost_usd == estimate.cost_usd
    assert estimate.cost_usd
    assert estimate.seconds == pytest.approx(sum(one.usage.seconds for one in estimate.steps), abs=0.01)
    assert [one for one in estimate.assumptions if "2,500 characters" in one]
    assert models.lab.find_batches() == []
    assert models.provider.requests == []
    assert is_tidy(models)


@EMBEDDED_SERVER
def test_an_estimate_fails_as_the_job_would(models: ModelLab) -> None:
    """An encrypted document leaves nothing behind either."""
    models.lab.start()
    locked = documents.make_pdf(LINE, password=SECRET)
    failure = models.lab.wait_for_failure(request_estimate(models, locked))
    assert failure["code"] == Code.ENCRYPTED
    assert is_tidy(models)


@EMBEDDED_SERVER
@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", Code.EMPTY), (b"hello", Code.UNSUPPORTED), (SHORT_PDF + b" " * 2**20, Code.TOO_LARGE)],
    ids=["empty", "text", "large"],
)
def test_an_estimate_refuses_the_files_that_a_job_refuses(models: ModelLab, content: bytes, code: Code) -> None:
    models.lab.environ["MAX_DOCUMENT_MEGABYTES"] = "1"
    models.lab.start()
    assert models.lab.wait_for_failure(request_estimate(models, content))["code"] == code
    assert is_tidy(models)


@EMBEDDED_SERVER
def test_a_job_with_its_estimate_as_the_limit_does_not_wait(models: ModelLab) -> None:
    models.lab.start()
    estimate = wait_for_estimate(models, request_estimate(models, SHORT_PDF))
    assert estimate.cost_usd
    assert not estimate.would_wait
    assert wait_for_estimate(models, request_estimate(models, SHORT_PDF, max_cost_usd=estimate.cost_usd / 2)).would_wait
    result = models.wait_for_result(models.submit("sure", SHORT_PDF, max_cost_usd=estimate.cost_usd))
    assert result.cost_usd == ANSWER_USD
    assert models.find_log_lines("waiting") == []
    waiting = models.submit("unsure", documents.make_pdf(f"{LINE}!"), max_cost_usd=estimate.cost_usd / 2)
    assert models.wait_until_waiting("unsure").promise.startswith(waiting)


@EMBEDDED_SERVER
def test_a_custom_type_with_long_descriptions_costs_more(models: ModelLab, tmp_path: Path) -> None:
    """Every question describes all sixty fields. The estimate includes them, and a limit stops the job early."""
    fields = [{"name": f"field_{number}", "description": "what it is, " * 160} for number in range(60)]
    schema = {"name": "dossier", "description": "Much.", "fields": fields}
    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "dossier.json").write_text(json.dumps(schema))
    models.lab.environ["DOCUMENT_TYPES"] = str(tmp_path / "types")
    models.lab.start()
    report, dossier = (
        wait_for_estimate(models, request_estimate(models, SHORT_PDF, kind=kind)) for kind in ("report", "dossier")
    )
    assert report.cost_usd
    assert dossier.steps[2].usage.input_tokens > report.steps[2].usage.input_tokens + 35_000
    assert dossier.cost_usd
    assert dossier.cost_usd > report.cost_usd + 0.35
    job = models.submit("dossier", SHORT_PDF, type="dossier", max_cost_usd=report.cost_usd)
    assert models.wait_until_waiting("dossier").promise.startswith(job)
    assert models.provider.requests == []


@EMBEDDED_SERVER
def test_free_work_is_estimated_as_free(models: ModelLab) -> None:
    models.lab.environ |= FREE_ANALYZER
    models.lab.start()
    estimate = wait_for_estimate(models, request_estimate(models, SHORT_PDF))
    assert estimate.cost_usd == 0.0
    assert json.loads(estimate.model_dump_json())["costUsd"] == 0.0
    assert len(estimate.assumptions) == 1


def make_scan(scanned: int, layers: int = 0) -> TextLayerScan:
    """Return the survey of a PDF with text layers on some pages and scans on the others."""
    pages = tuple(PageText(number=n + 1, text=LINE * 40, source=TextSource.TEXT_LAYER) for n in range(layers))
    unread = tuple(range(layers + 1, layers + scanned + 1))
    return TextLayerScan(pages=scanned + layers, layers=pages, unread=unread)


def estimate_scan(survey: TextLayerScan, rates: Rates) -> Estimate:
    """Return the estimate of a surveyed PDF."""
    return estimate(MediaType.PDF, survey, rates, download=1.0, survey=0.5)


@pytest.mark.parametrize("engine", OcrEngine)
def test_every_ocr_engine_has_a_speed(engine: OcrEngine) -> None:
    rates = rates_of(engine, "extractive")
    one, ten = (estimate_scan(make_scan(pages), rates).seconds for pages in (1, 10))
    assert ten > one > 1.5


def test_pages_for_textract_cost_what_aws_charges() -> None:
    estimate = estimate_scan(make_scan(200), rates_of("textract", "extractive"))
    assert estimate.cost_usd == 0.3
    assert [one for one in estimate.assumptions if "textract charges 0.0015 USD for a page" in one]


def test_an_unknown_price_is_reported_and_not_guessed() -> None:
    estimate = estimate_scan(make_scan(0, 3), rates_of("rapidocr", "openai:qwen3", is_own_server=True))
    assert estimate.cost_usd is None
    assert estimate.steps[2].usage.input_tokens > 0
    assert [one for one in estimate.assumptions if "LLM_PRICES" in one]

"""The cost of a profile, from the templates that would be deployed, printed with its assumptions."""

import json
from dataclasses import replace

import pytest

from contract.engines import OcrEngine
from contract.reading import MediaType
from local.server_process import ROOT
from ops.document_costs import DEFAULT_ASSUMPTIONS, Assumptions, estimate_costs
from ops.errors import UserError
from ops.worker_config import WorkerConfig
from pricing.table import Prices
from tests.ops.terminal import Terminal
from tests.stacks.conftest import OPEN_API
from worker.costs.prices import Rates
from worker.documents.survey import TextLayerScan
from worker.steps.estimate import estimate

PRICES = Prices.read()


def make_template(**environ: str) -> dict[str, dict[str, object]]:
    environment = [{"Name": name, "Value": value} for name, value in environ.items()]
    properties = {
        "Cpu": "512",
        "Memory": "2048",
        "RuntimePlatform": {"CpuArchitecture": "ARM64"},
        "ContainerDefinitions": [{"Name": "Worker", "Environment": environment}],
    }
    return {"Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": properties}}


WORKER = WorkerConfig.find([make_template()])


def dollars(assumptions: Assumptions = DEFAULT_ASSUMPTIONS, worker: WorkerConfig = WORKER) -> dict[str, float]:
    return {cost.resource: cost.dollars for cost in estimate_costs(worker, PRICES, assumptions)}


def test_costs_follow_the_assumptions() -> None:
    usual, scanned = dollars(), dollars(Assumptions(scanned_share=1.0))
    assert scanned["workers"] > usual["workers"] > 0
    assert scanned["api"] == usual["api"]
    assert dollars(Assumptions(status_requests=21))["api"] == pytest.approx(2 * usual["api"])
    assert dollars(Assumptions(stored_months=4))["storage"] == pytest.approx(2 * usual["storage"])


def test_a_processor_hour_costs_the_price_of_the_workers_task() -> None:
    an_hour_each = Assumptions(digital_seconds=3.6, scanned_share=0)  # of 1,000 documents
    prices = PRICES.table["hourly"]
    assert dollars(an_hour_each)["workers"] == pytest.approx(
        prices["fargate arm64 cpu"] + 4 * prices["fargate arm64 gigabyte"]
    )


def test_ocr_engine_model_and_prices_are_read_from_the_workers_environment() -> None:
    environ = {"OCR_ENGINE": "mixed", "ANALYZER": "bedrock:amazon.nova-lite-v1:0", "LLM_PRICES": "0.06,0.24"}
    worker = WorkerConfig.find([make_template(**environ)])
    assert (worker.ocr_engine, worker.model) == ("mixed", "bedrock:amazon.nova-lite-v1:0")
    assert worker.token_prices == (0.06, 0.24)
    assert (WORKER.ocr_engine, WORKER.model, WORKER.token_prices) == ("rapidocr", None, None)


def test_textract_costs_by_the_page_and_saves_processor_time() -> None:
    """500 of 1,000 documents are scanned, with five pages each."""
    ours, theirs = dollars(), dollars(worker=replace(WORKER, ocr_engine=OcrEngine.TEXTRACT))
    assert theirs["textract"] == pytest.approx(2_500 * OcrEngine.TEXTRACT.page_usd)
    assert theirs["workers"] < ours["workers"] / 2
    assert "textract" not in ours


@pytest.mark.parametrize("ocr_engine", OcrEngine)
def test_costs_are_known_for_every_ocr_engine(ocr_engine: OcrEngine) -> None:
    assert dollars(worker=replace(WORKER, ocr_engine=ocr_engine))["workers"] > 0


def test_a_model_costs_by_its_tokens_if_its_price_is_known() -> None:
    model = replace(WORKER, model="openai:some-model")
    million = Assumptions(prompt_tokens=900, pages=1, page_tokens=100, answer_tokens=1_000)
    assert dollars(million, replace(model, token_prices=(3.0, 15.0)))["model"] == pytest.approx(18.0)
    assert "model" not in dollars(worker=model)
    unknown = " ".join(DEFAULT_ASSUMPTIONS.describe(model))
    assert "openai:some-model reads 5,500 tokens per document and writes 800" in unknown
    assert "tokens are not included: set -c llmPrices=in,out" in unknown
    assert "not included" not in " ".join(DEFAULT_ASSUMPTIONS.describe(replace(model, token_prices=(1.0, 1.0))))


def test_templates_without_a_worker_are_an_error() -> None:
    with pytest.raises(UserError, match="no worker"):
        WorkerConfig.find([{}])


def test_cost_uses_the_templates_that_would_be_deployed(nowhere: Terminal, saved_app: dict[str, str]) -> None:
    ended = nowhere.with_environ(**saved_app).run("cost", "--json")
    assert ended.code == 0, ended
    costs = json.loads(ended.out)
    assert costs["monthly"] == pytest.approx(sum(each["dollars"] for each in costs["idle"]), abs=0.01)
    assert {"1 x db.t4g.micro"} <= {each["what"] for each in costs["idle"]}
    assert costs["assumed"] == list(DEFAULT_ASSUMPTIONS.describe(WORKER))
    assert costs["monthly"] == 59.27  # docs/operate.md shows it


def test_cost_includes_choices(nowhere: Terminal, saved_app: dict[str, str]) -> None:
    """Textract costs by the page, a model by the token, and tasks by their processor, more without Spot."""
    at_home = nowhere.with_environ(**saved_app)
    ended = at_home.run("cost", "--json", *(word for choice in OPEN_API for word in ("-c", choice)))
    assert ended.code == 0, ended
    costs = json.loads(ended.out)
    used = {each["resource"]: each["dollars"] for each in costs["usage"]}
    assert (used["textract"], used["model"]) == (3.75, pytest.approx(5.5 * 3 + 0.8 * 15))
    assert costs["monthly"] == 65.51


def test_cost_reports_an_invalid_choice_in_the_apps_own_words(nowhere: Terminal) -> None:
    """The app runs as for a user, in a process of its own."""
    ended = nowhere.run("cost", "-c", "analyzer=openai:some-model")
    assert (ended.code, "needs -c llmKeySecret=" in ended.err) == (78, True)


def test_cost_refuses_a_profile_that_is_passed_as_a_choice(nowhere: Terminal) -> None:
    """It would override the option, and the heading would name another profile."""
    ended = nowhere.run("cost", "-c", "profile=production")
    assert (ended.code, ended.out, "use --profile instead of -c profile=" in ended.err) == (64, "", True)


def test_the_seconds_of_a_scanned_page_are_those_measured() -> None:
    """Each is among the figures of its column, whose cells start with the seconds of a page."""
    page = (ROOT / "docs" / "figures.md").read_text().partition("## Pages to text")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    heads = [cell.strip().lower() for cell in rows[0]]
    for name in ("rapidocr", "tesseract", "mixed"):
        measured = [float(row[heads.index(name)].split(",")[0]) for row in rows[2:]]
        assert min(measured) <= OcrEngine(name).page_seconds <= max(measured)


@pytest.mark.parametrize("ocr_engine", [OcrEngine.RAPIDOCR, OcrEngine.TESSERACT, OcrEngine.MIXED])
def test_a_dry_run_uses_the_same_seconds(ocr_engine: OcrEngine) -> None:
    rates = Rates(ocr_engine=ocr_engine.value)
    made = estimate(MediaType.PDF, TextLayerScan(pages=1, layers=(), unread=(1,)), rates, download=0, survey=0)
    assert made.steps[1].usage.seconds == ocr_engine.page_seconds

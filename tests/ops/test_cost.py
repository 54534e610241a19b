"""What a profile costs: reckoned from the templates that would be deployed, with what is assumed said beside it."""

import json
from dataclasses import replace

import pytest

from contract.costs import PAGE_SECONDS
from contract.engines import OcrEngine
from contract.reading import MediaType
from local.server_process import ROOT
from ops.document_costs import DEFAULT_ASSUMPTIONS, Assumptions, estimate_costs
from ops.errors import UserError
from ops.worker_config import WorkerConfig
from pricing.table import Prices
from tests.ops.terminal import Terminal
from worker.costs.prices import PAGE_PRICES, Rates
from worker.documents.survey import TextLayerScan
from worker.steps.estimate import estimate

PRICES = Prices.read()


def template(**told: str) -> dict[str, dict[str, object]]:
    environment = [{"Name": name, "Value": value} for name, value in told.items()]
    properties = {
        "Cpu": "512",
        "Memory": "2048",
        "RuntimePlatform": {"CpuArchitecture": "ARM64"},
        "ContainerDefinitions": [{"Name": "Worker", "Environment": environment}],
    }
    return {"Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": properties}}


CHOSEN = WorkerConfig.of([template()])


def dollars(assumed: Assumptions = DEFAULT_ASSUMPTIONS, chosen: WorkerConfig = CHOSEN) -> dict[str, float]:
    return {cost.resource: cost.dollars for cost in estimate_costs(chosen, PRICES, assumed)}


def test_what_is_assumed_is_what_is_reckoned() -> None:
    usual, scanned = dollars(), dollars(Assumptions(scanned=1.0))
    assert scanned["workers"] > usual["workers"] > 0
    assert scanned["api"] == usual["api"]
    assert dollars(Assumptions(polls=21))["api"] == pytest.approx(2 * usual["api"])
    assert dollars(Assumptions(months=4))["storage"] == pytest.approx(2 * usual["storage"])


def test_a_processor_hour_of_a_worker_costs_what_its_task_does() -> None:
    an_hour_each = Assumptions(seconds_digital=3.6, scanned=0)  # of 1,000 documents
    prices = PRICES.table["hourly"]
    assert dollars(an_hour_each)["workers"] == pytest.approx(
        prices["fargate arm64 cpu"] + 4 * prices["fargate arm64 gigabyte"]
    )


def test_what_the_worker_is_told_is_what_is_reckoned_with() -> None:
    told = {"OCR_ENGINE": "mixed", "ANALYZER": "bedrock:amazon.nova-lite-v1:0", "LLM_PRICES": "0.06,0.24"}
    chosen = WorkerConfig.of([template(**told)])
    assert (chosen.recognition, chosen.model) == ("mixed", "bedrock:amazon.nova-lite-v1:0")
    assert chosen.token_prices == (0.06, 0.24)
    assert (CHOSEN.recognition, CHOSEN.model, CHOSEN.token_prices) == ("rapidocr", None, None)


def test_textract_is_paid_by_the_page_and_spares_processors() -> None:
    """500 of 1,000 documents are scanned, with five pages each."""
    ours, theirs = dollars(), dollars(chosen=replace(CHOSEN, recognition="textract"))
    assert theirs["textract"] == pytest.approx(2_500 * PAGE_PRICES["textract"])
    assert theirs["workers"] < ours["workers"] / 5
    assert "textract" not in ours


@pytest.mark.parametrize("recognizer", OcrEngine)
def test_every_recognition_can_be_reckoned(recognizer: OcrEngine) -> None:
    assert dollars(chosen=replace(CHOSEN, recognition=recognizer.value))["workers"] > 0


def test_a_model_is_paid_by_its_tokens_if_its_price_is_known() -> None:
    model = replace(CHOSEN, model="openai:some-model")
    million = Assumptions(tokens_told=900, pages=1, tokens_page=100, tokens_written=1_000)
    assert dollars(million, replace(model, token_prices=(3.0, 15.0)))["model"] == pytest.approx(18.0)
    assert "model" not in dollars(chosen=model)
    unknown = " ".join(DEFAULT_ASSUMPTIONS.lines(model))
    assert "openai:some-model reads 5,500 tokens of a document and writes 800" in unknown
    assert "what it charges for them is not in it: say -c llmPrices=in,out" in unknown
    assert "charges" not in " ".join(DEFAULT_ASSUMPTIONS.lines(replace(model, token_prices=(1.0, 1.0))))


def test_templates_without_a_worker_are_said() -> None:
    with pytest.raises(UserError, match="no worker"):
        WorkerConfig.of([{}])


def test_the_command_reckons_what_would_be_deployed(nowhere: Terminal) -> None:
    ended = nowhere.run("cost", "--json")
    assert ended.code == 0, ended
    told = json.loads(ended.out)
    assert told["monthly"] == pytest.approx(sum(each["dollars"] for each in told["idle"]), abs=0.01)
    assert {"1 x db.t4g.micro"} <= {each["what"] for each in told["idle"]}
    assert told["assumed"] == list(DEFAULT_ASSUMPTIONS.lines(CHOSEN))
    assert told["monthly"] == 42.6  # docs/operate.md shows it


def test_choices_are_reckoned_before_anything_is_deployed(nowhere: Terminal) -> None:
    """Idle it costs the same: what is chosen is paid by the page and by the token."""
    ended = nowhere.run("cost", "--json", "-c", "ocr=textract", "-c", "analyzer=bedrock:a.b", "-c", "llmPrices=1,2")
    assert ended.code == 0, ended
    told = json.loads(ended.out)
    used = {each["resource"]: each["dollars"] for each in told["usage"]}
    assert (used["textract"], used["model"]) == (3.75, pytest.approx(5.5 + 1.6))
    assert told["monthly"] == 42.6


def test_a_choice_that_makes_no_sense_is_the_apps_own_sentence(nowhere: Terminal) -> None:
    ended = nowhere.run("cost", "-c", "analyzer=openai:some-model")
    assert (ended.code, "needs -c llmKeySecret=" in ended.err) == (78, True)


def test_a_profile_that_is_said_as_a_choice_is_refused(nowhere: Terminal) -> None:
    """It would beat the option, and the heading would say another."""
    ended = nowhere.run("cost", "-c", "profile=production")
    assert (ended.code, ended.out, "say --profile" in ended.err) == (64, "", True)


def test_a_scanned_page_takes_what_was_measured() -> None:
    """Each is among the figures of its column, whose cells begin with the seconds of a page."""
    page = (ROOT / "docs" / "figures.md").read_text().partition("## Pages to text")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    heads = [cell.strip().lower() for cell in rows[0]]
    for name in ("rapidocr", "tesseract", "mixed"):
        measured = [float(row[heads.index(name)].split(",")[0]) for row in rows[2:]]
        assert min(measured) <= PAGE_SECONDS[name] <= max(measured)


@pytest.mark.parametrize("recognizer", [OcrEngine.RAPIDOCR, OcrEngine.TESSERACT, OcrEngine.MIXED])
def test_a_dry_run_reckons_with_the_same_seconds(recognizer: OcrEngine) -> None:
    rates = Rates(recognition=recognizer.value)
    made = estimate(MediaType.PDF, TextLayerScan(pages=1, layers=(), unread=(1,)), rates, download=0, survey=0)
    assert made.steps[1].use.seconds == PAGE_SECONDS[recognizer.value]

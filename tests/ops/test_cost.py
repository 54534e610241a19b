"""What a profile costs: reckoned from the templates that would be deployed, with what is assumed said beside it."""

import json

import pytest

from ops.faults import Fault
from ops.usage import USUAL, Assumptions, per_thousand
from pricing.table import Prices
from tests.ops.terminal import Terminal

WORKER = {
    "Task": {
        "Type": "AWS::ECS::TaskDefinition",
        "Properties": {
            "Cpu": "512",
            "Memory": "2048",
            "RuntimePlatform": {"CpuArchitecture": "ARM64"},
            "ContainerDefinitions": [{"Name": "Worker"}],
        },
    }
}


def dollars(assumed: Assumptions = USUAL) -> dict[str, float]:
    return {cost.resource: cost.dollars for cost in per_thousand([WORKER], Prices.read(), assumed)}


def test_what_is_assumed_is_what_is_reckoned() -> None:
    usual, scanned = dollars(), dollars(Assumptions(scanned=1.0))
    assert scanned["workers"] > usual["workers"] > 0
    assert scanned["api"] == usual["api"]
    assert dollars(Assumptions(polls=21))["api"] == pytest.approx(2 * usual["api"])
    assert dollars(Assumptions(months=4))["storage"] == pytest.approx(2 * usual["storage"])


def test_a_processor_hour_of_a_worker_costs_what_its_task_does() -> None:
    an_hour_each = Assumptions(seconds_digital=3.6, scanned=0)  # of 1,000 documents
    prices = Prices.read().table["hourly"]
    assert dollars(an_hour_each)["workers"] == pytest.approx(
        prices["fargate arm64 cpu"] + 4 * prices["fargate arm64 gigabyte"]
    )


def test_templates_without_a_worker_are_said() -> None:
    with pytest.raises(Fault, match="no worker"):
        per_thousand([{}], Prices.read())


def test_the_command_reckons_what_would_be_deployed(nowhere: Terminal) -> None:
    ended = nowhere.run("cost", "--json")
    assert ended.code == 0, ended
    told = json.loads(ended.out)
    assert told["monthly"] == pytest.approx(sum(each["dollars"] for each in told["idle"]), abs=0.01)
    assert {"1 x db.t4g.micro"} <= {each["what"] for each in told["idle"]}
    assert told["assumed"] == list(USUAL.lines())

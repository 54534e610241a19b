"""The cost of an idle system, computed from hand-made templates and from those of the real app."""

import ast
import json
import re
from pathlib import Path

import pytest

from pricing.__main__ import main
from pricing.idle import busy_metrics_cost, idle_costs, read_templates, sum_dollars
from pricing.table import Prices, UnknownPriceError
from tests.docs.pages import page, rows
from tests.stacks.conftest import PROFILES, ROOT, synth  # noqa: F401 a fixture
from tests.stacks.synthesized_app import SynthesizedApp

PRICES = Prices.read()
TASK = {
    "Type": "AWS::ECS::TaskDefinition",
    "Properties": {
        "Cpu": "1024",
        "Memory": "2048",
        "RuntimePlatform": {"CpuArchitecture": "ARM64"},
        "ContainerDefinitions": [],
    },
}


def service(*, public: bool = False, count: int | None = 1, **more: object) -> dict[str, object]:
    return {
        "Type": "AWS::ECS::Service",
        "Properties": {
            "TaskDefinition": {"Ref": "Task"},
            **({"DesiredCount": count} if count is not None else {}),
            "NetworkConfiguration": {"AwsvpcConfiguration": {"AssignPublicIp": "ENABLED" if public else "DISABLED"}},
            **more,
        },
    }


ON_DEMAND = (0.03238 + 2 * 0.00356) * 730
SPOT = {"CapacityProvider": "FARGATE_SPOT", "Weight": 1}


def test_a_task_costs_by_its_size_and_its_address() -> None:
    costs = idle_costs([{"Task": TASK, "Tasks": service(public=True, count=2)}], PRICES)
    assert sum_dollars(costs) == pytest.approx(2 * (ON_DEMAND + 0.005 * 730))


def test_spot_is_cheaper_and_the_base_runs_on_demand() -> None:
    base = {"CapacityProvider": "FARGATE", "Base": 1, "Weight": 0}
    fraction = PRICES.fraction("fargate spot")
    costs = idle_costs([{"Task": TASK, "Tasks": service(count=3, CapacityProviderStrategy=[SPOT, base])}], PRICES)
    assert sum_dollars(costs) == pytest.approx(ON_DEMAND * (1 + 2 * fraction))


def test_an_autoscaled_service_is_counted_at_its_minimum() -> None:
    target = {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {"MinCapacity": 4}}
    costs = idle_costs([{"Task": TASK, "Tasks": service(count=None), "Target": target}], PRICES)
    assert sum_dollars(costs) == pytest.approx(4 * ON_DEMAND)


def test_an_alarm_costs_by_the_number_of_its_metrics() -> None:
    math = {"Metrics": [{"MetricStat": {}}, {"MetricStat": {}}, {"Expression": "a + b"}]}
    alarms = {
        name: {"Type": "AWS::CloudWatch::Alarm", "Properties": body} for name, body in {"A": math, "B": {}}.items()
    }
    assert {cost.resource: cost.dollars for cost in idle_costs([alarms], PRICES)} == {"A": 0.2, "B": 0.1}


def test_container_insights_cost_by_their_metrics() -> None:
    settings = [{"Name": "containerInsights", "Value": "enabled"}]
    clusters = {
        name: {"Type": "AWS::ECS::Cluster", "Properties": body}
        for name, body in {"With": {"ClusterSettings": settings}, "Without": {}}.items()
    }
    assert {cost.resource: cost.dollars for cost in idle_costs([clusters], PRICES)} == {"With": pytest.approx(12.6)}


def test_metrics_of_a_busy_system_are_named_apart(small: SynthesizedApp) -> None:
    """Ten counts of the workers' and the trigger's lines, one of the keeper's, and the gauges of other groups."""
    cost = busy_metrics_cost(read_templates(small.folder), PRICES)
    assert cost.description == "21 x custom metric"
    assert cost.dollars == pytest.approx(6.3)


def test_a_resource_without_a_price_is_an_error() -> None:
    with pytest.raises(UnknownPriceError, match="AWS::Redshift::Cluster has no price"):
        idle_costs([{"X": {"Type": "AWS::Redshift::Cluster"}}], PRICES)
    instance = {"Type": "AWS::RDS::DBInstance", "Properties": {"DBInstanceClass": "db.x9.huge", "AllocatedStorage": 1}}
    with pytest.raises(UnknownPriceError, match=r"has no hourly price for db\.x9\.huge"):
        idle_costs([{"X": instance}], PRICES)


@pytest.mark.parametrize("profile", ["small", "production"])
def test_the_cost_on_the_page_is_right_within_a_twentieth(profile: str, request: pytest.FixtureRequest) -> None:
    """Even with Spot at half the list price."""
    [cells] = [cells for first, *cells in rows(page("deploy")) if first == "idle, a month"]
    [dollars] = [float(text) for text in re.findall(r"about (\d+) USD", cells[("small", "production").index(profile)])]
    app: SynthesizedApp = request.getfixturevalue("synth")(*PROFILES[profile])
    templates = read_templates(app.folder)
    assert sum_dollars(idle_costs(templates, PRICES)) == pytest.approx(dollars, rel=0.05)
    high_prices = Prices({**PRICES.table, "fraction": {"fargate spot": 0.5}})
    assert sum_dollars(idle_costs(templates, high_prices)) == pytest.approx(dollars, rel=0.05)


def test_the_highest_cost_comes_first_and_the_sum_last(
    small: SynthesizedApp, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(small.folder)]) == 0
    *lines, busy = capsys.readouterr().out.splitlines()
    assert "1 x 0.5 vCPU, 2 GB, arm64" in lines[0]
    amounts = [float(line.split()[0]) for line in lines]
    assert amounts[:-1] == sorted(amounts[:-1], reverse=True)
    assert amounts[-1] == pytest.approx(sum(amounts[:-1]), abs=0.2)
    assert "USD a month without any work (us-east-1, 2026-" in lines[-1]
    assert "USD more once every kind of document is processed" in busy


def test_a_folder_without_an_app_is_an_error_of_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().err == (f"pricing: {tmp_path} holds no synthesized app: create one with make synth\n")


def test_help_shows_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert (caught.value.code, capsys.readouterr().out[:30]) == (0, "usage: python -m pricing [-h] ")


def test_pricing_imports_neither_the_cdk_nor_boto3() -> None:
    for path in (ROOT / "pricing").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            module = node.module if isinstance(node, ast.ImportFrom) and not node.level else None
            assert not {"aws_cdk", "boto3", "stacks"} & {name.split(".")[0] for name in [*names, module or ""]}


def test_the_price_table_has_a_date() -> None:
    table = json.loads((ROOT / "pricing" / "prices.json").read_text())
    assert table["written"] >= "2026-11-21"
    assert table["currency"] == "USD"


@pytest.fixture(scope="session")
def small(request: pytest.FixtureRequest) -> SynthesizedApp:
    app: SynthesizedApp = request.getfixturevalue("synth")("profile=small")
    return app

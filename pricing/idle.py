"""The cost of each resource of a template without any work.

A kind of resource without a rule is an error, because it would look free.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .table import Prices, UnknownPriceError

type Resources = Mapping[str, Mapping[str, Any]]  # the resources of one template, by logical id
type Properties = Mapping[str, Any]
type CostLines = Iterator[tuple[float, str]]  # dollars a month, and their description
type CostRule = Callable[[Properties, Resources, Prices], CostLines]

SPOT: Final = "FARGATE_SPOT"
_KEEPER_VARIABLE: Final = "METRICS_NAMESPACE"  # a container with it publishes gauges all the time
GAUGE_COUNT: Final = 7  # four of the server, and three of the group that is always published
BUSY_GAUGE_COUNT: Final = 10  # three of each other group, and one of decisions
_METRIC_FILTER: Final = "AWS::Logs::MetricFilter"
# 8 of a cluster, 6 of each of two task definitions, 11 of each of two services, by AWS' price page.
_INSIGHTS_METRICS: Final = 42
_ARCHITECTURES: Final = {"ARM64": "arm64", "X86_64": "x86_64"}


@dataclass(frozen=True, kw_only=True)
class Cost:
    """A part of what one resource costs a month."""

    resource: str
    kind: str
    dollars: float
    description: str


def read_templates(folder: Path) -> list[Resources]:
    """Read every template of a synthesized app: those in its manifest, and those nested in them."""
    return [template for root in list_roots(folder) for template in _read_with_nested(root)]


def list_roots(folder: Path) -> list[Path]:
    """Return the files of the templates in a synthesized app's manifest."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise FileNotFoundError(f"{folder} holds no synthesized app: create one with make synth")
    artifacts = json.loads(manifest.read_text())["artifacts"].values()
    stacks = (artifact for artifact in artifacts if artifact["type"] == "aws:cloudformation:stack")
    return [folder / stack["properties"]["templateFile"] for stack in stacks]


def _read_with_nested(template: Path) -> Iterator[Resources]:
    resources = json.loads(template.read_text())["Resources"]
    yield resources
    for resource in resources.values():
        if resource["Type"] == "AWS::CloudFormation::Stack":
            yield from _read_with_nested(template.parent / resource["Metadata"]["aws:asset:path"])


def idle_costs(templates: list[Resources], prices: Prices) -> list[Cost]:
    """Return all costs, the highest first."""
    costs = [cost for resources in templates for cost in _list_costs(resources, prices)]
    return sorted(costs, key=lambda cost: (-cost.dollars, cost.resource))


def busy_metrics_cost(templates: list[Resources], prices: Prices) -> Cost:
    """Return the extra cost of a month in which each kind of document is processed: then more metrics have data."""
    filters = sum(resource["Type"] == _METRIC_FILTER for resources in templates for resource in resources.values())
    count = filters + BUSY_GAUGE_COUNT
    dollars = count * prices.by_month("custom metric")
    return Cost(resource="", kind=_METRIC_FILTER, dollars=dollars, description=f"{count} x custom metric")


def sum_dollars(costs: list[Cost]) -> float:
    """Return the sum of the costs."""
    return sum(cost.dollars for cost in costs)


def _list_costs(resources: Resources, prices: Prices) -> Iterator[Cost]:
    for name, resource in resources.items():
        kind = str(resource["Type"])
        if prices.is_free(kind):
            continue
        if kind not in _COST_RULES:
            raise UnknownPriceError(f"{kind} has no price: add it to pricing/idle.py or pricing/prices.json")
        for dollars, description in _COST_RULES[kind](resource.get("Properties", {}), resources, prices):
            yield Cost(resource=name, kind=kind, dollars=dollars, description=description)


def _price_tasks(service: Properties, resources: Resources, prices: Prices) -> CostLines:
    task = resources[service["TaskDefinition"]["Ref"]]["Properties"]
    architecture = _ARCHITECTURES[task["RuntimePlatform"]["CpuArchitecture"]]
    cpu, gigabytes = int(task["Cpu"]) / 1024, int(task["Memory"]) / 1024
    price = cpu * prices.by_hour(f"fargate {architecture} cpu")
    price += gigabytes * prices.by_hour(f"fargate {architecture} gigabyte")
    count = _count(service, resources)
    spot = _count_on_spot(service, count)
    size = f"{cpu:g} vCPU, {gigabytes:g} GB, {architecture}"
    if count > spot:
        yield price * (count - spot), f"{count - spot} x {size}"
    if spot:
        yield price * spot * prices.fraction("fargate spot"), f"{spot} x {size} on Spot"
    if service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "ENABLED":
        yield count * prices.by_hour("public address"), f"{count} x public address"


def _count(service: Properties, resources: Resources) -> int:
    """Return how many tasks run without work: an autoscaled service has its minimum elsewhere."""
    if "DesiredCount" in service:
        return int(service["DesiredCount"])
    [minimum] = [
        int(one["Properties"]["MinCapacity"])
        for one in resources.values()
        if one["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget"
    ]
    return minimum


def _count_on_spot(service: Properties, count: int) -> int:
    """Return how many tasks run on Spot: those beyond the base on demand."""
    strategy = service.get("CapacityProviderStrategy", ())
    if not any(one["CapacityProvider"] == SPOT for one in strategy):
        return 0
    on_demand = sum(int(one.get("Base", 0)) for one in strategy if one["CapacityProvider"] != SPOT)
    return max(0, count - on_demand)


def _price_gauges(task: Properties, _: Resources, prices: Prices) -> CostLines:
    for container in task["ContainerDefinitions"]:
        if any(variable["Name"] == _KEEPER_VARIABLE for variable in container.get("Environment", ())):
            yield GAUGE_COUNT * prices.by_month("custom metric"), f"{GAUGE_COUNT} x custom metric"


def _price_database(instance: Properties, _: Resources, prices: Prices) -> CostLines:
    copies = 2 if instance.get("MultiAZ") else 1
    kind, gigabytes = instance["DBInstanceClass"], int(instance["AllocatedStorage"])
    yield copies * prices.by_hour(kind), f"{copies} x {kind}"
    yield copies * gigabytes * prices.by_month("gp3 gigabyte"), f"{copies} x {gigabytes} GB"


def _price_alarm(alarm: Properties, _: Resources, prices: Prices) -> CostLines:
    """An alarm costs by the number of its metrics."""
    metrics = sum(1 for query in alarm.get("Metrics", ()) if "MetricStat" in query) or 1
    yield metrics * prices.by_month("alarm metric"), f"{metrics} x metric of an alarm"


def _price_scaling(policy: Properties, _: Resources, prices: Prices) -> CostLines:
    """AWS creates two alarms for each target tracking policy."""
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    queries = configuration.get("CustomizedMetricSpecification", {}).get("Metrics", ())
    metrics = 2 * (sum(1 for query in queries if "MetricStat" in query) or 1)
    yield metrics * prices.by_month("alarm metric"), f"{metrics} x metric of an alarm"


def _price_cluster(cluster: Properties, _: Resources, prices: Prices) -> CostLines:
    settings = {setting["Name"]: setting["Value"] for setting in cluster.get("ClusterSettings", ())}
    if settings.get("containerInsights", "disabled") != "disabled":
        dollars = _INSIGHTS_METRICS * prices.by_month("custom metric")
        yield dollars, f"Container Insights: {_INSIGHTS_METRICS} x metric"


def _price_endpoint(endpoint: Properties, _: Resources, __: Prices) -> CostLines:
    if endpoint["VpcEndpointType"] != "Gateway":
        raise UnknownPriceError("the hourly price of an interface endpoint is missing: add it to pricing/idle.py")
    yield 0.0, "gateway endpoint"


def _price_by_month(price: str) -> CostRule:
    return lambda _, __, prices: iter([(prices.by_month(price), price)])


def _price_by_hour(price: str) -> CostRule:
    return lambda _, __, prices: iter([(prices.by_hour(price), price)])


_COST_RULES: Final[Mapping[str, CostRule]] = {
    "AWS::ApplicationAutoScaling::ScalingPolicy": _price_scaling,
    "AWS::CloudWatch::Alarm": _price_alarm,
    "AWS::CloudWatch::Dashboard": _price_by_month("dashboard"),
    "AWS::EC2::EIP": _price_by_hour("public address"),
    "AWS::EC2::NatGateway": _price_by_hour("nat gateway"),
    "AWS::EC2::VPCEndpoint": _price_endpoint,
    "AWS::ECS::Cluster": _price_cluster,
    "AWS::ECS::Service": _price_tasks,
    "AWS::ECS::TaskDefinition": _price_gauges,
    "AWS::KMS::Key": _price_by_month("key"),
    "AWS::Lambda::EventSourceMapping": _price_by_month("polled queue"),  # Lambda asks it 650,000 times
    "AWS::RDS::DBInstance": _price_database,
    "AWS::SecretsManager::Secret": _price_by_month("secret"),
    "AWS::ServiceDiscovery::PrivateDnsNamespace": _price_by_month("hosted zone"),
    "AWS::ServiceDiscovery::Service": _price_by_month("registered instance"),
}

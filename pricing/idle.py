"""What each resource of a template costs while nothing happens.

A kind of resource that nobody knows is an error: what is forgotten would look free.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .table import Prices, UnknownPriceError

type Resources = Mapping[str, Mapping[str, Any]]  # of one template, by logical id
type Properties = Mapping[str, Any]
type Parts = Iterator[tuple[float, str]]
type Reckon = Callable[[Properties, Resources, Prices], Parts]

SPOT: Final = "FARGATE_SPOT"
_KEEPER: Final = "METRICS_NAMESPACE"  # a container that is told one publishes gauges all the time
GAUGES: Final = 9  # three of the server, and three of each group that is told of also when it rests
_MACHINES: Final = {"ARM64": "arm64", "X86_64": "x86_64"}


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one resource costs a month, and of what that is the price."""

    resource: str
    kind: str
    dollars: float
    what: str


def read_templates(folder: Path) -> list[Resources]:
    """Read every template of a synthesized app: those that its manifest names, and those nested in them."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise FileNotFoundError(f"there is no synthesized app in {folder}: make one with make synth")
    artifacts = json.loads(manifest.read_text())["artifacts"].values()
    stacks = (artifact for artifact in artifacts if artifact["type"] == "aws:cloudformation:stack")
    return [found for stack in stacks for found in _with_nested(folder / stack["properties"]["templateFile"])]


def _with_nested(template: Path) -> Iterator[Resources]:
    resources = json.loads(template.read_text())["Resources"]
    yield resources
    for resource in resources.values():
        if resource["Type"] == "AWS::CloudFormation::Stack":
            yield from _with_nested(template.parent / resource["Metadata"]["aws:asset:path"])


def idle_costs(templates: list[Resources], prices: Prices) -> list[Cost]:
    """Reckon what costs something, the dearest first."""
    costs = [cost for resources in templates for cost in _costs(resources, prices)]
    return sorted(costs, key=lambda cost: (-cost.dollars, cost.resource))


def total(costs: list[Cost]) -> float:
    """Add it up."""
    return sum(cost.dollars for cost in costs)


def _costs(resources: Resources, prices: Prices) -> Iterator[Cost]:
    for name, resource in resources.items():
        kind = str(resource["Type"])
        if prices.is_free(kind):
            continue
        if kind not in _RECKONED:
            raise UnknownPriceError(f"nobody knows what {kind} costs: add it to pricing/idle.py or pricing/prices.json")
        for dollars, what in _RECKONED[kind](resource.get("Properties", {}), resources, prices):
            yield Cost(resource=name, kind=kind, dollars=dollars, what=what)


def _tasks(service: Properties, resources: Resources, prices: Prices) -> Parts:
    task = resources[service["TaskDefinition"]["Ref"]]["Properties"]
    machine = _MACHINES[task["RuntimePlatform"]["CpuArchitecture"]]
    cpu, gigabytes = int(task["Cpu"]) / 1024, int(task["Memory"]) / 1024
    each = cpu * prices.by_hour(f"fargate {machine} cpu") + gigabytes * prices.by_hour(f"fargate {machine} gigabyte")
    count = _count(service, resources)
    spot = _on_spot(service, count)
    size = f"{cpu:g} vCPU, {gigabytes:g} GB, {machine}"
    if count > spot:
        yield each * (count - spot), f"{count - spot} x {size}"
    if spot:
        yield each * spot * prices.fraction("fargate spot"), f"{spot} x {size} on Spot"
    if service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "ENABLED":
        yield count * prices.by_hour("public address"), f"{count} x public address"


def _count(service: Properties, resources: Resources) -> int:
    """How many there are at rest: a service that is scaled does not say it itself."""
    if "DesiredCount" in service:
        return int(service["DesiredCount"])
    [least] = [
        int(one["Properties"]["MinCapacity"])
        for one in resources.values()
        if one["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget"
    ]
    return least


def _on_spot(service: Properties, count: int) -> int:
    """Count the tasks beyond those that the strategy puts on demand first."""
    strategy = service.get("CapacityProviderStrategy", ())
    if not any(one["CapacityProvider"] == SPOT for one in strategy):
        return 0
    on_demand = sum(int(one.get("Base", 0)) for one in strategy if one["CapacityProvider"] != SPOT)
    return max(0, count - on_demand)


def _gauges(task: Properties, _: Resources, prices: Prices) -> Parts:
    for container in task["ContainerDefinitions"]:
        if any(variable["Name"] == _KEEPER for variable in container.get("Environment", ())):
            yield GAUGES * prices.by_month("custom metric"), f"{GAUGES} x custom metric"


def _database(instance: Properties, _: Resources, prices: Prices) -> Parts:
    copies = 2 if instance.get("MultiAZ") else 1
    kind, gigabytes = instance["DBInstanceClass"], int(instance["AllocatedStorage"])
    yield copies * prices.by_hour(kind), f"{copies} x {kind}"
    yield copies * gigabytes * prices.by_month("gp3 gigabyte"), f"{copies} x {gigabytes} GB"


def _alarm(alarm: Properties, _: Resources, prices: Prices) -> Parts:
    """An alarm is paid by the metrics that it looks at."""
    looked_at = sum(1 for query in alarm.get("Metrics", ()) if "MetricStat" in query) or 1
    yield looked_at * prices.by_month("alarm metric"), f"{looked_at} x metric of an alarm"


def _scaling(policy: Properties, _: Resources, prices: Prices) -> Parts:
    """AWS makes two alarms for each target that is tracked."""
    tracked = policy["TargetTrackingScalingPolicyConfiguration"]
    queries = tracked.get("CustomizedMetricSpecification", {}).get("Metrics", ())
    looked_at = 2 * (sum(1 for query in queries if "MetricStat" in query) or 1)
    yield looked_at * prices.by_month("alarm metric"), f"{looked_at} x metric of an alarm"


def _endpoint(endpoint: Properties, _: Resources, __: Prices) -> Parts:
    if endpoint["VpcEndpointType"] != "Gateway":
        raise UnknownPriceError("an interface endpoint costs by the hour and zone: add it to pricing/idle.py")
    yield 0.0, "gateway endpoint"


def _monthly(price: str) -> Reckon:
    return lambda _, __, prices: iter([(prices.by_month(price), price)])


def _hourly(price: str) -> Reckon:
    return lambda _, __, prices: iter([(prices.by_hour(price), price)])


_RECKONED: Final[Mapping[str, Reckon]] = {
    "AWS::ApplicationAutoScaling::ScalingPolicy": _scaling,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::EC2::EIP": _hourly("public address"),
    "AWS::EC2::NatGateway": _hourly("nat gateway"),
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::ECS::Service": _tasks,
    "AWS::ECS::TaskDefinition": _gauges,
    "AWS::KMS::Key": _monthly("key"),
    "AWS::RDS::DBInstance": _database,
    "AWS::SecretsManager::Secret": _monthly("secret"),
    "AWS::ServiceDiscovery::PrivateDnsNamespace": _monthly("hosted zone"),
    "AWS::ServiceDiscovery::Service": _monthly("registered instance"),
}

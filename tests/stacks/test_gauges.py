"""What is watched is what the keeper really publishes: a metric that is named otherwise is another, without data."""

import asyncio
import json
import re

from contract.names import DOCUMENTS_ADDRESS
from keeper.gauges import Ambient, Gauges
from keeper.server import Totals
from pricing.idle import GAUGE_COUNT

from .synthesized_app import SynthesizedApp
from .test_environment import given_to
from .test_observability import alarms

type Gauge = tuple[str, str, frozenset[tuple[str, str]]]


def published() -> set[Gauge]:
    """What the keeper really writes, as CloudWatch takes it apart; server and database are played."""
    lines: list[str] = []
    ambient = Ambient(write=lines.append)
    gauges = Gauges(Database(), Looked(), namespace="Longhand", interval=60, ambient=ambient)  # type: ignore[arg-type]
    for _ in range(2):  # what is counted since the last time is told from the second on
        asyncio.run(gauges.run())
    found = set[Gauge]()
    for document in map(json.loads, lines):
        for directive in document["_aws"]["CloudWatchMetrics"]:
            [names] = directive["Dimensions"]
            where = frozenset((name, document[name]) for name in names)
            found |= {(directive["Namespace"], metric["Name"], where) for metric in directive["Metrics"]}
    return found


class Database:
    """It has one job to do."""

    async def rows(self, _: str) -> list[tuple[object, ...]]:
        return [(DOCUMENTS_ADDRESS, 1, 0, 0)]


class Looked:
    """A server that is well."""

    async def is_ready(self) -> bool:
        return True

    async def totals(self) -> Totals:
        return Totals(requests=1, deliveries=1)


def watched(app: SynthesizedApp) -> set[Gauge]:
    """Each metric of ours that an alarm, the scaling or the dashboard looks at, but for those of the log filters."""
    filters = {one.path.rpartition("/")[2] for one in app.all("AWS::Logs::MetricFilter")}
    queries = [query for alarm in alarms(app).values() for query in alarm.get("Metrics", ())]
    for policy in app.all("AWS::ApplicationAutoScaling::ScalingPolicy"):
        tracked = policy.properties["TargetTrackingScalingPolicyConfiguration"]
        queries += tracked.get("CustomizedMetricSpecification", {}).get("Metrics", ())
    metrics = [query["MetricStat"]["Metric"] for query in queries if "MetricStat" in query] + list(alarms(app).values())
    found = {
        (
            one["Namespace"],
            one["MetricName"],
            frozenset((of["Name"], str(of["Value"])) for of in one.get("Dimensions", ())),
        )
        for one in metrics
        if one.get("Namespace") == "Longhand"
    }
    return {one for one in found | shown(app) if one[1] not in filters}


def shown(app: SynthesizedApp) -> set[Gauge]:
    """What the dashboard names: namespace, name, then names and values of dimensions, then how it is drawn."""
    page = str(app.meant("Observability", app.one("AWS::CloudWatch::Dashboard").properties["DashboardBody"]))
    found = set[Gauge]()
    for text in re.findall(r'\["Longhand",[^\]]*\]', page):
        _, name, *rest = [word for word in json.loads(text) if isinstance(word, str)]
        found.add(("Longhand", name, frozenset(zip(rest[::2], rest[1::2], strict=True))))
    return found


def test_what_is_watched_is_what_the_keeper_publishes(either: SynthesizedApp) -> None:
    """Namespace, name and dimensions: a metric that differs in one of them is another, and never has data."""
    assert watched(either) == published()


def test_what_the_keepers_gauges_cost_is_reckoned(either: SynthesizedApp) -> None:
    assert len(published()) == GAUGE_COUNT
    assert given_to(either, "Keeper")["METRICS_NAMESPACE"] == "Longhand"

"""Alarms, scaling and dashboard use exactly the gauges that the keeper publishes."""

import asyncio
import json
import re

from contract.names import CHUNKS, DOCUMENTS, FUNCTIONS, PAGES
from keeper.emf import EmfWriter
from keeper.gauges import SELECT_DUE_TASKS, GaugePublisher
from keeper.server_probe import Totals
from pricing.idle import BUSY_GAUGE_COUNT, GAUGE_COUNT

from .alarms import alarms
from .environments import container_environment
from .synthesized_app import SynthesizedApp

type Gauge = tuple[str, str, frozenset[tuple[str, str]]]


def collect_published_gauges() -> set[Gauge]:
    """Return the gauges in the lines that the keeper writes, as CloudWatch parses them."""
    lines: list[str] = []
    publisher = GaugePublisher(FakeDatabase(), ReadyServer(), EmfWriter("Longhand", lines.append), interval=60)  # type: ignore[arg-type]
    for _ in range(2):  # the second run publishes differences of counters, too
        asyncio.run(publisher.run())
    found = set[Gauge]()
    for document in map(json.loads, lines):
        for directive in document["_aws"]["CloudWatchMetrics"]:
            [names] = directive["Dimensions"]
            dimensions = frozenset((name, document[name]) for name in names)
            found |= {(directive["Namespace"], metric["Name"], dimensions) for metric in directive["Metrics"]}
    return found


class FakeDatabase:
    """A database with a due task of each group, an announcement that is not sent yet, and an open question."""

    async def rows(self, statement: str) -> list[tuple[object, ...]]:
        if statement == SELECT_DUE_TASKS:
            return [(f"poll://any@{group}", 1, 0, 0) for group in (DOCUMENTS, PAGES, CHUNKS, FUNCTIONS)]
        return [(1,)]


class ReadyServer:
    """A server that is ready."""

    async def is_ready(self) -> bool:
        return True

    async def totals(self) -> Totals:
        return Totals(requests=1, deliveries=1)


def collect_used_gauges(app: SynthesizedApp) -> set[Gauge]:
    """Return our metrics in alarms, scaling and dashboard, except those of the log filters."""
    filters = {one.path.rpartition("/")[2] for one in app.find_all("AWS::Logs::MetricFilter")}
    queries = [query for alarm in alarms(app).values() for query in alarm.get("Metrics", ())]
    for policy in app.find_all("AWS::ApplicationAutoScaling::ScalingPolicy"):
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
    return {one for one in found | collect_dashboard_gauges(app) if one[1] not in filters}


def collect_dashboard_gauges(app: SynthesizedApp) -> set[Gauge]:
    """Parse the dashboard: namespace, name, names and values of dimensions, then options of the graph."""
    page = str(app.resolve("Observability", app.find("AWS::CloudWatch::Dashboard").properties["DashboardBody"]))
    found = set[Gauge]()
    for text in re.findall(r'\["Longhand",[^\]]*\]', page):
        _, name, *rest = [word for word in json.loads(text) if isinstance(word, str)]
        found.add(("Longhand", name, frozenset(zip(rest[::2], rest[1::2], strict=True))))
    return found


def test_the_keeper_publishes_exactly_the_gauges_in_use(app: SynthesizedApp) -> None:
    """A metric with another namespace, name or dimension never has data."""
    assert collect_used_gauges(app) == collect_published_gauges()


def test_the_price_counts_all_gauges_of_the_keeper(app: SynthesizedApp) -> None:
    assert len(collect_published_gauges()) == GAUGE_COUNT + BUSY_GAUGE_COUNT
    assert container_environment(app, "Keeper")["METRICS_NAMESPACE"] == "Longhand"

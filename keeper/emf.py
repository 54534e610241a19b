"""Gauges as CloudWatch reads them from a log stream: one JSON object a line, in its embedded metric format."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Gauge:
    """A number and what it counts."""

    value: float
    unit: Literal["Count", "Seconds", "None"]


def blob(namespace: str, gauges: Mapping[str, Gauge], *, now: float, dimensions: Mapping[str, str]) -> str:
    """Write the gauges as one document; each set of a name and its dimensions' values is a metric, and costs as one."""
    directive = {
        "Namespace": namespace,
        "Dimensions": [list(dimensions)],  # an empty set is a metric without dimensions
        "Metrics": [{"Name": name, "Unit": gauge.unit} for name, gauge in gauges.items()],
    }
    head = {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]}
    values = {name: gauge.value for name, gauge in gauges.items()}
    return json.dumps({"_aws": head, **dimensions, **values})

"""Gauges in CloudWatch's embedded metric format: one JSON object per log line."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Gauge:
    """A value and its unit."""

    value: float
    unit: Literal["Count", "Seconds", "None"]


@dataclass(frozen=True)
class EmfWriter:
    """Writes gauges of one namespace as log lines."""

    namespace: str
    write_line: Callable[[str], None]

    def write(self, gauges: Mapping[str, Gauge], *, now: float, dimensions: Mapping[str, str]) -> None:
        """Write the gauges as one line. CloudWatch bills each name with each set of dimension values as one metric."""
        directive = {
            "Namespace": self.namespace,
            "Dimensions": [list(dimensions)],  # an empty set is a metric without dimensions
            "Metrics": [{"Name": name, "Unit": gauge.unit} for name, gauge in gauges.items()],
        }
        head = {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]}
        values = {name: gauge.value for name, gauge in gauges.items()}
        self.write_line(json.dumps({"_aws": head, **dimensions, **values}))

"""A gauge's line is what CloudWatch takes for a metric."""

import json
import time

import pytest
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from keeper.emf import Gauge, blob

from .emf import assert_is_emf

NOW = time.time()


@pytest.mark.parametrize("dimensions", [{}, {"Group": "documents"}])
def test_a_line_keeps_to_the_specification(dimensions: dict[str, str]) -> None:
    line = blob("Longhand", {"A": Gauge(1, "Count"), "B": Gauge(0.5, "Seconds")}, now=NOW, dimensions=dimensions)
    assert "\n" not in line
    document = json.loads(line)
    assert_is_emf(document)
    assert (document["A"], document["B"]) == (1, 0.5)


def test_a_line_says_what_powertools_would_say() -> None:
    """The library that writes the trigger's metrics gives each value as a list; else they are equal."""
    theirs = AmazonCloudWatchEMFProvider(namespace="Longhand")
    theirs.add_dimension("Group", "documents")
    theirs.add_metric("TasksDue", "Count", 3)
    theirs.add_metric("OldestDueSeconds", "Seconds", 12.5)
    theirs.set_timestamp(int(NOW * 1000))
    gauges = {"TasksDue": Gauge(3, "Count"), "OldestDueSeconds": Gauge(12.5, "Seconds")}
    ours = json.loads(blob("Longhand", gauges, now=NOW, dimensions={"Group": "documents"}))
    for name in gauges:
        ours[name] = [ours[name]]
    assert ours == theirs.serialize_metric_set()

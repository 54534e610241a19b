"""CloudWatch accepts the lines of gauges as metrics."""

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from keeper.emf import EmfWriter, Gauge

from .emf_specification import assert_is_emf

NOW = time.time()


def write_document(gauges: Mapping[str, Gauge], dimensions: dict[str, str]) -> dict[str, Any]:
    lines: list[str] = []
    EmfWriter("Longhand", lines.append).write(gauges, now=NOW, dimensions=dimensions)
    [line] = lines
    assert "\n" not in line
    document: dict[str, Any] = json.loads(line)
    return document


@pytest.mark.parametrize("dimensions", [{}, {"Group": "documents"}])
def test_a_line_conforms_to_the_specification(dimensions: dict[str, str]) -> None:
    document = write_document({"A": Gauge(1, "Count"), "B": Gauge(0.5, "Seconds")}, dimensions)
    assert_is_emf(document)
    assert (document["A"], document["B"]) == (1, 0.5)


def test_a_line_equals_that_of_powertools() -> None:
    """Powertools writes the trigger's metrics. It gives each value as a list; all else is equal."""
    theirs = AmazonCloudWatchEMFProvider(namespace="Longhand")
    theirs.add_dimension("Group", "documents")
    theirs.add_metric("TasksDue", "Count", 3)
    theirs.add_metric("OldestDueSeconds", "Seconds", 12.5)
    theirs.set_timestamp(int(NOW * 1000))
    gauges = {"TasksDue": Gauge(3, "Count"), "OldestDueSeconds": Gauge(12.5, "Seconds")}
    ours = write_document(gauges, {"Group": "documents"})
    for name in gauges:
        ours[name] = [ours[name]]
    assert ours == theirs.serialize_metric_set()

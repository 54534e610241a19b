"""The requirements of CloudWatch's embedded metric format."""

from typing import Any, Final

_UNITS: Final = {
    "Count",
    "Seconds",
    "Milliseconds",
    "Bytes",
    "Percent",
    "None",
}  # those of its 27 units that we might use


def assert_is_emf(document: dict[str, Any]) -> None:
    """Check each MUST of the specification."""
    head = document["_aws"]
    assert type(head["Timestamp"]) is int
    assert 1_500_000_000_000 < head["Timestamp"] < 10_000_000_000_000, "milliseconds since 1970"
    assert head["CloudWatchMetrics"], "without a directive nothing is extracted"
    for directive in head["CloudWatchMetrics"]:
        assert set(directive) == {"Namespace", "Dimensions", "Metrics"}, "no other members"
        assert 1 <= len(directive["Namespace"]) <= 255
        assert directive["Dimensions"], "a set without dimensions is written as an empty set"
        for dimensions in directive["Dimensions"]:
            assert len(dimensions) <= 30
            assert all(isinstance(document[name], str) and document[name] for name in dimensions)
        assert len(directive["Metrics"]) <= 100
        for metric in directive["Metrics"]:
            assert set(metric) <= {"Name", "Unit", "StorageResolution"}
            assert metric["Unit"] in _UNITS
            assert type(document[metric["Name"]]) in {int, float}, "its target is at the root, a number"

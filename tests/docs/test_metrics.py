"""The pages list every metric with the log line or gauge that it comes from, and every alarm."""

import ast
import re

import pytest

from local.server_process import ROOT

from .pages import page, rows, section

TABLE = {name.strip("`"): source for name, _, source in rows(section(page("deploy"), "Metrics"))}
METRICS_SOURCE = (ROOT / "stacks" / "parts" / "metrics.py").read_text()


def find_metrics() -> dict[str, tuple[str, str]]:
    """Return for each metric its method in the source, and the text that identifies its log line."""
    metrics = {}
    for node in ast.walk(ast.parse(METRICS_SOURCE)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            name = node.args[0]
            if node.func.attr in ("_count", "_sum", "_gauge") and isinstance(name, ast.Constant):
                texts = [one.value for one in ast.walk(node.args[-1]) if isinstance(one, ast.Constant)]
                metrics[str(name.value)] = (node.func.attr, str(texts[-1]) if texts else "")
    return metrics


def keeper_gauges() -> set[str]:
    """Return the keeper's gauges."""
    return set(re.findall(r'"(\w+)"\]? ?[:=] Gauge\(', (ROOT / "keeper" / "gauges.py").read_text()))


def test_the_table_lists_every_metric() -> None:
    assert TABLE.keys() == find_metrics().keys()
    gauges = {name for name, (how, _) in find_metrics().items() if how == "_gauge"}
    assert gauges == keeper_gauges()


def test_each_metric_names_its_line_or_field() -> None:
    for name, (how, said) in find_metrics().items():
        if how != "_gauge":
            words = re.findall(r"\w+", said)
            assert words[-1] in re.findall(r"\w+", TABLE[name]), name


def test_a_sum_names_the_event_of_its_lines() -> None:
    [summed] = re.findall(r"def _sum\(.*?(?=\n    def )", METRICS_SOURCE, re.DOTALL)
    [event] = re.findall(r'\$\.event = "(\w+)"', summed)
    for name in [name for name, (how, _) in find_metrics().items() if how == "_sum"]:
        assert f'`"event": "{event}"`' in TABLE[name], name


@pytest.mark.parametrize(("name", "heading"), [("deploy", "Alarms"), ("runbook", "What each alarm means")])
def test_every_alarm_has_a_line_on_both_pages(name: str, heading: str) -> None:
    sources = (ROOT / "stacks" / "parts").glob("*alarm_rules.py")
    rules = [rule for file in sources for rule in re.findall(r'Rule\(\s*name="(\w+)"', file.read_text())]
    assert sorted(first for first, *_ in rows(section(page(name), heading))) == sorted(rules)

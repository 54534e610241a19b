"""The page names every metric that is measured, and for each the log line or the gauge that it comes from."""

import ast
import re

from local.servers import ROOT

from .pages import page, rows, section

TABLE = {name.strip("`"): source for name, _, source in rows(section(page("deploy"), "Metrics"))}


def measures() -> dict[str, tuple[str, str]]:
    """How each is measured, as the source has it: the method, and the text that tells one line from others."""
    found = {}
    for node in ast.walk(ast.parse((ROOT / "stacks" / "parts" / "measures.py").read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            name = node.args[0]
            if node.func.attr in ("_counted", "_summed", "_gauge") and isinstance(name, ast.Constant):
                texts = [one.value for one in ast.walk(node.args[-1]) if isinstance(one, ast.Constant)]
                found[str(name.value)] = (node.func.attr, str(texts[-1]) if texts else "")
    return found


def published() -> set[str]:
    """The keeper's gauges."""
    return set(re.findall(r'"(\w+)"\]? ?[:=] Gauge\(', (ROOT / "keeper" / "gauges.py").read_text()))


def test_the_table_has_what_is_measured() -> None:
    assert TABLE.keys() == measures().keys()
    gauges = {name for name, (how, _) in measures().items() if how == "_gauge"}
    assert gauges == published()


def test_each_says_which_line_or_field_it_is_from() -> None:
    for name, (how, said) in measures().items():
        if how != "_gauge":
            words = re.findall(r"\w+", said)
            assert words[-1] in re.findall(r"\w+", TABLE[name]), name

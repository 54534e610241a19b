"""One setting chooses the analyzer, and only the modules of that analyzer are imported."""

import asyncio
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from contract.analysis import Analysis
from local.server_process import ROOT
from tests.analysis.analyzer_lab import make_pages, send_as_checkpoint
from tests.analysis.test_schema import ORDER
from worker.adapters.object_store import Store
from worker.analysis.analyzer_choice import AnalyzerChoice, ChoiceError

MODEL_LIBRARIES = {"boto3", "botocore", "httpx2", "openai", "pydantic_ai"}


def list_modules(code: str) -> set[str]:
    """Return the top-level modules that a new process has imported after this code."""
    code += "; import sys; print(*(name for name in sys.modules if '.' not in name))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def make_opening_code(name: str, store: Path) -> str:
    imports = "import worker.analysis.analyzer_choice; from worker.adapters.object_store import Store"
    return (
        f"{imports}; worker.analysis.analyzer_choice.AnalyzerChoice(name={name!r}).open(Store.open({store.as_uri()!r}))"
    )


def test_the_extractive_analyzer_imports_no_model_library(tmp_path: Path) -> None:
    assert not MODEL_LIBRARIES & list_modules(make_opening_code("extractive", tmp_path))
    assert all(map(find_spec, MODEL_LIBRARIES)), "their names are right"


@pytest.mark.parametrize("name", ["", "llm", "bedrock", "bedrock:", "claude:3", "openai"])
def test_an_unknown_analyzer_is_refused(store: Store, name: str) -> None:
    with pytest.raises(ChoiceError, match=r"the analyzer must be extractive, bedrock:<model id> or openai:<model>"):
        AnalyzerChoice(name=name).open(store)


def test_a_base_url_is_refused_for_bedrock(store: Store) -> None:
    with pytest.raises(ChoiceError, match="a base URL belongs to openai"):
        AnalyzerChoice(name="bedrock:some.model", base_url="http://127.0.0.1:1").open(store)


def test_a_key_is_not_shown() -> None:
    assert "secret" not in repr(AnalyzerChoice(name="openai:some-model", api_key="secret"))


def test_an_invalid_type_file_fails_the_start(store: Store, tmp_path: Path) -> None:
    (tmp_path / "order.toml").write_text("name = 1")
    with pytest.raises(ChoiceError, match=r"order\.toml describes no valid document type"):
        AnalyzerChoice(types=tmp_path).open(store)


def test_a_custom_type_works_without_a_model(store: Store, tmp_path: Path) -> None:
    """The extractive analyzer finds the values after the labels."""
    (tmp_path / "order.toml").write_text(ORDER)
    analyzer = AnalyzerChoice(types=tmp_path).open(store)
    text = "Order\nPO number 7  Order number: 4711-B   Date: 1 May 2026"
    analysis = asyncio.run(analyzer("purchase-order", make_pages(text)))
    assert analysis.plain() == {"number": "4711-B"}
    assert analysis.findings[0].evidence.quote == text.splitlines()[1]


MANY_ORDERS_TYPE = """
name = "orders"
description = "Orders."

[[fields]]
name = "order"
description = "Each order."
labels = ["Order"]
many = true

[[fields]]
name = "share"
description = "Each share."
kind = "number"
labels = ["Share"]
many = true

[[fields]]
name = "metrics"
description = "The figures that it names."
kind = "figures"
labels = ["Revenue"]
"""


def analyze_by_rules(store: Store, folder: Path, *texts: str) -> Analysis:
    """Analyze pages of this type with the extractive analyzer."""
    (folder / "orders.toml").write_text(MANY_ORDERS_TYPE)
    return asyncio.run(AnalyzerChoice(types=folder).open(store)("orders", make_pages(*texts)))


def test_multiple_values_of_a_custom_type_have_their_kind_and_their_page(store: Store, tmp_path: Path) -> None:
    """As with a model; a repeated value counts once."""
    analysis = analyze_by_rules(store, tmp_path, "Order: A-1\nShare: 3", "Order: A-2\nShare: 4.5\nOrder: A-1")
    assert analysis.plain() == {"order": ["A-1", "A-2"], "share": [3.0, 4.5]}
    assert [(one.field, one.evidence.page) for one in analysis.findings] == [
        ("order.1", 1),
        ("order.2", 2),
        ("share.1", 1),
        ("share.2", 2),
    ]


def test_figures_need_a_model_despite_their_labels(store: Store, tmp_path: Path) -> None:
    """The names of the figures are part of the answer."""
    analysis = analyze_by_rules(store, tmp_path, "Revenue: 12")
    assert analysis.findings == ()
    assert [one.partition(":")[0] for one in analysis.warnings] == ["no rule looks for metrics"]


def test_too_many_values_of_rules_are_dropped_with_a_warning_and_fit_the_checkpoint(
    store: Store, tmp_path: Path
) -> None:
    texts = ["\n".join(f"Order: {page * 30 + line}" for line in range(30)) for page in range(500)]
    analysis = analyze_by_rules(store, tmp_path, *texts)
    kept = len(analysis.findings)
    assert 1_000 < kept < 15_000
    assert analysis.warnings[0] == f"{15_000 - kept} of 15000 values found were left out: there are too many"
    assert len(send_as_checkpoint(analysis).findings) == kept


def test_fields_of_a_custom_type_without_a_rule_get_a_warning(store: Store, tmp_path: Path) -> None:
    """Such a field is absent from every result, even if the document has its value."""
    (tmp_path / "order.toml").write_text(ORDER)
    analyzer = AnalyzerChoice(types=tmp_path).open(store)
    [warning] = asyncio.run(analyzer("purchase-order", make_pages("Order number: 4711-B"))).warnings
    assert warning.startswith("no rule looks for priority, positions: ")
    assert asyncio.run(analyzer("invoice", make_pages("Invoice number: 4711-B"))).warnings == ()

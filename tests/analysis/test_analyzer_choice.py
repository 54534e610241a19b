"""One string chooses the analyzer, and only what is chosen is loaded."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from contract.analysis import Analysis
from local.server_process import ROOT
from tests.analysis.analyzer_lab import make_pages, send_as_checkpoint
from tests.analysis.test_schema import ORDER
from worker.adapters.object_store import Store
from worker.analysis.analyzer_choice import AnalyzerChoice, ChoiceError

HEAVY = {"boto3", "botocore", "httpx2", "openai", "pydantic_ai"}


def list_modules(code: str) -> set[str]:
    """Return the top-level modules that a new process has after this code."""
    code += "; import sys; print(*(name for name in sys.modules if '.' not in name))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def opening(name: str, store: Path) -> str:
    imports = "import worker.analysis.analyzer_choice; from worker.adapters.object_store import Store"
    return (
        f"{imports}; worker.analysis.analyzer_choice.AnalyzerChoice(name={name!r}).open(Store.open({store.as_uri()!r}))"
    )


def test_the_extractive_analyzer_loads_nothing_of_the_models(tmp_path: Path) -> None:
    assert not HEAVY & list_modules(opening("extractive", tmp_path))
    assert list_modules(opening("openai:some-model", tmp_path)) >= {"pydantic_ai"}


@pytest.mark.parametrize("name", ["", "llm", "bedrock", "bedrock:", "claude:3", "openai"])
def test_an_analyzer_that_there_is_not_is_told(store: Store, name: str) -> None:
    with pytest.raises(ChoiceError, match=r"the analyzer must be extractive, bedrock:<model id> or openai:<model>"):
        AnalyzerChoice(name=name).open(store)


def test_a_base_url_does_not_go_with_bedrock(store: Store) -> None:
    with pytest.raises(ChoiceError, match="a base URL belongs to openai"):
        AnalyzerChoice(name="bedrock:some.model", base_url="http://127.0.0.1:1").open(store)


def test_a_key_is_not_shown() -> None:
    assert "secret" not in repr(AnalyzerChoice(name="openai:some-model", api_key="secret"))


def test_types_that_make_no_sense_are_told_at_the_start(store: Store, tmp_path: Path) -> None:
    (tmp_path / "order.toml").write_text("name = 1")
    with pytest.raises(ChoiceError, match=r"order\.toml describes no valid document type"):
        AnalyzerChoice(types=tmp_path).open(store)


def test_a_users_type_works_without_a_model(store: Store, tmp_path: Path) -> None:
    """The extractive analyzer finds what stands behind the labels."""
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


def read_by_rules(store: Store, folder: Path, *texts: str) -> Analysis:
    """Have the extractive analyzer read pages as this type."""
    (folder / "orders.toml").write_text(MANY_ORDERS_TYPE)
    return asyncio.run(AnalyzerChoice(types=folder).open(store)("orders", make_pages(*texts)))


def test_many_values_of_a_users_type_are_what_their_kind_says_each_with_its_place(store: Store, tmp_path: Path) -> None:
    """As a model's are; one that is there twice is one."""
    analysis = read_by_rules(store, tmp_path, "Order: A-1\nShare: 3", "Order: A-2\nShare: 4.5\nOrder: A-1")
    assert analysis.plain() == {"order": ["A-1", "A-2"], "share": [3.0, 4.5]}
    assert [(one.field, one.evidence.page) for one in analysis.findings] == [
        ("order.1", 1),
        ("order.2", 2),
        ("share.1", 1),
        ("share.2", 2),
    ]


def test_figures_need_a_model_whatever_their_labels(store: Store, tmp_path: Path) -> None:
    """What they are called is a part of what is to be found."""
    analysis = read_by_rules(store, tmp_path, "Revenue: 12")
    assert analysis.findings == ()
    assert [one.partition(":")[0] for one in analysis.warnings] == ["no rule looks for metrics"]


def test_values_that_rules_find_too_many_of_are_left_out_and_told_and_cross_the_wire(
    store: Store, tmp_path: Path
) -> None:
    texts = ["\n".join(f"Order: {page * 30 + line}" for line in range(30)) for page in range(500)]
    analysis = read_by_rules(store, tmp_path, *texts)
    kept = len(analysis.findings)
    assert 1_000 < kept < 15_000
    assert analysis.warnings[0] == f"{15_000 - kept} of 15000 values found were left out: there are too many"
    assert len(send_as_checkpoint(analysis).findings) == kept


def test_what_no_rule_looks_for_in_a_users_type_is_said(store: Store, tmp_path: Path) -> None:
    """It is absent in every document, and not because the document does not say it."""
    (tmp_path / "order.toml").write_text(ORDER)
    analyzer = AnalyzerChoice(types=tmp_path).open(store)
    [warning] = asyncio.run(analyzer("purchase-order", make_pages("Order number: 4711-B"))).warnings
    assert warning.startswith("no rule looks for priority, positions: ")
    assert asyncio.run(analyzer("invoice", make_pages("Invoice number: 4711-B"))).warnings == ()

"""Every document type becomes a form for the model, and every valid form becomes an analysis.

The library of models is imported late: it takes two seconds in each process that collects the tests.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from contract.analysis import Analysis
from tests.analysis.analyzer_lab import INVOICE, make_pages
from worker.adapters.object_store import Store
from worker.analysis.schema import read_schemas
from worker.costs.ledger import Ledger

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import Model
    from pydantic_ai.models.function import AgentInfo

TYPES = read_schemas()

type Schema = dict[str, Any]


def analyze(model: "Model", store: Store, kind: str) -> Analysis:
    """Analyze the invoice as this type with a local model."""
    from worker.analysis.llm.model_analyzer import ModelAnalyzer  # noqa: PLC0415 - as said above

    @asynccontextmanager
    async def provide_model() -> "AsyncIterator[Model]":
        yield model

    def open_model() -> "AbstractAsyncContextManager[Model]":
        return provide_model()

    analyzer = ModelAnalyzer("it", open_model, ledger=Ledger(store), schemas=TYPES)
    return asyncio.run(analyzer(kind, make_pages(INVOICE)))


def answer_by(function: Any) -> "Model":  # noqa: ANN401 - the library's own type of functions
    """Return a model whose answers a function makes."""
    from pydantic_ai.models.function import FunctionModel  # noqa: PLC0415 - as said above

    return FunctionModel(function)


def fill_form(schema: Schema, root: Schema) -> Any:  # noqa: ANN401 any JSON
    """Return a value that fits a JSON schema, with every optional field."""
    if "$ref" in schema:
        return fill_form(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        return fill_form(schema["anyOf"][0], root)
    if schema["type"] == "object":
        return {name: fill_form(one, root) for name, one in schema["properties"].items()}
    if schema["type"] == "array":
        return [fill_form(schema["items"], root)] * 2
    if schema["type"] == "string":
        return schema.get("enum", ["2026-01-01" if schema.get("format") == "date" else "XXX"])[0]
    return 1


@pytest.mark.parametrize("kind", TYPES)
def test_every_valid_form_becomes_an_analysis(store: Store, kind: str) -> None:
    """None of the values is in the document, so each field is unverified."""

    def answer(_: "list[ModelMessage]", info: "AgentInfo") -> "ModelResponse":
        from pydantic_ai.messages import ModelResponse, ToolCallPart  # noqa: PLC0415 - as said above

        schema = info.output_tools[0].parameters_json_schema
        return ModelResponse([ToolCallPart("record", fill_form(schema, schema))])

    analysis = analyze(answer_by(answer), store, kind)
    names = {finding.field.partition(".")[0] for finding in analysis.findings}
    assert names == {field.name for field in TYPES[kind].fields}
    assert not any(finding.evidence.verified for finding in analysis.findings)
    assert len(analysis.warnings) == len(names)
    assert analysis.model_answers
    assert analysis.model_answers.count == 1


@pytest.mark.parametrize("kind", TYPES)
def test_an_empty_form_is_valid(store: Store, kind: str) -> None:
    """The library's test model fills in required fields only; none is required, so no value is invented."""
    from pydantic_ai.models.test import TestModel  # noqa: PLC0415 - as said above

    analysis = analyze(TestModel(), store, kind)
    assert (analysis.findings, analysis.warnings) == ((), ())


@pytest.mark.parametrize("kind", TYPES)
def test_a_model_gets_the_form_of_the_type_and_no_other_tool(store: Store, kind: str) -> None:
    seen: list[AgentInfo] = []

    def answer(_: "list[ModelMessage]", info: "AgentInfo") -> "ModelResponse":
        from pydantic_ai.messages import ModelResponse, ToolCallPart  # noqa: PLC0415 - as said above

        seen.append(info)
        return ModelResponse([ToolCallPart("record", {})])

    assert analyze(answer_by(answer), store, kind).findings == ()
    [info] = seen
    assert info.function_tools == []
    assert not info.allow_text_output
    [form] = info.output_tools
    properties = form.parameters_json_schema["properties"]
    assert list(properties) == ["summary", *(field.name for field in TYPES[kind].fields)]
    assert "required" not in form.parameters_json_schema
    assert {field.description for field in TYPES[kind].fields} <= {one["description"] for one in properties.values()}

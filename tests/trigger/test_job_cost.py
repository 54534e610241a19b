"""The cost of a job so far and its limit, from its records alone."""

import pytest

from contract.names import ASK_FOR_MORE
from durable.history import JobRecords, list_operations
from durable.wire.call_record import CallKind, CallRecord
from durable.wire.fields import PromiseState
from durable.wire.records import Promise, Value
from lambdas.trigger.job_cost import JobCost, read_cost


def make_promise(promise_id: str, value: object, name: str = "step", state: PromiseState = "resolved") -> Promise:
    tags = dict(CallRecord(name=name, kind=CallKind.STEP).tags)
    settled = Value.encode(value)
    return Promise(promise_id, state, Value(), settled, tags=tags, timeout_at=9, created_at=1, settled_at=None)


def cost(*calls: Promise, request: object = None) -> JobCost:
    param = Value.encode({"func": "process_document", "args": [request]})
    root = Promise("doc/a", "pending", param, Value(), tags={}, timeout_at=9, created_at=1, settled_at=None)
    return read_cost(JobRecords(root=root, operations=list_operations("doc/a", calls)))


def usage_of(usd: float, **fields: object) -> dict[str, object]:
    return {"usage": {"costUsd": usd}, **fields}


def test_a_job_that_has_only_begun_costs_nothing() -> None:
    assert cost(make_promise("doc/a:1", 1_700_000_000.0)) == (0.0, None)


def test_a_text_has_the_cost_of_its_batches() -> None:
    """Until it is there, the batches count; within a batch, its own steps count only while it runs."""
    steps = [make_promise("doc/a:3.1", usage_of(0.1)), make_promise("doc/a:4.1", usage_of(0.2))]
    first, second = make_promise("doc/a:3", usage_of(0.1)), make_promise("doc/a:4", usage_of(0.2))
    assert cost(*steps, first, make_promise("doc/a:4", None, state="pending")).cost_usd == pytest.approx(0.3)
    text = make_promise("doc/a:5", {"value": usage_of(0.3, kind="text")})
    analysis = make_promise("doc/a:6", {"value": usage_of(0.05, kind="analysis")})
    assert cost(*steps, first, second, text, analysis).cost_usd == pytest.approx(0.35)


def test_an_unknown_price_makes_the_cost_unknown() -> None:
    assert cost(make_promise("doc/a:1", usage_of(0.0, kind="analysis", isPriced=False))).cost_usd is None


def test_the_limit_is_that_of_the_request_or_the_last_that_was_granted() -> None:
    request = {"maxCostUsd": 0.5}
    assert cost(request=request).limit_usd == 0.5
    raised = [make_promise(f"doc/a:{n}", {"maxCostUsd": usd}, ASK_FOR_MORE) for n, usd in ((4, 1.0), (6, 2.5))]
    refused = make_promise("doc/a:8", {"maxCostUsd": 9.0}, ASK_FOR_MORE, state="rejected")
    assert cost(*raised, refused, request=request).limit_usd == 2.5


@pytest.mark.parametrize("value", [None, [], "x", {"usage": 7}, {"usage": {"costUsd": "x"}}, {"value": {"usage": []}}])
def test_checkpoints_of_another_form_count_as_nothing(value: object) -> None:
    assert cost(make_promise("doc/a:1", value), request=value) == (0.0, None)

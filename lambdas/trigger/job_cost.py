"""The cost of a job so far and its limit, from its request and its checkpoints.

Only ended steps count: the price of a running step is not known yet.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from contract.names import ASK_FOR_MORE
from durable.history import JobRecords, Operation

_DIGITS: Final = 6  # decimal places of a US dollar, as in usage


class JobCost(NamedTuple):
    """Both in US dollars. A cost is None if a price in it is unknown; a limit is None if the job has none."""

    cost_usd: float | None
    limit_usd: float | None


def read_cost(records: JobRecords) -> JobCost:
    """Read them. A checkpoint of another form, which no worker of ours has written, counts as nothing."""
    return JobCost(_sum_costs(list(_list_checkpoints(records.operations))), _find_limit(records))


def _list_checkpoints(operations: Sequence[Operation]) -> Iterator[object]:
    """Yield the checkpoints of outer calls only: their costs include those of the calls below them."""
    done = {one.id for one in operations if one.state == "resolved"}
    return (one.value for one in operations if one.id in done and one.parent not in done)


def _sum_costs(values: Sequence[object]) -> float | None:
    """Add up the costs.

    The text of a document has the cost of all its pages; until it exists, the pages count by themselves.
    """
    costs = [_read(value) for value in values]
    whole = [cost for kind, cost in costs if kind in {"text", "analysis"}]
    has_text = any(kind == "text" for kind, _ in costs)
    parts = [] if has_text else [cost for kind, cost in costs if kind not in {"text", "analysis"}]
    paid = [*whole, *parts]
    return None if None in paid else round(sum(filter(None, paid)), _DIGITS)


def _read(value: object) -> tuple[str, float | None]:
    """Return the kind of a checkpoint, and its cost."""
    match value:
        case {"value": {"usage": dict()} as inner}:
            return _read(inner)
        case {"kind": str(kind), "usage": {"costUsd": float() | int() as cost}, **others}:
            return kind, None if others.get("isPriced") is False else cost
        case {"usage": {"costUsd": float() | int() as cost}}:
            return "", cost
        case _:
            return "", 0.0


def _find_limit(records: JobRecords) -> float | None:
    """Return the limit of the request, or the last one that a person has raised it to."""
    limits = [_read_limit(_read_request(records)), *map(_read_limit, _list_answers(records.operations))]
    return next((limit for limit in reversed(limits) if limit is not None), None)


def _list_answers(operations: Sequence[Operation]) -> Iterator[object]:
    return (one.value for one in operations if one.name == ASK_FOR_MORE and one.state == "resolved")


def _read_request(records: JobRecords) -> object:
    try:
        value: Any = records.root.param.decode()
        return value["args"][0]
    except (ValueError, LookupError, TypeError, RecursionError):  # made by a foreign client
        return None


def _read_limit(value: object) -> float | None:
    match value:
        case {"maxCostUsd": float() | int() as limit}:
            return limit
        case _:
            return None

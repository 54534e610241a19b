"""Builds the request that starts a workflow: a root promise, with the call and the tags that the SDK's workers expect.

The call is JSON. Arguments are JSON values, dataclasses, msgspec structs or pydantic models.
"""

import re
from collections.abc import Mapping
from typing import Final

from .records import Value
from .requests import TARGET, PromiseCreate

TRACEPARENT: Final = "traceparent"  # the tag with the client's W3C trace context: the job belongs to that trace
CELL_TAG: Final = "durable:cell"  # the tag of a mark: the cell that has the record with its id
TRACE_CONTEXT: Final = re.compile(
    r"00-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<span>(?!0{16})[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})"
)


def group_address(group: str) -> str:
    """Return the address of any worker of a group; an address stays as it is."""
    return group if "://" in group else f"poll://any@{group}"


def root_promise(  # noqa: PLR0913 - what a workflow is started with
    promise_id: str,
    func: str,
    *args: object,
    target: str | None,
    timeout_at: int,
    version: int = 1,
    kwargs: Mapping[str, object] | None = None,
    tags: Mapping[str, str] | None = None,
) -> PromiseCreate:
    """Build the request for a workflow without a caller.

    `func` and `version` name the workflow as its worker registered it. `target` is the address of the workers, such as
    `poll://any@documents`; with None, no worker runs it. `timeout_at` is in milliseconds since 1970: a workflow that
    still runs then fails.
    """
    call = {"func": func, "args": args, "kwargs": kwargs or {}, "version": version}
    return PromiseCreate(
        id=promise_id,
        timeout_at=timeout_at,
        param=Value.encode(call),
        tags={**(tags or {}), **root_tags(promise_id, target)},
    )


def trace_tags(traceparent: str | None) -> dict[str, str]:
    """Return the tag with a client's trace context, or none if it is not one of version 00."""
    return {TRACEPARENT: traceparent} if traceparent and TRACE_CONTEXT.fullmatch(traceparent) else {}


def root_tags(promise_id: str, target: str | None = None) -> dict[str, str]:
    """Return the tags by which the server and the SDK know a promise without a parent, and its workers' address."""
    own = dict.fromkeys(("resonate:origin", "resonate:branch", "resonate:parent"), promise_id)
    return {**own, "resonate:scope": "global", **({TARGET: target} if target else {})}

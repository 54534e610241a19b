"""Calls of workflows as the trigger and the SDK record them, for tests that need what neither of them would record."""

import json
import time
from base64 import b64encode
from collections.abc import Mapping

from pydantic_core import to_jsonable_python

from wire.records import Value
from wire.requests import TARGET, PromiseCreate

HOUR = 3_600_000  # ms
_NONE: Mapping[str, str] = {}


def call(workflow: str, *args: object, version: int = 1) -> Mapping[str, object]:
    """Return what a job's promise says that is to be done."""
    return {"func": workflow, "args": to_jsonable_python(args), "kwargs": {}, "version": version}


def creation(
    job: str, param: object, *, target: str, lifetime: int = HOUR, tags: Mapping[str, str] = _NONE
) -> PromiseCreate:
    """Return the request that makes a job of it, for whoever listens at the target; `lifetime` is in milliseconds."""
    own = {f"resonate:{name}": job for name in ("origin", "branch", "parent")}
    return PromiseCreate(
        id=job,
        timeout_at=int(time.time() * 1000) + lifetime,
        param=Value(data=b64encode(json.dumps(param).encode()).decode()),
        tags={**own, "resonate:scope": "global", TARGET: target, **tags},
    )

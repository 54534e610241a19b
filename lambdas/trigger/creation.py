"""The promise that has a worker do something: its call as the SDK reads it, its tags. It is sent by others."""

import base64
import json
from collections.abc import Mapping

from contract.job import DocumentJob
from contract.names import DOCUMENTS_ADDRESS
from wire.records import Value
from wire.requests import TARGET, PromiseCreate


def creation(  # noqa: PLR0913 - what a root promise is made of
    identity: str, job: DocumentJob, *, workflow: str, version: int, timeout_at: int, tags: Mapping[str, str]
) -> PromiseCreate:
    """Make the request for a workflow with the job as its one argument, as a root of its own."""
    call = {"func": workflow, "args": [job.model_dump(mode="json")], "kwargs": {}, "version": version}
    return PromiseCreate(
        id=identity,
        timeout_at=timeout_at,
        param=Value(data=base64.b64encode(json.dumps(call).encode()).decode()),
        tags={
            "resonate:origin": identity,
            "resonate:branch": identity,
            "resonate:parent": identity,
            "resonate:scope": "global",
            TARGET: DOCUMENTS_ADDRESS,
            **tags,
        },
    )

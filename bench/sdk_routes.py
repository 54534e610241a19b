"""The trigger's routes as they are usually written: the full SDK, Powertools' router, pydantic. Nothing ships this.

They read a job's progress as the trigger does.
"""

import asyncio
import os
import time
from functools import cache
from http import HTTPStatus
from typing import Any, Literal

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from resonate.resonate import Resonate
from resonate.types import Value

from contract.answers import JobState
from contract.job import JOB_ID, MAX_COST_USD, MAX_PASSWORD, MAX_REQUESTER, MAX_URL, TYPE_NAME
from contract.names import DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, VERSION, promise_id
from durable.wire.roots import root_promise
from lambdas.trigger.progress import ProgressReader
from lambdas.trigger.progress_store import ProgressStore

JSON_TYPE = "application/json"
DAY_SECONDS = 24 * 3600

log = Logger(service="trigger")
app = APIGatewayHttpResolver()


class Model(BaseModel):
    """A value in JSON."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True)


class DocumentRequest(Model):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid", strict=True)

    job_id: str = Field(pattern=f"^{JOB_ID}$")
    document_url: str = Field(pattern=r"^(https?|s3)://[^/\s].*$", max_length=MAX_URL)
    requester_id: str = Field(min_length=1, max_length=MAX_REQUESTER)
    type: str = Field(default="report", pattern=f"^{TYPE_NAME}$")
    document_password: str | None = Field(default=None, max_length=MAX_PASSWORD)
    max_cost_usd: float | None = Field(default=None, ge=0, le=MAX_COST_USD)


class Accepted(Model):
    """The answer to a request."""

    status: Literal["accepted"] = "accepted"
    job_id: str
    status_url: str
    message: str
    state: JobState


class Progress(Model):
    """The step that the worker started last."""

    step: str
    number: int
    of: int
    attempt: int
    since: str


class Processing(Model):
    """The answer while the job runs."""

    status: Literal["processing"] = "processing"
    job_id: str
    progress: Progress | None = None


def make_response(status: HTTPStatus, body: BaseModel) -> Response[str]:
    """Return a response with a value as its body."""
    return Response(status, JSON_TYPE, body.model_dump_json(exclude_none=True))


@app.post("/process-document")
def process_document() -> Response[str]:
    """Record a job."""
    job = DocumentRequest.model_validate_json(app.current_event.body or "")
    request = root_promise(
        promise_id(job.job_id),
        PROCESS_DOCUMENT,
        job,
        version=VERSION,
        target=DOCUMENTS_ADDRESS,
        timeout_at=int((time.time() + DAY_SECONDS) * 1000),
    )

    async def create() -> None:
        resonate = Resonate(url=os.environ["RESONATE_URL"], sources=[])
        param = Value(data=request.param.data)
        await resonate.promises.create(request.id, request.timeout_at, param, request.tags)
        await resonate.stop()

    asyncio.run(create())
    status_url = f"/status/{job.job_id}"
    accepted = Accepted(job_id=job.job_id, status_url=status_url, message="", state=JobState.PROCESSING)
    return make_response(HTTPStatus.ACCEPTED, accepted)


@app.get("/status/<job_id>")
def status(job_id: str) -> Response[str]:
    """Read a job."""

    async def read() -> str:
        resonate = Resonate(url=os.environ["RESONATE_URL"], sources=[])
        promise = await resonate.promises.get(promise_id(job_id))
        await resonate.stop()
        return promise.state

    log.info("read", state=asyncio.run(read()))
    latest = _progress().read(job_id)
    progress = Progress.model_validate(latest.progress.to_dict()) if latest else None
    return make_response(HTTPStatus.OK, Processing(job_id=job_id, progress=progress))


@cache
def _progress() -> ProgressReader:
    return ProgressReader(ProgressStore(os.environ["STORE_URL"]), log)


@log.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    return app.resolve(event, context)

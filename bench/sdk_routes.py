"""The trigger's routes on the full SDK, to compare the cost of imports. Nothing ships this.

They read a job's progress as the trigger does: only the client of the server differs.
"""

import asyncio
import os
import time
from functools import cache
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel
from resonate.resonate import Resonate
from resonate.types import Value

from contract.answers import Accepted, JobState, Processing
from contract.job import DocumentRequest
from contract.names import DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, VERSION, promise_id
from lambdas.trigger.progress import ProgressReader
from lambdas.trigger.progress_store import ProgressStore
from wire.roots import root_promise

JSON_TYPE = "application/json"
DAY_SECONDS = 24 * 3600

log = Logger(service="trigger")
app = APIGatewayHttpResolver()


def make_response(status: HTTPStatus, body: BaseModel) -> Response[str]:
    """Return a response with a value as its body."""
    return Response(status, JSON_TYPE, body.model_dump_json(exclude_none=True))


@app.post("/process-document")
def process_document() -> Response[str]:
    """Record a job."""
    job = DocumentRequest.model_validate_json(app.current_event.body or "").to_job()
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
    return make_response(HTTPStatus.OK, Processing(job_id=job_id, progress=latest.progress if latest else None))


@cache
def _progress() -> ProgressReader:
    return ProgressReader(ProgressStore(os.environ["STORE_URL"]), log)


@log.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    return app.resolve(event, context)

"""The routes of the HTTP API: each reads, calls one function, and answers."""

import re
import time
from collections.abc import Collection
from http import HTTPStatus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from pydantic import BaseModel

from contract.answers import NotFound, Processing
from contract.job import JOB_ID, DocumentType
from contract.names import promise_id
from wire import errors
from wire.client import Client

from .dry_run import dry_run
from .problems import bad_request
from .progress import ReadJournal
from .reading import read_dry_run, read_request, unknown_type
from .refusing import JSON, refuse
from .states import status_of
from .submit import submit
from .waiting import with_progress


def answer(status: HTTPStatus, body: BaseModel) -> Response[str]:
    """Write a value as the body of a response; what is absent is left out."""
    return Response(status, JSON, body.model_dump_json(exclude_none=True))


def make_app(
    engine: Client, read_journal: ReadJournal, log: Logger, *, types: Collection[str] = tuple(DocumentType)
) -> APIGatewayHttpResolver:
    """Put the API together; `types` are those that the workers know."""
    app = APIGatewayHttpResolver()

    @app.post("/process-document")
    def process_document() -> Response[str]:
        event = app.current_event
        is_dry_run = read_dry_run(event.query_string_parameters)
        request = read_request(event.body, is_base64=bool(event.is_base64_encoded), types=types)
        log.append_keys(jobId=request.job_id)
        if is_dry_run:
            if request.type not in types:
                raise unknown_type(request.type, types)
            found = dry_run(request, engine)
            log.info("estimated", state=found.status)
            return answer(HTTPStatus.OK, found)
        accepted = submit(request, engine, now_ms=time.time_ns() // 1_000_000, types=types)
        log.info("accepted", state=accepted.state)
        return answer(HTTPStatus.ACCEPTED, accepted)

    @app.get("/status")
    @app.get("/status/")
    def status_of_nothing() -> Response[str]:
        raise bad_request("jobId is required")

    @app.get("/status/<job_id>")
    def status(job_id: str) -> Response[str]:
        log.append_keys(jobId=job_id)
        if not re.fullmatch(JOB_ID, job_id):  # a path may name other promises, such as those of steps
            return answer(HTTPStatus.NOT_FOUND, NotFound(job_id=job_id))
        try:
            found = status_of(engine.get(promise_id(job_id)), job_id)
        except errors.NotFound:
            return answer(HTTPStatus.NOT_FOUND, NotFound(job_id=job_id))
        if isinstance(found, Processing) and (seen := read_journal(job_id)):
            found = with_progress(job_id, seen, engine)
        return answer(HTTPStatus.OK, found)

    refuse(app, log)
    return app

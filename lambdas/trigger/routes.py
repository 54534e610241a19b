"""The routes of the HTTP API: each parses the request, calls one function, and answers."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from pydantic import BaseModel

from contract.answers import NotFound
from contract.job import DocumentType
from wire.client import Client
from wire.clock import Clock

from .dry_run import dry_run
from .errors import JSON, bad_request, handle_errors
from .progress import ProgressReader
from .request import parse_dry_run, parse_request, unknown_type
from .status import read_status
from .submit import is_recorded, submit

CLOCK: Final = Clock()


def answer(status: HTTPStatus, body: BaseModel) -> Response[str]:
    """Build a response; fields without a value are omitted."""
    return Response(status, JSON, body.model_dump_json(exclude_none=True))


def make_app(
    server: Client, progress: ProgressReader, log: Logger, *, types: Collection[str] = tuple(DocumentType)
) -> APIGatewayHttpResolver:
    """Build the API; `types` are the document types that the workers know."""
    app = APIGatewayHttpResolver()

    @app.post("/process-document")
    def process_document() -> Response[str]:
        event = app.current_event
        is_dry_run = parse_dry_run(event.query_string_parameters)
        request = parse_request(event.body, is_base64=bool(event.is_base64_encoded), types=types)
        log.append_keys(jobId=request.job_id)
        # A repeated request gets the same answer, even if its type is no longer known.
        if request.type not in types and (is_dry_run or not is_recorded(request, server)):
            raise unknown_type(request.type, types)
        if is_dry_run:
            estimate = dry_run(request, server, CLOCK)
            log.info("estimated", state=estimate.status)
            return answer(HTTPStatus.OK, estimate)
        accepted = submit(request, server, CLOCK)
        log.info("accepted", state=accepted.state)
        return answer(HTTPStatus.ACCEPTED, accepted)

    @app.get("/status")
    @app.get("/status/")
    def status_without_job_id() -> Response[str]:
        raise bad_request("jobId is required")

    @app.get("/status/<job_id>")
    def status(job_id: str) -> Response[str]:
        log.append_keys(jobId=job_id)
        status = read_status(job_id, server, progress)
        return answer(HTTPStatus.NOT_FOUND if isinstance(status, NotFound) else HTTPStatus.OK, status)

    handle_errors(app, log)
    return app

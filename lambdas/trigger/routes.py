"""The routes of the HTTP API: each parses the request, calls one function, and answers."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from http import HTTPMethod, HTTPStatus
from typing import Any, Final

from aws_lambda_powertools import Logger

from contract.answers import NotFound, Processing, Waiting
from contract.api_value import ApiValue
from contract.job import DocumentType, is_job_id
from contract.names import promise_id
from durable.wire import errors
from durable.wire.client import Client
from durable.wire.clock import Clock

from .cancel import cancel
from .decision import decide, parse_decision
from .dry_run import dry_run
from .errors import answer_error, bad_request, no_route, wrong_method
from .gateway import Request, Response
from .progress import ProgressReader
from .request import parse_dry_run, parse_request, unknown_type
from .status import choose_poll_seconds, read_status
from .submit import is_recorded, submit

CLOCK: Final = Clock()


class Api:
    """The API over one server; `types` are the document types that the workers know."""

    def __init__(
        self,
        server: Client,
        progress: ProgressReader,
        log: Logger,
        *,
        types: Collection[str] = tuple(DocumentType),
        has_functions: bool = True,
    ) -> None:
        self._server: Final = server
        self._progress: Final = progress
        self._log: Final = log
        self._types: Final = types
        self._has_functions: Final = has_functions

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answer the request of an event."""
        try:
            request = Request.of(event)
            response = self._route(request)
            if request.method == HTTPMethod.GET and response.status is HTTPStatus.OK:
                return response.to_conditional_event(request.if_none_match)
        except Exception as error:  # noqa: BLE001 - every failure is answered
            response = answer_error(error, self._log)
        return response.to_event()

    def _route(self, request: Request) -> Response:
        match request.method, _split(request.path):
            case "POST", ["process-document"]:
                return self._process_document(request)
            case "GET", ["status"] | ["status", ""]:
                raise bad_request("jobId is required")
            case "GET", ["status", job_id]:
                return self._answer_about(job_id, lambda: self._read_status(job_id))
            case "GET", ["jobs", job_id, "why" | "history" as part]:
                return self._answer_about(job_id, lambda: self._read_records(job_id, part))
            case "POST", ["jobs", job_id, "cancel"]:
                return self._answer_about(job_id, lambda: self._cancel(job_id))
            case "POST", ["jobs", job_id, "decision"]:
                return self._answer_about(job_id, lambda: self._decide(job_id, request))
            case _, ["invocations", *rest]:
                return self._answer_invocation(request, rest)
            case _, ["process-document"] | ["jobs", _, "cancel" | "decision"]:
                raise wrong_method(HTTPMethod.POST)
            case _, ["status"] | ["status", _] | ["jobs", _, "why" | "history"]:
                raise wrong_method(HTTPMethod.GET)
            case _:
                raise no_route()

    def _process_document(self, request: Request) -> Response:
        is_dry_run = parse_dry_run(request.query)
        job = parse_request(request.body, is_base64=request.is_base64, types=self._types)
        self._log.append_keys(jobId=job.job_id)
        # A repeated request gets the same answer, even if its type is no longer known.
        if job.type not in self._types and (is_dry_run or not is_recorded(job, self._server)):
            raise unknown_type(job.type, self._types)
        if is_dry_run:
            estimate = dry_run(job, self._server, CLOCK)
            self._log.info("estimated", state=estimate.status)
            return Response(HTTPStatus.OK, estimate)
        accepted = submit(job, self._server, CLOCK, traceparent=request.traceparent)
        self._log.info("accepted", state=accepted.state)
        return Response(HTTPStatus.ACCEPTED, accepted, {"Location": accepted.status_url})

    def _answer_about(self, job_id: str, act: Callable[[], ApiValue | Response]) -> Response:
        """Answer a request about a job. It is 404 if the server has no such job, or if no job can have this id."""
        self._log.append_keys(jobId=job_id)
        if is_job_id(job_id):
            with suppress(errors.NotFound):
                answer = act()
                return answer if isinstance(answer, Response) else Response(HTTPStatus.OK, answer)
        return Response(HTTPStatus.NOT_FOUND, NotFound(job_id=job_id))

    def _read_status(self, job_id: str) -> Response:
        promise = self._server.get(promise_id(job_id))
        answer = read_status(promise, job_id, self._server, self._progress)
        if not isinstance(answer, Processing | Waiting):
            return Response(HTTPStatus.OK, answer)
        seconds = choose_poll_seconds(CLOCK.now() - promise.created_at / 1_000)
        return Response(HTTPStatus.OK, answer, {"Retry-After": str(seconds)})

    def _read_records(self, job_id: str, part: str) -> ApiValue:
        from .records import explain_job, list_history  # noqa: PLC0415 - most containers never need it

        return (explain_job if part == "why" else list_history)(job_id, self._server)

    def _answer_invocation(self, request: Request, rest: list[str]) -> Response:
        match request.method, rest:
            case "POST", []:
                return self._invoke(request)
            case "GET", [name]:
                return self._read_invocation(name)
            case _, [] | [_]:
                raise wrong_method(HTTPMethod.GET if rest else HTTPMethod.POST)
            case _:
                raise no_route()

    def _invoke(self, request: Request) -> Response:
        from .invocations import choose_id, invoke, parse_invocation  # noqa: PLC0415 - as above

        invocation = parse_invocation(request.body, is_base64=request.is_base64)
        self._log.append_keys(invocation=choose_id(invocation))
        accepted = invoke(
            invocation,
            self._server,
            CLOCK,
            has_functions=self._has_functions,
            traceparent=request.traceparent,
        )
        self._log.info("invoked", function=invocation.function, state=accepted.state)
        return Response(HTTPStatus.ACCEPTED, accepted, {"Location": accepted.status_url})

    def _read_invocation(self, name: str) -> Response:
        from .invocations import read_invocation  # noqa: PLC0415 - as above

        self._log.append_keys(invocation=name)
        return read_invocation(name, self._server, CLOCK)

    def _cancel(self, job_id: str) -> ApiValue:
        answer = cancel(job_id, self._server)
        self._log.info("canceled")
        return answer

    def _decide(self, job_id: str, request: Request) -> ApiValue:
        decision = parse_decision(request.body, is_base64=request.is_base64)
        answer = decide(job_id, decision, self._server, self._progress)
        self._log.info("decided", promise=decision.promise, approve=decision.approve)
        return answer


def _split(path: str) -> list[str]:
    """Return the parts of a path; none of one with line ends or unpaired surrogates, which no answer can contain."""
    return path.removeprefix("/").split("/") if path.isprintable() else []

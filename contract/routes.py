"""The routes of the HTTP API, with what each takes and answers.

Infrastructure, the API's description and tests read this table. The trigger does not import it: a new container would
pay for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus
from typing import Final

from . import answers, batches, closing, delivery_log, events, functions, job_lists, jobs, schedules, uploads
from .decision import ApprovalMessage, Decision, DecisionForm
from .job import JOB_ID, MAX_REQUESTER, TYPE_NAME, DocumentJob
from .job_lists import DEFAULT_LIMIT, MAX_LIMIT

# Of each code of a problem. The trigger raises them; a test compares them with its source.
PROBLEM_STATUSES: Final[Mapping[str, HTTPStatus]] = {
    "bad_request": HTTPStatus.BAD_REQUEST,
    "unknown_function": HTTPStatus.BAD_REQUEST,
    "invalid_arguments": HTTPStatus.BAD_REQUEST,
    "other_requester": HTTPStatus.FORBIDDEN,
    "no_route": HTTPStatus.NOT_FOUND,
    "decision_not_found": HTTPStatus.NOT_FOUND,
    "wrong_signature": HTTPStatus.UNAUTHORIZED,
    "link_refused": HTTPStatus.FORBIDDEN,
    "link_over": HTTPStatus.GONE,
    "wrong_method": HTTPStatus.METHOD_NOT_ALLOWED,
    "event_not_found": HTTPStatus.NOT_FOUND,
    "too_many_deliveries": HTTPStatus.CONFLICT,
    "job_id_taken": HTTPStatus.CONFLICT,
    "invocation_id_taken": HTTPStatus.CONFLICT,
    "no_batch": HTTPStatus.NOT_FOUND,
    "no_schedule": HTTPStatus.NOT_FOUND,
    "schedule_id_taken": HTTPStatus.CONFLICT,
    "batch_id_taken": HTTPStatus.CONFLICT,
    "upload_missing": HTTPStatus.CONFLICT,
    "job_erased": HTTPStatus.GONE,
    "result_revoked": HTTPStatus.GONE,
    "job_ended": HTTPStatus.CONFLICT,
    "wrong_state": HTTPStatus.CONFLICT,
    "request_unreadable": HTTPStatus.CONFLICT,
    "no_such_page": HTTPStatus.NOT_FOUND,
    "page_not_drawn": HTTPStatus.CONFLICT,
    "page_not_ready": HTTPStatus.SERVICE_UNAVAILABLE,
    "decided_otherwise": HTTPStatus.CONFLICT,
    "body_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "too_many_jobs": HTTPStatus.TOO_MANY_REQUESTS,
    "too_many_estimates": HTTPStatus.TOO_MANY_REQUESTS,
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "estimate_not_ready": HTTPStatus.SERVICE_UNAVAILABLE,
}
_ALWAYS_POSSIBLE: Final = ("internal", "unavailable")
_UNREADABLE_BODY: Final = ("bad_request", "body_too_large")


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of the query. Its schema is one of JSON's."""

    name: str
    about: str
    schema: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One method of one path. `answers` are the bodies by status, those of problems aside."""

    method: HTTPMethod
    path: str
    summary: str
    answers: Mapping[HTTPStatus, tuple[type, ...]]
    problems: tuple[str, ...] = ()
    body: type | None = None
    flags: tuple[str, ...] = ()  # of the query
    parameters: tuple[Parameter, ...] = ()
    is_public: bool = False  # its caller proves itself by a token or a signature, and not to the API's authorizer
    page_statuses: tuple[HTTPStatus, ...] = ()  # of a route that answers with pages, problems included

    @property
    def all_problems(self) -> tuple[str, ...]:
        """The codes of its problems, with those that other routes have, too."""
        about_a_job = ("job_erased",) if "{jobId}" in self.path else ()
        return (*self.problems, *about_a_job, *_ALWAYS_POSSIBLE)

    @property
    def operation_id(self) -> str:
        """The name that clients generate a function from: `getStatus`."""
        words = [word for part in self.path.split("/") if not part.startswith("{") for word in part.split("-") if word]
        return self.method.lower() + "".join(word.capitalize() for word in words)


_STATUS: Final = (answers.Processing, answers.Waiting, answers.Done, answers.Failed, answers.Canceled)
_NOT_FOUND: Final = {HTTPStatus.NOT_FOUND: (answers.NotFound,)}

_TOKEN: Final = Parameter(name="token", about="As it is in the link.", schema={"type": "string"})
_PAGE_PROBLEMS: Final = (
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.GONE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_FILES: Final = {"result": "a job's result", "text": "the text of its document", "document": "its document"}
_REQUESTER: Final = Parameter(
    name="requesterId",
    about="Of this requester only.",
    schema={"type": "string", "maxLength": MAX_REQUESTER, "pattern": r"^[^\x00-\x1f\x7f]+$"},
)
_PAGE: Final = (
    Parameter(
        name="limit",
        about="How many on a page.",
        schema={"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    ),
    Parameter(name="cursor", about="That of the page before, with the same filters.", schema={"type": "string"}),
)
_JOB_FILTERS: Final = (
    Parameter(name="state", about="In this state only.", schema={"type": "string", "enum": list(answers.JobState)}),
    Parameter(name="type", about="Of this type only.", schema={"type": "string", "pattern": f"^{TYPE_NAME}$"}),
    _REQUESTER,
    Parameter(name="since", about="Created then or later.", schema={"type": "string", "format": "date-time"}),
    Parameter(name="batch", about="Of this batch only.", schema={"type": "string", "pattern": f"^{JOB_ID}$"}),
)
_OPEN: Final = Parameter(name="state", about="Only open ones are listed.", schema={"type": "string", "enum": ["open"]})
_EVENTS: Final = (
    Parameter(
        name="after",
        about="The id of the last event that the client has.",
        schema={"type": "string", "pattern": f"^({events.CURSOR})?$"},
    ),
    Parameter(
        name="limit",
        about="How many events at most.",
        schema={"type": "integer", "minimum": 1, "maximum": events.MAX_EVENTS, "default": events.DEFAULT_EVENTS},
    ),
)

ROUTES: Final = (
    Route(
        method=HTTPMethod.POST,
        path="/process-document",
        summary="Record a job durably, or with dryRun estimate it. The same request again is the same job.",
        body=DocumentJob,
        flags=("dryRun",),
        answers={HTTPStatus.ACCEPTED: (answers.Accepted,), HTTPStatus.OK: (answers.DryRun, answers.Failed)},
        problems=(
            *_UNREADABLE_BODY,
            "other_requester",
            "upload_missing",
            "job_id_taken",
            "too_many_jobs",
            "job_erased",
            "too_many_estimates",
            "estimate_not_ready",
        ),
    ),
    Route(
        method=HTTPMethod.GET,
        path="/status/{jobId}",
        summary="Read the state of a job, and its result once it is done.",
        answers={HTTPStatus.OK: _STATUS, **_NOT_FOUND},
        problems=("bad_request",),
    ),
    Route(
        method=HTTPMethod.GET,
        path="/jobs",
        summary="List jobs, the newest first.",
        parameters=(*_JOB_FILTERS, *_PAGE),
        answers={HTTPStatus.OK: (job_lists.JobPage,)},
        problems=("bad_request",),
    ),
    Route(
        method=HTTPMethod.GET,
        path="/decisions",
        summary="List the decisions that jobs wait for, the newest first.",
        parameters=(_OPEN, _REQUESTER, *_PAGE),
        answers={HTTPStatus.OK: (job_lists.DecisionPage,)},
        problems=("bad_request",),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/jobs",
        summary="Record a job durably. The same request again, with its id, is the same job.",
        body=jobs.JobRequest,
        answers={HTTPStatus.ACCEPTED: (jobs.JobAccepted,)},
        problems=(
            *_UNREADABLE_BODY,
            "other_requester",
            "upload_missing",
            "job_id_taken",
            "job_erased",
            "too_many_jobs",
        ),
    ),
    Route(
        method=HTTPMethod.GET,
        path="/jobs/{jobId}",
        summary="Read a job: its state, times, progress, error or the summary of its result, and its links.",
        answers={HTTPStatus.OK: (jobs.Job,), **_NOT_FOUND},
    ),
    Route(
        method=HTTPMethod.DELETE,
        path="/jobs/{jobId}",
        summary="Erase what a job has stored. Its id stays taken.",
        answers={HTTPStatus.ACCEPTED: (closing.Erasing,), **_NOT_FOUND},
        problems=("wrong_state",),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/jobs/{jobId}/revoke",
        summary="Retract the result of a job that is done, and tell of it.",
        answers={HTTPStatus.ACCEPTED: (closing.Revoked,), **_NOT_FOUND},
        problems=("wrong_state",),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/jobs/{jobId}/retry",
        summary="Run the request of a job again that has failed or is canceled, as a job of its own.",
        answers={HTTPStatus.ACCEPTED: (jobs.JobAccepted,), **_NOT_FOUND},
        problems=("wrong_state", "request_unreadable", "job_id_taken"),
    ),
    *(
        Route(
            method=HTTPMethod.GET,
            path=f"/jobs/{{jobId}}/{name}",
            summary=f"Be redirected to {what}.",
            answers={HTTPStatus.SEE_OTHER: (jobs.FileLink,), **_NOT_FOUND},
            problems=("wrong_state", *(("result_revoked",) if name == "result" else ())),
        )
        for name, what in _FILES.items()
    ),
    Route(
        method=HTTPMethod.GET,
        path="/jobs/{jobId}/pages/{page}",
        summary="Be redirected to the image of a page, which a worker draws when it is first asked for.",
        answers={HTTPStatus.SEE_OTHER: (jobs.FileLink,), **_NOT_FOUND},
        problems=("no_such_page", "wrong_state", "page_not_drawn", "page_not_ready"),
    ),
    Route(
        method=HTTPMethod.GET,
        path="/jobs/{jobId}/why",
        summary="Learn why a job is where it is, from the server's records alone.",
        answers={HTTPStatus.OK: (answers.JobExplanation,), **_NOT_FOUND},
    ),
    Route(
        method=HTTPMethod.GET,
        path="/jobs/{jobId}/history",
        summary="List what a job has called so far.",
        answers={HTTPStatus.OK: (answers.JobHistory,), **_NOT_FOUND},
    ),
    Route(
        method=HTTPMethod.GET,
        path="/jobs/{jobId}/events",
        summary="Read what happened in a job, from a cursor on: a hint, as the job's state is in its status.",
        parameters=_EVENTS,
        answers={HTTPStatus.OK: (events.JobEvents,), **_NOT_FOUND},
        problems=("bad_request",),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/jobs/{jobId}/cancel",
        summary="Cancel a job that has not ended.",
        answers={HTTPStatus.OK: (answers.Canceled,), **_NOT_FOUND},
        problems=("job_ended",),
    ),
    Route(
        method=HTTPMethod.GET,
        path="/jobs/{jobId}/deliveries",
        summary="List the deliveries of a job's events to its callbackUrl, with their attempts.",
        answers={HTTPStatus.OK: (delivery_log.EventDeliveries,), **_NOT_FOUND},
    ),
    Route(
        method=HTTPMethod.POST,
        path="/jobs/{jobId}/deliveries/{eventId}/redeliver",
        summary="Deliver an event again. While a delivery of it is pending, none is added.",
        answers={HTTPStatus.ACCEPTED: (delivery_log.EventDelivery,), **_NOT_FOUND},
        problems=("event_not_found", "too_many_deliveries"),
    ),
    Route(
        method=HTTPMethod.GET,
        path="/decisions/{decisionId}",
        summary="Read the question that a job waits for, or how it was answered.",
        answers={HTTPStatus.OK: (answers.DecisionDetails,)},
        problems=("decision_not_found",),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/decisions/{decisionId}",
        summary="Answer the question that a job waits for.",
        body=Decision,
        answers={HTTPStatus.OK: (answers.Decided,)},
        problems=(*_UNREADABLE_BODY, "decision_not_found", "decided_otherwise", "job_ended"),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/batches",
        summary="Record up to 1,000 jobs together. The same request again is the same batch.",
        body=batches.BatchRequest,
        answers={HTTPStatus.ACCEPTED: (batches.BatchAccepted,)},
        problems=(*_UNREADABLE_BODY, "other_requester", "upload_missing", "batch_id_taken"),
    ),
    Route(
        method=HTTPMethod.GET,
        path="/batches/{batchId}",
        summary="Read how many jobs of a batch are in which state.",
        answers={HTTPStatus.OK: (batches.Batch,)},
        problems=("bad_request", "no_batch"),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/batches/{batchId}/cancel",
        summary="Cancel the jobs of a batch that have not ended.",
        answers={HTTPStatus.ACCEPTED: (batches.BatchAccepted,)},
        problems=("no_batch",),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/schedules",
        summary="Submit a job again and again, at the times of a cron expression.",
        body=schedules.ScheduleRequest,
        answers={HTTPStatus.CREATED: (schedules.Schedule,), HTTPStatus.OK: (schedules.Schedule,)},
        problems=(*_UNREADABLE_BODY, "other_requester", "schedule_id_taken"),
    ),
    Route(
        method=HTTPMethod.GET,
        path="/schedules",
        summary="List schedules.",
        parameters=(
            Parameter(
                name="cursor", about="That of the page before.", schema={"type": "string", "pattern": f"^{JOB_ID}$"}
            ),
        ),
        answers={HTTPStatus.OK: (schedules.SchedulePage,)},
        problems=("bad_request",),
    ),
    Route(
        method=HTTPMethod.GET,
        path="/schedules/{id}",
        summary="Read a schedule.",
        answers={HTTPStatus.OK: (schedules.Schedule,)},
        problems=("bad_request", "no_schedule"),
    ),
    Route(
        method=HTTPMethod.DELETE,
        path="/schedules/{id}",
        summary="Delete a schedule.",
        answers={HTTPStatus.OK: (schedules.ScheduleDeleted,)},
        problems=("bad_request", "no_schedule"),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/uploads",
        summary="Get an address for the bytes of a document, which a job then names by uploadId.",
        body=uploads.Upload,
        answers={HTTPStatus.CREATED: (uploads.UploadOpen,), HTTPStatus.OK: (uploads.UploadComplete,)},
        problems=_UNREADABLE_BODY,
    ),
    Route(
        method=HTTPMethod.GET,
        path="/decisions/{decisionId}/link",
        summary="Show the page behind the link in a notice. It decides nothing.",
        answers={},
        parameters=(_TOKEN,),
        is_public=True,
        page_statuses=(HTTPStatus.OK, *_PAGE_PROBLEMS),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/decisions/{decisionId}/link",
        summary="Decide by the form of that page.",
        body=DecisionForm,
        answers={},
        parameters=(_TOKEN,),
        is_public=True,
        page_statuses=(
            HTTPStatus.OK,
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.CONFLICT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            *_PAGE_PROBLEMS,
        ),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/webhooks/approval",
        summary="Answer a question from a system outside, whose message is signed as Standard Webhooks says.",
        body=ApprovalMessage,
        answers={HTTPStatus.NO_CONTENT: ()},
        problems=(*_UNREADABLE_BODY, "wrong_signature", "decision_not_found", "decided_otherwise", "job_ended"),
        is_public=True,
    ),
    Route(
        method=HTTPMethod.POST,
        path="/invocations",
        summary="Have a durable function run. The same request again is the same invocation.",
        body=functions.Invocation,
        answers={HTTPStatus.ACCEPTED: (functions.InvocationAccepted,)},
        problems=(*_UNREADABLE_BODY, "unknown_function", "invalid_arguments", "invocation_id_taken"),
    ),
    Route(
        method=HTTPMethod.GET,
        path="/invocations/{id}",
        summary="Read the state of an invocation, and what the function returned.",
        answers={
            HTTPStatus.OK: (
                functions.InvocationProcessing,
                functions.InvocationDone,
                functions.InvocationFailed,
                functions.InvocationCanceled,
            ),
            HTTPStatus.NOT_FOUND: (functions.InvocationNotFound,),
        },
    ),
)

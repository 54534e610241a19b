"""The routes of jobs."""

from http import HTTPMethod, HTTPStatus
from typing import Final

from contract import answers, delivery_log, document_types, ended_jobs, events, job_lists, jobs
from contract.job import JOB_ID, TYPE_NAME, DocumentJob

from .route import PAGE, QUOTAS, REQUESTER, UNREADABLE_BODY, Parameter, Route

_STATUS: Final = (answers.Processing, answers.Waiting, answers.Done, answers.Failed, answers.Canceled)
_NOT_FOUND: Final = {HTTPStatus.NOT_FOUND: (answers.NotFound,)}

_FILES: Final = {"result": "a job's result", "text": "the text of its document", "document": "its document"}
_JOB_FILTERS: Final = (
    Parameter(name="state", about="In this state only.", schema={"type": "string", "enum": list(answers.JobState)}),
    Parameter(name="type", about="Of this type only.", schema={"type": "string", "pattern": f"^{TYPE_NAME}$"}),
    REQUESTER,
    Parameter(name="since", about="Created then or later.", schema={"type": "string", "format": "date-time"}),
    Parameter(name="batch", about="Of this batch only.", schema={"type": "string", "pattern": f"^{JOB_ID}$"}),
)
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

JOBS: Final = (
    Route(
        method=HTTPMethod.POST,
        path="/process-document",
        summary="Record a job durably, or with dryRun estimate it. The same request again is the same job.",
        body=DocumentJob,
        flags=("dryRun",),
        answers={HTTPStatus.ACCEPTED: (answers.Accepted,), HTTPStatus.OK: (answers.DryRun, answers.Failed)},
        problems=(
            *UNREADABLE_BODY,
            "other_requester",
            "upload_missing",
            "job_id_taken",
            *QUOTAS,
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
        path="/types",
        summary="List the types of documents that a job may have.",
        answers={HTTPStatus.OK: (document_types.DocumentTypes,)},
        problems=("bad_request",),
    ),
    Route(
        method=HTTPMethod.GET,
        path="/jobs",
        summary="List jobs, the newest first.",
        parameters=(*_JOB_FILTERS, *PAGE),
        answers={HTTPStatus.OK: (job_lists.JobPage,)},
        problems=("bad_request",),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/jobs",
        summary="Record a job durably. The same request again, with its id, is the same job.",
        body=jobs.JobRequest,
        answers={HTTPStatus.ACCEPTED: (jobs.JobAccepted,)},
        problems=(
            *UNREADABLE_BODY,
            "other_requester",
            "upload_missing",
            "job_id_taken",
            "job_erased",
            *QUOTAS,
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
        answers={HTTPStatus.ACCEPTED: (ended_jobs.Erasing,), **_NOT_FOUND},
        problems=("wrong_state",),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/jobs/{jobId}/revoke",
        summary="Revoke the result of a job that is done, and notify its requester and receiver.",
        answers={HTTPStatus.ACCEPTED: (ended_jobs.Revoked,), **_NOT_FOUND},
        problems=("wrong_state",),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/jobs/{jobId}/retry",
        summary="Run the request of a job again that has failed or is canceled, as a job of its own.",
        answers={HTTPStatus.ACCEPTED: (jobs.JobAccepted,), **_NOT_FOUND},
        problems=("wrong_state", "request_unreadable", "job_id_taken", *QUOTAS),
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
)

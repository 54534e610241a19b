"""The routes for work other than single jobs: uploads, batches, schedules."""

from http import HTTPMethod, HTTPStatus
from typing import Final

from contract import batches, schedules, uploads
from contract.job import JOB_ID

from .route import QUOTAS, UNREADABLE_BODY, Parameter, Route

INTAKE: Final = (
    Route(
        method=HTTPMethod.POST,
        path="/batches",
        summary="Record up to 1,000 jobs together. The same request again is the same batch.",
        body=batches.BatchRequest,
        answers={HTTPStatus.ACCEPTED: (batches.BatchAccepted,)},
        problems=(*UNREADABLE_BODY, "other_requester", "upload_missing", "batch_id_taken", *QUOTAS),
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
        problems=(*UNREADABLE_BODY, "other_requester", "schedule_id_taken"),
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
        problems=UNREADABLE_BODY,
    ),
)

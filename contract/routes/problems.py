"""The codes of problems, each with its status."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

# The trigger raises these codes; a test compares them with its source.
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
    "too_many_jobs_per_hour": HTTPStatus.TOO_MANY_REQUESTS,
    "too_many_estimates": HTTPStatus.TOO_MANY_REQUESTS,
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "estimate_not_ready": HTTPStatus.SERVICE_UNAVAILABLE,
}

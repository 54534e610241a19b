"""The routes of the HTTP API: a path and a method lead to the function that answers.

The two routes of nearly all requests are imported with this module. A function of another one is named, and its module
is imported when a client first asks for it: each import would make every new container start later.
"""

from collections.abc import Callable, Mapping
from http import HTTPMethod, HTTPStatus
from importlib import import_module
from typing import Any, Final

from . import process_document, status
from .errors import answer_error, no_route, wrong_method
from .gateway import Request, Response
from .ports import Ports

_PREFER: Final = "prefer"  # the header of contract.preference

type Answer = Callable[..., Response]  # takes the ports, the request, and the path's variable parts

ROUTES: Final[Mapping[str, Mapping[str, Answer | str]]] = {
    "/process-document": {"POST": process_document.answer},
    "/status": {"GET": status.refuse_without_id},
    "/status/": {"GET": status.refuse_without_id},
    "/status/{jobId}": {"GET": status.answer},
    "/jobs": {"GET": "job_list.answer_jobs", "POST": "create_job.answer"},
    "/jobs/{jobId}": {"GET": "job_resource.answer", "DELETE": "revoke_erase.answer_erase"},
    "/jobs/{jobId}/revoke": {"POST": "revoke_erase.answer_revoke"},
    "/jobs/{jobId}/retry": {"POST": "retry.answer"},
    "/jobs/{jobId}/result": {"GET": "job_files.answer_result"},
    "/jobs/{jobId}/text": {"GET": "job_files.answer_text"},
    "/jobs/{jobId}/document": {"GET": "job_files.answer_document"},
    "/types": {"GET": "document_types.answer"},
    "/decisions": {"GET": "job_list.answer_decisions"},
    "/numbers": {"GET": "numbers.answer"},
    "/jobs/{jobId}/pages/{page}": {"GET": "page_image.answer"},
    "/jobs/{jobId}/why": {"GET": "records.answer_why"},
    "/jobs/{jobId}/history": {"GET": "records.answer_history"},
    "/jobs/{jobId}/events": {"GET": "events.answer"},
    "/jobs/{jobId}/cancel": {"POST": "cancel.answer"},
    "/jobs/{jobId}/deliveries": {"GET": "deliveries.answer_log"},
    "/jobs/{jobId}/deliveries/{eventId}/redeliver": {"POST": "deliveries.answer_redeliver"},
    "/batches": {"POST": "batches.answer_create"},
    "/batches/{batchId}": {"GET": "batch_status.answer"},
    "/batches/{batchId}/cancel": {"POST": "batches.answer_cancel"},
    "/schedules": {"GET": "schedules.answer_list", "POST": "schedules.answer_create"},
    "/schedules/{id}": {"GET": "schedules.answer_read", "DELETE": "schedules.answer_delete"},
    "/uploads": {"POST": "uploads.answer"},
    "/decisions/{decisionId}": {"GET": "decision.answer_show", "POST": "decision.answer_decide"},
    "/decisions/{decisionId}/link": {"GET": "decision_link.answer_show", "POST": "decision_link.answer_decide"},
    "/webhooks/approval": {"POST": "approval_webhook.answer"},
    "/invocations": {"POST": "invocations.answer_invoke"},
    "/invocations/{id}": {"GET": "invocations.answer_read"},
}


class Api:
    """The API over its ports."""

    def __init__(self, ports: Ports) -> None:
        self._ports: Final = ports

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answer the request of an event; hold one that prefers it, if this deployment holds any."""
        if self._ports.max_wait_seconds and _PREFER in (event.get("headers") or {}):
            return self._answer_later(event)
        return self._answer_now(event)

    def _answer_later(self, event: Mapping[str, Any]) -> dict[str, Any]:
        from contract.preference import read_wait  # noqa: PLC0415 - see above

        from .request_hold import Hold, answer_held  # noqa: PLC0415 - see above

        headers, http = event["headers"], event["requestContext"]["http"]
        seconds = read_wait(http["method"], event["rawPath"], headers, self._ports.max_wait_seconds)
        if not seconds:
            return self._answer_now(event)
        clock = self._ports.clock
        hold = Hold(seconds, clock.monotonic, has_tags="if-none-match" in headers)
        return answer_held(lambda: self._answer_now(event), hold, clock.sleep)

    def _answer_now(self, event: Mapping[str, Any]) -> dict[str, Any]:
        try:
            request = Request.of(event, self._ports.admin_group)
            answer, names = find_route(request.method, request.path)
            response = answer(self._ports, request, *names)
            if request.method == HTTPMethod.GET and response.status is HTTPStatus.OK:
                return response.to_conditional_event(request.if_none_match)
        except Exception as error:  # noqa: BLE001 - every failure is answered
            response = answer_error(error, self._ports.log)
        return response.to_event()


def find_route(method: str, path: str) -> tuple[Answer, list[str]]:
    """Return the function for a request, and the variable parts of its path. Raises ProblemError."""
    for pattern, methods in ROUTES.items():
        names = _match(pattern, path)
        if names is None:
            continue
        if method not in methods:
            raise wrong_method(methods)
        return _load(methods[method]), names
    raise no_route()


def _match(pattern: str, path: str) -> list[str] | None:
    """Return the variable parts of a path, or None if it is another one.

    None has line ends or unpaired surrogates, which no answer can contain.
    """
    wanted, parts = pattern.split("/"), path.split("/")
    if len(wanted) != len(parts) or not path.isprintable():
        return None
    if any(one != part for one, part in zip(wanted, parts, strict=True) if not _is_variable(one)):
        return None
    return [part for one, part in zip(wanted, parts, strict=True) if _is_variable(one)]


def _is_variable(part: str) -> bool:
    return part.startswith("{")


def _load(answer: Answer | str) -> Answer:
    if not isinstance(answer, str):
        return answer
    module, _, name = answer.partition(".")
    loaded: Answer = getattr(import_module(f".{module}", __package__), name)
    return loaded

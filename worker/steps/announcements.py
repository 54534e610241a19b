"""Announce a job's events to the receiver at its callbackUrl. `notice.py` announces how it ended.

Each announcement starts a delivery, a job of its own, under the event's key. So a repeated step announces an event
once, and a slow receiver delays no job. The receiver is in the job's request; without one, nothing is announced.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import JsonValue

from contract.delivery_log import EventName
from contract.job import find_host
from contract.names import promise_id
from contract.notice import EndedJob, JobEvent
from contract.times import format_seconds
from durable import PromiseSnapshot, current_run

from .post_event import delivery_root

_NO_DATA: Final[Mapping[str, JsonValue]] = {}


async def announce(  # noqa: PLR0913 keyword-only
    job_id: str,
    name: EventName,
    group: str,
    *,
    at: float | None = None,
    data: Mapping[str, JsonValue] = _NO_DATA,
    place: str = "",
) -> str | None:
    """Start the delivery of an event, and return its key; None if the job has no receiver.

    `group` is that of notices. The event has the time `at`, by default that of the job's creation. `place` tells events
    of one name apart: dots and colons in it become dashes.
    """
    promises = current_run().tools.promises
    record = await promises.read(promise_id(job_id))
    request = read_request(record)
    url = request.get("callbackUrl")
    if not isinstance(url, str):
        return None
    job = EndedJob.model_validate({**request, "jobId": job_id, "receiver": find_host(url)})
    event = _make_event(job, name, format_seconds(record.created_at if at is None else at), data, place)
    await promises.start(delivery_root(job, url, event, group))
    return event.key


def read_request(record: PromiseSnapshot) -> Mapping[str, Any]:
    """Return the request of a job, or nothing if no client of ours has made the record."""
    return next((request for request in record.args if isinstance(request, dict)), {})


def _make_event(job: EndedJob, name: EventName, at: str, data: Mapping[str, JsonValue], place: str) -> JobEvent:
    key = f"{job.job_id}.{name}"
    if place:
        key += f"-{place.replace('.', '-').replace(':', '-')}"
    own: Mapping[str, JsonValue] = {
        "key": key,
        "jobId": job.job_id,
        "requesterId": job.requester_id,
        "type": job.type,
        "at": at,
    }
    return JobEvent(key=key, name=name, job_id=job.job_id, at=at, data={**own, **data})

"""Whether a job that says that it waits for somebody does. The journal is a hint: only a promise is believed."""

from contract.answers import Processing, Waiting
from contract.names import promise_id
from wire import errors
from wire.client import Client

from .progress import Seen


def with_progress(job_id: str, seen: Seen, engine: Client) -> Processing | Waiting:
    """Say where a job is that has not ended."""
    if seen.waiting and _is_open(job_id, seen.waiting.promise, engine):
        return seen.waiting
    return Processing(job_id=job_id, progress=seen.progress)


def _is_open(job_id: str, promise: str, engine: Client) -> bool:
    """Ask for it; it must be one of this job's own: the journal must not name what others wait for."""
    if not promise.startswith(f"{promise_id(job_id)}:"):
        return False
    try:
        return engine.get(promise).state == "pending"
    except errors.NotFound:
        return False

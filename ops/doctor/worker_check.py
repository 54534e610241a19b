"""Checks whether a worker runs that knows the workflow version which the API starts.

The check starts this workflow without arguments. A worker that knows it fails it at once, before any step and without
a notification. A worker that does not know the version parks the task. Without a worker the task stays untouched.
"""

from typing import Final

from contract.names import DOCUMENTS, DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, VERSION
from durable.wire.answers import TaskPage
from durable.wire.requests import TaskSearch

from .check import Outcome, fail, ok
from .context import CheckContext
from .server import DoctorServer

_POLL_SECONDS: Final = 0.1
_PARKED_VERSION: Final = 2  # a task that was acquired and released this often is parked


def check_worker(context: CheckContext) -> Outcome:
    """Start the workflow without arguments and watch its task."""
    server, timeout = context.server, context.worker_timeout
    with server.start(PROCESS_DOCUMENT, target=DOCUMENTS_ADDRESS, version=VERSION) as promise_id:
        for _ in range(int(timeout / _POLL_SECONDS)):
            if server.get(promise_id).state != "pending":
                return ok(f"a worker knows {PROCESS_DOCUMENT} version {VERSION}")
            if server.get_task(promise_id).version >= _PARKED_VERSION:
                break
            context.clock.sleep(_POLL_SECONDS)
        return _explain_pending(server, promise_id, timeout)


def _explain_pending(server: DoctorServer, promise_id: str, timeout: float) -> Outcome:
    if server.get_task(promise_id).version > 0:  # each acquisition increments it
        sentence = f"the workers do not know {PROCESS_DOCUMENT} version {VERSION}, which the API starts"
        return fail(sentence, "deploy workers of the API's version; jobs wait until then, and none is lost")
    held = len(server.ask(TaskSearch(state="acquired"), TaskPage).tasks)
    if held:
        sentence = f"no worker took a job within {timeout:.0f} seconds; workers hold {held} tasks and may all be busy"
        return fail(sentence, "wait, or add workers (see 'scale' in docs/runbook.md)")
    sentence = f"no worker of the group {DOCUMENTS} took a job within {timeout:.0f} seconds"
    return fail(sentence, "start one: make serve; on AWS see ./longhand logs worker --since 10m")

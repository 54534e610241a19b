"""Answer a question of a workflow, from any program: it is found by the name that the workflow gave it.

    answer(client, "approval/order-1", {"by": "ada", "yes": True})

A question is open until it is answered, refused, timed out, or its job has ended; the first answer counts. A repeated
answer is not an error: webhooks are delivered more than once. The workflow checks the answer's type. If it does not
fit, the workflow asks again under the same name, and says why.
"""

import json
from typing import Final

from .client import Client
from .errors import Conflict, NotFound
from .records import Promise, Value
from .requests import NAME_TAG, PromiseCreate, PromiseSearch, PromiseSettle

BEAT_TAG: Final = "durable:beat"  # the tag of a promise that reports that a client still works on the answer
_EXTERNAL_TAG: Final = "resonate:external"  # the tag of a promise that is settled from outside
_BEAT_SECONDS: Final = 10  # beats within it are one promise
_BEAT_DAYS: Final = 7  # until a beat's promise ends; the workflow reads it before
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409


def find_question(client: Client, name: str) -> Promise:
    """Return the promise of the open question of this name, or raise NotFound."""
    found = client.search(PromiseSearch(state="pending", tags=_make_tags(name), limit=2)).promises
    if not found:
        raise NotFound(_NOT_FOUND, f"no question {name!r} is open: it was answered, has ended, or was not asked yet")
    if len(found) > 1:
        raise NotFound(_NOT_FOUND, f"{found[0].id} and {found[1].id} both ask {name!r}: settle one of them by its id")
    return found[0]


def answer(client: Client, name: str, value: object) -> None:
    """Answer the open question of this name; raise NotFound if there is none, or Conflict if it had another answer."""
    content = Value.encode(value)
    try:
        question = find_question(client, name)
    except NotFound:
        named = client.search_all(PromiseSearch(tags=_make_tags(name)))
        newest = max(named, key=lambda one: one.created_at, default=None)
        if newest is None or newest.state == "pending":
            raise
        question = newest
    settled = client.settle(PromiseSettle(id=question.id, state="resolved", value=content))
    if settled.state != "resolved" or not _is_same(settled.value, content):
        raise Conflict(_CONFLICT, f"question {name!r} was answered otherwise, or has ended without an answer")


def refuse(client: Client, name: str, code: str, message: str) -> None:
    """Refuse to answer: the workflow gets an error with this code."""
    error = json.dumps({"code": code, "message": message, "step": None, "retry": False})
    value = Value.encode({"__type": "error", "message": error})
    client.settle(PromiseSettle(id=find_question(client, name).id, state="rejected", value=value))


def send_beat(client: Client, name: str, now: float) -> None:
    """Report, at a time in seconds since 1970, that the client still works on the answer. Older reports are closed."""
    beat = make_beat(find_question(client, name).id, now)
    client.create(beat)
    for older in client.search_all(PromiseSearch(state="pending", tags=beat.tags)):
        if older.id != beat.id:
            client.settle(PromiseSettle(id=older.id, state="resolved"))


def _make_tags(name: str) -> dict[str, str]:
    return {NAME_TAG: name, _EXTERNAL_TAG: "true"}


def _is_same(one: Value, other: Value) -> bool:
    """Whether two payloads hold the same JSON; any program may have written them."""
    try:
        return bool(one.decode() == other.decode())
    except (ValueError, RecursionError):
        return False


def make_beat(promise_id: str, now: float) -> PromiseCreate:
    """Return the request that reports that a client still works on the answer to a question."""
    # With a ":" in its id it would be a promise of the job, and the job's end would wait for it.
    beat_id = f"beat/{promise_id.replace(':', '/')}/{int(now // _BEAT_SECONDS)}"
    timeout_at = int(now + _BEAT_DAYS * 86_400) * 1_000
    return PromiseCreate(id=beat_id, timeout_at=timeout_at, param=Value(), tags={BEAT_TAG: promise_id})

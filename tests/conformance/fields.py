"""Every field of every request, and its type: what of the heap in `values` it takes."""

import json
from copy import deepcopy

from .requests import (
    DUE,
    WORKERS,
    Call,
    acquire,
    call_back,
    continue_task,
    create,
    delete_schedule,
    fence,
    fulfill,
    get,
    get_schedule,
    get_task,
    halt,
    heartbeat,
    listen,
    release,
    schedule,
    search,
    settle,
    suspend,
    take,
)
from .target import START, Json, body_of
from .values import (
    ANY_TEXT,
    ANYTHING,
    INTEGER,
    LEFT_OUT,
    NATURAL,
    NEW_ID,
    NOTHING,
    NULL,
    OPTIONAL,
    POSITIVE,
    TAGS,
    TEXT,
    VALUE,
)

type Types = dict[str, list[str]]

PLACEHOLDER = "(here)"


def action(of: str, types: Types, *, kind: list[str], head: list[str]) -> Types:
    """Give the types of an action inside another request; it must be there itself."""
    inner = {f"{of}.data.{name}": taken for name, taken in types.items()}
    return {of: NOTHING, f"{of}.kind": kind, f"{of}.head": head, f"{of}.data": NOTHING} | inner


NEW: Types = {"id": NEW_ID, "timeoutAt": NATURAL, "param": VALUE}
SETTLED_FIELDS: Types = {"state": NOTHING, "value": VALUE}
PAGE: Types = {"limit": [*OPTIONAL, "1"], "cursor": [*OPTIONAL, *ANY_TEXT]}
HELD_FIELDS: Types = {"id": TEXT, "version": NATURAL}
UNLIKE_OTHERS: Types = {"id": NOTHING, "version": NATURAL}  # the id must be that of the action
FREE = {"kind": ANY_TEXT, "head": ANYTHING}  # what is not looked at
OF_A_FENCE = {"kind": NOTHING, "head": [LEFT_OUT, *ANYTHING]}

A = create("a", target=WORKERS)
SCHEDULE = schedule("s2", promiseParam={}, promiseTags={})
# Each request is taken as it stands where `p` is a promise, and of the tasks `t` is pending, `h` held at version 1 and
# `z` halted.
FIELDS: list[tuple[Call, Types]] = [
    (get("p"), {"id": TEXT}),
    (A, NEW | {"tags": TAGS}),
    (settle("p"), {"id": TEXT} | SETTLED_FIELDS),
    (call_back("t", "p"), {"awaited": TEXT, "awaiter": TEXT}),
    (listen("p"), {"awaited": TEXT, "address": NOTHING}),
    (search("promise", state="pending", tags={}), {"state": OPTIONAL, "tags": [NULL, *TAGS]}),
    (search("promise", limit=1, cursor="a"), PAGE),
    (get_task("t"), {"id": TEXT}),
    (take(A), {"pid": TEXT, "ttl": POSITIVE} | action("action", NEW | {"tags": NOTHING}, **FREE)),
    (acquire("t"), {"pid": TEXT, "ttl": POSITIVE} | HELD_FIELDS),
    (fence("h", 1, A), HELD_FIELDS | action("action", NEW | {"tags": TAGS}, **OF_A_FENCE)),
    (fence("h", 1, settle("p")), action("action", {"id": TEXT} | SETTLED_FIELDS, **OF_A_FENCE)),
    (suspend("h", 1, "p"), {"actions": NOTHING} | UNLIKE_OTHERS),
    (suspend("h", 1, "p"), action("actions.0", {"awaited": TEXT, "awaiter": NOTHING}, **FREE)),
    (fulfill("h", 1), UNLIKE_OTHERS | action("action", {"id": NOTHING} | SETTLED_FIELDS, **FREE)),
    (release("h", 1), HELD_FIELDS),
    (heartbeat(("h", 1)), {"pid": TEXT, "tasks": ["[]"], "tasks.0": [LEFT_OUT]}),
    (heartbeat(("h", 1)), {"tasks.0.id": ANY_TEXT, "tasks.0.version": INTEGER}),
    (halt("t"), {"id": TEXT}),
    (continue_task("z"), {"id": TEXT}),
    (search("task", state="pending", limit=1, cursor="a"), PAGE | {"state": OPTIONAL}),
    (get_schedule("s"), {"id": TEXT}),
    (SCHEDULE, {"id": TEXT, "cron": NOTHING, "promiseId": TEXT, "promiseTimeout": NATURAL}),
    (SCHEDULE, {"promiseParam": VALUE, "promiseTags": TAGS}),
    (delete_schedule("s"), {"id": TEXT}),
    (search("schedule", tags={}, limit=1, cursor="a"), PAGE | {"tags": [NULL, *TAGS]}),
    (Call("debug.tick", {"time": DUE}), {"time": INTEGER}),
]


def put(call: Call, path: str, value: str) -> bytes:
    """Write the request with this value, in JSON, where the path leads."""
    data = deepcopy(call.data)
    place: Json = data
    *way, last = path.split(".")
    for step in way:
        place = place[int(step)] if isinstance(place, list) else _object(place)[step]
    if isinstance(place, list):
        place[:] = [] if value == LEFT_OUT else [PLACEHOLDER]
    elif value == LEFT_OUT:
        del _object(place)[last]
    else:
        _object(place)[last] = PLACEHOLDER
    return body_of(call.kind, data, START).replace(json.dumps(PLACEHOLDER).encode(), value.encode())


def _object(place: Json) -> dict[str, Json]:
    assert isinstance(place, dict)
    return place

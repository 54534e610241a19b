"""Checks whether workers can use this Resonate server: each check sends the requests that a worker sends."""

import re
from http import HTTPStatus
from typing import Final

from durable.wire.answers import AcquiredTask, EmptyAnswer
from durable.wire.envelope import VERSION
from durable.wire.errors import Denied, NotFound, Refused, Unavailable
from durable.wire.records import Task
from durable.wire.requests import Action, Beat, PromiseCreate, TaskCreate, TaskHeartbeat

from .api_checks import compare_clocks
from .check import Outcome, fail, ok, warn
from .context import CheckContext
from .server import DoctorServer, make_probe_id

TESTED_SERVER: Final = "v0.9.8"
_USE_TESTED: Final = f"run server {TESTED_SERVER}, image resonatehqio/resonate:{TESTED_SERVER}"
_CHECKPOINT: Final = "A" * 16_384  # the size of a large step result
_HEARTBEATS: Final = 6
_HEARTBEAT_SECONDS: Final = 0.5
_LEASE_MS: Final = 2_000  # shorter than all heartbeats together: without them it expires
_PID: Final = "doctor"


def check_server(context: CheckContext) -> Outcome:
    """Read the server's readiness."""
    match context.server.read_status("/ready"):
        case HTTPStatus.OK:
            return ok("ready")
        case None:
            return fail(
                "the server does not respond", "start it: make serve; on AWS see ./longhand logs server --since 10m"
            )
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return fail("the server runs but cannot reach its database", "check that the database is up")
        case status:
            return fail(f"this is not a Resonate server (HTTP {status})", "check its address")


def check_protocol(context: CheckContext) -> Outcome:
    """Request a promise that does not exist; a server with another protocol names its own in the refusal."""
    try:
        context.server.get(make_probe_id())
    except (NotFound, Denied):
        return _check_generation(context.server)
    except Refused as error:
        return _explain_protocol(error.reason)
    except Unavailable as error:
        return fail(f"the server does not speak protocol {VERSION} ({error})", _USE_TESTED)
    return _check_generation(context.server)


def _check_generation(server: DoctorServer) -> Outcome:
    """Servers from 0.10 on have no /health, and other rules for ids, heartbeats and schedules."""
    if server.read_status("/health") != HTTPStatus.OK:
        return fail(f"the server is newer than {TESTED_SERVER}, which the workers need", _USE_TESTED)
    return ok(f"protocol {VERSION}, as in server {TESTED_SERVER}")


def _explain_protocol(reason: str) -> Outcome:
    versions = sorted(set(re.findall(r"\d{4}-\d\d-\d\d", reason)) - {VERSION})
    if "protocol version" not in reason or not versions:
        return fail(f"the server refuses requests ({reason})", _USE_TESTED)
    age = "too old" if versions[-1] < VERSION else "too new"
    return fail(f"the server is {age}: it speaks protocol {', '.join(versions)}, not {VERSION}", _USE_TESTED)


def check_authentication(context: CheckContext) -> Outcome:
    """Send a request with the token that was given."""
    try:
        context.server.get(make_probe_id())
    except NotFound:
        pass
    except Denied as error:
        remedy = "set RESONATE_TOKEN to a token signed with the server's key; see 'rotate tokens' in docs/runbook.md"
        return fail(f"the server does not accept the token ({error})", remedy)
    return ok("token accepted" if context.server.has_token else "no token needed")


def check_writing(context: CheckContext) -> Outcome:
    """Write a promise: a server with a full disk still responds and still reads."""
    promise_id = make_probe_id()
    try:
        context.server.create(promise_id, data=_CHECKPOINT)
        context.server.cancel(promise_id)
    except Unavailable as error:
        remedy = "free disk space; the server then continues, with everything that it acknowledged"
        return fail(f"the server reads but cannot write, as with a full disk ({error})", remedy)
    return ok("wrote and settled a promise")


def check_server_clock(context: CheckContext) -> Outcome:
    """Compare the creation time of a promise with this machine's clock."""
    promise_id = make_probe_id()
    created_at = context.server.create(promise_id).created_at
    context.server.clean_up(promise_id)
    return compare_clocks(context.clock.now() - created_at / 1000, "server")


def check_ids(context: CheckContext) -> Outcome:
    """Create promises with ids in the SDK's forms: of a job, a step, a step's child, and a detached call."""
    root = make_probe_id()
    promise_ids = (root, f"{root}:1", f"{root}:1.1", f"{root}:d0123456789abcdef")
    try:
        for promise_id in promise_ids:
            context.server.create(promise_id)
    except Refused as error:
        return fail(f"the server refuses the ids that the SDK makes ({error})", _USE_TESTED)
    finally:
        context.server.clean_up(*promise_ids)
    return ok("the ids of jobs, steps and child workflows are accepted")


def check_heartbeat(context: CheckContext) -> Outcome:
    """Hold a task beyond its lease by heartbeats."""
    server, clock, promise_id = context.server, context.clock, make_probe_id()
    last_sent, longest_gap = clock.now(), 0.0  # an upper bound of the gap between two heartbeats
    try:
        task = _take_task(server, promise_id)
        for _ in range(_HEARTBEATS):
            clock.sleep(_HEARTBEAT_SECONDS)
            sent = clock.now()
            server.ask(TaskHeartbeat(pid=_PID, tasks=[Beat(id=task.id, version=task.version)]), EmptyAnswer)
            last_sent, longest_gap = sent, max(longest_gap, clock.now() - last_sent)
        now = server.get_task(promise_id)
        longest_gap = max(longest_gap, clock.now() - last_sent)
    except Refused as error:
        return fail(f"the server refuses the leases or heartbeats of workers ({error})", _USE_TESTED)
    finally:
        server.clean_up(promise_id)
    if (now.state, now.version) == (task.state, task.version):
        return ok(f"heartbeats kept a lease of {_LEASE_MS / 1000:.0f} s for {_HEARTBEATS * _HEARTBEAT_SECONDS:.0f} s")
    if longest_gap * 1000 > _LEASE_MS:
        sentence = f"{longest_gap:.0f} s passed between two heartbeats, so the check proves nothing"
        return warn(sentence, "run it again in a minute")
    sentence = f"heartbeats do not keep a lease (the task is {now.state}): a long step would run twice"
    return fail(sentence, _USE_TESTED)


def _take_task(server: DoctorServer, promise_id: str) -> Task:
    """Create a promise for a group without workers, and acquire its task."""
    request = server.make_root(promise_id, "none", target="poll://any@doctor")
    action = Action(kind=PromiseCreate.kind, head={}, data=request)
    return server.ask(TaskCreate(pid=_PID, ttl=_LEASE_MS, action=action), AcquiredTask).task

"""Is the engine one that our workers can work with? Each check asks it for real what a worker would."""

import re
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from wire.envelope import VERSION
from wire.errors import Denied, NotFound, Refused, Unavailable, WireError

from .api_checks import compare_clocks
from .check import Outcome, fail, ok, warn
from .context import CheckContext
from .engine import Engine, probe_id

OURS: Final = "v0.9.8"  # the server that our tests run with
_USE_OURS: Final = f"run the server {OURS}: its image is resonatehqio/resonate:{OURS}"
_CHECKPOINT: Final = "A" * 16_384  # as much as a step's result may well have
_BEATS: Final = 6
_BEAT: Final = 0.5  # seconds
_LEASE: Final = 2_000  # ms; lapses within the beats, were they not heard


def engine_answers(scene: CheckContext) -> Outcome:
    """Ask whether it is ready."""
    match scene.engine.page("/ready"):
        case HTTPStatus.OK:
            return ok("it is ready")
        case None:
            return fail("the engine does not answer", "start it: make serve; on AWS ./longhand logs server --since 10m")
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return fail("the engine runs and cannot reach its database", "look whether the database is up")
        case status:
            return fail(f"what answers is not a Resonate server (HTTP {status})", "check its address")


def engine_protocol(scene: CheckContext) -> Outcome:
    """Ask for a promise that there is not. A server of another protocol says which it speaks."""
    try:
        scene.engine.get(probe_id())
    except (NotFound, Denied):
        return _known_generation(scene.engine)
    except Refused as refused:
        return _other_protocol(refused.reason)
    except Unavailable as error:
        return fail(f"the engine does not speak the protocol {VERSION} ({error})", _USE_OURS)
    return _known_generation(scene.engine)


def _known_generation(engine: Engine) -> Outcome:
    """Servers from 0.10 on have no such page, and other rules for ids, heartbeats and schedules."""
    if engine.page("/health") != HTTPStatus.OK:
        return fail(f"the server is newer than {OURS}, whose rules our workers keep", _USE_OURS)
    return ok(f"protocol {VERSION}, as the server {OURS}")


def _other_protocol(reason: str) -> Outcome:
    spoken = sorted(set(re.findall(r"\d{4}-\d\d-\d\d", reason)) - {VERSION})
    if "protocol version" not in reason or not spoken:
        return fail(f"the engine refuses our requests ({reason})", _USE_OURS)
    age = "too old" if spoken[-1] < VERSION else "too new"
    return fail(f"the engine is {age}: it speaks the protocol {', '.join(spoken)}, and we {VERSION}", _USE_OURS)


def authentication(scene: CheckContext) -> Outcome:
    """Ask as our programs do."""
    try:
        scene.engine.get(probe_id())
    except NotFound:
        return ok("the engine lets us in")
    except Denied as denied:
        remedy = (
            "set RESONATE_TOKEN to a token that the engine's key has signed; see 'rotate tokens' in docs/runbook.md"
        )
        return fail(f"the engine does not accept our token ({denied})", remedy)
    return ok("the engine lets us in")


def engine_writes(scene: CheckContext) -> Outcome:
    """Write something: an engine whose disk is full still answers, and still reads."""
    name = probe_id()
    try:
        scene.engine.create(scene.engine.creation(name, data=_CHECKPOINT))
        scene.engine.cancel(name)
    except Unavailable as error:
        remedy = "make room on its disk, then it goes on by itself: what it acknowledged is there"
        return fail(f"the engine reads and cannot write, as with a full disk ({error})", remedy)
    return ok("a promise was written and settled")


def engine_clock(scene: CheckContext) -> Outcome:
    """Compare the time at which it says that a promise was created with ours."""
    name = probe_id()
    created = scene.engine.create(scene.engine.creation(name)).created_at
    _tidy(scene.engine, name)
    return compare_clocks(scene.clock.now() - created / 1000, "the engine")


def ids(scene: CheckContext) -> Outcome:
    """Create promises with ids as the SDK makes them: of a job, its first step, and a part that goes its own way."""
    root = probe_id()
    names = (root, f"{root}:1", f"{root}:1.1", f"{root}:d0123456789abcdef")
    try:
        for name in names:
            scene.engine.create(scene.engine.creation(name))
    except Refused as refused:
        return fail(f"the engine refuses the ids that the SDK makes ({refused})", _USE_OURS)
    finally:
        _tidy(scene.engine, *names)
    return ok("the ids of jobs, steps and parts are accepted")


def heartbeat(scene: CheckContext) -> Outcome:
    """Hold a task for longer than its lease, by heartbeats alone."""
    name, engine = probe_id(), scene.engine
    begun, longest = scene.clock.now(), 0.0  # between two beats, as far as can be seen from here
    try:
        task = engine.hold(engine.creation(name, target="poll://any@nobody"), "doctor", _LEASE)
        for _ in range(_BEATS):
            scene.clock.sleep(_BEAT)
            beat = scene.clock.now()
            engine.beat(task, "doctor")
            begun, longest = beat, max(longest, scene.clock.now() - begun)
        now = engine.task(name)
        longest = max(longest, scene.clock.now() - begun)
    except Refused as refused:
        return fail(f"the engine refuses leases or heartbeats as our workers use them ({refused})", _USE_OURS)
    finally:
        _tidy(engine, name)
    if (now.state, now.version) == (task.state, task.version):
        return ok(f"a lease of {_LEASE / 1000:.0f} s was kept for {_BEATS * _BEAT:.0f} s")
    if longest * 1000 > _LEASE:
        return warn(f"{longest:.0f} s passed between two heartbeats, so nothing is shown", "run it again in a minute")
    return fail(f"heartbeats do not keep a lease (the task is {now.state}): a long step would run twice", _USE_OURS)


def _tidy(engine: Engine, *names: str) -> None:
    for name in names:
        with suppress(WireError):
            engine.cancel(name)

"""Is there a worker, and does it know the workflow that the API asks for?

It is given the workflow without arguments. A worker that knows it refuses at once, before any step, and tells nobody;
one that does not know it, or not this version, parks it; and without one nobody takes it.
"""

from contextlib import suppress
from typing import Final

from contract.names import DOCUMENTS, DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, VERSION
from wire.errors import WireError
from wire.roots import root_promise

from .check import Outcome, fail, ok
from .context import CheckContext
from .engine import LIFETIME, Engine, probe_id

_LOOK: Final = 0.1  # seconds between two looks
_PARKED: Final = 2  # times that it was taken and given back, after which nobody needs to wait for more


def worker(scene: CheckContext) -> Outcome:
    """Give it something that it cannot do, and see what becomes of it."""
    engine, name = scene.engine, probe_id()
    timeout_at = engine.now + LIFETIME
    engine.create(
        root_promise(name, PROCESS_DOCUMENT, version=VERSION, target=DOCUMENTS_ADDRESS, timeout_at=timeout_at)
    )
    try:
        for _ in range(int(scene.patience / _LOOK)):
            if engine.get(name).state != "pending":
                return ok(f"a worker knows {PROCESS_DOCUMENT} version {VERSION}")
            if engine.task(name).version >= _PARKED:
                break
            scene.clock.sleep(_LOOK)
        return _undone(engine, name, scene.patience)
    finally:
        with suppress(WireError):
            engine.cancel(name)


def _undone(engine: Engine, name: str, seconds: float) -> Outcome:
    task = engine.task(name)
    if task.version > 0:  # acquiring a task makes its version one more
        sentence = f"the workers do not know {PROCESS_DOCUMENT} version {VERSION}, which the API asks for"
        return fail(sentence, "deploy workers of the same version as the API; until then jobs wait, and none is lost")
    busy = len(engine.held_tasks())
    if busy:
        sentence = f"no worker took a job within {seconds:.0f} seconds; {busy} are held: all may be busy"
        return fail(sentence, "wait, or add workers (see 'scale' in docs/runbook.md)")
    sentence = f"no worker of the group {DOCUMENTS} took a job within {seconds:.0f} seconds"
    return fail(sentence, "start one: make serve, or look at ./longhand logs worker --since 10m")

"""A process that imports programs once, and forks itself for each start: `tests/warm_start.py` asks it to.

A start arrives as one message on a socket: JSON, and the program's standard streams. The reply is the id of a process
that is a child of the asking process, with its group or a session of its own, its environment and its streams, and
that goes on as `python -m MODULE` does. It must stay single-threaded: a fork copies one thread only.
"""

import atexit
import ctypes
import gc
import json
import os
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final, cast

from durable.fork_client import FORK_SERVERS
from local.tether import tether_to
from tests import warm_fork_servers

MAX_MESSAGE_BYTES: Final = 200_000
STARTER: Final = "starting"  # the program that starts the program named by its first argument
STANDARD_STREAMS: Final = 3
COMMANDS: Final = ("bootstrap", "cost", "deploy", "doctor", "logs", "outputs", "status", "submit", "teardown")
# What programs import only when they need it, and most tests of them do.
PARTS: Final = ("durable.embedded", "keeper", "local.gateway", "local.invoke_api", "worker")
LATE_IMPORTS: Final[Mapping[str, Sequence[str]]] = {
    "keeper": ("keeper.hosted",),
    "mcp": ("ops.agents.stdio",),
    "ops": (
        *(f"ops.commands.{name}" for name in COMMANDS),
        *("ops.aws.logs", "ops.aws.session", "ops.aws.stack", "ops.doctor.stack_checks", "botocore.auth"),
        "tests.ops.warm_models",
    ),
    "tests.analysis.analysis_program": ("tests.analysis.warm_model",),
    "tests.keeper.strict_keeper": ("keeper.hosted",),
    "tests.fresh_process": ("tests.worker.download_step", "evaluation.read_document"),
    "tests.hosted.next_release": ("tests.hosted.warm_worker",),
    "tests.worker.lab_worker": ("tests.analysis.warm_model",),
    "tests.warm_program": ("local.demo", "local.serve", *PARTS),
    "worker": ("tests.hosted.warm_worker",),
}
_PR_SET_CHILD_SUBREAPER: Final = 36


def adopt_orphans(*, adopt: bool) -> None:
    """Make this process the parent of those below it whose parent ends, or no longer."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0)


def run_in(test_run: str, descriptor: int) -> None:
    """Do as `run` does; programs have the fork servers that all test processes of the run share."""
    FORK_SERVERS.start_process = partial(warm_fork_servers.start_process, test_run)
    run(descriptor)


def run(descriptor: int) -> None:
    """Serve the socket until its other end is closed; in each forked process, run the program that was asked for."""
    with socket.socket(fileno=descriptor) as control:
        request = _serve(control)
    if request:
        _end(_run_to_exit(request["words"]))


def _serve(control: socket.socket) -> dict[str, Any] | None:
    """Fork for each request, and return it in the forked process; None at the end."""
    sys.path[0] = str(Path.cwd())  # as for `python -m`
    while True:
        message, streams, _, _ = socket.recv_fds(control, MAX_MESSAGE_BYTES, STANDARD_STREAMS)
        if not message:
            return None
        request: dict[str, Any] = json.loads(message)
        _import_program(request["words"])
        gc.collect()
        gc.freeze()  # the collector of a forked process would otherwise copy all of this memory
        if _fork_orphan(control):
            _take_over(request, streams)
            return request
        for stream in streams:
            os.close(stream)


def _import_program(words: Sequence[str]) -> None:
    """Import what a program imports. An error is left to the program itself, which then meets and reports it."""
    names = words[:2] if words[0] == STARTER else words[:1]
    named = words[len(names) - 1 : len(names) + 1]  # the program, and perhaps its command
    late = [name for word in named for name in LATE_IMPORTS.get(word, ())]
    for name in [*names, *late]:
        with suppress(Exception):
            import_module(_main_module(name).name)
    if len(threads := list(Path("/proc/self/task").iterdir())) > 1:
        raise RuntimeError(f"the import of {names} started {len(threads) - 1} threads: start this program cold")


def _main_module(name: str) -> ModuleSpec:
    """Return the module that `python -m` runs."""
    spec = find_spec(name)
    if spec and spec.submodule_search_locations is not None:
        spec = find_spec(f"{name}.__main__")
    if spec is None:
        raise ModuleNotFoundError(name)
    return spec


def _fork_orphan(control: socket.socket) -> bool:
    """Fork twice, and report the process's id; return True in it.

    The process between ends at once, so that the kernel makes the asking process the parent. The forked process goes
    on only after that.
    """
    id_read, id_write = os.pipe()
    adopted_read, adopted_write = os.pipe()
    between = os.fork()
    if between == 0:
        pid = os.fork()
        if pid:
            os.write(id_write, str(pid).encode())
            os._exit(0)
        os.close(adopted_write)
        os.read(adopted_read, 1)
        for end in (id_read, id_write, adopted_read):
            os.close(end)
        return True
    os.waitpid(between, 0)
    control.send(os.read(id_read, 32))
    for end in (id_read, id_write, adopted_read, adopted_write):
        os.close(end)
    return False


def _take_over(request: dict[str, Any], streams: Sequence[int]) -> None:
    """Take the environment, group and standard streams of the program."""
    if request["tethered_to"]:
        tether_to(request["tethered_to"])
    if request["new_session"]:
        os.setsid()
    else:
        os.setpgid(0, request["group"])
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    for stream in streams:
        os.close(stream)
    for file in (sys.stdin, sys.stdout):
        cast("TextIOWrapper", file).reconfigure(line_buffering=file.isatty())
    os.environ.clear()
    os.environ.update(request["environ"])


def _run_to_exit(words: Sequence[str]) -> int:
    """Run a module, and return its exit code. Errors and sentences are left to the interpreter, which prints them."""
    try:
        _run_module(words)
    except SystemExit as ended:
        if not isinstance(ended.code, int | None):
            raise
        return ended.code or 0
    return 0


def _end(code: int) -> None:
    """End as the interpreter does, but leave the memory to the kernel.

    The interpreter frees each imported object, and so first copies all memory that is shared with the warm process:
    that takes longer than most commands.
    """
    threading._shutdown()  # type: ignore[attr-defined] # noqa: SLF001 - as multiprocessing ends its forked processes
    atexit._run_exitfuncs()  # noqa: SLF001 - as above
    gc.collect()  # what the program left behind: some objects complain when they are freed
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except OSError:
        sys.exit(code)  # the interpreter reports a closed pipe
    os._exit(code & 0xFF)


def _run_module(words: Sequence[str]) -> None:
    """Run a module as `python -m` does, in the namespace of the main module."""
    sys.orig_argv = [sys.executable, "-m", *words]
    spec = _main_module(words[0])
    loader: Any = spec.loader
    sys.argv = [str(spec.origin), *words[1:]]
    main = sys.modules["__main__"]
    vars(main).update(__spec__=spec, __file__=spec.origin, __package__=spec.parent, __loader__=loader, __cached__=None)
    exec(loader.get_code(spec.name), vars(main))  # noqa: S102 - the program's own code

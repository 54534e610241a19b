"""A process that has loaded the CDK, and runs the app or our checks: the processes of a test run share it.

What the app prints is lost here, and its variables are those of the start: a test of either runs the app in a process
of its own. The process ends with the one that started it.
"""

import atexit
import fcntl
import json
import os
import selectors
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
NO_BUNDLES: Final = json.dumps({"aws:cdk:bundling-stacks": []})  # the value of CDK_CONTEXT_JSON
SOCKET: Final = "warm.socket"
MAX_MESSAGE_BYTES: Final = 100_000


@contextmanager
def lock_file(file: Path) -> Iterator[None]:
    """Hold the lock inside the block; other processes wait."""
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def clean_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without settings of AWS and the CDK."""
    return {name: value for name, value in environ.items() if not name.startswith(("AWS_", "CDK_"))}


def ensure_started(folder: Path) -> None:
    """Start the process of this folder unless it runs; it ends with the calling process."""
    folder.mkdir(exist_ok=True)
    with lock_file(folder / "warm.lock"):
        if not _is_running(folder):
            _start(folder)


def synthesize(folder: Path, words: Sequence[str], written: Path) -> bool:
    """Write the templates of the app with these options; return False if no process runs or the app fails."""
    try:
        with _connect(folder) as connection:
            connection.sendall(json.dumps({"words": list(words), "written": str(written)}).encode())
            return connection.recv(MAX_MESSAGE_BYTES) == b"0"
    except OSError:
        return False


def check(folder: Path, function: str, *roots: Path) -> Any:  # noqa: ANN401 - as the function
    """Return what a function of validation_runs returns for root templates, as JSON has it."""
    with _connect(folder) as connection:
        connection.sendall(json.dumps({"function": function, "roots": [str(root) for root in roots]}).encode())
        reply = json.loads(connection.recv(MAX_MESSAGE_BYTES))
    if "error" in reply:
        raise RuntimeError(reply["error"])
    return reply["found"]


def _connect(folder: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.connect(str(folder / SOCKET))
    except OSError:
        connection.close()
        raise
    return connection


def _is_running(folder: Path) -> bool:
    try:
        _connect(folder).close()
    except OSError:
        return False
    return True


def _start(folder: Path) -> None:
    (folder / SOCKET).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(folder / SOCKET))
        listener.listen(socket.SOMAXCONN)
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(listener.fileno())],
            cwd=ROOT,
            env={**clean_environ(os.environ), "CDK_CONTEXT_JSON": NO_BUNDLES},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            process_group=0,  # Ctrl-C is for the tests, whose end it notices
        )
    atexit.register(process.communicate)


def serve(listener: socket.socket) -> None:
    """Answer one request after the other until standard input ends."""
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        while all(key.fileobj is listener for key, _ in selector.select()):
            connection, _ = listener.accept()
            with connection:
                if message := connection.recv(MAX_MESSAGE_BYTES):
                    connection.sendall(_answer(json.loads(message)).encode())


def _answer(request: dict[str, Any]) -> str:
    return json.dumps(_check(request) if "function" in request else _run_app(request))


def _check(request: dict[str, Any]) -> dict[str, Any]:
    from . import validation_runs  # noqa: PLC0415 - as below

    try:
        return {"found": getattr(validation_runs, request["function"])(*map(Path, request["roots"]))}
    except Exception:  # noqa: BLE001 - the test reports it
        return {"error": traceback.format_exc()}


def _run_app(request: dict[str, Any]) -> int:
    from app import main  # noqa: PLC0415 - only this process needs it

    try:
        return main(request["words"], {"CDK_OUTDIR": request["written"]})
    except Exception:  # noqa: BLE001 - the test runs the app again in a process of its own, and sees the error
        return 1


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))

"""A process that has loaded the CDK, and runs the app or functions of tests: the processes of a test run share it.

What the CDK prints is lost here: a test of it runs the app in a process of its own. An app that uses what the CDK has
deprecated fails, in place of a warning that would be lost. The process ends with the one that started it.
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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module
from io import StringIO
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


def synthesize(folder: Path, words: Sequence[str], environ: Mapping[str, str]) -> tuple[int, str] | None:
    """Run the app with these options and variables, and return its exit code and output.

    None if no process runs, or if it lost what explains a failure: findings, which the CDK prints, and other errors.
    """
    try:
        code, output = call(folder, run_app, list(words), environ=environ)
    except (OSError, RuntimeError):
        return None
    return None if "Validation failed" in output else (code, output)


def call(
    folder: Path, function: Callable[..., Any] | str, *arguments: object, environ: Mapping[str, str] | None = None
) -> Any:  # noqa: ANN401 - as the function
    """Return what a function returns for arguments that JSON has, or raise RuntimeError with its trace.

    A function whose module imports the CDK is given as `module:name`. The variables replace those of the process.
    """
    name = function if isinstance(function, str) else f"{function.__module__}:{function.__name__}"
    with _connect(folder) as connection:
        request = {"function": name, "arguments": arguments, "environ": dict(environ or {})}
        connection.sendall(json.dumps(request).encode())
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
            env={**clean_environ(os.environ), "JSII_DEPRECATED": "fail"},
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
    module, _, name = request["function"].partition(":")
    for package in ("stacks", "aws_cdk"):  # starts the CDK's Node, which must not see the variables of a request
        import_module(package)
    with _give_variables(request["environ"]):
        try:
            found = getattr(import_module(module), name)(*request["arguments"])
        except Exception:  # noqa: BLE001 - the test reports it
            return json.dumps({"error": traceback.format_exc()})
    return json.dumps({"found": found})


@contextmanager
def _give_variables(environ: Mapping[str, str]) -> Iterator[None]:
    own = dict(os.environ)
    os.environ.update(environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(own)


def run_app(words: list[str]) -> tuple[int, str]:
    """Run the app in this process."""
    from app import main  # noqa: PLC0415 - only this process needs it

    printed = StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        code = main(words, os.environ)
    return code, printed.getvalue()


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))

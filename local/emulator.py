"""Lambda on a laptop: AWS's own runtime emulator and runtime client, running a function's bundle as it ships.

The function sees its bundle, the runtime client and the standard library, and the environment that it declares: nothing
of this project's own surroundings. What Lambda has and this has not: a processor and a memory of the declared size.
"""

import json
import platform
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from compileall import compile_dir
from dataclasses import dataclass
from importlib.metadata import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Self
from urllib.request import Request, urlopen

import psutil
from uv import find_uv_bin

from .events import Json
from .last_words import last_words
from .server_process import HOST, PROCESS_TIMEOUT, ROOT, NotReadyError, free_port

LOCK: Final = ROOT / "local" / "emulator.txt"
KEPT: Final = ROOT / ".state" / "emulator"
PROGRAMS: Final = {"x86_64": "aws-lambda-rie-x86_64", "aarch64": "aws-lambda-rie-arm64"}
CLIENT: Final = ("awslambdaric", "simplejson", "snapshot-restore-py")  # what Lambda's own image has beside Python
DOWNLOAD: Final = 120.0  # seconds; eight megabytes
SLACK: Final = 30.0  # seconds beyond the function's own timeout, after which the emulator itself hangs


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """A function as its template declares it, and the folder of its bundle."""

    bundle: Path
    handler: str
    timeout: int  # seconds
    memory: int  # MB
    environment: Mapping[str, str]


class Emulator:
    """A running emulator. Use it in a `with` block; the function itself starts with the first event."""

    def __init__(self, function: Declaration, folder: Path) -> None:
        self.function: Final = function
        self.log: Final = folder / "function.log"
        self._port: Final = free_port()
        self.url: Final = f"http://{HOST}:{self._port}/2015-03-31/functions/function/invocations"
        runtime = folder / "runtime"
        _copy_client(runtime)
        at = ["--runtime-interface-emulator-address", f"{HOST}:{self._port}"]
        at += ["--runtime-api-address", f"{HOST}:{free_port()}", "--log-level", "warn"]
        # The interpreter itself and not the environment's: -S leaves out what is installed for it, too.
        python = [str(Path(sys.executable).resolve()), "-S", "-m", "awslambdaric", function.handler]
        environ = _environment(function, runtime)
        with self.log.open("ab") as out:
            self.process: Final = subprocess.Popen(
                [program(), *at, *python],
                cwd=function.bundle, env=environ, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip

    def __enter__(self) -> Self:
        end = time.monotonic() + PROCESS_TIMEOUT
        while not self._is_listening():
            if self.process.poll() is not None or time.monotonic() > end:
                why = last_words("emulator", self.process.poll(), self.log)
                self.close()
                raise NotReadyError(why)
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it, and the function with it."""
        for process in self.processes:
            process.kill()
        self.process.kill()
        self.process.wait()

    @property
    def processes(self) -> list[psutil.Process]:
        """The function's processes: none before the first event, another one after a time-out."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def invoke(self, event: Json) -> Json:
        """Call the function, one call at a time."""
        request = Request(self.url, json.dumps(event).encode())  # noqa: S310 - our own process
        with urlopen(request, timeout=self.function.timeout + SLACK) as response:  # noqa: S310 - as above
            answer: Json = json.load(response)
            return answer

    def _is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self._port)) == 0


def program() -> str:
    """Where the emulator for this machine is; it is installed when it is first needed."""
    found = KEPT / PROGRAMS[platform.machine()]
    if not found.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=KEPT) as folder:
            words = ["pip", "install", "--quiet", "--no-deps", "--link-mode", "copy", "--require-hashes"]
            command = [find_uv_bin(), *words, "--target", folder, "--requirements", str(LOCK)]
            if subprocess.run(command, cwd=ROOT, check=False, timeout=DOWNLOAD).returncode:
                raise NotReadyError("Lambda's emulator could not be installed: check the network and the package index")
            fresh = Path(folder) / "samcli" / "local" / "rapid" / found.name
            fresh.chmod(0o755)
            fresh.replace(found)  # at once: others may do the same
    return str(found)


def _copy_client(folder: Path) -> None:
    """Copy what the lock has of the runtime client, so that nothing else of the environment comes with it."""
    for file in (file for name in CLIENT for file in files(name) or () if "tests" not in file.parts):
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.locate(), target)
    compile_dir(folder, quiet=1)


def _environment(function: Declaration, runtime: Path) -> dict[str, str]:
    """What Lambda gives to every function, and what this one declares."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": str(runtime),
        "LAMBDA_TASK_ROOT": str(function.bundle),
        "LAMBDA_RUNTIME_DIR": str(runtime),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "emulated",
        "AWS_SECRET_ACCESS_KEY": "emulated",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        **function.environment,
    }

"""Runs a function's bundle in AWS's runtime emulator, as Lambda would.

The function sees only its bundle, the runtime client, the standard library and the environment that it declares.
Unlike Lambda, the emulator does not limit processor and memory to the declared size.
"""

import json
import platform
import shutil
import subprocess
import sys
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
from .logged_process import LoggedProcess, NotReadyError
from .server_process import HOST, ROOT, free_port, is_listening

REQUIREMENTS: Final = ROOT / "local" / "emulator.txt"
CACHE: Final = ROOT / ".state" / "emulator"
PROGRAMS: Final = {"x86_64": "aws-lambda-rie-x86_64", "aarch64": "aws-lambda-rie-arm64"}
CLIENT_PACKAGES: Final = ("awslambdaric", "simplejson", "snapshot-restore-py")  # those of Lambda's own image
DOWNLOAD_SECONDS: Final = 120.0  # for eight megabytes
EXTRA_SECONDS: Final = 30.0  # beyond the function's own timeout; an emulator that answers later hangs


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """A function as its template declares it, and the folder of its bundle."""

    bundle: Path
    handler: str
    timeout: int  # seconds
    memory: int  # MB
    environment: Mapping[str, str]


class Emulator(LoggedProcess):
    """A running emulator. Use it in a `with` block; the function itself starts with the first event."""

    def __init__(self, function: Declaration, folder: Path) -> None:
        self.function: Final = function
        self._port: Final = free_port()
        self.url: Final = f"http://{HOST}:{self._port}/2015-03-31/functions/function/invocations"
        runtime = folder / "runtime"
        _copy_client(runtime)
        addresses = ["--runtime-interface-emulator-address", f"{HOST}:{self._port}"]
        addresses += ["--runtime-api-address", f"{HOST}:{free_port()}", "--log-level", "warn"]
        # Not the environment's interpreter: with -S the base one has no installed packages.
        python = [str(Path(sys.executable).resolve()), "-S", "-m", "awslambdaric", function.handler]
        environ = _make_environment(function, runtime)
        command = [find_emulator(), *addresses, *python]
        super().__init__("emulator", command, folder / "function.log", cwd=function.bundle, environ=environ)

    def __enter__(self) -> Self:
        self.wait_until(lambda: is_listening(self._port))
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """End the emulator and the function."""
        for process in self.processes:
            process.kill()
        super().kill()

    @property
    def processes(self) -> list[psutil.Process]:
        """The function's processes: none before the first event, a new one after a timeout."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def invoke(self, event: Json) -> Json:
        """Call the function, one call at a time."""
        request = Request(self.url, json.dumps(event).encode())  # noqa: S310 - our own process
        with urlopen(request, timeout=self.function.timeout + EXTRA_SECONDS) as response:  # noqa: S310 - as above
            answer: Json = json.load(response)
            return answer


def find_emulator() -> str:
    """Return the emulator's path, and install the emulator if it is missing."""
    path = CACHE / PROGRAMS[platform.machine()]
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=CACHE) as folder:
            words = ["pip", "install", "--quiet", "--no-deps", "--link-mode", "copy", "--require-hashes"]
            command = [find_uv_bin(), *words, "--target", folder, "--requirements", str(REQUIREMENTS)]
            if subprocess.run(command, cwd=ROOT, check=False, timeout=DOWNLOAD_SECONDS).returncode:
                raise NotReadyError("Lambda's emulator could not be installed: check the network and the package index")
            fresh = Path(folder) / "samcli" / "local" / "rapid" / path.name
            fresh.chmod(0o755)
            fresh.replace(path)  # atomic: another process may install it, too
    return str(path)


def _copy_client(folder: Path) -> None:
    """Copy the runtime client, so that the function cannot import other packages of this environment."""
    for file in (file for name in CLIENT_PACKAGES for file in files(name) or () if "tests" not in file.parts):
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.locate(), target)
    compile_dir(folder, quiet=1)


def _make_environment(function: Declaration, runtime: Path) -> dict[str, str]:
    """Return the environment that Lambda sets, with what the function declares."""
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

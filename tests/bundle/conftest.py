"""The bundle, made once for a run, and an emulator that runs it behind API Gateway as the template declares."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Protocol

import pytest

from local.choices import PASSED_ON
from local.emulator import Emulator
from local.parts import Part
from local.server_process import HOST, free_port
from tests import warm_start
from tests.stacks.warm_app import lock_file
from tests.waiting import wait_until

from .declared_function import DeclaredFunction, bundle


@pytest.fixture(scope="session")
def folder(run_folder: Path) -> Path:
    """Return the folder of the bundle for this machine, which all processes of the run read."""
    folder = run_folder / "bundle"
    with lock_file(run_folder / "bundle.lock"):
        if not folder.exists():
            made = Path(mkdtemp(dir=run_folder))
            bundle().fill(made)
            made.rename(folder)
    return folder


@pytest.fixture(scope="session")
def declared(run_folder: Path) -> DeclaredFunction:
    """Return the function of the synthesized template."""
    return DeclaredFunction.synthesize(run_folder)


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@dataclass(frozen=True)
class RunningFunction:
    """A running function behind its gateway."""

    url: str
    emulator: Emulator
    gateway: Part

    @property
    def log(self) -> str:
        """The output of the function, Lambda and API Gateway."""
        return self.emulator.log.read_text() + self.gateway.log.read_text()


class StartFunction(Protocol):
    """Starts the function as the template declares it, behind a gateway; both stop after the test."""

    def __call__(self, values: Mapping[str, str], *, timeout: int | None = None) -> RunningFunction:
        """Return the function once it accepts requests."""


@pytest.fixture
def start_function(folder: Path, declared: DeclaredFunction, tmp_path: Path) -> Iterator[StartFunction]:
    with ExitStack() as stack:

        def start(values: Mapping[str, str], *, timeout: int | None = None) -> RunningFunction:
            emulator = stack.enter_context(Emulator(declared.with_bundle(folder, values, timeout), tmp_path))
            port = free_port()
            words = ["local.gateway", "--port", str(port), "--function", emulator.url]
            environ = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
            gateway = Part("gateway", words, tmp_path, environ, warm_start.start)
            stack.callback(gateway.stop)
            running = RunningFunction(f"http://{HOST}:{port}", emulator, gateway)
            wait_until(lambda: _is_listening(port), lambda: f"no gateway: {gateway.log.read_text()}")
            return running

        yield start

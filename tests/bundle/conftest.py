"""The bundle, made once for each file of tests, and API Gateway before the emulator that runs it as declared."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from local.choices import PASSED_ON
from local.emulator import Emulator
from local.parts import Part
from local.server_process import HOST, free_port
from tests.waiting import wait_until

from .declared_function import DeclaredFunction, bundle


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle for this machine."""
    made = tmp_path_factory.mktemp("bundle")
    bundle().fill(made)
    return made


@pytest.fixture(scope="session")
def declared(tmp_path_factory: pytest.TempPathFactory) -> DeclaredFunction:
    """The function in the synthesized template."""
    return DeclaredFunction.by_app(tmp_path_factory.mktemp("app"))


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@dataclass(frozen=True)
class Running:
    """The function behind its gateway."""

    url: str
    emulator: Emulator
    gateway: Part

    @property
    def log(self) -> str:
        """What the function wrote, and what Lambda and API Gateway say of it."""
        return self.emulator.log.read_text() + self.gateway.log.read_text()


class StartFunction(Protocol):
    """Starts the function as the template declares it, behind a gateway; both end with the test."""

    def __call__(self, values: Mapping[str, str], *, timeout: int | None = None) -> Running:
        """Return it once requests can be sent."""


@pytest.fixture
def start_function(folder: Path, declared: DeclaredFunction, tmp_path: Path) -> Iterator[StartFunction]:
    with ExitStack() as stack:

        def begin(values: Mapping[str, str], *, timeout: int | None = None) -> Running:
            emulator = stack.enter_context(Emulator(declared.on(folder, values, timeout), tmp_path))
            port = free_port()
            words = ["local.gateway", "--port", str(port), "--function", emulator.url]
            environ = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
            gateway = Part("gateway", words, tmp_path, environ)
            stack.callback(gateway.stop)
            running = Running(f"http://{HOST}:{port}", emulator, gateway)
            wait_until(lambda: _is_listening(port), lambda: f"no gateway: {gateway.log.read_text()}")
            return running

        yield begin

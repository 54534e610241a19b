"""The whole system of a test; its own programs are forked from the warm process of tests/warm_start.py."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from local.parts import Part
from local.server_process import is_listening
from local.system import System

from . import warm_start

_NO_CHOICES: Final[Mapping[str, str]] = {}


def make_system(
    folder: Path, environ: Mapping[str, str], *, allowed_hosts: str = "", choices: Mapping[str, str] = _NO_CHOICES
) -> System:
    """Return it before its start, for a `with` block."""
    return System(folder, environ, allowed_hosts=allowed_hosts, choices=choices, start_process=warm_start.start)


def start_gateway(system: System, folder: Path, port: int) -> Part:
    """Start another gateway of a running system, for a test that ends it."""
    words = ["local.gateway", "--port", str(port)]
    gateway = Part("gateway", words, folder, system.gateway.environ, warm_start.start)
    gateway.wait_until(lambda: is_listening(port))
    return gateway

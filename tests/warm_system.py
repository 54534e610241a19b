"""The whole system of a test; its own programs are forked from the warm process of tests/warm_start.py."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from local.system import System

from . import warm_start

_NO_CHOICES: Final[Mapping[str, str]] = {}


def make_system(
    folder: Path, environ: Mapping[str, str], *, allowed_hosts: str = "", choices: Mapping[str, str] = _NO_CHOICES
) -> System:
    """Return it before its start, for a `with` block."""
    return System(folder, environ, allowed_hosts=allowed_hosts, choices=choices, start_process=warm_start.start)

"""The workflows that the function runs. An old version of one stays here until its last invocation has ended."""

from collections.abc import Sequence
from typing import Any, Final

from durable import Workflow

from .factorial import factorial

WORKFLOWS: Final[Sequence[Workflow[..., Any]]] = (factorial,)

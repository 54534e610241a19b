"""Imports the workflows that a word of the command line names."""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from durable.workflows import Workflow


class WorkflowsNotFoundError(Exception):
    """A word names no workflows; the text says why."""


def load_workflows(name: str) -> Sequence[Workflow[..., Any]]:
    """Return what `module:name` stands for: a workflow, several, or a function that returns them."""
    module, _, attribute = name.partition(":")
    sys.path.insert(0, str(Path.cwd()))  # as `python -m` does, and a console script does not
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as exc:
        raise WorkflowsNotFoundError(f"{name} cannot be imported: {exc}; write MODULE:NAME") from exc
    finally:
        sys.path.pop(0)
    if callable(found) and not isinstance(found, Workflow):
        found = found()
    workflows = [found] if isinstance(found, Workflow) else found
    is_list = isinstance(workflows, Sequence) and all(isinstance(one, Workflow) for one in workflows)
    if not workflows or not is_list:
        raise WorkflowsNotFoundError(f"{name} is neither a workflow nor a list of workflows")
    return workflows

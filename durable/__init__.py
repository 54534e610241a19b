"""Durable steps and workflows on Resonate. The worker that runs them is in `durable.runtime`.

Every name is imported when it is first used: a child process that needs an error class loads nothing of the SDK's
runtime, and none of the modules that only a worker needs.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resonate.context import Context

    from .batches import ALL_COMPLETED, FAIL_FAST, FIRST_SUCCESSFUL, Batch, BatchEnd, Completion, Counts
    from .callbacks import Answer, Callback, Question
    from .chapters import Chapter, run_chapters
    from .children import run_in_child
    from .clock import Clock
    from .deadline import work_until
    from .durable_retries import DurableRetry, run_with_durable_retries
    from .errors import (
        ErrorCode,
        JobError,
        PermanentError,
        TemporaryError,
        attribute_errors_to,
        error_of,
        most_severe,
        parse_error,
    )
    from .fanout import FanOut
    from .fork_client import ChildUsage, child_usage, start_fork_server
    from .job_logs import job_log
    from .limits import Limits, limit_cpu
    from .logs import Field, Fields, JsonFormatter, log_event
    from .mapping import map_steps, map_workflows
    from .named_context import with_name
    from .payload import MAX_RESULT_BYTES
    from .polling import Until
    from .preload import Preload
    from .promises import PromisePort, PromiseSnapshot, PromiseState, RootPromise, WorkflowName
    from .races import CallOutcome, all_of, all_settled, first_successful, race
    from .remotes import RemoteWorkflow, remote
    from .retry import MAX_PAUSE_SECONDS, Backoff, Retry
    from .run import current_run
    from .saga import Saga
    from .scopes import Scope
    from .server import PeriodicTask, PromiseSummary, Server
    from .step_events import OnStepEvent, StepEvent, StepEventKind, ignore_step_events
    from .steps import Step, step
    from .workflows import Workflow, workflow

__all__ = [
    "ALL_COMPLETED", "FAIL_FAST", "FIRST_SUCCESSFUL", "MAX_PAUSE_SECONDS", "MAX_RESULT_BYTES", "Answer", "Backoff",
    "Batch", "BatchEnd", "CallOutcome", "Callback", "Chapter", "ChildUsage", "Clock", "Completion", "Context", "Counts",
    "DurableRetry", "ErrorCode", "FanOut", "Field", "Fields", "JobError", "JsonFormatter", "Limits", "OnStepEvent",
    "PeriodicTask", "PermanentError", "Preload", "PromisePort", "PromiseSnapshot", "PromiseState", "PromiseSummary",
    "Question", "RemoteWorkflow", "Retry", "RootPromise", "Saga", "Scope", "Server", "Step", "StepEvent",
    "StepEventKind", "TemporaryError", "Until", "Workflow", "WorkflowName", "all_of", "all_settled",
    "attribute_errors_to", "child_usage", "current_run", "error_of", "first_successful", "ignore_step_events",
    "job_log", "limit_cpu", "log_event", "map_steps", "map_workflows", "most_severe", "parse_error", "race", "remote",
    "run_chapters", "run_in_child", "run_with_durable_retries", "start_fork_server", "step", "with_name", "work_until",
    "workflow",
]  # fmt: skip


def find_lazily(package: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's `__getattr__`, which Python calls for a name that is not imported yet.

    `names` maps each module to its names, separated by blanks. A module with a dot belongs to another package. No
    module may share a name with one of them: importing a submodule sets an attribute of that name.
    """
    modules = {name: module for module, listed in names.items() for name in listed.split()}

    def find(name: str) -> Any:  # noqa: ANN401 type checkers see the imports of the package
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = modules[name]
        return getattr(import_module(module if "." in module else f"{package}.{module}"), name)

    return find


__getattr__ = find_lazily(
    __name__,
    {
        "batches": "ALL_COMPLETED FAIL_FAST FIRST_SUCCESSFUL Batch BatchEnd Completion Counts",
        "callbacks": "Answer Callback Question",
        "chapters": "Chapter run_chapters",
        "children": "run_in_child",
        "clock": "Clock",
        "deadline": "work_until",
        "durable_retries": "DurableRetry run_with_durable_retries",
        "errors": (
            "ErrorCode JobError PermanentError TemporaryError attribute_errors_to error_of most_severe parse_error"
        ),
        "fanout": "FanOut",
        "fork_client": "ChildUsage child_usage start_fork_server",
        "job_logs": "job_log",
        "limits": "Limits limit_cpu",
        "logs": "Field Fields JsonFormatter log_event",
        "mapping": "map_steps map_workflows",
        "named_context": "with_name",
        "payload": "MAX_RESULT_BYTES",
        "polling": "Until",
        "preload": "Preload",
        "promises": "PromisePort PromiseSnapshot PromiseState RootPromise WorkflowName",
        "races": "CallOutcome all_of all_settled first_successful race",
        "remotes": "RemoteWorkflow remote",
        "resonate.context": "Context",
        "retry": "MAX_PAUSE_SECONDS Backoff Retry",
        "run": "current_run",
        "saga": "Saga",
        "scopes": "Scope",
        "server": "PeriodicTask PromiseSummary Server",
        "step_events": "OnStepEvent StepEvent StepEventKind ignore_step_events",
        "steps": "Step step",
        "workflows": "Workflow workflow",
    },
)

"""The test kit: workflows in milliseconds, with time that jumps, and a certifier that kills workers everywhere.

Every name is imported when it is first used: pytest loads the plugin in each run.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .certificate import Certificate, Problem
    from .certifier import Progress, Scenario, Trial, certify
    from .driver import DriverOptions
    from .jobs import AsyncJob, Job, JobFailedError
    from .on_stack import OnStack
    from .places import InProcess, OnDebugServer, Place
    from .refusals import NotOnStackError
    from .stage import StuckError
    from .step_bodies import HANGING
    from .workflow_test import AsyncWorkflowTest, WorkflowTest

__all__ = [
    "HANGING", "AsyncJob", "AsyncWorkflowTest", "Certificate", "DriverOptions", "InProcess", "Job", "JobFailedError",
    "NotOnStackError", "OnDebugServer", "OnStack", "Place", "Problem", "Progress", "Scenario", "StuckError", "Trial",
    "WorkflowTest", "certify",
]  # fmt: skip

_NAMES: Final = {
    "certificate": "Certificate Problem",
    "certifier": "Progress Scenario Trial certify",
    "driver": "DriverOptions",
    "jobs": "AsyncJob Job JobFailedError",
    "on_stack": "OnStack",
    "places": "InProcess OnDebugServer Place",
    "refusals": "NotOnStackError",
    "stage": "StuckError",
    "step_bodies": "HANGING",
    "workflow_test": "AsyncWorkflowTest WorkflowTest",
}
_MODULES: Final = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:  # noqa: ANN401 type checkers see the imports above
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)

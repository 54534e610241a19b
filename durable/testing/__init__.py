"""The test kit: workflows in milliseconds, with time that jumps, and a certifier that kills workers everywhere.

Every name is imported when it is first used: pytest loads the plugin in each run.
"""

from typing import TYPE_CHECKING

from durable import find_lazily

if TYPE_CHECKING:
    from .certificate import Certificate, Problem
    from .certifier import Progress, Scenario, Trial, certify
    from .jobs import AsyncJob, Job, JobFailedError
    from .on_stack import OnStack
    from .places import InProcess, OnDebugServer, Place
    from .refusals import NotOnStackError
    from .stage import StuckError
    from .step_bodies import HANGING
    from .worker_pool import DriverOptions
    from .workflow_test import AsyncWorkflowTest, WorkflowTest

__all__ = [
    "HANGING", "AsyncJob", "AsyncWorkflowTest", "Certificate", "DriverOptions", "InProcess", "Job", "JobFailedError",
    "NotOnStackError", "OnDebugServer", "OnStack", "Place", "Problem", "Progress", "Scenario", "StuckError", "Trial",
    "WorkflowTest", "certify",
]  # fmt: skip

__getattr__ = find_lazily(
    __name__,
    {
        "certificate": "Certificate Problem",
        "certifier": "Progress Scenario Trial certify",
        "jobs": "AsyncJob Job JobFailedError",
        "on_stack": "OnStack",
        "places": "InProcess OnDebugServer Place",
        "refusals": "NotOnStackError",
        "stage": "StuckError",
        "step_bodies": "HANGING",
        "worker_pool": "DriverOptions",
        "workflow_test": "AsyncWorkflowTest WorkflowTest",
    },
)

"""The routes of the HTTP API, with the requests and answers of each.

Infrastructure, the API's description and tests read this table. The trigger does not import it: a new container would
pay for it.
"""

from typing import Final

from .decision_routes import DECISIONS
from .function_routes import FUNCTIONS
from .intake_routes import INTAKE
from .job_routes import JOBS
from .number_routes import NUMBERS
from .problems import PROBLEM_STATUSES
from .route import QUOTAS, Parameter, Route

ROUTES: Final = (*JOBS, *DECISIONS, *NUMBERS, *INTAKE, *FUNCTIONS)

__all__ = ["PROBLEM_STATUSES", "QUOTAS", "ROUTES", "Parameter", "Route"]

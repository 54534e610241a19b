"""The route of figures about jobs."""

from http import HTTPMethod, HTTPStatus
from typing import Final

from contract import numbers

from .route import REQUESTER, Parameter, Route

_TIME: Final = {"type": "string", "format": "date-time"}

NUMBERS: Final = (
    Route(
        method=HTTPMethod.GET,
        path="/numbers",
        summary="Count jobs by hour or day, with their costs, failures and ages.",
        parameters=(
            Parameter(name="since", about="Jobs created then or later; a day before until by default.", schema=_TIME),
            Parameter(name="until", about="Jobs created before; now by default.", schema=_TIME),
            Parameter(
                name="period",
                about="What they are counted by; hours by default if the stretch has two days or less.",
                schema={"type": "string", "enum": list(numbers.Period)},
            ),
            REQUESTER,
        ),
        answers={HTTPStatus.OK: (numbers.Numbers,)},
        problems=("bad_request",),
    ),
)

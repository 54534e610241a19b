"""How a call of a function fails.

CallError
+-- NotTakenError        the function has not begun: throttled, or no connection; the same call may succeed later
+-- FunctionFailedError  the function raised, was killed or is not set up: it is over
+-- UnansweredError      the connection broke: the function may still run
"""


class CallError(Exception):
    """The function gave no answer."""


class NotTakenError(CallError):
    """The function has not begun; the same call may succeed later."""


class FunctionFailedError(CallError):
    """The function is over without an answer."""


class UnansweredError(CallError):
    """It is not known whether the function began, or still runs."""

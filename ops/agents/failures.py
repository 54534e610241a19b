"""The errors that an agent gets: the API's sentence and code, and the remedy if a person must act."""

from longhand_client import ApiError
from ops.errors import UserError
from ops.exit_codes import ExitCode

_CODES = {
    ExitCode.UNAVAILABLE: "unavailable",
    ExitCode.BUSY: "unavailable",
    ExitCode.DENIED: "denied",
    ExitCode.USAGE: "bad_input",
    ExitCode.REFUSED: "refused",
    ExitCode.CONFIG: "not_configured",
}


class ToolError(Exception):
    """A call of a tool failed."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence

    @classmethod
    def of_user_error(cls, error: UserError) -> "ToolError":
        """Return the error of a command as one of a tool: with the API's own code, if it sent one."""
        cause = error.__cause__
        if isinstance(cause, ApiError) and cause.code:
            return cls(cause.code, cause.sentence)
        return cls(_CODES.get(error.code, "failed"), str(error))

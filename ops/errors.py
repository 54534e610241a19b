"""The error that ends a command: what went wrong, what to do about it, and the exit code.

A `UserError` has a cause that the user can change: input, environment, network, AWS. Every other exception is an
internal error and shows its traceback.
"""

from .exit_codes import ExitCode


class UserError(Exception):
    """Ends the command. `remedy` is what to do or to type; it is empty when the sentence contains it."""

    def __init__(self, code: ExitCode, sentence: str, remedy: str = "") -> None:
        super().__init__(code, sentence, remedy)
        self.code = code
        self.sentence = sentence
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.sentence}: {self.remedy}" if self.remedy else self.sentence

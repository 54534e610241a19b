"""What can stand in the way of a command: one sentence, what to do about it, and the exit code.

Everything that a person or their surroundings can cause is a `Fault`; whatever else arises is a fault of this program
and shows itself as one.
"""

from .exit_codes import ExitCode


class UserError(Exception):
    """Ends the command. `remedy` is what to do or to type, and may be empty when the sentence says it."""

    def __init__(self, code: ExitCode, sentence: str, remedy: str = "") -> None:
        super().__init__(code, sentence, remedy)
        self.code = code
        self.sentence = sentence
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.sentence}: {self.remedy}" if self.remedy else self.sentence

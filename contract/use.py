"""The time and money that the work on a document took, in all and by its model."""

from .model import Value


class Use(Value):
    """What a step took over all its parts: seconds of work, recognized pages, tokens, and what providers charge.

    An answer that was paid for before costs nothing. An unknown price is left out; a warning names it.
    """

    seconds: float = 0.0
    pages: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Use") -> "Use":
        """Return the sum."""
        return Use(
            seconds=round(self.seconds + other.seconds, 3),
            pages=self.pages + other.pages,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=round(self.cost_usd + other.cost_usd, 6),
        )


class Usage(Value):
    """The use of a model: its answers, how many of them had been paid for before (`found`), and what they took."""

    model: str
    answers: int = 0
    found: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0

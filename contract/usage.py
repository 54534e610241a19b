"""Usage: the time and money that the work on a document took, in total and by its model."""

from .model import Value


class Usage(Value):
    """What a step took over all its parts: seconds of work, recognized pages, tokens, and what providers charge.

    An answer that was paid for before costs nothing. An unknown price is left out; a warning names it.
    """

    seconds: float = 0.0
    pages: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        """Return the sum."""
        return Usage(
            seconds=round(self.seconds + other.seconds, 3),
            pages=self.pages + other.pages,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=round(self.cost_usd + other.cost_usd, 6),
        )


class ModelAnswers(Value):
    """The number of a model's answers, how many of them were paid for before, and the usage of all."""

    model: str
    count: int = 0
    reused: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0

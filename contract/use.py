"""What the work on a document takes: of everything, and of a model."""

from .model import Value


class Use(Value):
    """What a step took, over all its parts: seconds of work, pages that were recognized, tokens, what providers charge.

    An answer that had been paid for before costs nothing again. A price that nobody knows is not counted, and told.
    """

    seconds: float = 0.0
    pages: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Use") -> "Use":
        """Return both together."""
        return Use(
            seconds=round(self.seconds + other.seconds, 3),
            pages=self.pages + other.pages,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=round(self.cost_usd + other.cost_usd, 6),
        )


class Usage(Value):
    """What a model was used for: its answers, those of them that had been paid for before, and what they took."""

    model: str
    answers: int = 0
    found: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0

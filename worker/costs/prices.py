"""What providers charge: for a recognized page, and for a model's tokens.

It asks nobody over the network. A price that is not known here is unknown, and nothing is made up in its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from contract.engines import AnalyzerKind, OcrEngine
from contract.use import Use

TOLD: Final = 2_500  # tokens of instructions and form: those of our largest type have 6,500 characters
BYTES_A_TOKEN: Final = 3  # of UTF-8: four in English, fewer in tables of numbers; a Chinese character is a token
_MILLION: Final = 1_000_000
_SAMPLE: Final = 1_000  # tokens: some prices are higher for longer texts than we ever send
_PROVIDERS: Final = {AnalyzerKind.BEDROCK: "aws", AnalyzerKind.OPENAI: "openai"}  # as the list of prices calls them


@dataclass(frozen=True, kw_only=True)
class TokenPrice:
    """US dollars for a million tokens."""

    read: float = 0.0
    written: float = 0.0

    def of(self, use: Use) -> float:
        """Return what the tokens cost."""
        return (use.input_tokens * self.read + use.output_tokens * self.written) / _MILLION


NOTHING: Final = TokenPrice()


@dataclass(frozen=True, kw_only=True)
class Rates:
    """What providers charge a worker as it is set: for its recognition, and for its analyzer."""

    recognition: str = OcrEngine.RAPIDOCR
    analyzer: str = AnalyzerKind.EXTRACTIVE
    page: float = 0.0  # US dollars for a recognized page
    tokens: TokenPrice | None = NOTHING  # None: nobody knows
    told: Mapping[str, int] = field(default_factory=dict)  # tokens that a model is told beside the text, by type

    @property
    def is_analysis_paid(self) -> bool:
        """Whether a model is asked that may cost something."""
        return self.tokens != NOTHING

    def told_of(self, kind: str) -> int:
        """Return how many tokens go with each text of a type: of one that somebody made, they may be very many."""
        return max(TOLD, self.told.get(kind, 0))

    def of_pages(self, count: int) -> float:
        """Return what so many recognized pages cost."""
        return round(count * self.page, 6)

    def of_tokens(self, use: Use) -> float | None:
        """Return what the tokens cost, or None if there are some and nobody knows."""
        if not use.input_tokens and not use.output_tokens:
            return 0.0
        return self.tokens.of(use) if self.tokens else None


FREE: Final = Rates()


def rates_of(recognition: str, analyzer: str, *, given: TokenPrice | None = None, is_own_server: bool = False) -> Rates:
    """Return what the chosen recognition and analyzer (`extractive`, or `provider:model`) cost."""
    return Rates(
        recognition=recognition,
        analyzer=analyzer,
        page=OcrEngine(recognition).page_usd,
        tokens=_token_price(analyzer, given, is_own_server),
    )


def _token_price(analyzer: str, given: TokenPrice | None, is_own_server: bool) -> TokenPrice | None:  # noqa: FBT001 private
    provider, _, model = analyzer.partition(":")
    if not model:
        return NOTHING
    if given or is_own_server:  # a model may be called as a well-known one is, and cost something else
        return given
    return _listed(_PROVIDERS[provider], model) if provider in _PROVIDERS else None


def _listed(provider: str, model: str) -> TokenPrice | None:
    """Look the model up in a list that comes as a package: an import of a third of a second, so only here."""
    from genai_prices import Usage, calc_price  # noqa: PLC0415 see above

    sample = Usage(input_tokens=_SAMPLE, output_tokens=_SAMPLE)
    try:
        found = calc_price(sample, model, provider_id=provider)
    except LookupError:
        return None
    scale = _MILLION // _SAMPLE
    return TokenPrice(read=float(found.input_price * scale), written=float(found.output_price * scale))

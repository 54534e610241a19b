"""What providers charge for a recognized page and for a model's tokens.

Prices come from a package, without a request. A price that it lacks is unknown, and is never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from contract.engines import AnalyzerKind, OcrEngine
from contract.usage import Usage

PROMPT_TOKENS: Final = 2_500  # of instructions and form: the largest built-in type has 6,500 characters
USD_TOLERANCE: Final = 1e-9  # sums of floats are off by less
BYTES_PER_TOKEN: Final = 3  # of UTF-8: four in English, fewer in tables of numbers; a Chinese character is a token
_MILLION: Final = 1_000_000
_SAMPLE: Final = 1_000  # tokens: some prices rise for texts longer than any that we send
_PROVIDERS: Final = {AnalyzerKind.BEDROCK: "aws", AnalyzerKind.OPENAI: "openai"}  # names in the price list


@dataclass(frozen=True, kw_only=True)
class TokenPrice:
    """US dollars for a million tokens."""

    read: float = 0.0
    written: float = 0.0

    def of(self, usage: Usage) -> float:
        """Return what the tokens cost."""
        return (usage.input_tokens * self.read + usage.output_tokens * self.written) / _MILLION


NO_TOKEN_PRICE: Final = TokenPrice()


@dataclass(frozen=True, kw_only=True)
class Rates:
    """What providers charge for the OCR engine and the analyzer of a worker."""

    ocr_engine: str = OcrEngine.RAPIDOCR
    analyzer: str = AnalyzerKind.EXTRACTIVE
    page: float = 0.0  # US dollars for a recognized page
    tokens: TokenPrice | None = NO_TOKEN_PRICE  # None: unknown
    prompt_tokens: Mapping[str, int] = field(default_factory=dict)  # beside the text, by document type

    @property
    def is_analysis_paid(self) -> bool:
        """Whether the analyzer is a model that may cost something."""
        return self.tokens != NO_TOKEN_PRICE

    def prompt_tokens_of(self, kind: str) -> int:
        """Return the prompt tokens sent with each text of a type; a custom type may need many."""
        return max(PROMPT_TOKENS, self.prompt_tokens.get(kind, 0))

    def of_pages(self, count: int) -> float:
        """Return the cost of recognizing `count` pages."""
        return round(count * self.page, 6)

    def of_tokens(self, usage: Usage) -> float | None:
        """Return the cost of the tokens; None if there are some and their price is unknown."""
        if not usage.input_tokens and not usage.output_tokens:
            return 0.0
        return self.tokens.of(usage) if self.tokens else None


FREE: Final = Rates()


def rates_of(ocr_engine: str, analyzer: str, *, given: TokenPrice | None = None, is_own_server: bool = False) -> Rates:
    """Return what the chosen OCR engine and analyzer (`extractive`, or `provider:model`) cost."""
    return Rates(
        ocr_engine=ocr_engine,
        analyzer=analyzer,
        page=OcrEngine(ocr_engine).page_usd,
        tokens=_find_token_price(analyzer, given, is_own_server),
    )


def _find_token_price(analyzer: str, given: TokenPrice | None, is_own_server: bool) -> TokenPrice | None:  # noqa: FBT001 private
    provider, _, model = analyzer.partition(":")
    if not model:
        return NO_TOKEN_PRICE
    if given or is_own_server:  # its model may share the name of a listed model, but not its price
        return given
    return _find_listed_price(_PROVIDERS[AnalyzerKind(provider)], model) if provider in _PROVIDERS else None


def _find_listed_price(provider: str, model: str) -> TokenPrice | None:
    """Look the model up in the price list. Its import takes a third of a second, so only here."""
    from genai_prices import Usage, calc_price  # noqa: PLC0415 see above

    sample = Usage(input_tokens=_SAMPLE, output_tokens=_SAMPLE)
    try:
        price = calc_price(sample, model, provider_id=provider)
    except LookupError:
        return None
    scale = _MILLION // _SAMPLE
    return TokenPrice(read=float(price.input_price * scale), written=float(price.output_price * scale))

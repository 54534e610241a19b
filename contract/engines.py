"""OCR engines and kinds of analyzers: the names that settings accept, and the time and price of a page."""

from enum import StrEnum
from typing import Self


class OcrEngine(StrEnum):
    """The OCR engines, each with the processor seconds and the price of a page.

    Seconds are the mean of the six materials in docs/figures.md. For Textract, they are the time to render and send a
    page, and `wait_seconds` is the time until it answers.
    """

    page_seconds: float  # the processor's seconds
    wait_seconds: float  # until the text of a page is there
    page_usd: float

    def __new__(
        cls, name: str, page_seconds: float = 0.0, wait_seconds: float | None = None, page_usd: float = 0.0
    ) -> Self:
        """Give the name its figures."""
        engine = str.__new__(cls, name)
        engine._value_ = name
        engine.page_seconds = page_seconds
        engine.wait_seconds = page_seconds if wait_seconds is None else wait_seconds
        engine.page_usd = page_usd
        return engine

    RAPIDOCR = "rapidocr", 1.1
    TESSERACT = "tesseract", 1.0
    MIXED = "mixed", 1.3  # Tesseract, and RapidOCR for what Tesseract may have missed
    # DetectDocumentText, first million pages of a month, us-east-1; aws.amazon.com/textract/pricing, November 2026.
    TEXTRACT = "textract", 0.25, 3.0, 1.50 / 1_000


class AnalyzerKind(StrEnum):
    """Kinds of analyzers: the rules of this project, or a provider's model as in `bedrock:<model id>`."""

    EXTRACTIVE = "extractive"
    BEDROCK = "bedrock"
    OPENAI = "openai"


class Alphabet(StrEnum):
    """The letters that RapidOCR distinguishes; fewer cost less time."""

    LATIN = "latin"  # with Greek letters, digits, signs and currencies
    ALL = "all"  # with Chinese and Japanese characters, too

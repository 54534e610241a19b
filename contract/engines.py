"""OCR engines and analyzers: the names that settings accept."""

from enum import StrEnum


class OcrEngine(StrEnum):
    """What reads pages without text."""

    RAPIDOCR = "rapidocr"
    TESSERACT = "tesseract"
    MIXED = "mixed"  # Tesseract, and RapidOCR for what it may have missed
    TEXTRACT = "textract"  # Amazon Textract, which charges for each page

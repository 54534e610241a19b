"""Choose an OCR engine, and check that what it needs is on this machine. Nothing is installed or called."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from contract.engines import Alphabet, OcrEngine

from .tesseract import LANGUAGE

# Where Debian, Alpine, Fedora, a build from source and Homebrew put Tesseract's language data.
TESSDATA_FOLDERS: Final = tuple(
    Path(folder)
    for folder in (
        "/usr/share/tesseract-ocr/5/tessdata",
        "/usr/share/tesseract-ocr/4.00/tessdata",
        "/usr/share/tessdata",
        "/usr/share/tesseract/tessdata",
        "/usr/local/share/tessdata",
        "/opt/homebrew/share/tessdata",
    )
)


class EngineMissingError(ValueError):
    """The chosen engine cannot work here; the message names what it lacks, and the remedy."""


@dataclass(frozen=True, kw_only=True)
class OcrChoice:
    """An OCR engine, the folder of its language data if it needs some, and the letters that RapidOCR distinguishes."""

    engine: OcrEngine = OcrEngine.RAPIDOCR
    tessdata: str = ""
    alphabet: Alphabet = Alphabet.LATIN


RAPIDOCR: Final = OcrChoice()


def choose_engine(engine: OcrEngine, *, tessdata: str = "", folders: Iterable[Path] = TESSDATA_FOLDERS) -> OcrChoice:
    """Return a choice that works on this machine, or raise `EngineMissingError`."""
    if engine is OcrEngine.RAPIDOCR:
        return RAPIDOCR
    if engine is OcrEngine.TEXTRACT:
        return _choose_textract()
    if find_spec("tesserocr") is None:
        raise EngineMissingError(f"the OCR engine {engine} needs the package tesserocr: install it, or choose rapidocr")
    searched = [Path(tessdata)] if tessdata else folders
    folder = next((folder for folder in searched if (folder / f"{LANGUAGE}.traineddata").is_file()), None)
    if folder is None:
        raise EngineMissingError(
            f"the OCR engine {engine} needs Tesseract's language data, and there is no {LANGUAGE}.traineddata in "
            f"{', '.join(map(str, searched))}: install it (Debian: tesseract-ocr-{LANGUAGE}), "
            "name its folder in TESSDATA_PREFIX, or choose rapidocr"
        )
    return OcrChoice(engine=engine, tessdata=str(folder))


def _choose_textract() -> OcrChoice:
    """Check that a region and credentials are set; only AWS knows whether they are the right ones."""
    from boto3.session import Session  # type: ignore[import-untyped] # noqa: PLC0415 only Textract needs it
    from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped] # noqa: PLC0415

    try:
        session = Session()
        region, credentials = session.region_name, session.get_credentials()
    except BotoCoreError as exc:
        raise EngineMissingError(
            f"the OCR engine textract needs AWS settings, and boto3 cannot read them: {exc}"
        ) from exc
    if region is None:
        raise EngineMissingError("the OCR engine textract needs a region: set AWS_DEFAULT_REGION, or choose rapidocr")
    if credentials is None:
        raise EngineMissingError(
            "the OCR engine textract needs AWS credentials where boto3 looks for them: set them, or choose rapidocr"
        )
    return OcrChoice(engine=OcrEngine.TEXTRACT)

"""Which recognition reads pages, and whether what it needs is here. It finds; it installs nothing, and asks nobody."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from .tesseract import LANGUAGE

# Where Debian, Alpine, Fedora, a build of one's own and Homebrew put Tesseract's language data.
FOLDERS: Final = tuple(
    Path(place)
    for place in (
        "/usr/share/tesseract-ocr/5/tessdata",
        "/usr/share/tesseract-ocr/4.00/tessdata",
        "/usr/share/tessdata",
        "/usr/share/tesseract/tessdata",
        "/usr/local/share/tessdata",
        "/opt/homebrew/share/tessdata",
    )
)


class NotInstalled(ValueError):  # noqa: N818 it says what is wrong
    """The recognition that was chosen cannot work here; its text says what to do."""


class Recognizer(StrEnum):
    """Who reads."""

    RAPIDOCR = "rapidocr"
    TESSERACT = "tesseract"
    MIXED = "mixed"  # Tesseract, and RapidOCR where that may not be enough
    TEXTRACT = "textract"  # AWS, which charges for each page


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A recognition, and where its language data is if it needs some."""

    recognizer: Recognizer = Recognizer.RAPIDOCR
    tessdata: str = ""


RAPIDOCR: Final = Choice()


def choose(recognizer: Recognizer, *, tessdata: str = "", folders: Iterable[Path] = FOLDERS) -> Choice:
    """Return a choice that works here, or say in one sentence what it lacks."""
    if recognizer is Recognizer.RAPIDOCR:
        return RAPIDOCR
    if recognizer is Recognizer.TEXTRACT:
        return _textract()
    if find_spec("tesserocr") is None:
        raise NotInstalled(f"the recognition {recognizer} needs the package tesserocr: install it, or choose rapidocr")
    places = [Path(tessdata)] if tessdata else folders
    found = next((place for place in places if (place / f"{LANGUAGE}.traineddata").is_file()), None)
    if found is None:
        raise NotInstalled(
            f"the recognition {recognizer} needs Tesseract's language data, and there is no {LANGUAGE}.traineddata in "
            f"{', '.join(map(str, places))}: install it (Debian: tesseract-ocr-{LANGUAGE}), "
            "name its folder in TESSDATA_PREFIX, or choose rapidocr"
        )
    return Choice(recognizer=recognizer, tessdata=str(found))


def _textract() -> Choice:
    """Look for what a call needs, without making one: whether they are the right ones, only AWS knows."""
    from boto3.session import Session  # type: ignore[import-untyped] # noqa: PLC0415 who chose another needs none
    from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped] # noqa: PLC0415

    try:
        session = Session()
        region, credentials = session.region_name, session.get_credentials()
    except BotoCoreError as exc:
        raise NotInstalled(f"the recognition textract needs AWS, whose settings boto3 cannot read: {exc}") from exc
    if region is None:
        raise NotInstalled("the recognition textract needs a region: set AWS_DEFAULT_REGION, or choose rapidocr")
    if credentials is None:
        raise NotInstalled("the recognition textract needs credentials of AWS where boto3 looks, or choose rapidocr")
    return Choice(recognizer=Recognizer.TEXTRACT)

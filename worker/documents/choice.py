"""Which recognition reads pages, and whether what it needs is installed here. It finds; it installs nothing."""

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

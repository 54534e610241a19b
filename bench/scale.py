"""How much is measured: what the command line asked for. It says nothing of how a thing is measured."""

from dataclasses import dataclass

from contract.engines import OcrEngine
from worker.documents.ocr_engines import EngineMissingError, OcrChoice, choose_engine


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How many of what; each subject takes what concerns it."""

    workflows: int = 30_000
    pages: int = 48
    recognizers: tuple[OcrEngine, ...] = (OcrEngine.RAPIDOCR, OcrEngine.TESSERACT, OcrEngine.MIXED)
    workers: tuple[int, ...] = (1, 2)

    def choices(self) -> list[OcrChoice]:
        """Return who can read on this machine, in the order asked for; say who cannot."""
        found = []
        for recognizer in self.recognizers:
            try:
                found.append(choose_engine(recognizer))
            except EngineMissingError as exc:
                print(f"not measured: {exc}")
        return found

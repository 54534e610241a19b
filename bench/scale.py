"""How much is measured, as the command line asks."""

from dataclasses import dataclass
from pathlib import Path

from contract.engines import OcrEngine
from worker.documents.ocr_engines import EngineMissingError, OcrChoice, choose_engine


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The size of each measurement; a subject uses the values that concern it."""

    workflows: int = 30_000
    pages: int = 48
    ocr_engines: tuple[OcrEngine, ...] = (OcrEngine.RAPIDOCR, OcrEngine.TESSERACT, OcrEngine.MIXED)
    workers: tuple[int, ...] = (1, 2)
    jobs: tuple[int, ...] = (1_000, 200_000)
    waiting: tuple[int, ...] = (0, 1_000, 12_000, 50_000)
    sheet_step: int = 1  # every how many generated pages of a material are read
    photos: Path | None = None  # a folder of pictures, each with a .json of known values, as `make eval` reads them

    def choose_engines(self) -> list[OcrChoice]:
        """Return the OCR engines that work on this machine, in the given order; print the others."""
        choices = []
        for ocr_engine in self.ocr_engines:
            try:
                choices.append(choose_engine(ocr_engine))
            except EngineMissingError as exc:
                print(f"not measured: {exc}")
        return choices

"""Write the set into a folder, the same for each seed: digital documents, and scans of some of them."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Final

from evaluation.compare import Comparison

from .contracts import draw_contract
from .invoices import draw_invoice
from .reports import draw_report
from .sheet import Sheet
from .wear import Wear, add_noise, compress, scan_pdf, skew

type Draw = Callable[[Random], tuple[Sheet, dict[str, object]]]

SEED: Final = 7
COUNTS: Final = {"invoice": 60, "contract": 20, "report": 20}
SCANS: Final = {"invoice": 24, "contract": 8, "report": 8}  # of each, the first ones: a page takes seconds to read
WEARS: Final[tuple[Wear, ...]] = (add_noise, skew, compress)
# The dot behind `Ltd` may be the name's or the sentence's.
COMPARE: Final = {"contract": {"parties": Comparison.FUZZY}}
_DRAW: Final[dict[str, Draw]] = {"invoice": draw_invoice, "contract": draw_contract, "report": draw_report}


def draw_documents(kind: str, count: int, seed: int = SEED) -> Iterator[tuple[Sheet, dict[str, object]]]:
    """Yield `count` documents of a type with their known values."""
    random = Random(f"{kind} {seed}")
    return (_DRAW[kind](random) for _ in range(count))


def write_documents(folder: Path, seed: int = SEED, *, scans: Mapping[str, int] = SCANS) -> None:
    """Write all documents as PDF, each with a file of known values; a scan has those of its document."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, count in COUNTS.items():
        for number, (sheet, fields) in enumerate(draw_documents(kind, count, seed), start=1):
            name = f"{kind}-{number:02}"
            truth: dict[str, object] = {
                "type": kind,
                "fields": fields,
                "compare": COMPARE.get(kind, {}),
                "text": sheet.texts(),
            }
            _write(folder / name, sheet.pdf(), truth)
            if number <= scans.get(kind, 0):
                wear = WEARS[number % len(WEARS)]
                _write(folder / f"{name}-scan", scan_pdf(sheet.pdf(), wear, Random(name)), truth)


def _write(path: Path, pdf: bytes, truth: dict[str, object]) -> None:
    path.with_suffix(".pdf").write_bytes(pdf)
    path.with_suffix(".json").write_text(json.dumps(truth, indent=1, ensure_ascii=False))

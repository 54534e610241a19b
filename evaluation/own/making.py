"""Writes the set into a folder: the same one each time."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Final

from evaluation.compare import Way

from .contracts import contract
from .invoices import invoice
from .reports import report
from .sheet import Sheet

type Draw = Callable[[Random], tuple[Sheet, dict[str, object]]]

SEED: Final = 7
COUNTS: Final = {"invoice": 60, "contract": 20, "report": 20}
# Whether the dot behind `Ltd` is the name's or the sentence's, nobody can tell.
COMPARE: Final = {"contract": {"parties": Way.FUZZY}}
_DRAW: Final[dict[str, Draw]] = {"invoice": invoice, "contract": contract, "report": report}


def drawn(kind: str, count: int, seed: int = SEED) -> Iterator[tuple[Sheet, dict[str, object]]]:
    """Give so many documents of a type and what is true of each."""
    random = Random(f"{kind} {seed}")
    return (_DRAW[kind](random) for _ in range(count))


def make(folder: Path, seed: int = SEED) -> None:
    """Write all of them, as PDF, with what is true beside each."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, count in COUNTS.items():
        for number, (sheet, fields) in enumerate(drawn(kind, count, seed), start=1):
            name = f"{kind}-{number:02}"
            (folder / f"{name}.pdf").write_bytes(sheet.pdf())
            truth = {"type": kind, "fields": fields, "compare": COMPARE.get(kind, {}), "text": sheet.texts()}
            (folder / f"{name}.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False))

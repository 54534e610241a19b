"""What an operator may choose about cells: how many there are, which are closed, and which have the anchors."""

from collections.abc import Mapping
from typing import Final

from contract.cells import MAX_CELLS, CellLayout

from .choice_values import ChoiceError, require_match, split_list

KEYS: Final[Mapping[str, str]] = {
    "cells": f"how many servers there are, each with its own database and workers, from 1 to {MAX_CELLS}",
    "closedCells": "the numbers of cells that take no new jobs",
    "anchorCells": "the numbers of the cells that know where each job is; 1, the default, is always right",
}


def read_layout(texts: Mapping[str, str]) -> CellLayout:
    """Read the choices, or raise an error that names the invalid one."""
    count = int(require_match("cells", texts.get("cells", "1"), f"[1-{MAX_CELLS}]", f"a number from 1 to {MAX_CELLS}"))
    closed, anchors = (split_list(key, texts, r"[1-9]", "numbers of cells") for key in ("closedCells", "anchorCells"))
    try:
        return CellLayout.make(count, closed, anchors)
    except ValueError as error:
        key = "anchorCells" if set(anchors) - set(CellLayout.make(count).cells) else "closedCells"
        raise ChoiceError(f"-c {key}={texts[key]} is invalid: {error}") from error

"""How often a finding is right, by field and by what it rests on: shares of documents that were not made here."""

import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("confidence.toml")


class Basis(StrEnum):
    """What a finding rests on."""

    LABEL = "label"  # one clear label, or one clear phrase
    PROOF = "proof"  # a second fact of the document agrees, such as net and tax with the total
    PLACE = "place"  # where it stands, or that there is no other
    CONTRADICTION = "contradiction"  # other sums of the document do not fit
    DATA = "data"  # the document's own XML


def confidence_of(field: str, basis: Basis) -> float | None:
    """Return the measured share, or None for a field that was never measured."""
    return _shares().get(field.partition(".")[0], {}).get(basis)


@cache
def _shares() -> dict[str, dict[str, float]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))

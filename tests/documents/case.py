"""A document of the corpus, and its expected outcome."""

from dataclasses import dataclass

from contract.codes import Code


@dataclass(frozen=True)
class Case:
    """A document and the code of its expected error; without a code, the reader finds `expected_text` in it."""

    name: str
    content: bytes
    code: Code | None = None
    expected_text: str = ""
    repaired: bool = False

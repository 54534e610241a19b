"""A document of the corpus, and what must become of it."""

from dataclasses import dataclass

from contract.codes import Code


@dataclass(frozen=True)
class Case:
    """Bytes, and the code that reading them ends in; with none, they are read, and this stands in them."""

    name: str
    content: bytes
    code: Code | None = None
    says: str = ""
    repaired: bool = False

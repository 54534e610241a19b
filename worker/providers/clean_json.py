"""Makes of what a provider sent something that can be kept: JSON cannot hold all that a parser of JSON lets through.

It judges nothing: what it replaces or leaves out is wrong anyway, and whoever reads the rest finds that out.
"""

import math
from typing import Final

from pydantic import JsonValue

_DEEPEST: Final = 16  # the deepest form that we ask for has four levels; pydantic reads 255


def whole_text(text: str) -> str:
    """Return a text without halves of characters, which no encoding has."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def writable(value: object, levels: int = _DEEPEST) -> JsonValue:
    """Return a value with nothing in place of numbers that are none, and of what is too deep to be read again."""
    match value:
        case str():
            return whole_text(value)
        case float() if not math.isfinite(value):
            return None
        case bool() | int() | float():
            return value
        case dict() if levels:
            return {whole_text(str(name)): writable(one, levels - 1) for name, one in value.items()}
        case list() if levels:
            return [writable(one, levels - 1) for one in value]
    return None

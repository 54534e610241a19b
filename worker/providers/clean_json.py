"""Make JSON of a provider storable: parsers accept values that no encoding or JSON can hold.

Replaced and dropped values are invalid anyway; the caller's validation refuses them.
"""

import math
from typing import Final

from pydantic import JsonValue

_MAX_LEVELS: Final = 16  # the deepest form that we ask for has four; pydantic reads 255


def replace_surrogates(text: str) -> str:
    """Return a text without unpaired surrogates, which no encoding has."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clean_json(value: object, levels: int = _MAX_LEVELS) -> JsonValue:
    """Return a value with null in place of NaN, infinity, and what is nested too deeply."""
    match value:
        case str():
            return replace_surrogates(value)
        case float() if not math.isfinite(value):
            return None
        case bool() | int() | float():
            return value
        case dict() if levels:
            return {replace_surrogates(str(name)): clean_json(one, levels - 1) for name, one in value.items()}
        case list() if levels:
            return [clean_json(one, levels - 1) for one in value]
    return None

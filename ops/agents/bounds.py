"""Limits the size of tools' answers: each token that a model reads costs money, and displaces earlier ones."""

import json
from collections.abc import Sequence
from typing import Any, Final

MAX_CHARACTERS: Final = 20_000  # the longest answer as JSON: about 5,000 tokens
_MAX_CONTENT_CHARACTERS: Final = MAX_CHARACTERS - 1_000  # the rest is for the fields beside it
_MAX_TEXT_CHARACTERS: Final = 2_000  # the longest text in an answer, such as the message of an error
_MIN_TEXT_CHARACTERS: Final = 100

type Fields = dict[str, Any]


def write_json(value: object) -> str:
    """Write JSON in the form of an answer."""
    return json.dumps(value, ensure_ascii=False)


def cut(text: str, offset: int) -> Fields:
    """Return a part of a text, and where the next one begins if there is more."""
    end = offset + _MAX_CONTENT_CHARACTERS
    while len(write_json(text[offset:end])) > _MAX_CONTENT_CHARACTERS:  # quotes, line ends and others are escaped
        end -= (end - offset) // 4
    following = {"nextOffset": end} if end < len(text) else {}
    return {"content": text[offset:end], "offset": offset, "totalCharacters": len(text), **following}


def take(items: Sequence[Fields], offset: int, name: str) -> Fields:
    """Return as many items as fit, and where the next ones begin if there are more."""
    taken: list[Fields] = []
    size = 0
    for item in items[offset:]:
        fitting = shorten(item)
        size += len(write_json(fitting)) + 2
        if taken and size > _MAX_CONTENT_CHARACTERS:
            return {name: taken, "total": len(items), "nextOffset": offset + len(taken)}
        taken.append(fitting)
    return {name: taken, "total": len(items)}


def shorten(value: Fields) -> Fields:
    """Return the fields with long texts shortened, the more texts the shorter each."""
    most = _MAX_TEXT_CHARACTERS
    found: Fields = _shorten_texts(value, most)
    while len(write_json(found)) > MAX_CHARACTERS and most > _MIN_TEXT_CHARACTERS:
        most //= 2
        found = _shorten_texts(value, most)
    return found


def _shorten_texts(value: Any, most: int) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case str():
            return value if len(value) <= most else f"{value[:most]}... ({len(value)} characters)"
        case dict():
            return {name: _shorten_texts(one, most) for name, one in value.items()}
        case list() | tuple():
            return [_shorten_texts(one, most) for one in value]
        case _:
            return value

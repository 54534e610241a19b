"""Finds handlers that catch what the worker raises: to suspend a body, or to stop a step."""

import ast
from collections.abc import Callable, Iterator
from typing import Final

from .source import Source

_OF_WORKER: Final = frozenset({"BaseException", "CancelledError", "Suspended"})
_SUPPRESS: Final = ("contextlib", "suppress")


def find_too_broad_handlers(
    source: Source, node: ast.Try | ast.With | ast.AsyncWith, *, is_harmless: Callable[[ast.ExceptHandler], bool]
) -> Iterator[ast.ExceptHandler | ast.expr]:
    """Give the handlers, and the types of a `suppress`, that catch too much; a harmless handler raises it again."""
    if isinstance(node, ast.Try):
        handlers = [one for one in node.handlers if _catches_all(source, one.type)]
        yield from (one for one in handlers if not is_harmless(one))
        return
    for item in node.items:
        call = item.context_expr
        if isinstance(call, ast.Call) and source.name_of(call.func) == _SUPPRESS:
            yield from (one for one in call.args if _catches_all(source, one))


def _catches_all(source: Source, node: ast.expr | None) -> bool:
    types = node.elts if isinstance(node, ast.Tuple) else [node]
    return any(one is None or (source.name_of(one) or ("",))[-1] in _OF_WORKER for one in types)

"""How a workflow or a step must be declared, so that each worker and each release can resume it."""

import ast
from collections.abc import Iterator

from .problems import Problem
from .source import Function, Kind


def check_declaration(function: Function) -> Iterator[Problem]:
    """Give what is missing in the declaration of a workflow or step."""
    if function.kind not in (Kind.WORKFLOW, Kind.STEP, Kind.REMOTE):
        return
    node = function.node
    if isinstance(node, ast.FunctionDef) and function.kind is not Kind.REMOTE:
        yield Problem(node, "D09", f"def {node.name}")
    if node.returns is None:
        yield Problem(node, "D15", "->")
    is_method = function.owner is not None
    yield from (Problem(one, "D15", one.arg) for one in function.arguments[is_method:] if one.annotation is None)
    decorator = function.decorator(Kind.WORKFLOW)
    words = decorator.keywords if isinstance(decorator, ast.Call) else []
    if decorator and not any(word.arg in ("version", None) for word in words):
        yield Problem(decorator, "D11", decorator)

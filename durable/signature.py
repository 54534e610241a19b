"""Signatures for the SDK: annotations resolved in their own module, and the context as first parameter."""

import inspect
from collections.abc import Callable
from functools import lru_cache
from types import MethodType
from typing import Any, Final

_MAX_FUNCTIONS: Final = 1_000  # kept; a method is bound to many objects, and its annotations are read once
ARGUMENTS = (
    inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL),
    inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD),
)
CONTEXT = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_ONLY)


def read_signature(fn: Callable[..., Any], kind: str) -> inspect.Signature:
    """Return the signature of a function that is run, or raise TypeError if it does not fit its kind."""
    if not inspect.iscoroutinefunction(fn):
        raise TypeError(f"{kind} {fn.__qualname__} must be async: a function that blocks also stops the heartbeat")
    return resolve_signature(fn, kind)


def resolve_signature(fn: Callable[..., Any], kind: str) -> inspect.Signature:
    """Return the function's signature with resolved annotations, or raise TypeError.

    The SDK would resolve them in the module of the wrapper, find nothing, and pass dictionaries instead of values.
    """
    if isinstance(fn, MethodType):
        signature = _resolve_signature(fn.__func__, kind)
        return signature.replace(parameters=[*signature.parameters.values()][1:])
    return _resolve_signature(fn, kind)


@lru_cache(_MAX_FUNCTIONS)
def _resolve_signature(fn: Callable[..., Any], kind: str) -> inspect.Signature:
    name = fn.__qualname__
    try:
        signature = inspect.signature(fn, eval_str=True)
    except NameError as exc:
        raise TypeError(f"{kind} {name} is annotated with a type that is not defined yet: {exc.name}") from exc
    if signature.return_annotation is inspect.Signature.empty:
        raise TypeError(f"{kind} {name} needs a return annotation: its caller rebuilds the result by it")
    return signature

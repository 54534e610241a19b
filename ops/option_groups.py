"""Lets a command take a frozen value whose fields are options, so that options of many commands stand in one place."""

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter
from typing import Any, TypeIs, get_type_hints

type Command = Callable[..., int]


def expand_options(command: Command) -> Command:
    """Put the fields of each argument that is a dataclass in its place; the command gets the value made of them."""
    hints = get_type_hints(command, include_extras=True)
    given = inspect.signature(command).parameters
    values = {name: hint for name, hint in hints.items() if name in given and _is_value(hint)}
    own = [parameter.replace(annotation=hints[name]) for name, parameter in given.items() if name not in values]

    @wraps(command)
    def run(**options: Any) -> int:  # noqa: ANN401 - as many types as there are options
        for name, kind in values.items():
            options[name] = kind(**{field.name: options.pop(field.name) for field in fields(kind)})
        return command(**options)

    more = [parameter for kind in values.values() for parameter in _parameters(kind)]
    run.__signature__ = inspect.Signature([*_keywords(own), *more])  # type: ignore[attr-defined] # inspect looks there
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *more)}
    return run


def _is_value(hint: object) -> TypeIs[type]:
    return isinstance(hint, type) and is_dataclass(hint)


def _keywords(parameters: list[Parameter]) -> list[Parameter]:
    return [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in parameters]


def _parameters(kind: type) -> list[Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    return [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])
        for field in fields(kind)
    ]

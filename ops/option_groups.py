"""Lets commands share options: a dataclass parameter of a command becomes one option per field."""

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter
from typing import Any, TypeIs, get_type_hints

type Command = Callable[..., int]


def expand_options(command: Command) -> Command:
    """Return the command with the fields of its dataclass parameters as options of their own."""
    hints = get_type_hints(command, include_extras=True)
    parameters = inspect.signature(command).parameters
    groups = {name: hint for name, hint in hints.items() if name in parameters and _is_group(hint)}
    own = [parameter.replace(annotation=hints[name]) for name, parameter in parameters.items() if name not in groups]

    @wraps(command)
    def run(**options: Any) -> int:  # noqa: ANN401 - options have many types
        for name, group in groups.items():
            options[name] = group(**{field.name: options.pop(field.name) for field in fields(group)})
        return command(**options)

    expanded = [parameter for group in groups.values() for parameter in _list_parameters(group)]
    keywords = [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in own]
    run.__signature__ = inspect.Signature([*keywords, *expanded])  # type: ignore[attr-defined] # inspect reads it
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *expanded)}
    return run


def _is_group(hint: object) -> TypeIs[type]:
    return isinstance(hint, type) and is_dataclass(hint)


def _list_parameters(group: type) -> list[Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])
        for field in fields(group)
    ]

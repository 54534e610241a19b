"""What a fork server loads once for all child processes that it forks."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Preload:
    """Functions by name, as in `package.module:function`: a worker need not import what only children use.

    `works` are the functions that children will call: their modules are imported. `hooks` are called once before the
    first child, each with its text arguments, for example to load a model. A hook must leave no thread running, since
    a fork copies one thread only, and must see no document.
    """

    name: str = "general"
    works: tuple[str, ...] = ()
    hooks: tuple[tuple[str, ...], ...] = ()

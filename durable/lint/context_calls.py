"""The calls of a function on a context: which are durable, which are awaited, and which run at the same time."""

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from .problems import Problem
from .project import Project
from .source import Function, Kind

_METHODS: Final = frozenset({"run", "rpc", "sleep", "promise"})
_VARIANTS: Final = frozenset({"options", "with_name"})
_GATHER: Final = ("asyncio", "gather")
# Functions of the toolkit that make at most one call on the context, at once; the others make several.
_SINGLE_CALLS: Final = frozenset({"all_of", "all_settled", "map_steps", "map_workflows"})


class ContextCalls:
    """The calls of one function on its contexts, and on those of the functions around it."""

    def __init__(self, function: Function, project: Project) -> None:
        self._function: Final = function
        self._project: Final = project

    @cached_property
    def contexts(self) -> set[str]:
        """Return the variables that are contexts, also with options of their own."""
        found = set[str]()
        scope: Function | None = self._function
        while scope:
            found |= {scope.context} if scope.context else set()
            scope = scope.outer
        for node in self._function.nodes:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found |= {node.targets[0].id} if self._is_context(node.value, found) else set()
        return found

    def is_durable(self, node: ast.Call) -> bool:
        """Whether a call asks something of a context, itself or through the function that it calls."""
        return self._is_method(node) or self._passes_context(node)

    def must_be_awaited(self, node: ast.expr) -> bool:
        """Whether an expression starts a durable call that it does not await."""
        if not isinstance(node, ast.Call):
            return False
        name = self._function.source.name_of(node.func) or ("",)
        if name == _GATHER:
            return any(self.must_be_awaited(_without_star(one)) for one in node.args)
        if self._is_method(node):
            return True
        if self._is_remote(node):
            return True
        symbol = self._project.find(self._function, node.func)
        is_async = isinstance(symbol, Function) and isinstance(symbol.node, ast.AsyncFunctionDef)
        is_of_toolkit = "durable" in name[:-1] and name[-1].islower()
        return self._passes_context(node) and (is_async or is_of_toolkit)

    def find_unused(self) -> Iterator[Problem]:
        """Give the durable calls whose future no line reads."""
        nodes = ast.walk(self._function.node)
        read = {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
        for node in self._function.nodes:
            match node:
                case ast.Assign(targets=[ast.Name(name)]) if name not in read and self.must_be_awaited(node.value):
                    yield Problem(node, "D06", node.value)

    def find_sequences(self, gather: ast.Call) -> Iterator[ast.Call]:
        """Give the coroutines of a `gather` that may make more than one call on this function's context."""
        for argument in gather.args:
            node = _without_star(argument)
            if isinstance(node, ast.Call) and self._is_sequence(node):
                yield node

    def _is_sequence(self, node: ast.Call) -> bool:
        name = self._function.source.name_of(node.func) or ("",)
        is_of_toolkit = "durable" in name[:-1] and name[-1] in _SINGLE_CALLS
        is_single = is_of_toolkit or self._is_method(node) or self._is_remote(node)
        return not is_single and (self._passes_context(node) or self._uses_context(node))

    def _is_method(self, node: ast.Call) -> bool:
        is_method = isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS
        return is_method and self._is_context(node.func.value, self.contexts)  # type: ignore[attr-defined] # it is an attribute

    def _is_remote(self, node: ast.Call) -> bool:
        """Whether a call is that of a remote workflow."""
        symbol = self._project.find(self._function, node.func)
        return isinstance(symbol, Function) and symbol.kind is Kind.REMOTE and self._passes_context(node)

    def _is_context(self, node: ast.expr, contexts: set[str]) -> bool:
        """Whether an expression is a context, also with options or a name: `with_name(ctx, ...)`."""
        while isinstance(node, ast.Call):
            name = self._function.source.name_of(node.func) or ("",)
            if "durable" in name[:-1] and name[-1] == "with_name" and node.args:
                node = node.args[0]
            elif isinstance(node.func, ast.Attribute) and node.func.attr in _VARIANTS:
                node = node.func.value
            else:
                return False
        return isinstance(node, ast.Name) and node.id in contexts

    def _passes_context(self, node: ast.Call) -> bool:
        return any(self._is_context(one, self.contexts) for one in node.args)

    def _uses_context(self, node: ast.Call) -> bool:
        """Whether a call runs a function that is defined in the body and uses its context."""
        is_map = self._function.source.name_of(node.func) == ("map",) and node.args
        symbol = self._project.find(self._function, node.args[0] if is_map else node.func)
        if not isinstance(symbol, Function) or symbol.outer is None:
            return False
        return any(isinstance(one, ast.Name) and one.id in self.contexts for one in ast.walk(symbol.node))


def _without_star(node: ast.expr) -> ast.expr:
    """Return the call in `*[call for ...]`."""
    node = node.value if isinstance(node, ast.Starred) else node
    return node.elt if isinstance(node, ast.GeneratorExp | ast.ListComp) else node

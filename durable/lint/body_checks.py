"""What a body must not do.

Bodies are replayed: those of workflows, of functions that take a context, and of the functions that they call. It must
make the same calls each time, on each worker. So it has no clock, chance, environment or state of its own.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from .context_calls import ContextCalls
from .exceptions import find_too_broad_handlers
from .patterns import FILE_METHODS, MUTATORS, is_chance_or_clock, is_environment, rule_in_body
from .problems import Problem
from .project import Project
from .source import Class, Function, Kind

_SETS: Final = {("set",), ("frozenset",)}
_ORDER_FREE: Final = {("sorted",), ("set",), ("frozenset",), ("len",), ("sum",), ("min",), ("max",), ("any",), ("all",)}
_SEQUENCES: Final = {("list",), ("tuple",), ("enumerate",), ("iter",), ("zip",), ("map",), ("filter",)}


@dataclass(frozen=True)
class Body:
    """A function whose lines all run in each replay. `is_of_workflow`: its `self` is one object for all jobs."""

    function: Function
    project: Project
    is_of_workflow: bool

    @cached_property
    def calls(self) -> ContextCalls:
        """Return its calls on a context."""
        return ContextCalls(self.function, self.project)

    def problems(self) -> Iterator[Problem]:
        """Give each place that breaks a rule."""
        for node in self.function.nodes:
            match node:
                case ast.Call():
                    yield from self._check_call(node)
                    yield from self._check_arguments(node)
                    yield from self._check_sequences(node)
                case ast.Attribute() | ast.Subscript():
                    yield from self._check_environment(node)
                    yield from self._check_store(node)
                case ast.Global():
                    yield Problem(node, "D05", node)
                case ast.For() | ast.comprehension():
                    yield from self._check_order(node)
                case ast.Try() | ast.With() | ast.AsyncWith():
                    yield from self._check_handlers(node)
                case ast.Expr() if self.calls.must_be_awaited(node.value):
                    yield Problem(node, "D06", node.value)
        yield from self.calls.find_unused()

    def callees(self) -> Iterator[tuple[ast.AST, "Body"]]:
        """Give the functions that are a part of this body because it calls them, with the place of the call."""
        for node in self.function.nodes:
            if isinstance(node, ast.Call):
                for function in self._find_callees(node):
                    is_same_self = self.is_of_workflow and function.owner is self.function.owner
                    yield node, Body(function, self.project, is_same_self)

    def _find_callees(self, node: ast.Call) -> Iterator[Function]:
        passed = [one for one in node.args if isinstance(one, ast.Name)]  # such as map(convert, items)
        for symbol in (self.project.find(self.function, one) for one in (node.func, *passed)):
            if isinstance(symbol, Function) and symbol.kind is Kind.PLAIN:
                yield symbol
            elif isinstance(symbol, Class):
                yield from (symbol.methods[one] for one in ("__init__", "__post_init__") if one in symbol.methods)

    def _check_call(self, node: ast.Call) -> Iterator[Problem]:
        """A call of something that only a step may call."""
        name = self._resolve(node.func)
        code = rule_in_body(name) if name else None
        is_seeded = name == ("random", "Random") and bool(node.args)
        if code and not is_seeded:
            yield Problem(node, code, node.func)
        elif isinstance(node.func, ast.Attribute):
            yield from self._check_method(node, node.func)

    def _check_method(self, node: ast.Call, func: ast.Attribute) -> Iterator[Problem]:
        if isinstance(func.value, ast.Name) and func.value.id in self.function.source.loggers - self.function.variables:
            yield Problem(node, "D18", func)
        elif func.attr in FILE_METHODS:
            yield Problem(node, "D03", func)
        elif func.attr == "body" and self._is_step(func.value):
            yield Problem(node, "D12", func)
        elif func.attr in MUTATORS and self._is_outside(func.value):
            yield Problem(node, "D05", func)

    def _check_arguments(self, node: ast.Call) -> Iterator[Problem]:
        """A clock or a source of chance that another function calls, as in `map(roll, items)`; a list made of a set."""
        for argument in node.args:
            name = self._resolve(argument)
            if name and (code := is_chance_or_clock(name)):
                yield Problem(argument, code, argument)
            elif self._is_set(argument) and self.function.source.name_of(node.func) in _SEQUENCES:
                yield Problem(argument, "D13", node)
        symbol = self.project.find(self.function, node.func)
        for factory in _find_default_factories(symbol) if isinstance(symbol, Class) else ():
            if code := is_chance_or_clock(factory):
                yield Problem(node, code, f"{ast.unparse(node.func)}, whose fields call {'.'.join(factory)}")

    def _check_environment(self, node: ast.Attribute | ast.Subscript) -> Iterator[Problem]:
        """An environment variable or a word of the command line."""
        name = self._resolve(node)
        if name and is_environment(name):
            yield Problem(node, "D04", node)

    def _check_store(self, node: ast.Subscript | ast.Attribute) -> Iterator[Problem]:
        """An item or attribute of something outside that is set or deleted."""
        if not isinstance(node.ctx, ast.Load) and (self._is_outside(node.value) or self._is_imported(node.value)):
            yield Problem(node, "D05", node)

    def _check_order(self, node: ast.For | ast.comprehension) -> Iterator[Problem]:
        """A loop over a set."""
        if self._is_set(node.iter) and id(node) not in self._order_free_loops:
            yield Problem(node.iter, "D13", node.iter)

    def _check_handlers(self, node: ast.Try | ast.With | ast.AsyncWith) -> Iterator[Problem]:
        """A handler that catches a suspension, unless it only raises it again; a durable call in a `finally`."""
        for place in find_too_broad_handlers(self.function.source, node, is_harmless=self._only_raises):
            yield Problem(place, "D14", place.type or "except:" if isinstance(place, ast.ExceptHandler) else place)
        for statement in node.finalbody if isinstance(node, ast.Try) else ():
            for call in ast.walk(statement):
                if isinstance(call, ast.Call) and self.calls.is_durable(call):
                    yield Problem(call, "D17", call)

    def _check_sequences(self, node: ast.Call) -> Iterator[Problem]:
        """Sequences of calls that run at the same time."""
        if self.function.source.name_of(node.func) == ("asyncio", "gather"):
            yield from (Problem(node, "D16", one) for one in self.calls.find_sequences(node))

    def _resolve(self, node: ast.expr) -> tuple[str, ...] | None:
        """Return the dotted name of an expression, unless it begins with a variable of the function."""
        root = node
        while isinstance(root, ast.Attribute):
            root = root.value
        is_local = isinstance(root, ast.Name) and root.id in self.function.variables
        return None if is_local else self.function.source.name_of(node)

    def _is_outside(self, node: ast.expr) -> bool:
        """Whether an expression is a variable of a module, or belongs to the object of a workflow."""
        root = node
        while isinstance(root, ast.Attribute | ast.Subscript):
            if self.project.is_variable(self.function, root):
                return True
            root = root.value
        is_self = self.is_of_workflow and isinstance(root, ast.Name) and root.id == self.function.self_name
        return is_self or self.project.is_variable(self.function, root)

    def _is_imported(self, node: ast.expr) -> bool:
        """Whether an expression is a module, a class or a function."""
        if not isinstance(node, ast.Name) or node.id in self.function.variables:
            return False
        return node.id in self.function.source.imports or node.id in self.function.source.symbols

    def _is_step(self, node: ast.expr) -> bool:
        symbol = self.project.find(self.function, node)
        return isinstance(symbol, Function) and symbol.kind is Kind.STEP

    def _only_raises(self, handler: ast.ExceptHandler) -> bool:
        return any(isinstance(one, ast.Raise) for one in ast.walk(handler)) and not self._makes_calls(handler)

    def _makes_calls(self, node: ast.AST) -> bool:
        return any(isinstance(one, ast.Call) and self.calls.is_durable(one) for one in ast.walk(node))

    def _is_set(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return node.id in self._set_variables
        is_call = isinstance(node, ast.Call) and self.function.source.name_of(node.func) in _SETS
        return is_call or isinstance(node, ast.Set | ast.SetComp)

    @cached_property
    def _set_variables(self) -> set[str]:
        """Return the variables that are always a set."""
        kinds: dict[str, list[bool]] = {}
        for node in self.function.nodes:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                is_set = isinstance(node.value, ast.Set | ast.SetComp | ast.Call) and self._is_set(node.value)
                kinds.setdefault(node.targets[0].id, []).append(is_set)
        return {name for name, are_sets in kinds.items() if all(are_sets)}

    @cached_property
    def _order_free_loops(self) -> set[int]:
        """Return the loops inside of expressions whose result does not depend on the order."""
        found = set[int]()
        for node in self.function.nodes:
            if isinstance(node, ast.SetComp):
                found |= {id(one) for one in node.generators}
            elif isinstance(node, ast.Call) and self.function.source.name_of(node.func) in _ORDER_FREE:
                comprehensions = [one for one in node.args if isinstance(one, ast.GeneratorExp | ast.ListComp)]
                loops = (loop for one in comprehensions if not self._makes_calls(one) for loop in one.generators)
                found |= set(map(id, loops))
        return found


def _find_default_factories(symbol: Class) -> Iterator[tuple[str, ...]]:
    """Give the functions that fill the fields of a class: `id: str = field(default_factory=uuid4)`."""
    for node in ast.walk(symbol.node):
        if isinstance(node, ast.keyword) and node.arg == "default_factory":
            yield symbol.source.name_of(node.value) or ("",)

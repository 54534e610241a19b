"""What a step must not do: block the event loop, use a context, change a body's variables, or resist its end."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from .context_calls import ContextCalls
from .exceptions import find_too_broad_handlers
from .patterns import MUTATORS, is_blocking
from .problems import Problem
from .project import Project
from .source import Function, Kind


@dataclass(frozen=True)
class StepBody:
    """A step, or a function that runs in the event loop because a step calls it."""

    function: Function
    project: Project

    def problems(self) -> Iterator[Problem]:
        """Give each place that breaks a rule."""
        for node in self.function.nodes:
            if isinstance(node, ast.Call):
                yield from self._check_call(node)
            elif isinstance(node, ast.Try | ast.With | ast.AsyncWith):
                for place in find_too_broad_handlers(self.function.source, node, is_harmless=_raises):
                    yield Problem(
                        place, "D14", place.type or "except:" if isinstance(place, ast.ExceptHandler) else place
                    )
        if self.function.kind is Kind.STEP:
            yield from self._check_closure()

    def callees(self) -> Iterator[tuple[ast.AST, "StepBody"]]:
        """Give the functions that this one calls itself; what it passes to a thread does not block."""
        for node in self.function.nodes:
            symbol = self.project.find(self.function, node.func) if isinstance(node, ast.Call) else None
            if isinstance(symbol, Function) and symbol.kind is Kind.PLAIN:
                yield node, StepBody(symbol, self.project)

    def _check_call(self, node: ast.Call) -> Iterator[Problem]:
        name = self.function.source.name_of(node.func)
        if name and is_blocking(name) and not self._is_local(node.func):
            yield Problem(node, "D08", node.func)

    def _is_local(self, node: ast.expr) -> bool:
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id in self.function.variables

    def _check_closure(self) -> Iterator[Problem]:
        """What a step that is defined in a body does to the body's variables, or with its context."""
        if self.function.context:
            yield Problem(self.function.node, "D10", self.function.context)
        contexts = ContextCalls(self.function, self.project).contexts if self.function.outer else set[str]()
        shared = self.function.outer_variables - self.function.own_variables
        for node in self.function.nodes:
            if isinstance(node, ast.Nonlocal):
                yield Problem(node, "D07", node)
            elif isinstance(node, ast.Attribute | ast.Subscript):
                root = node.value.id if isinstance(node.value, ast.Name) else ""
                is_mutator = isinstance(node, ast.Attribute) and node.attr in MUTATORS
                if root in contexts:
                    yield Problem(node, "D10", node)
                elif root in shared and (is_mutator or not isinstance(node.ctx, ast.Load)):
                    yield Problem(node, "D07", node)


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(one, ast.Raise) for one in ast.walk(handler))

"""A source file as the rules see it: its imports, its functions and classes, and the exceptions in its comments."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Final

type Definition = ast.FunctionDef | ast.AsyncFunctionDef
type Name = tuple[str, ...]  # ("datetime", "datetime", "now"); of a relative import: from the root of the file system

DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
LOGGERS: Final = {("logging", "getLogger"), ("structlog", "get_logger")}
_ALLOW: Final = re.compile(r"#\s*durable:\s*allow\b(?P<codes>(?:[\s,]+D\d\d\b)*)[\s,]*(?P<reason>.*)")


class UnreadableSourceError(Exception):
    """A path cannot be checked; the text says why."""


class Kind(StrEnum):
    """What a function is to the toolkit."""

    WORKFLOW = "workflow"
    STEP = "step"
    REMOTE = "remote"  # a declaration: another program has the body
    HELPER = "function"  # takes a context: a part of the workflows that call it
    PLAIN = "plain"


@dataclass(frozen=True, eq=False)
class Function:
    """A function of a file; `outer` is the function around it, `owner` the class around it."""

    node: Definition
    source: "Source"
    owner: "Class | None"
    outer: "Function | None"

    @property
    def arguments(self) -> list[ast.arg]:
        """Return the named parameters."""
        return [*self.node.args.posonlyargs, *self.node.args.args, *self.node.args.kwonlyargs]

    @cached_property
    def kind(self) -> Kind:
        """Return its kind, by its decorators and parameters."""
        for kind in (Kind.WORKFLOW, Kind.STEP, Kind.REMOTE):
            if self.decorator(kind):
                return kind
        return Kind.HELPER if self.context else Kind.PLAIN

    def decorator(self, kind: Kind) -> ast.expr | None:
        """Return the toolkit's decorator of this kind."""
        for decorator in self.node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            name = self.source.name_of(target) or ()
            if name and name[-1] == kind and "durable" in name[:-1]:
                return decorator
        return None

    @cached_property
    def context(self) -> str | None:
        """Return the name of the parameter that is a context."""
        for argument in self.arguments:
            if _find_last_name(argument.annotation) == "Context":
                return argument.arg
        if self.decorator(Kind.WORKFLOW):
            return next((one.arg for one in self.arguments if one.arg != "self"), None)
        return None

    @property
    def self_name(self) -> str | None:
        """Return the name of the parameter that is the object of a method."""
        return self.arguments[0].arg if self.owner and self.arguments else None

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Return the nodes of the body, without those of functions that are defined in it."""
        found: list[ast.AST] = []
        todo: list[ast.AST] = list(reversed(self.node.body))
        while todo:
            node = todo.pop()
            found.append(node)
            if not isinstance(node, (*DEFINITIONS, ast.ClassDef)):
                todo += reversed(list(ast.iter_child_nodes(node)))
        return found

    @cached_property
    def own_variables(self) -> set[str]:
        """Return the names that this function binds, without those that it declares as global or of its outer one."""
        stored = {one.id for one in self.nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
        caught = {one.name for one in self.nodes if isinstance(one, ast.ExceptHandler) and one.name}
        shared = {name for one in self.nodes if isinstance(one, ast.Global | ast.Nonlocal) for name in one.names}
        star = {one.arg for one in (self.node.args.vararg, self.node.args.kwarg) if one}
        return (stored | caught | star | {one.arg for one in self.arguments}) - shared

    @cached_property
    def outer_variables(self) -> set[str]:
        """Return the variables of the functions around this one, which they share with it."""
        return (self.outer.own_variables | self.outer.outer_variables) if self.outer else set()

    @property
    def variables(self) -> set[str]:
        """Return all variables of this function and of those around it."""
        return self.own_variables | self.outer_variables


@dataclass(frozen=True, eq=False)
class Class:
    """A class of a file."""

    node: ast.ClassDef
    source: "Source"
    methods: dict[str, Function] = field(default_factory=dict)


type Symbol = Function | Class


@dataclass(frozen=True)
class Allowance:
    """A comment that allows codes on a line."""

    line: int
    codes: frozenset[str]
    has_reason: bool


class Source:
    """One parsed file."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        parts = path.resolve().with_suffix("").parts
        self.name: Final[Name] = parts[:-1] if parts[-1] == "__init__" else parts
        self._package: Final[Name] = parts[:-1]
        text = _read(path)
        self.tree: Final = _parse(path, text)
        self.allowances: Final = {one.line: one for one in _find_allowances(text)}
        self.imports: Final[dict[str, Name]] = {}
        self.functions: Final[list[Function]] = []
        self.symbols: Final[dict[str, Symbol]] = {}
        self._collect(self.tree, None, None)

    def _collect(self, parent: ast.AST, owner: Class | None, outer: Function | None) -> None:
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, ast.ClassDef):
                found = Class(node, self)
                self._define(node.name, found, outer)
                self._collect(node, found, outer)
            elif isinstance(node, DEFINITIONS):
                function = Function(node, self, owner, outer)
                self.functions.append(function)
                if owner:
                    owner.methods[node.name] = function
                else:
                    self._define(node.name, function, outer)
                self._collect(node, None, function)
            else:
                self._note_import(node)
                self._collect(node, owner, outer)

    def _define(self, name: str, symbol: Symbol, outer: Function | None) -> None:
        if outer is None:
            self.symbols[name] = symbol

    def _note_import(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                self.imports[alias.asname or name] = tuple(name.split("."))
        elif isinstance(node, ast.ImportFrom):
            module = tuple(node.module.split(".")) if node.module else ()
            base = self._package[: len(self._package) - node.level + 1] if node.level else ()
            self.imports.update({alias.asname or alias.name: (*base, *module, alias.name) for alias in node.names})

    @cached_property
    def variables(self) -> dict[str, ast.expr | None]:
        """Return the variables of the module, with the value that each begins with."""
        found: dict[str, ast.expr | None] = {}
        for node in self.tree.body:
            match node:
                case ast.Assign(targets=targets, value=value):
                    found |= {target.id: value for target in targets if isinstance(target, ast.Name)}
                case ast.AnnAssign(target=ast.Name(name), value=value):
                    found[name] = value
        return found

    @cached_property
    def loggers(self) -> set[str]:
        """Return the module's variables that are loggers."""
        calls = {name: value.func for name, value in self.variables.items() if isinstance(value, ast.Call)}
        return {name for name, func in calls.items() if self.name_of(func) in LOGGERS}

    def name_of(self, node: ast.expr | None) -> Name | None:
        """Return the dotted name of an expression, with imports resolved."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        return (*self.imports.get(node.id, (node.id,)), *reversed(attributes))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as exc:
        raise UnreadableSourceError(f"{path} cannot be read: {exc}") from exc


def _parse(path: Path, text: str) -> ast.Module:
    try:
        return ast.parse(text, path)
    except (SyntaxError, ValueError) as exc:
        raise UnreadableSourceError(f"{path} is not Python: {exc}") from exc


def _find_allowances(text: str) -> Iterator[Allowance]:
    """Give the comments that allow something; on a line of its own, a comment stands for the next line."""
    if "durable:" not in text:
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and (match := _ALLOW.match(token.string)):
            line = token.start[0] + (not token.line[: token.start[1]].strip())
            yield Allowance(line, frozenset(re.findall(r"D\d\d", match["codes"])), bool(match["reason"].strip()))


def _find_last_name(annotation: ast.expr | None) -> str | None:
    """Return the last name of an annotation, which may be a string."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return annotation.value.rpartition(".")[2]
    if isinstance(annotation, ast.Attribute):
        return annotation.attr
    return annotation.id if isinstance(annotation, ast.Name) else None

"""All files of a check, in which a call leads to a function of another file."""

import ast
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .source import Class, Function, Name, Source, Symbol, UnreadableSourceError

_MAX_IMPORTS: Final = 10  # from file to file, until a name is found; more is a circle


class Project:
    """The files below the given paths."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.sources: Final = [Source(file) for path in paths for file in _list_files(path)]
        self._by_last_part: Final[dict[str, list[Source]]] = defaultdict(list)
        for source in self.sources:
            self._by_last_part[source.name[-1]].append(source)

    def find(self, function: Function, node: ast.expr) -> Symbol | None:
        """Return what an expression in a function stands for, if it is a function or class of these files."""
        if isinstance(node, ast.Name):
            return self._find_name(function, node.id)
        if not isinstance(node, ast.Attribute):
            return None
        if isinstance(node.value, ast.Name) and node.value.id in function.variables:
            owner = self._class_of(function, node.value.id)
            return owner.methods.get(node.attr) if owner else None
        name = function.source.name_of(node)
        return self._find_dotted(function.source, name) if name else None

    def is_variable(self, function: Function, node: ast.expr) -> bool:
        """Whether an expression stands for a variable of a module."""
        name = function.source.name_of(node)
        if name is None or (isinstance(node, ast.Name) and node.id in function.variables):
            return False
        if len(name) == 1:
            return name[0] in function.source.variables
        module = self._find_module(name[:-1])
        return module is not None and name[-1] in module.variables

    def _find_name(self, function: Function, name: str) -> Symbol | None:
        scope: Function | None = function
        while scope:
            for inner in function.source.functions:
                if inner.outer is scope and inner.owner is None and inner.node.name == name:
                    return inner
            if name in scope.own_variables:
                return None
            scope = scope.outer
        if name in function.source.symbols:
            return function.source.symbols[name]
        imported = function.source.imports.get(name)
        return self._find_dotted(function.source, imported) if imported else None

    def _class_of(self, function: Function, name: str) -> Class | None:
        """Return the class of a variable: of the method's object, or of an annotated parameter."""
        if name == function.self_name:
            return function.owner
        annotation = next((one.annotation for one in function.arguments if one.arg == name), None)
        symbol = self.find(function, annotation) if annotation else None
        return symbol if isinstance(symbol, Class) else None

    def _find_dotted(self, source: Source, name: Name, imports: int = 0) -> Symbol | None:
        """Return the symbol with this name, from one file to the next while it is imported."""
        if len(name) == 1:
            return source.symbols.get(name[0])
        if (symbol := source.symbols.get(name[0])) and isinstance(symbol, Class):
            return symbol.methods.get(name[1])
        for length in range(len(name) - 1, 0, -1):
            if module := self._find_module(name[:length]):
                rest = name[length:]
                if imported := module.imports.get(rest[0]):
                    found = (*imported, *rest[1:])
                    return self._find_dotted(module, found, imports + 1) if imports < _MAX_IMPORTS else None
                return self._find_member(module, rest)
        return None

    @staticmethod
    def _find_member(module: Source, name: Name) -> Symbol | None:
        symbol = module.symbols.get(name[0])
        if len(name) == 1 or not isinstance(symbol, Class):
            return symbol if len(name) == 1 else None
        return symbol.methods.get(name[1])

    def _find_module(self, name: Name) -> Source | None:
        candidates = self._by_last_part.get(name[-1], ())
        return next((one for one in candidates if one.name[-len(name) :] == name), None)


def _list_files(path: Path) -> list[Path]:
    if not path.exists():
        raise UnreadableSourceError(f"{path} does not exist")
    if not path.is_dir():
        return [path]
    # Folders such as .venv hold the code of others.
    return sorted(one for one in path.rglob("*.py") if not any(part[0] == "." for part in one.relative_to(path).parts))

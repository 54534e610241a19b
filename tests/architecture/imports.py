"""What Python files import, by their syntax trees: late imports and imports for type checkers count."""

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from .syntax import walk_statements


@cache  # the tests of several rules read each file, and to parse it is most of their work
def imports_of(file: Path, root: Path) -> Sequence[tuple[str, int]]:
    """Return each imported module by its absolute name, with the line. `from a import b` is `a.b` if b is a module."""
    return tuple(_find_imports(file, root))


def _find_imports(file: Path, root: Path) -> Iterator[tuple[str, int]]:
    package = file.relative_to(root).with_suffix("").parts[:-1]
    for node in walk_statements(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else ()
            base = (*parents, *filter(None, [node.module and node.module.replace(".", "/")]))
            names = {alias.name for alias in node.names}
            modules = {name for name in names if _is_module(root.joinpath(*base, name))}
            dotted = ".".join(base).replace("/", ".")
            yield from ((f"{dotted}.{name}", node.lineno) for name in sorted(modules))
            if names - modules:
                yield dotted, node.lineno


def _is_module(path: Path) -> bool:
    return path.with_suffix(".py").is_file() or path.is_dir()

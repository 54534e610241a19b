"""A place in a function that breaks a rule."""

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """A node of a function's source, the code of the rule that it breaks, and the code in question."""

    node: ast.AST
    code: str
    detail: ast.AST | str

    @property
    def text(self) -> str:
        """Return the code in question, on one line."""
        return self.detail if isinstance(self.detail, str) else " ".join(ast.unparse(self.detail).split())

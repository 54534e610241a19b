"""The walk over statements, which the other checks rely on, misses none."""

import ast

from .syntax import walk_statements

EVERY_BLOCK = """
import a
class A:
    def f(self):
        try:
            import b
        except ValueError:
            import c
        else:
            import d
        finally:
            import e
async def g():
    async with x as y:
        async for z in y:
            import h
        else:
            import i
    match lambda: 1:
        case 1 if (k := 2):
            while k:
                import l
"""


def test_statements_in_every_kind_of_block_are_found() -> None:
    tree = ast.parse(EVERY_BLOCK)
    found = {node for node in walk_statements(tree) if isinstance(node, ast.stmt)}
    assert found == {node for node in ast.walk(tree) if isinstance(node, ast.stmt)}

"""The differences between a server's possible databases: Postgres, and SQLite of the real or the embedded server.

All three keep a promise's tags as JSON, and use the same names for all columns of the queries except one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """Expressions in one dialect.

    Tags and columns belong to the table of the alias, or to the only table without one.
    """

    tag: Callable[[str, str], str]
    parameter: Callable[[str], str]
    is_among: Callable[[str, str], str]  # whether an expression is one of the texts of a parameter
    tree: Callable[[str, str], str]  # whether a promise is in the tree of a root
    value: Callable[[str], str]  # the data of a promise's value: JSON in base64
    ordered_id: Callable[[str], str]  # the id, sorted by code points, so that pages of several servers can be merged
    length: str  # the function that tells the length of a text in ASCII without decompressing it
    awaited: str  # the column of callbacks with the promise that is waited for
    forces_indexes: bool  # False for Postgres: its planner has no hints


def _select_value_data(alias: str) -> str:
    return f"{alias}value_data"


def _make_sqlite(awaited: str, value: Callable[[str], str]) -> Dialect:
    return Dialect(
        tag=lambda alias, name: f"json_extract({alias}tags, '$.\"{name}\"')",
        parameter=lambda name: f":{name}",
        is_among=lambda text, name: f"{text} IN (SELECT value FROM json_each(:{name}))",
        # The ids of calls begin with the id of their root, so they are neighbors in the primary key.
        tree=lambda alias, root: f"({alias}id = {root} OR ({alias}id > {root} || ':' AND {alias}id < {root} || ';'))",
        value=value,
        ordered_id=lambda alias: f"{alias}id",
        length="length",
        awaited=awaited,
        forces_indexes=True,
    )


POSTGRES: Final = Dialect(
    tag=lambda alias, name: f"({alias}tags ->> '{name}')",
    parameter=lambda name: f"%({name})s",
    is_among=lambda text, name: f"{text} = ANY(%({name})s)",
    tree=lambda alias, root: f"COALESCE({alias}origin, {alias}id) = {root}",  # by index keeper_trees
    value=_select_value_data,
    ordered_id=lambda alias: f'{alias}id COLLATE "C"',
    length="octet_length",
    awaited="awaited_id",
    forces_indexes=False,
)
REAL_SQLITE: Final = _make_sqlite("awaited_id", _select_value_data)
EMBEDDED_SQLITE: Final = _make_sqlite("awaited", lambda alias: f"json_extract({alias}value, '$.data')")

"""A dated table of list prices of one region, kept beside this file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

TABLE: Final = Path(__file__).resolve().parent / "prices.json"
HOURS: Final = 730  # a month, as AWS counts one


class UnknownPriceError(LookupError):
    """The table says nothing of this; the sentence says what to add."""


@dataclass(frozen=True)
class Prices:
    """Dollars."""

    table: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path = TABLE) -> Self:
        """Read them."""
        return cls(json.loads(path.read_text()))

    def by_hour(self, name: str) -> float:
        """Return what it costs a month, of what is paid by the hour."""
        return self._of("hourly", name) * HOURS

    def by_month(self, name: str) -> float:
        """Return what it costs a month."""
        return self._of("monthly", name)

    def by_use(self, name: str) -> float:
        """Return what so much of it costs, of what is paid by use."""
        return self._of("usage", name)

    def fraction(self, name: str) -> float:
        """Return which part of the list price it costs."""
        return self._of("fraction", name)

    def is_free(self, kind: str) -> bool:
        """Whether a resource of this kind costs nothing while nothing happens."""
        return kind in self.table["free while idle"]

    @property
    def about(self) -> str:
        """Say where and when these are the prices, and what they leave out."""
        return f"{self.table['region']}, {self.table['written']}. {self.table['about']}"

    def _of(self, group: str, name: str) -> float:
        try:
            return float(self.table[group][name])
        except KeyError:
            raise UnknownPriceError(f"there is no {group} price for {name}: add it to {TABLE.name}") from None

"""A dated table of the list prices of one region, from the file beside this one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

TABLE_FILE: Final = Path(__file__).resolve().parent / "prices.json"
HOURS_PER_MONTH: Final = 730  # as AWS counts


class UnknownPriceError(LookupError):
    """The table lacks a price; the message names it."""


@dataclass(frozen=True)
class Prices:
    """Prices in dollars."""

    table: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path = TABLE_FILE) -> Self:
        """Read the table from a file."""
        return cls(json.loads(path.read_text()))

    def by_hour(self, name: str) -> float:
        """Return the monthly cost of a resource with an hourly price."""
        return self._find("hourly", name) * HOURS_PER_MONTH

    def by_month(self, name: str) -> float:
        """Return the monthly cost of a resource with a monthly price."""
        return self._find("monthly", name)

    def by_use(self, name: str) -> float:
        """Return the price of the unit of use in the name."""
        return self._find("usage", name)

    def fraction(self, name: str) -> float:
        """Return the fraction of the list price that is charged."""
        return self._find("fraction", name)

    def is_free(self, kind: str) -> bool:
        """Whether a resource of this kind costs nothing without work."""
        return kind in self.table["free while idle"]

    @property
    def source(self) -> str:
        """The region and date of the prices, and what they leave out."""
        return f"{self.table['region']}, {self.table['written']}. {self.table['about']}"

    def _find(self, group: str, name: str) -> float:
        try:
            return float(self.table[group][name])
        except KeyError:
            raise UnknownPriceError(f"{TABLE_FILE.name} has no {group} price for {name}: add one") from None

"""Counts what the steps of a test do to the world, so that a certifier finds effects that happened twice."""

from collections import Counter, defaultdict
from typing import Final

from .virtual_worker import is_caller_dead


class Effects:
    """Effects by name. An effect with a key counts once for each key, like a request with an idempotency key."""

    def __init__(self) -> None:
        self._unkeyed: Final = Counter[str]()
        self._keys: Final = defaultdict[str, set[str]](set)

    def add(self, name: str, key: str | None = None) -> None:
        """Count an effect. A step of a killed worker has no effects while its coroutine ends."""
        if is_caller_dead():
            return
        if key is None:
            self._unkeyed[name] += 1
        else:
            self._keys[name].add(key)

    @property
    def counts(self) -> Counter[str]:
        """How often each effect happened."""
        return self._unkeyed + Counter({name: len(keys) for name, keys in self._keys.items()})

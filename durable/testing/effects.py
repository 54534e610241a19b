"""What the steps of a test do to the world, counted, so that a certifier can say whether any of it happened twice."""

from collections import Counter, defaultdict
from typing import Final

from .virtual_worker import is_caller_dead


class Effects:
    """Effects by name. One with a key happens once for each key, as where a provider knows it."""

    def __init__(self) -> None:
        self._unkeyed: Final = Counter[str]()
        self._keys: Final = defaultdict[str, set[str]](set)

    def add(self, name: str, key: str | None = None) -> None:
        """Count an effect. What a step of a killed worker does while its coroutine ends has none."""
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

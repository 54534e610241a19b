"""What runs in place of steps' bodies, and what each body was called with."""

import inspect
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

from durable.errors import ErrorCode, TemporaryError
from durable.run import Body
from durable.steps import Step

from .virtual_clock import VirtualClock


class HangingOutcome:
    """An attempt that does not end before its step's time limit."""


HANGING: Final = HangingOutcome()
type Arguments = tuple[Any, ...]


class StepBodies:
    """Replacements by step; a step that is a method has one for all its objects."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock: Final = clock
        self._outcomes: Final = dict[object, list[Any]]()
        self._failures: Final = dict[tuple[object, int], Exception]()
        self._calls: Final = defaultdict[object, list[Arguments]](list)
        self._timeouts: Final = dict[object, float]()

    def replace(self, step: Step[..., Any], *outcomes: object) -> None:
        """Set the outcomes of a step's next attempts; the last one also applies to all later attempts."""
        if not outcomes:
            raise ValueError(f"say what attempts of {step.__name__} come out as: a value, an error or a function")
        self._outcomes[_make_key(step.body)] = list(outcomes)
        self._timeouts[_make_key(step.body)] = step.timeout

    def fail(self, step: Step[..., Any], error: Exception, *, attempt: int) -> None:
        """Let one attempt of a step fail; attempts count from 1 over the whole test."""
        self._failures[_make_key(step.body), attempt] = error

    def calls(self, step: Step[..., Any]) -> list[Arguments]:
        """Return the arguments of each attempt of a step so far."""
        return list(self._calls[_make_key(step.body)])

    def find(self, body: Body) -> Body:
        """Return what runs in place of a body: it notes the arguments, and runs the body unless it is replaced."""
        key = _make_key(body)

        async def run(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 as the body
            calls = self._calls[key]
            calls.append(inspect.signature(body).bind(*args, **kwargs).args)
            if error := self._failures.get((key, len(calls))):
                raise error
            outcomes = self._outcomes.get(key)
            if outcomes is None:
                return await body(*args, **kwargs)
            outcome = outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]
            return await self._produce(outcome, key, lambda call: call(*args, **kwargs))

        return run

    async def _produce(self, outcome: Any, key: object, call: Callable[[Callable[..., Any]], Any]) -> Any:  # noqa: ANN401
        value = call(outcome) if callable(outcome) else outcome
        if inspect.isawaitable(value):
            value = await value
        if isinstance(value, HangingOutcome):
            await self._clock.sleep(self._timeouts[key])
            raise TemporaryError(ErrorCode.STEP_TIMEOUT, f"not done within {self._timeouts[key]:g} s")
        if isinstance(value, Exception):
            raise value
        return value


def _make_key(body: Body) -> object:
    return getattr(body, "__func__", body)

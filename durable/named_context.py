"""The context of a workflow's body. It notes name, kind and arguments of each call, which become tags of the promise.

The SDK's context has no tags. But it creates a promise in an asyncio task of its own, which inherits the context
variables of the call. So the sender of the request reads what the call has noted. A call also lives as long as its
workflow, unless a timeout says otherwise: the SDK alone would end each call after a day, even one with a longer sleep.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from inspect import isawaitable
from typing import Any, Final, cast

from resonate.context import Context, ResonateFuture
from resonate.durable import DurableFunction
from resonate.error import ResonateError
from resonate.types import PromiseRecord

from durable.wire.call_record import CallKind, CallRecord

from .callees import Callee, PartCall
from .digests import digest_value
from .job_logs import BodyLines, Line
from .run import current_run, retrieve_outcome

CALLERS_LIFETIME: Final = timedelta.max  # the SDK shortens it to what the caller has left
_PARENT_TAG: Final = "resonate:parent"


class SequenceError(ResonateError):
    """The code makes another call than when the job began, so the recorded result belongs to a different call."""

    def __init__(self, promise: str, recorded: CallRecord, called: CallRecord) -> None:
        super().__init__(promise, recorded, called)
        self.promise = promise
        self.recorded = recorded
        self.called = called

    def __str__(self) -> str:
        return (
            f"{self.promise} was recorded as {self.recorded}, and the code now calls {self.called} there: "
            "raise the workflow's version and keep the code of the recorded version, or deploy that code again"
        )


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call of a body, until its promise is created."""

    parent: str  # the parent of the promise that it makes
    kind: CallKind
    name: str
    arguments: object = None
    lifetime: timedelta | None = None
    seconds: float = 0.0  # that it may need in this run
    lines: Sequence[Line] = ()  # the lines that the body logged before it

    def write_lines(self) -> None:
        """Write the lines before a call that is made for the first time."""
        for line in self.lines:
            line()

    def record(self, fence: int) -> CallRecord:
        """Return the record of the call for its promise."""
        return CallRecord(
            name=self.name,
            kind=self.kind,
            arguments=digest_value(self.arguments),
            seconds=None if self.lifetime is None else self.lifetime.total_seconds(),
            fence=fence,
        )

    def check(self, promise: PromiseRecord) -> None:
        """Raise SequenceError if the promise was made by a call of another name or kind."""
        recorded = CallRecord.read(promise.tags)
        if recorded and (recorded.name, recorded.kind) != (self.name, self.kind):
            raise SequenceError(promise.id, recorded, CallRecord(name=self.name, kind=self.kind))


_CALL: ContextVar[Call | None] = ContextVar("call", default=None)


def find_call(tags: Mapping[str, str]) -> Call | None:
    """Return the call that is about to create a promise with these tags, if a named context made it."""
    call = _CALL.get()
    return call if call and call.parent == tags.get(_PARENT_TAG) else None


class NamedContext(Context):
    """The SDK's context with names; `name_calls` makes it."""

    _name: str | None = None
    lines: BodyLines

    def with_name(self, name: str) -> "NamedContext":
        """Return a context whose calls have this name."""
        other = copy(self)
        other.__dict__["_name"] = name
        return other

    def run(self, fn: Any, *args: Any, **kwargs: Any) -> ResonateFuture[Any]:  # noqa: ANN401 as the SDK's
        """Call a step, a workflow or a scope in this task. A workflow of another group has a task of its own."""
        kind = CallKind.WORKFLOW if isinstance(fn, str) else getattr(fn, "kind", CallKind.FUNCTION)
        if kind is CallKind.PART:
            return self.rpc(fn, *args, **kwargs)
        _check_arguments(fn, args, kwargs)
        with self._note(kind, fn, (args, kwargs)):
            body = _name_calls_of(fn) if kind is CallKind.FUNCTION else fn
            return Context.run(self._with_lifetime(), body, *args, **kwargs)

    def rpc(self, fn: Any, *args: Any, **kwargs: Any) -> ResonateFuture[Any]:  # noqa: ANN401 as the SDK's
        """Call a workflow as a task of its own, by its name: only the workers that run it need to know it."""
        _check_arguments(fn, args, kwargs)
        with self._note(CallKind.PART, fn, (args, kwargs)):
            call = Context.rpc(self._with_lifetime(fn), _name_of(fn), *args, **kwargs)
        return PartCall(_id=call._id, _task=call._task, _created=call._created, _callee=fn, _timeout=self.opts.timeout)  # noqa: SLF001 the fields of its base class

    def detached(self, fn: str, *args: Any, **kwargs: Any) -> ResonateFuture[str]:  # noqa: ANN401 as the SDK's
        """Start a workflow that outlives this one."""
        with self._note(CallKind.DETACHED, fn, (args, kwargs)):
            return Context.detached(self._with_lifetime(), fn, *args, **kwargs)

    def sleep(self, duration: timedelta) -> ResonateFuture[None]:
        """Sleep durably."""
        with self._note(CallKind.SLEEP, "sleep", lifetime=duration):
            return super().sleep(duration)

    def promise(self, timeout: timedelta | None = None) -> ResonateFuture[Any]:
        """Make a promise that is settled from outside."""
        with self._note(CallKind.PROMISE, "promise", lifetime=timeout):
            return super().promise(timeout or CALLERS_LIFETIME)

    def _spawn_remote_await(self, *args: Any, **kwargs: Any) -> asyncio.Task[Any]:  # noqa: ANN401 as the SDK's
        task = super()._spawn_remote_await(*args, **kwargs)
        task.add_done_callback(retrieve_outcome)
        return task

    def _with_lifetime(self, callee: object = None) -> "NamedContext":
        """Return a context with a timeout for its calls, at the group and version of a callee that has them."""
        opts, group, version = self.opts, self.opts.target, self.opts.version
        if isinstance(callee, Callee):
            group, version = group or callee.group, callee.version
        timeout = CALLERS_LIFETIME if opts.timeout is None else opts.timeout
        lasting = self.options(timeout=timeout, target=group, version=version, retry_policy=opts.retry_policy)
        return cast("NamedContext", lasting)

    @contextmanager
    def _note(
        self, kind: CallKind, fn: object, arguments: object = None, *, lifetime: timedelta | None = None
    ) -> Iterator[None]:
        """Note the call, so that the asyncio task that creates the promise inherits it."""
        call = Call(
            parent=self.info.origin_id if kind is CallKind.DETACHED else self.info.id,
            kind=kind,
            name=self._name or _name_of(fn),
            arguments=arguments,
            lifetime=lifetime or self.opts.timeout,
            seconds=getattr(fn, "timeout", 0.0) if kind is CallKind.STEP else 0.0,
            lines=self.lines.take(),
        )
        token = _CALL.set(call)
        try:
            yield
        finally:
            _CALL.reset(token)


def name_calls(ctx: Context) -> NamedContext:
    """Return the context of a body such that it names the body's calls."""
    named = NamedContext.__new__(NamedContext)
    named.__dict__.update(ctx.__dict__)  # one state for both, as between the SDK's own contexts with options
    named.lines = BodyLines(ctx.info.id, current_run().tools.written_lines)
    return named


def _name_calls_of(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return a plain function such that its context names its calls, as that of a workflow or a scope does."""

    @wraps(fn)
    async def call(ctx: Context, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 the function's own
        result = fn(name_calls(ctx), *args, **kwargs)
        return await result if isawaitable(result) else result

    return call


def with_name(ctx: Context, name: str) -> Context:
    """Return a context whose calls have this name in the job's history; by default a call has its function's."""
    return ctx.with_name(name) if isinstance(ctx, NamedContext) else ctx


def _check_arguments(fn: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:  # noqa: ANN401 as the SDK's
    """Refuse arguments that do not fit.

    The SDK does it only after it has given the call its position in the order, and later calls would wait for that
    for ever.
    """
    if not isinstance(fn, str):
        shape = getattr(fn, "shape", None)  # of a step, a workflow or a scope; reading a signature takes long
        (shape if isinstance(shape, DurableFunction) else DurableFunction(fn)).pack_args(*args, **kwargs)


def _name_of(fn: object) -> str:
    return fn if isinstance(fn, str) else getattr(fn, "__name__", "unknown")

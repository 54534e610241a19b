"""`@workflow`: a sequence of durable steps, as the root of a job or as a part of another workflow.

It has neither retries nor a time limit: a body that is run again after it touched its context would start every step
again under new ids. Its arguments and its result are checked, and what it raises crosses as our errors.
"""

import inspect
import logging
from collections.abc import Callable, Coroutine, Mapping
from types import MethodType
from typing import Any, Concatenate, overload

from pydantic import ValidationError
from resonate.context import Context
from resonate.durable import DurableFunction
from resonate.error import ApplicationError, SerializationError
from resonate.types import Args

from .errors import ErrorCode, JobError, PermanentError, error_of
from .logs import log_event
from .payload import Guard
from .run import Work, current_run
from .signature import ARGUMENTS, CONTEXT, signature_of

_LOG = logging.getLogger(__name__)


class Workflow[**P, T]:
    """What `@workflow` makes of a function; a job names it and its version."""

    def __init__(
        self, body: Callable[Concatenate[Context, P], Coroutine[Any, Any, T]], name: str, version: int
    ) -> None:
        self.body = body
        self.name = name
        self.version = version
        self.__name__ = name
        self.__doc__ = body.__doc__
        signature = signature_of(body, "workflow")
        # The SDK sees any arguments, so that those which do not fit are refused here, in our words.
        self.__signature__ = signature.replace(parameters=[CONTEXT, *ARGUMENTS])
        self._guard = Guard(name, DurableFunction(self))
        self._binder = _binder(body, name)

    async def __call__(self, ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the body."""
        try:
            result = self._guard.check(await self._run(ctx, args, kwargs))
        except Exception as exc:
            if not isinstance(exc, JobError | ApplicationError):
                # Only its text crosses, and nobody else has seen where it arose.
                fields = {"event": "workflow_fault", "promiseId": ctx.info.origin_id, "workflow": self.name}
                log_event(_LOG, logging.ERROR, f"a fault in workflow {self.name}", fields, exc)
            error = error_of(exc)
            self._note(ctx, error)
            raise error from exc
        self._note(ctx)
        return result

    def _note(self, ctx: Context, failure: JobError | None = None) -> None:
        """Leave word for the worker's report, if this is what its run is about."""
        run = current_run()
        if run.id == ctx.info.id:
            run.work = Work(workflow=self.name, version=self.version, failure=failure)

    async def _run(self, ctx: Context, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> T:
        # A root's arguments come from the wire; those of a part are the values that its caller has.
        if current_run().id == ctx.info.id:
            args, kwargs = await self._bound(ctx, args, kwargs)
        return await self.body(ctx, *args, **kwargs)

    async def _bound(
        self, ctx: Context, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
        try:
            bound: Args = await self._binder.invoke(ctx, Args(args=args, kwargs=dict(kwargs)))
        except (ApplicationError, SerializationError) as exc:
            raise PermanentError(ErrorCode.BAD_ARGUMENTS, f"the arguments do not fit {self.name}: {_why(exc)}") from exc
        return bound.args, bound.kwargs


class WorkflowMethod[S, **P, T]:
    """What `@workflow` makes of a method; an object of its class has the workflow, always the same one.

    The SDK finds the name and version of a workflow by its identity, so each object keeps what was bound to it.
    """

    def __init__(
        self, body: Callable[Concatenate[S, Context, P], Coroutine[Any, Any, T]], name: str, version: int
    ) -> None:
        signature_of(body, "workflow")
        self._body = body
        self._name = name
        self._version = version

    def __get__(self, instance: S, owner: type) -> Workflow[P, T]:
        """Bind it, as Python binds a method."""
        if instance is None:
            raise AttributeError(f"{owner.__name__}.{self._body.__name__} is a workflow of an object of that class")
        bound: Workflow[P, T] = Workflow(MethodType(self._body, instance), self._name, self._version)
        instance.__dict__[self._body.__name__] = bound  # found before this descriptor from now on
        return bound


class _Decorator:
    def __init__(self, name: str, version: int) -> None:
        self._name = name
        self._version = version

    @overload  # a method's first parameter is its object, and never a context
    def __call__[**P, T](  # type: ignore[overload-overlap]
        self, body: Callable[Concatenate[Context, P], Coroutine[Any, Any, T]]
    ) -> Workflow[P, T]: ...
    @overload
    def __call__[S, **P, T](
        self, body: Callable[Concatenate[S, Context, P], Coroutine[Any, Any, T]]
    ) -> WorkflowMethod[S, P, T]: ...
    def __call__(
        self, body: Callable[..., Coroutine[Any, Any, Any]]
    ) -> Workflow[..., Any] | WorkflowMethod[Any, ..., Any]:
        is_method = next(iter(inspect.signature(body).parameters), "") == "self"
        return (WorkflowMethod if is_method else Workflow)(body, self._name, self._version)


def _why(exc: ApplicationError | SerializationError) -> str:
    """Say what does not fit without quoting it: an error is read by more people than a job's arguments."""
    wrong = exc.error.__cause__ if isinstance(exc, SerializationError) else None  # msgspec wraps it and quotes it
    if isinstance(wrong, ValidationError):
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong.errors(include_input=False))
    return str(exc)


def _binder(body: Callable[..., Any], name: str) -> DurableFunction:
    """Return a function with the body's parameters that returns what it got, fitted to them in the SDK's own way."""

    async def bind(_: Context, /, *args: Any, **kwargs: Any) -> Args:  # noqa: ANN401 whatever the body takes
        return Args(args=args, kwargs=kwargs)

    bind.__name__ = name
    bind.__signature__ = signature_of(body, "workflow").replace(return_annotation=Args)  # type: ignore[attr-defined]
    return DurableFunction(bind)


def workflow(*, name: str, version: int = 1) -> _Decorator:
    """Make an async function or method a workflow. A change of the sequence of its steps is a new version."""
    return _Decorator(name, version)

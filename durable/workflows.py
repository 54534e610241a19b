"""`@workflow`: a sequence of durable steps, as the root of a job or as a part of another workflow.

It has neither retries nor a time limit: a second run of the body with the same context would start every step again
under new ids. Its arguments and its result are checked, and its errors cross the wire as JobError.
"""

import inspect
import logging
from collections.abc import Callable, Coroutine, Mapping
from types import MethodType
from typing import Any, Concatenate, Final, overload

from pydantic import ValidationError
from resonate.context import Context
from resonate.durable import DurableFunction
from resonate.error import ApplicationError, SerializationError
from resonate.types import Args

from durable.wire.call_record import CallKind

from .bodies import run_body
from .callees import Callee
from .errors import ErrorCode, JobError, PermanentError, error_of
from .logs import log_event
from .run import Outcome, current_run
from .signature import ARGUMENTS, CONTEXT, read_signature

_LOG = logging.getLogger(__name__)


class Workflow[**P, T](Callee[P, T]):
    """The result of `@workflow`; a job names it and its version."""

    kind: Final = CallKind.WORKFLOW

    def __init__(
        self, body: Callable[Concatenate[Context, P], Coroutine[Any, Any, T]], name: str, version: int
    ) -> None:
        # The SDK accepts any arguments, so that wrong ones fail here, with an error that does not quote them.
        signature = read_signature(body, "workflow").replace(parameters=[CONTEXT, *ARGUMENTS])
        super().__init__(name, version, signature)
        self.body = body
        self.__doc__ = body.__doc__
        self._binder = _make_binder(body, name)

    async def __call__(self, ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the body."""
        try:
            result = self._guard.check(await self._run(ctx, args, kwargs))
        except Exception as exc:
            if not isinstance(exc, JobError | ApplicationError):
                # Only the error's text crosses the wire, so the traceback is logged here.
                fields = {"event": "internal_error", "promiseId": ctx.info.origin_id, "workflow": self.name}
                log_event(_LOG, logging.ERROR, f"internal error in workflow {self.name}", fields, exc)
            error = error_of(exc)
            self._note_outcome(ctx, error)
            raise error from exc
        self._note_outcome(ctx)
        return result

    def _note_outcome(self, ctx: Context, failure: JobError | None = None) -> None:
        """Note the outcome for the worker's report, if this workflow is the root of its run."""
        run = current_run()
        if run.id == ctx.info.id:
            run.outcome = Outcome(workflow=self.name, version=self.version, failure=failure)

    async def _run(self, ctx: Context, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> T:
        # A root's arguments come from the wire; a part gets its caller's values.
        if current_run().id == ctx.info.id:
            args, kwargs = await self._bind(ctx, args, kwargs)
        return await run_body(ctx, self.body, *args, **kwargs)

    async def _bind(
        self, ctx: Context, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
        try:
            bound: Args = await self._binder.invoke(ctx, Args(args=args, kwargs=dict(kwargs)))
        except (ApplicationError, SerializationError) as exc:
            message = f"the arguments do not fit {self.name}: {_describe(exc)}"
            raise PermanentError(ErrorCode.BAD_ARGUMENTS, message) from exc
        return bound.args, bound.kwargs


class WorkflowMethod[S, **P, T]:
    """The result of `@workflow` for a method; each object of the class has one workflow.

    The SDK finds the name and version of a workflow by its identity, so an object keeps the workflow bound to it.
    """

    def __init__(
        self, body: Callable[Concatenate[S, Context, P], Coroutine[Any, Any, T]], name: str, version: int
    ) -> None:
        read_signature(body, "workflow")
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


def workflow(*, name: str, version: int = 1) -> _Decorator:
    """Make an async function or method a workflow. Raise the version when the sequence of its steps changes."""
    return _Decorator(name, version)


def _describe(exc: ApplicationError | SerializationError) -> str:
    """Describe wrong arguments without quoting them: more people read errors than arguments."""
    wrong = exc.error.__cause__ if isinstance(exc, SerializationError) else None  # msgspec wraps it and quotes it
    if isinstance(wrong, ValidationError):
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong.errors(include_input=False))
    return str(exc)


def _make_binder(body: Callable[..., Any], name: str) -> DurableFunction:
    """Return a function with the body's parameters that returns its arguments, as the SDK converts them."""

    async def bind(_: Context, /, *args: Any, **kwargs: Any) -> Args:  # noqa: ANN401 whatever the body takes
        return Args(args=args, kwargs=kwargs)

    bind.__name__ = name
    signature = read_signature(body, "workflow").replace(return_annotation=Args)
    bind.__signature__ = signature  # type: ignore[attr-defined]
    return DurableFunction(bind)

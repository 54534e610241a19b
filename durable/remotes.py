"""`@remote`: a workflow that another group runs, declared by a function without a body.

    @remote(name="db.getAccount", group="db")
    def get_account(account_id: str) -> Account: ...

    account = await get_account(ctx.options(timeout=LIMIT), account_id)    # in a workflow of any group

    @get_account.served                                                   # in the program of the group `db`
    async def read_account(ctx: Context, account_id: str) -> Account: ...

Callers import the declaration only. A type checker compares calls and the served body with it.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Final, overload

from resonate.context import Context, ResonateFuture

from durable.wire.call_record import CallKind

from .callees import Callee
from .signature import CONTEXT, resolve_signature
from .workflows import Workflow, WorkflowMethod, workflow


class RemoteWorkflow[**P, T](Callee[P, T]):
    """The result of `@remote`. A call begins at once, and is awaited when its result is needed.

    `ctx.run` and `ctx.rpc` call it, too: it fits where a step or a workflow does.
    """

    kind: Final = CallKind.PART

    def __init__(self, declaration: Callable[P, T], name: str, version: int, group: str) -> None:
        signature = resolve_signature(declaration, "remote workflow")
        parameters = [CONTEXT, *signature.parameters.values()]
        super().__init__(name, version, signature.replace(parameters=parameters), group)
        self.__doc__ = declaration.__doc__

    def __call__(self, ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> ResonateFuture[T]:
        """Begin a call. `ctx.options(timeout=...)` limits it: then its promise ends, and with it the work on it."""
        return ctx.rpc(self, *args, **kwargs)

    @overload  # a method's first parameter is its object, and never a context
    def served(  # type: ignore[overload-overlap]
        self, body: Callable[Concatenate[Context, P], Coroutine[Any, Any, T]]
    ) -> Workflow[P, T]: ...
    @overload
    def served[S](
        self, body: Callable[Concatenate[S, Context, P], Coroutine[Any, Any, T]]
    ) -> WorkflowMethod[S, P, T]: ...
    def served(self, body: Callable[..., Coroutine[Any, Any, T]]) -> Workflow[..., T] | WorkflowMethod[Any, ..., T]:
        """Make the workflow behind it, which takes the same arguments and returns the same type."""
        served: Workflow[..., T] | WorkflowMethod[Any, ..., T]
        served = workflow(name=self.name, version=self.version)(body)
        return served


def remote[**P, T](*, name: str, group: str, version: int = 1) -> Callable[[Callable[P, T]], RemoteWorkflow[P, T]]:
    """Declare a workflow that the workers of a group run. A changed signature is a new version beside the old one."""

    def declare(declaration: Callable[P, T]) -> RemoteWorkflow[P, T]:
        return RemoteWorkflow(declaration, name, version, group)

    return declare

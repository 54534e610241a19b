"""Questions to people and systems outside: a step announces one, and the workflow waits for a typed answer.

    APPROVAL = Callback(Approval, timeout=timedelta(days=14), remind_every=timedelta(days=3))
    approval = await APPROVAL.with_name(f"approval/{order.id}").ask(ctx, tell_manager, order)

The wait occupies no worker. A client answers by the name (`durable.wire.callbacks`), or settles the promise that the
step was told. The first answer counts. If it has another type, the question is asked again, and the step is told why.

The lifetime starts when the promise is made. Retries of the announcement delay the end that it states, but not the real
one, so choose a lifetime much longer than these retries.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from datetime import timedelta
from typing import Any, Concatenate, Final, Self

from pydantic import TypeAdapter, ValidationError
from resonate.context import Context, ResonateFuture
from resonate.error import ApplicationError

from .durable_retries import run_with_durable_retries
from .errors import ErrorCode, JobError, PermanentError, error_of
from .named_context import NamedContext, with_name
from .races import race
from .run import current_run
from .scopes import Scope
from .steps import step

_ROUNDS_PER_SCOPE: Final = 20  # rounds of waiting; a resumed run reads one record for each finished scope
_DEFAULT_MAX_INVALID_ANSWERS: Final = 10  # then the client must be a faulty program


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the announcing step gets: where the answer goes, and until when."""

    promise: str  # the answer settles it
    lifetime: float  # seconds
    latest: float  # when the job itself ends, in seconds since 1970
    name: str | None = None  # a client finds the question by it
    refusal: str | None = None  # why the last answer did not fit
    reminder: int = 0  # how many times the question was announced before

    def until(self, now: float) -> float:
        """Return the moment until which an answer counts, if the promise was made `now`."""
        return min(now + self.lifetime, self.latest)


@dataclass(frozen=True, kw_only=True)
class Answer[T, N]:
    """The value of the promise, or the reason why it has none, and the result of the first announcement."""

    notice: N
    value: T | None = None
    error: JobError | None = None  # a wrong type, a client's refusal, or a timeout

    def get(self) -> T:
        """Return the value, or raise the error."""
        if self.error:
            raise self.error
        return self.value  # type: ignore[return-value] # without an error it is a T, which may be None


@dataclass(frozen=True)
class Callback[T]:
    """A kind of question: the type of its answer, and how long to wait.

    With `remind_every` the step announces the question again and again. With `heartbeat` the client must report that it
    still works on the answer, at least once in that time (`send_beat`).
    """

    answer_type: type[T]
    _: KW_ONLY
    timeout: timedelta
    name: str | None = None  # clients find the question by it; open questions have different names
    remind_every: timedelta | None = None
    heartbeat: timedelta | None = None
    max_invalid_answers: int = _DEFAULT_MAX_INVALID_ANSWERS

    def __post_init__(self) -> None:
        if self.remind_every and self.heartbeat:
            raise ValueError("a callback has either reminders or a heartbeat")

    def with_name(self, name: str) -> Self:
        """Return the same kind of question with a name. Clients find the question by it."""
        return replace(self, name=name)

    async def ask[**P](
        self,
        ctx: Context,
        announce: Callable[Concatenate[Context, Question, P], Awaitable[object]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return the answer; ask again when it does not fit. Raise the error of a refusal, or if the time is over."""
        flaws: list[str] = []
        while True:
            answer = await self._ask(ctx, flaws[-1] if flaws else None, announce, args, kwargs)
            if answer.error is None or answer.error.code != ErrorCode.INVALID_ANSWER:
                return answer.get()
            flaws.append(answer.error.message)
            if len(flaws) == self.max_invalid_answers:
                raise answer.error

    async def ask_once[**P, N](
        self,
        ctx: Context,
        announce: Callable[Concatenate[Context, Question, P], Awaitable[N]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Answer[T, N]:
        """Return the first answer, or the reason why there is none. The caller may ask a different question next."""
        return await self._ask(ctx, None, announce, args, kwargs)

    async def _ask(
        self,
        ctx: Context,
        refusal: str | None,
        announce: Callable[..., Awaitable[Any]],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Answer[T, Any]:
        name = self.name or str(getattr(announce, "__name__", "question"))
        promise = with_name(ctx, name).promise(timeout=self.timeout)
        question = Question(
            promise=await promise.id(),
            lifetime=self.timeout.total_seconds(),
            latest=ctx.info.timeout_at / 1_000,
            name=self.name,
            refusal=refusal,
        )
        try:
            notice = await run_with_durable_retries(ctx, announce, question, *args, **kwargs)
        except ApplicationError:
            await current_run().call_off([question.promise])  # no run will read it
            raise

        async def remind(scope: NamedContext, number: int, since: float) -> float:
            reminder = replace(question, reminder=number)
            await run_with_durable_retries(scope, announce, reminder, *args, **kwargs)
            return since

        async def check_heartbeat(scope: NamedContext, _: int, since: float) -> float:
            beat: float | None = await scope.run(read_last_beat, question.promise)
            if beat is not None and beat > since:
                return beat
            await current_run().call_off([question.promise])
            raise PermanentError(ErrorCode.NO_HEARTBEAT, f"{name}: no client reported within {self.heartbeat}")

        try:
            if self.remind_every:
                await _wait(ctx, promise, name, self.remind_every, remind)
            if self.heartbeat:
                await _wait(ctx, promise, name, self.heartbeat, check_heartbeat)
            return Answer(notice=notice, value=self._read(name, await promise))
        except (ApplicationError, JobError) as exc:
            return Answer(notice=notice, error=self._explain(name, error_of(exc)))

    def _read(self, name: str, value: object) -> T:
        try:
            read: T = TypeAdapter(self.answer_type).validate_python(value)
        except ValidationError as exc:  # it quotes the answer, which may be confidential
            flaws = exc.errors(include_input=False, include_url=False)
            reasons = "; ".join(f"{'.'.join(map(str, flaw['loc'])) or 'it'}: {flaw['msg']}" for flaw in flaws)
            raise PermanentError(ErrorCode.INVALID_ANSWER, f"the answer to {name} does not fit: {reasons}") from exc
        return read

    def _explain(self, name: str, error: JobError) -> JobError:
        if error.code != ErrorCode.NO_REASON:
            return error
        return PermanentError(error.code, f"{name} was not answered within {self.timeout}, or refused without a reason")


@step(timeout=30)
async def read_last_beat(promise: str) -> float | None:
    """Return when a client last reported that it works on the answer, or when it answered."""
    promises = current_run().tools.promises
    return (await promises.read(promise)).settled_at or await promises.read_last_beat(promise)


async def _wait(
    ctx: Context,
    promise: ResonateFuture[Any],
    name: str,
    pause: timedelta,
    on_pause: Callable[[NamedContext, int, float], Awaitable[float]],
) -> None:
    """Return once the promise is settled; after each pause, call a function with its number and its last result."""
    number, last = 0, 0.0

    async def wait(scope: NamedContext) -> tuple[bool, float]:
        latest = last
        for round_ in range(1, _ROUNDS_PER_SCOPE + 1):
            if (await race(scope, promise, scope.sleep(pause), keep=[promise])).index == 0:
                return True, latest
            latest = await on_pause(scope, number + round_, latest)
        return False, latest

    is_settled = False
    while not is_settled:
        is_settled, last = await ctx.run(Scope(f"waiting for {name}", tuple[bool, float], wait))
        number += _ROUNDS_PER_SCOPE

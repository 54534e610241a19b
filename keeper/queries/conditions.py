"""The conditions of the queries, and the indexes that answer them.

A job is a root promise of our kind. A question is a pending promise of a job that neither a worker nor a timer settles,
as `ctx.promise()` makes it. It is open while one of the job's promises waits for it. Steps are not questions: the SDK
marks them as local.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from contract.answers import Reason
from contract.decision import QUESTIONS as QUESTION_REASONS
from contract.names import ERASURE_PREFIX, JOB, PROMISE_PREFIX, Tag

from .dialects import Dialect

JOBS: Final = "keeper_jobs"
JOBS_BY_STATE: Final = "keeper_jobs_state"
JOBS_BY_TYPE: Final = "keeper_jobs_type"
JOBS_BY_REQUESTER: Final = "keeper_jobs_requester"
OPEN_JOBS: Final = "keeper_jobs_open"
JOBS_BY_BATCH: Final = "keeper_jobs_batch"
QUESTIONS: Final = "keeper_questions"
QUESTIONS_BY_JOB: Final = "keeper_job_questions"
NAME: Final = "durable:name"  # the toolkit's tag with the name of the call
BATCH: Final = "longhand:batch"
_PENDING: Final = "state = 'pending'"


def has_row(rest: str) -> str:
    """Whether a select has a row. With EXISTS, Postgres might first read the rows for all values."""
    return f"((SELECT 1 {rest} LIMIT 1) IS NOT NULL)"


@dataclass(frozen=True)
class Conditions:
    """The conditions in a dialect, for a promise by its alias: "p." for a job, "q." for a question."""

    dialect: Dialect

    def tag(self, alias: str, name: str) -> str:
        """Return the value of a tag."""
        return self.dialect.tag(alias, name)

    def is_job(self, alias: str) -> str:
        """Whether it is the promise of a job."""
        return f"{self.tag(alias, Tag.KIND)} = '{JOB}'"

    def is_open(self, alias: str) -> str:
        """Whether it is pending."""
        return f"{alias}{_PENDING}"

    def is_shown(self, alias: str) -> str:
        """Whether a job is not erased. An erased job's promise stays, beside the promise of its erasure."""
        erasure = f"'{ERASURE_PREFIX}' || substr({alias}id, {len(PROMISE_PREFIX) + 1})"
        return f"{self.is_open(alias)} OR NOT {has_row(f'FROM promises AS e WHERE e.id = {erasure}')}"

    def state(self, alias: str) -> str:
        """Return the state; a failure and a timeout are one state."""
        return f"(CASE {alias}state WHEN 'rejected_timedout' THEN 'rejected' ELSE {alias}state END)"

    def root(self, alias: str) -> str:
        """Return the job of a promise. Without the cast, SQLite would not use the index for a column's value."""
        return f"CAST(COALESCE({self.tag(alias, 'resonate:origin')}, {alias}id) AS text)"

    def is_question(self, alias: str) -> str:
        """Whether it is a question without an answer."""
        is_global = f"{self.tag(alias, 'resonate:scope')} = 'global'"
        is_no_timer = f"COALESCE({self.tag(alias, 'resonate:timer')}, '') <> 'true'"
        return f"{alias}{_PENDING} AND {alias}target IS NULL AND {is_global} AND {is_no_timer}"

    def is_awaited(self, alias: str) -> str:
        """Whether a promise is waited for."""
        awaited = f"c.{self.dialect.awaited} = {alias}id"
        return has_row(f"FROM callbacks AS c WHERE {awaited} AND NOT c.ready")

    def is_review(self, alias: str) -> str:
        """Whether a question asks for a review."""
        return self._has_name(alias, [name for name, reason in QUESTION_REASONS.items() if reason is Reason.REVIEW])

    def is_answerable(self, alias: str) -> str:
        """Whether a question is one that the API can answer."""
        return self._has_name(alias, QUESTION_REASONS)

    def _has_name(self, alias: str, names: Iterable[str]) -> str:
        quoted = ", ".join(f"'{name}'" for name in names)
        return f"{self.tag(alias, NAME)} IN ({quoted})"

    def waits(self, job_alias: str, *, for_review: bool = False) -> str:
        """Whether a job has an open question."""
        review = f" AND {self.is_review('q.')}" if for_review else ""
        of_job = f"{self.root('q.')} = {job_alias}id"
        questions = self.table("q", QUESTIONS_BY_JOB)
        return has_row(f"FROM {questions} WHERE {of_job} AND {self.open_question('q.')}{review}")

    def open_question(self, alias: str) -> str:
        """Whether it is a question that its job waits for."""
        return f"{self.is_question(alias)} AND {self.is_awaited(alias)}"

    def table(self, alias: str, index: str) -> str:
        """Return the promises along an index."""
        hint = f" INDEXED BY {index}" if self.dialect.forces_indexes else ""
        return f"promises AS {alias}{hint}"

    def time_and_id(self, alias: str) -> str:
        """Return the columns that order lists."""
        return f"{alias}created_at, {self.dialect.ordered_id(alias)}"

    def indexes(self) -> Mapping[str, str]:
        """Return the definition of each index, by its name. Only the indexes of ended jobs grow."""
        newest, job = self.time_and_id(""), self.is_job("")
        requester, batch = self.tag("", Tag.REQUESTER), self.tag("", BATCH)
        return {
            JOBS: f"({newest}) WHERE {job}",
            JOBS_BY_STATE: f"({self.state('')}, {newest}) WHERE {job}",
            JOBS_BY_TYPE: f"({self.tag('', Tag.TYPE)}, {newest}) WHERE {job}",
            JOBS_BY_REQUESTER: f"({requester}, {newest}) WHERE {job}",
            OPEN_JOBS: f"({requester}, {newest}) WHERE {job} AND {_PENDING}",
            JOBS_BY_BATCH: f"({batch}, {newest}) WHERE {job} AND {batch} IS NOT NULL",
            QUESTIONS: f"({newest}) WHERE {self.is_question('')}",
            QUESTIONS_BY_JOB: f"(({self.root('')}), {newest}) WHERE {self.is_question('')}",
        }

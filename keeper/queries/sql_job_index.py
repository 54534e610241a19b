"""The port on a SQL database: Postgres and SQLite differ by their dialect and by how a statement is run."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, cast

from msgspec import structs

from contract.answers import JobState
from contract.job_lists import JobSummary, OpenDecision
from contract.keeper import (
    CountQuery,
    DecisionQuery,
    JobCount,
    JobQuery,
    JobTree,
    NumbersQuery,
    Position,
    RecentJobs,
    RecentQuery,
    Rows,
    StateCountQuery,
    StateCounts,
    TreeNode,
    TreeQuery,
)
from contract.names import Tag, promise_id
from contract.numbers import Numbers, OldestDecision, OldestJob

from .conditions import JOBS_BY_REQUESTER, NAME, OPEN_JOBS, QUESTIONS_BY_JOB, Conditions
from .counting import CountLimits, read_jobs
from .figures import summarize
from .rows import Question, WalkedRow
from .statements import Statements
from .walks import Walk, choose_job_walk, walk_decisions

MAX_WALKED_ROWS: Final = 2_000  # rows that one query reads; then the page ends, even without matches
MAX_BATCH_JOBS: Final = 1_000  # as many as a batch may have
MAX_TREE_PROMISES: Final = 1_000  # promises of one job: a scan of 2,000 pages has about 300
_GROWTH: Final = 2  # how much larger the next window is, after one with too few matches


@dataclass(frozen=True)
class _Page:
    """Rows that fit, and where the next page begins."""

    rows: list[WalkedRow]
    after: Position | None


@dataclass(frozen=True)
class SqlJobIndex:
    """A JobIndex over statements."""

    statements: Statements
    count_limits: CountLimits = field(default_factory=CountLimits)

    async def list_jobs(self, query: JobQuery) -> Rows[JobSummary]:
        """Return a page of jobs, each with what it waits for."""
        page = await self._walk(choose_job_walk(self._sql, query), query.after, query.limit)
        places = tuple(row.place for row in page.rows) if query.with_places else None
        return Rows(rows=tuple(await self._summarize(page.rows)), after=page.after, places=places)

    async def list_decisions(self, query: DecisionQuery) -> Rows[OpenDecision]:
        """Return a page of open questions.

        A page of one requester may exceed the limit, because it has all questions of a job.
        """
        walk = walk_decisions(self._sql, query)
        page = await self._walk(walk, query.after, query.limit)
        if walk.is_by_question:
            asked = [(row, row.question) for row in page.rows if row.question]
        else:
            questions = await self._find_questions([row.id for row in page.rows])
            asked = [(row, question) for row in page.rows for question in questions[row.id]]
        ours = [(row, question, reason) for row, question in asked if (reason := question.reason)]
        found = tuple(row.describe_decision(question, reason) for row, question, reason in ours)
        places = tuple(row.place for row, *_ in ours) if query.with_places else None
        return Rows(rows=found, after=page.after, places=places)

    async def count_open(self, query: CountQuery) -> JobCount:
        """Count along the index of open jobs."""
        sql, say = self._sql, self._sql.dialect.parameter
        conditions = (
            f"{sql.is_job('p.')} AND {sql.is_open('p.')} AND {sql.tag('p.', Tag.REQUESTER)} = {say('requester')}"
        )
        some = f"SELECT 1 FROM {sql.table('p', OPEN_JOBS)} WHERE {conditions} LIMIT {say('most')}"
        counted = await self.statements.rows(
            f"SELECT count(*) FROM ({some}) AS counted", requester=query.requester_id, most=query.most
        )
        return JobCount(count=cast("int", counted[0][0]))

    async def list_recent(self, query: RecentQuery) -> RecentJobs:
        """Walk along the index of a requester's jobs, the newest first."""
        sql, say = self._sql, self._sql.dialect.parameter
        conditions = (
            f"{sql.is_job('p.')} AND {sql.tag('p.', Tag.REQUESTER)} = {say('requester')}"
            f" AND p.created_at > {say('since')}"
        )
        newest = (
            f"SELECT p.created_at FROM {sql.table('p', JOBS_BY_REQUESTER)} WHERE {conditions}"
            f" ORDER BY p.created_at DESC, {sql.dialect.ordered_id('p.')} DESC LIMIT {say('most')}"
        )
        values = {"requester": query.requester_id, "since": query.since, "most": query.most}
        if query.with_times:
            times = tuple(cast("int", row[0]) for row in await self.statements.rows(newest, **values))
            return RecentJobs(count=len(times), times=times)
        counted = await self.statements.rows(f"SELECT count(*) FROM ({newest}) AS counted", **values)
        return RecentJobs(count=cast("int", counted[0][0]))

    async def count_states(self, query: StateCountQuery) -> StateCounts:
        """Count along the index of batches."""
        page = await self._walk(choose_job_walk(self._sql, JobQuery(batch=query.batch)), None, MAX_BATCH_JOBS)
        return StateCounts(counts=dict(Counter(job.state for job in await self._summarize(page.rows))))

    async def read_tree(self, query: TreeQuery) -> JobTree:
        """Read the promises of a job in the order in which they were made."""
        sql, say = self._sql, self._sql.dialect.parameter
        columns = f"p.id, p.state, p.created_at, p.timeout_at, p.settled_at, {sql.tag('p.', NAME)}"
        tree = sql.dialect.tree("p.", say("root"))
        statement = f"SELECT {columns} FROM promises AS p WHERE {tree} ORDER BY p.created_at, p.id LIMIT {say('most')}"
        root = promise_id(query.job_id)
        found = await self.statements.rows(statement, root=root, most=MAX_TREE_PROMISES + 1)
        nodes = tuple(TreeNode(*row) for row in found[:MAX_TREE_PROMISES])
        return JobTree(promises=nodes, is_complete=len(found) <= MAX_TREE_PROMISES)

    async def read_numbers(self, query: NumbersQuery) -> Numbers:
        """Count the newest jobs of the stretch, and find the oldest open ones of all time."""
        jobs, begin = await read_jobs(self.statements, query, self.count_limits)
        return structs.replace(
            summarize(jobs, query, begin=begin),
            oldest_job=await self._find_oldest_job(query.requester_id),
            oldest_decision=await self._find_oldest_decision(query.requester_id),
        )

    async def _find_oldest_job(self, requester_id: str | None) -> OldestJob | None:
        query = JobQuery(state=JobState.PROCESSING, requester_id=requester_id)
        row = await self._find_oldest(choose_job_walk(self._sql, query))
        [job] = await self._summarize([row]) if row else [None]
        return OldestJob(id=job.id, created_at=job.created_at) if job else None

    async def _find_oldest_decision(self, requester_id: str | None) -> OldestDecision | None:
        """Find the oldest of all questions, or for a requester that of its oldest job with a question."""
        row = await self._find_oldest(walk_decisions(self._sql, DecisionQuery(requester_id=requester_id)))
        if row is None:
            return None
        questions = [row.question] if row.question else (await self._find_questions([row.id]))[row.id]
        ours = ((question, reason) for question in reversed(questions) if (reason := question.reason))
        found = next((row.describe_decision(*one) for one in ours), None)
        return (
            OldestDecision(id=found.id, job_id=found.job_id, reason=found.reason, since=found.since) if found else None
        )

    async def _find_oldest(self, walk: Walk) -> WalkedRow | None:
        """Return the oldest matching row of a walk; the database stops there."""
        walked = replace(walk, is_oldest_first=True).statement(self._sql, is_first=True)
        first = f"SELECT * FROM ({walked}) AS walked WHERE fits LIMIT 1"
        found = await self.statements.rows(first, **walk.values, window=MAX_WALKED_ROWS)
        return WalkedRow.read(found[0]) if found else None

    @property
    def _sql(self) -> Conditions:
        return self.statements.conditions

    async def _summarize(self, rows: Sequence[WalkedRow]) -> list[JobSummary]:
        questions = await self._find_questions([row.id for row in rows if row.state == "pending"])
        return [row.summarize(questions[row.id]) for row in rows]

    async def _walk(self, walk: Walk, after: Position | None, limit: int) -> _Page:
        """Walk until there is one match more than the page needs, the index ends, or too many rows were read."""
        fitting: list[WalkedRow] = []
        walked, window = 0, limit + 1
        while True:
            rows = await self._read_window(walk, after, window)
            fitting += [row for row in rows if row.fits]
            if len(fitting) > limit:
                return _Page(fitting[:limit], fitting[limit - 1].place)
            if len(rows) < window:
                return _Page(fitting, None)
            walked += window
            after = rows[-1].place
            if walked >= MAX_WALKED_ROWS:
                return _Page(fitting, after)
            window = min(window * _GROWTH, MAX_WALKED_ROWS - walked)

    async def _read_window(self, walk: Walk, after: Position | None, window: int) -> list[WalkedRow]:
        place = {} if after is None else {"after_at": after.created_at, "after_id": after.id}
        statement = walk.statement(self._sql, is_first=after is None)
        return [
            WalkedRow.read(row) for row in await self.statements.rows(statement, **walk.values, **place, window=window)
        ]

    async def _find_questions(self, jobs: Sequence[str]) -> dict[str, list[Question]]:
        """Return the open questions of each of these jobs, the newest first."""
        found: dict[str, list[Question]] = defaultdict(list)
        if jobs:
            for root, *question in await self.statements.rows(self._make_questions_statement(), jobs=list(jobs)):
                found[root].append(Question(*question))
        for questions in found.values():
            questions.sort(key=lambda one: (one.created_at, one.id), reverse=True)
        return found

    def _make_questions_statement(self) -> str:
        sql = self._sql
        root = sql.root("q.")
        conditions = f"{sql.dialect.is_among(root, 'jobs')} AND {sql.open_question('q.')}"
        columns = f"{root}, q.id, q.created_at, q.timeout_at, {sql.tag('q.', NAME)}"
        table = sql.table("q", QUESTIONS_BY_JOB)
        return f"SELECT {columns} FROM {table} WHERE {conditions}"  # sorted here: Postgres would walk all by time

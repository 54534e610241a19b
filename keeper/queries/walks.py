"""A walk: rows along one index, usually the newest first, each with a flag that it meets the rest of the query.

Conditions that the index cannot answer are checked at each row, and the number of rows is limited. So a page may have
fewer rows than requested, or none, and still a place where the next page begins.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from contract.answers import JobState
from contract.keeper import DecisionQuery, JobQuery
from contract.names import Tag

from . import conditions
from .conditions import BATCH, Conditions, has_row

_WAITING: Final = (JobState.WAITING, JobState.NEEDS_REVIEW)
# The state of the promise. An open job is pending, whether it waits or not.
_STATE_WORDS: Final[Mapping[JobState, str]] = {
    JobState.PROCESSING: "pending",
    JobState.WAITING: "pending",
    JobState.NEEDS_REVIEW: "pending",
    JobState.DONE: "resolved",
    JobState.FAILED: "rejected",
    JobState.CANCELED: "rejected_canceled",
}


@dataclass(frozen=True, kw_only=True)
class Walk:
    """An index, the conditions that it answers, and the conditions to check.

    `place` is the alias that orders the rows.
    """

    index: str
    answered: tuple[str, ...]
    checked: tuple[str, ...]
    values: Mapping[str, object]
    place: str = "p"
    tables: str = ""  # joined to the walked one
    extra: tuple[str, str] = ("NULL", "NULL")  # the deadline and the name of a question
    is_by_question: bool = False
    is_oldest_first: bool = False

    def statement(self, sql: Conditions, *, is_first: bool) -> str:
        """Return the statement for one window of rows."""
        tag, say, at = sql.tag, sql.dialect.parameter, self.place
        by = sql.dialect.ordered_id(f"{at}.")
        job = ", ".join([tag("p.", Tag.TYPE), tag("p.", Tag.REQUESTER), tag("p.", BATCH)])
        fits = " AND ".join(f"({one})" for one in self.checked) or "TRUE"
        columns = f"{at}.created_at, {at}.id, {fits} AS fits, p.id, p.state, p.created_at, p.settled_at, {job}"
        beyond, order = (">", "ASC") if self.is_oldest_first else ("<", "DESC")
        after = [] if is_first else [f"({at}.created_at, {by}) {beyond} ({say('after_at')}, {say('after_id')})"]
        return (
            f"SELECT {columns}, {', '.join(self.extra)} FROM {sql.table(at, self.index)}{self.tables}"
            f" WHERE {' AND '.join([*self.answered, *after])}"
            f" ORDER BY {at}.created_at {order}, {by} {order} LIMIT {say('window')}"
        )


def choose_job_walk(sql: Conditions, query: JobQuery) -> Walk:
    """Return the walk that reads the fewest rows without a match."""
    if query.state in _WAITING and query.requester_id is None and query.batch is None:
        return _walk_questions(sql, query)
    is_open = query.state is not None and _STATE_WORDS[query.state] == "pending"
    found = dict(_list_filters(sql, query))
    if "batch" in found:
        index, taken = conditions.JOBS_BY_BATCH, ["batch"]
    elif "requester" in found and is_open:
        index, taken = conditions.OPEN_JOBS, ["requester", "pending"]
    elif "requester" in found:
        index, taken = conditions.JOBS_BY_REQUESTER, ["requester"]
    elif "state" in found:
        index, taken = conditions.JOBS_BY_STATE, ["state"]
    elif "type" in found:
        index, taken = conditions.JOBS_BY_TYPE, ["type"]
    else:
        index, taken = conditions.JOBS, []
    answered = [sql.is_job("p."), *(found[name] for name in [*taken, "since"] if name in found)]
    checked = [condition for name, condition in found.items() if name not in {*taken, "since"}]
    checked.append(sql.is_shown("p."))
    return Walk(index=index, answered=tuple(answered), checked=tuple(checked), values=_list_values(query))


def walk_decisions(sql: Conditions, query: DecisionQuery) -> Walk:
    """Return the walk along all open questions, or along a requester's open jobs with a question."""
    if query.requester_id is None:
        return _walk_questions(sql, None)
    jobs = choose_job_walk(sql, JobQuery(state=JobState.PROCESSING, requester_id=query.requester_id))
    waits = [sql.is_open("p."), sql.waits("p.")]
    return replace(jobs, checked=tuple(waits))


def _list_filters(sql: Conditions, query: JobQuery) -> Iterator[tuple[str, str]]:
    """Yield the conditions of a query by name."""
    say = sql.dialect.parameter
    if query.batch is not None:
        batch = sql.tag("p.", BATCH)
        yield "batch", f"{batch} IS NOT NULL AND {batch} = {say('batch')}"
    if query.requester_id is not None:
        yield "requester", f"{sql.tag('p.', Tag.REQUESTER)} = {say('requester')}"
    if query.type is not None:
        yield "type", f"{sql.tag('p.', Tag.TYPE)} = {say('type')}"
    if query.since is not None:
        yield "since", f"p.created_at >= {say('since')}"
    if query.state is not None:
        yield from _list_state_filters(sql, query.state)


def _list_state_filters(sql: Conditions, state: JobState) -> Iterator[tuple[str, str]]:
    yield "state", f"{sql.state('p.')} = '{_STATE_WORDS[state]}'"
    if _STATE_WORDS[state] == "pending":
        yield "pending", sql.is_open("p.")
        yield "waits", _wait_filter(sql, state)


def _wait_filter(sql: Conditions, state: JobState) -> str:
    match state:
        case JobState.NEEDS_REVIEW:
            return sql.waits("p.", for_review=True)
        case JobState.WAITING:
            return f"{sql.waits('p.')} AND NOT {sql.waits('p.', for_review=True)}"
        case _:
            return f"NOT {sql.waits('p.')}"


def _walk_questions(sql: Conditions, jobs: JobQuery | None) -> Walk:
    """Walk along open questions to their jobs. A list of jobs has each job once, at its newest question."""
    checked = [sql.is_job("p."), sql.is_open("p."), sql.is_awaited("q.")]
    if jobs is None:
        checked.append(sql.is_answerable("q."))
    else:
        states = {"state", "pending", "waits"}
        checked += [condition for name, condition in _list_filters(sql, jobs) if name not in states]
        is_review = jobs.state is JobState.NEEDS_REVIEW
        checked.append(sql.is_review("q.") if is_review else f"NOT {sql.waits('p.', for_review=True)}")
        checked.append(f"NOT {_has_newer_question(sql, is_review=is_review)}")
    joined = "CROSS JOIN promises AS p" if sql.dialect.forces_indexes else "JOIN promises AS p"
    on = f"p.id = {sql.root('q.')}"
    return Walk(
        index=conditions.QUESTIONS,
        answered=(sql.is_question("q."),),
        checked=tuple(checked),
        values=_list_values(jobs) if jobs else {},
        place="q",
        tables=f" {joined} ON {on}",
        extra=("q.timeout_at", sql.tag("q.", conditions.NAME)),
        is_by_question=True,
    )


def _has_newer_question(sql: Conditions, *, is_review: bool) -> str:
    review = f" AND {sql.is_review('n.')}" if is_review else ""
    newer = f"({sql.time_and_id('n.')}) > ({sql.time_and_id('q.')})"
    questions = sql.table("n", conditions.QUESTIONS_BY_JOB)
    same_job = f"{sql.root('n.')} = p.id"
    return has_row(f"FROM {questions} WHERE {same_job} AND {newer} AND {sql.open_question('n.')}{review}")


def _list_values(query: JobQuery) -> Mapping[str, object]:
    found = {"batch": query.batch, "requester": query.requester_id, "type": query.type, "since": query.since}
    return {name: value for name, value in found.items() if value is not None}

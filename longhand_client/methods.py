"""The methods that `Client` and `AsyncClient` have: one line for each operation."""

from . import batches, decisions, events, invocations, job_actions, jobs, lists, schedules, uploads
from .driver import Iteration, Method


class Methods:
    """The operations of the API."""

    submit = Method(jobs.submit)
    get = Method(jobs.get)
    process_document = Method(jobs.process_document)
    estimate = Method(jobs.estimate)
    status = Method(jobs.status)
    watch = Iteration(jobs.watch)
    wait = Method(jobs.wait)
    why = Method(jobs.why)
    history = Method(jobs.history)
    events = Iteration(events.events)
    cancel = Method(jobs.cancel)
    retry = Method(jobs.retry)
    file_link = Method(job_actions.file_link)
    revoke = Method(job_actions.revoke)
    erase = Method(job_actions.erase)
    deliveries = Method(jobs.deliveries)
    redeliver = Method(jobs.redeliver)

    submit_batch = Method(batches.submit_batch)
    batch = Method(batches.batch)
    cancel_batch = Method(batches.cancel_batch)

    decision = Method(decisions.decision)
    decide = Method(decisions.decide)

    list_types = Method(lists.list_types)
    list_jobs = Method(lists.list_jobs)
    iterate_jobs = Iteration(lists.iterate_jobs)
    list_decisions = Method(lists.list_decisions)
    iterate_decisions = Iteration(lists.iterate_decisions)
    numbers = Method(lists.numbers)

    add_schedule = Method(schedules.add_schedule)
    list_schedules = Method(schedules.list_schedules)
    delete_schedule = Method(schedules.delete_schedule)

    upload = Method(uploads.upload)
    announce_upload = Method(uploads.announce_upload)

    invoke = Method(invocations.invoke)
    invocation = Method(invocations.invocation)
    wait_for_invocation = Method(invocations.wait_for_invocation)

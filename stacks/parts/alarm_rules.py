"""The list of alarms. Each description tells the operator what happened, what to do, and which page explains it."""

from typing import Final

from stacks.profile import Profile

from .alarms import AlarmRule, count_failed_percent, count_stalls
from .machine_alarm_rules import database_rules, task_rules
from .metrics import HALF_HOUR, HOUR, PERIOD, api_metric
from .monitored import MonitoredStacks

_HOUR_SECONDS: Final = 3_600


def alarm_rules(monitored: MonitoredStacks, profile: Profile) -> list[AlarmRule]:
    """Return the rules of all alarms."""
    return [
        *_list_job_rules(monitored),
        *_list_part_rules(monitored),
        *_list_end_rules(monitored, profile),
        *_list_front_rules(monitored),
        *_list_function_rules(monitored),
        *task_rules(monitored),
        *database_rules(monitored, profile),
    ]


def cell_alarm_rules(monitored: MonitoredStacks, profile: Profile) -> list[AlarmRule]:
    """Return the rules of a further cell: all but those of what the cells share."""
    shared = {rule.name for rule in _list_front_rules(monitored)} | {"TasksStop"}  # the cluster is one
    return [rule for rule in alarm_rules(monitored, profile) if rule.name not in shared]


def _list_job_rules(monitored: MonitoredStacks) -> list[AlarmRule]:
    metrics = monitored.metrics
    return [
        AlarmRule(
            name="NothingMoves",
            description="Tasks are due, and no worker has held one for 20 minutes. Run ./longhand doctor and read"
            " the workers' log; if no worker runs, scale the service up.",
            metric=count_stalls(metrics.documents.due, metrics.documents.running, period=PERIOD),
            at_least=1,
            periods=4,
        ),
        AlarmRule(
            name="JobTooOld",
            description="A job that could run was created more than a day ago and is not done. Run ./longhand"
            " status JOB to see its step, and search the workers' log for its jobId.",
            metric=metrics.documents.oldest,
            at_least=24 * _HOUR_SECONDS,
            periods=12,  # a job that resumes after days of sleep is old at once: it has an hour
        ),
        AlarmRule(
            name="ServerNotReady",
            description="The Resonate server is not ready, or its keeper sends no data. No job is lost; the API"
            " answers 503. Look at the server's task and its log, then at the database.",
            metric=metrics.ready,
            below=1,
            periods=2,
            no_data_is_bad=True,
        ),
        AlarmRule(
            name="AnnouncementsStuck",
            description="The server has had at least 1,000 announcements to send for 10 minutes, so jobs begin and"
            " resume late. Look at the database's CPU and the server's, and search the keeper's log for: outbox.",
            metric=metrics.outbox,
            at_least=1_000,
            periods=2,
        ),
        AlarmRule(
            name="TasksParked",
            description="Workers parked tasks whose workflow or version they do not know, or whose recorded steps are"
            " not those of their code. Deploy workers that know it; no job is lost.",
            metric=metrics.parked,
            at_least=1,
            periods=3,
        ),
    ]


def _list_part_rules(monitored: MonitoredStacks) -> list[AlarmRule]:
    """Jobs that wait for their parts are not due, so parts need alarms of their own."""
    pages, chunks = monitored.metrics.pages, monitored.metrics.chunks
    remedy = "Search the workers' log for failed steps and the parent's jobId; if no worker runs, scale the service up."
    return [
        AlarmRule(
            name="PagesStand",
            description=f"Batches of pages are due, and no worker has held one for 20 minutes. {remedy}",
            metric=count_stalls(pages.due, pages.running, period=PERIOD),
            at_least=1,
            periods=4,
        ),
        AlarmRule(
            name="ChunksStand",
            description=f"Chunks of long texts are due, and no worker has held one for 20 minutes. {remedy}",
            metric=count_stalls(chunks.due, chunks.running, period=PERIOD),
            at_least=1,
            periods=4,
        ),
        AlarmRule(
            name="PagesTooOld",
            description=f"Batches of pages that could run were created more than four hours ago. {remedy}",
            metric=pages.oldest,
            at_least=4 * _HOUR_SECONDS,
            periods=3,
        ),
        AlarmRule(
            name="ChunksTooOld",
            description=f"Chunks of long texts that could run were created more than four hours ago. {remedy}",
            metric=chunks.oldest,
            at_least=4 * _HOUR_SECONDS,
            periods=3,
        ),
    ]


def _list_end_rules(monitored: MonitoredStacks, profile: Profile) -> list[AlarmRule]:
    """What jobs cost, how they end, and what they wait for."""
    metrics = monitored.metrics
    return [
        AlarmRule(
            name="ChargesHigh",
            description=f"Providers charged at least {profile.alarm_dollars} US dollars within an hour. The workers'"
            " log names the job of each charge in lines with the event: paid. ./longhand cancel JOB stops one;"
            " ./longhand drain stops all workers.",
            metric=metrics.cost.with_(period=HOUR),
            at_least=profile.alarm_dollars,
        ),
        AlarmRule(
            name="JobsFail",
            description="At least 10 jobs failed within 5 minutes. The workers' log has the code of each; one"
            " frequent code has one cause.",
            metric=metrics.failed,
            at_least=10,
        ),
        AlarmRule(
            name="ManyJobsFail",
            description="At least a quarter of the jobs that ended within 30 minutes failed, and at least five did."
            " The workers' log has the code of each; one frequent code has one cause.",
            metric=count_failed_percent(metrics.failed, metrics.done, least=5, period=HALF_HOUR),
            at_least=25,
        ),
        AlarmRule(
            name="DeliveriesFail",
            description="At least 10 deliveries of events to callback URLs were given up within an hour. The workers'"
            " log has the code of each; ./longhand deliveries JOB shows its attempts, and ./longhand redeliver JOB"
            " sends it again.",
            metric=metrics.undelivered.with_(period=HOUR),
            at_least=10,
        ),
        AlarmRule(
            name="DecisionWaits",
            description="A job has waited for a decision for more than a day. The workers' log names it in a line with"
            " the event: waiting, with the end of its time. Run ./longhand decide JOB.",
            metric=metrics.decision,
            at_least=24 * _HOUR_SECONDS,
        ),
    ]


def _list_front_rules(monitored: MonitoredStacks) -> list[AlarmRule]:
    function = monitored.api.trigger.function
    failed = monitored.data.job_events.metric_number_of_notifications_failed(period=PERIOD)
    return [
        AlarmRule(
            name="ApiFails",
            description="The API answered 5xx at least 5 times within 5 minutes. If 503, the server did not"
            " answer: see ServerNotReady. Otherwise read the trigger's log.",
            metric=api_metric(monitored.api.http_api.api, "5xx", "Sum"),
            at_least=5,
        ),
        AlarmRule(
            name="TriggerErrors",
            description="The trigger function crashed or timed out; a refused request never counts here. Read the"
            " trigger's log.",
            metric=function.metric_errors(period=PERIOD),
            at_least=1,
        ),
        AlarmRule(
            name="InboxFilesLeft",
            description="Files in the inbox became no jobs in a hundred attempts. Read the inbox function's log; then"
            " have the queue of its dead letters redriven.",
            metric=monitored.data.inbox.left.metric_approximate_number_of_messages_visible(period=PERIOD),
            at_least=1,
        ),
        AlarmRule(
            name="NoticesLost",
            description="A subscriber of the job events topic does not accept notifications. Look at the topic's"
            " subscriptions.",
            metric=failed,
            at_least=1,
        ),
    ]


def _list_function_rules(monitored: MonitoredStacks) -> list[AlarmRule]:
    """The function that runs workflows, where the deployment has one."""
    if not monitored.functions:
        return []
    function, backlog = monitored.functions.function.function, monitored.metrics.functions
    return [
        AlarmRule(
            name="FunctionsStand",
            description="Tasks of functions are due, and the function has held none for 20 minutes. Search the"
            " workers' log for the group functions, and then the function's own log.",
            metric=count_stalls(backlog.due, backlog.running, period=PERIOD),
            at_least=1,
            periods=4,
        ),
        AlarmRule(
            name="FunctionsFail",
            description="The function that runs workflows raised, ran out of time or of memory at least 5 times within"
            " 5 minutes. Its tasks are repeated, with growing pauses. Read the function's log.",
            metric=function.metric_errors(period=PERIOD),
            at_least=5,
        ),
        AlarmRule(
            name="FunctionsThrottled",
            description="For 15 minutes AWS has refused invocations of the function, because the account runs as many"
            " as it may. Its tasks wait. Raise the account's limit, or lower worker_function_concurrency in"
            " stacks/profile.py.",
            metric=function.metric_throttles(period=PERIOD),
            at_least=1,
            periods=3,
        ),
    ]
